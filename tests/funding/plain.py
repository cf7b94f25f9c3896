"""A pool in the plainest words: a dict of balances, moved as the table of postings says.

Written from the table of events, and knows nothing of the code that it judges: an account
is a pair of words, a transaction a list of moves, a commitment three numbers.
"""

from dataclasses import dataclass, field

Move = tuple[str, int | None, int]
"""Of which account, of whom, by how much (debit positive)."""

NEVER_BELOW = {"F:cash", "F:receivable", "B:unallocated", "B:reserve", "B:available", "B:committed"}
NEVER_ABOVE = {"F:payable"}


class No(Exception):
    """The rules refuse it."""


@dataclass
class Promised:
    """A commitment: what was promised, spent and released."""

    scheme: int
    committed: int
    spent: int = 0
    released: int = 0

    @property
    def open(self) -> int:
        return self.committed - self.spent - self.released


@dataclass
class Done:
    """A transaction, and what it did to a commitment: (which, committed, spent, released)."""

    moves: list[Move]
    on: tuple[int, int, int, int] | None = None
    undone: bool = False
    undoes: bool = False


@dataclass
class Plain:
    """The pool: balances, commitments, and everything that was posted."""

    agreed: list[int]
    held: dict[tuple[str, int | None], int] = field(default_factory=dict)
    promised: list[Promised] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)

    def of(self, head: str, who: int | None = None) -> int:
        return self.held.get((head, who), 0)

    def post(
        self,
        moves: list[Move],
        *,
        owed: bool = False,
        on: tuple[int, int, int, int] | None = None,
        undoes: bool = False,
    ) -> Done:
        """Move it, or refuse: not beyond a limit, unless it is owed already."""
        after = dict(self.held)
        moves = [one for one in moves if one[2]]
        for head, who, by in moves:
            after[head, who] = after.get((head, who), 0) + by
        for head, who, _ in moves:
            was, now = self.of(head, who), after[head, who]
            if head in NEVER_BELOW and now < min(0, was) and not (owed and head == "B:available"):
                raise No
            if head in NEVER_ABOVE and now > max(0, was):
                raise No
        if on is not None:
            self._use(*on)
        self.held = after
        self.done.append(Done(moves, on=on, undoes=undoes))
        return self.done[-1]

    def _use(self, which: int, committed: int, spent: int, released: int) -> None:
        one = self.promised[which]
        after = Promised(
            one.scheme, one.committed + committed, one.spent + spent, one.released + released
        )
        if min(after.open, after.spent, after.released) < 0:
            raise No
        self.promised[which] = after

    def fall_due(self, who: int, pence: int) -> None:
        if pence > self.agreed[who] + self.of("F:income", who):
            raise No
        self.post([("F:receivable", who, pence), ("F:income", who, -pence)])

    def receive(self, who: int, pence: int) -> None:
        self.post([("F:cash", None, pence), ("F:receivable", who, -pence)])

    def reserve(self, pence: int) -> None:
        self.post([("B:unallocated", None, -pence), ("B:reserve", None, pence)])

    def allocate(self, scheme: int, pence: int) -> None:
        self.post([("B:unallocated", None, -pence), ("B:available", scheme, pence)])

    def release_reserve(self, scheme: int, pence: int) -> None:
        self.post([("B:reserve", None, -pence), ("B:available", scheme, pence)])

    def vire(self, one: int, other: int, pence: int) -> None:
        self.post([("B:available", one, -pence), ("B:available", other, pence)])

    def commit(self, scheme: int, pence: int) -> None:
        which = len(self.promised)
        self.promised.append(Promised(scheme, 0))
        moves: list[Move] = [("B:available", scheme, -pence), ("B:committed", scheme, pence)]
        try:
            self.post(moves, on=(which, pence, 0, 0))
        except No:
            self.promised.pop()
            raise

    def release(self, which: int, pence: int) -> None:
        scheme = self.promised[which].scheme
        moves: list[Move] = [("B:committed", scheme, -pence), ("B:available", scheme, pence)]
        self.post(moves, on=(which, 0, 0, pence))

    def accrue(self, scheme: int, pence: int, which: int | None) -> None:
        covered = min(pence, self.promised[which].open) if which is not None else 0
        self.post(
            [
                ("F:expenditure", scheme, pence),
                ("F:payable", None, -pence),
                ("B:committed", scheme, -covered),
                ("B:available", scheme, covered - pence),
                ("B:spent", scheme, pence),
            ],
            owed=True,
            on=None if which is None else (which, 0, covered, 0),
        )

    def pay(self, pence: int) -> None:
        self.post([("F:payable", None, pence), ("F:cash", None, -pence)])

    def overspend(self, scheme: int, pence: int) -> None:
        self.post([("B:available", scheme, pence), ("B:funding-overspend", None, -pence)])

    def share_overspend(self, parts: list[int]) -> None:
        if sum(parts) > -self.of("B:funding-overspend"):
            raise No
        moves: list[Move] = [("B:funding-overspend", None, sum(parts))]
        for who, part in enumerate(parts):
            moves += [("F:receivable", who, part), ("F:income-riskshare", who, -part)]
            moves.append(("B:funding", who, -part))
        self.post(moves)

    def undo(self, which: int) -> None:
        one = self.done[which]
        if one.undone or one.undoes:
            raise No
        on = one.on and (one.on[0], *(-by for by in one.on[1:]))
        self.post([(head, who, -by) for head, who, by in one.moves], on=on, undoes=True)  # type: ignore[arg-type]
        one.undone = True
