"""Reading our own exports back: whether a file still says what the pool says, to the penny.

A journal is not a way into the pool. What it holds is recognised by the ids of transactions:
what is there already changes nothing, and what is not, or is otherwise, is named.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ledger.core.errors import Fault, Invalid
from ledger.core.money import parse_minor
from ledger.funding.export import path
from ledger.funding.queries.transactions import TransactionView

_HLEDGER: Final = re.compile(r"(\d{4}-\d\d-\d\d) \* \(([0-9a-f-]{36})\) (\S+)")
_BEANCOUNT: Final = re.compile(r'(\d{4}-\d\d-\d\d) \* "([^"]+)" "')
_META: Final = re.compile(r'  transaction: "([0-9a-f-]{36})"')
_LEG: Final = re.compile(r" {2,4}([A-Z][A-Za-z0-9:-]*) {2,4}(-?\d+\.\d\d) [A-Z]{3}")
_MAX_FAULTS: Final = 20


class NotOurJournal(Invalid):
    """A file that is not one of our exports, or was changed so that it cannot be read."""

    slug = "not-our-journal"
    title = "This is not a journal that this ledger wrote"


@dataclass(frozen=True, slots=True)
class ReadTransaction:
    """A transaction as a file has it: its postings by the path of the account."""

    id: UUID
    day: str
    legs: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a file says beside what the pool says.

    Attributes:
        known: How many transactions are in both, and the same.
        different: Those that are in both, and not the same.
        unknown: Those that the pool has not.
        missing: Those that the file has not.
        balances: Paths whose sums differ: the file's and the pool's, in minor units.
    """

    known: int
    different: tuple[UUID, ...]
    unknown: tuple[UUID, ...]
    missing: tuple[UUID, ...]
    balances: Mapping[str, tuple[int, int]]

    @property
    def same(self) -> bool:
        """Whether the file says what the pool says."""
        return not (self.different or self.unknown or self.missing or self.balances)


def read(text: str) -> list[ReadTransaction]:
    """Return the transactions of an hledger journal or a beancount ledger that we wrote.

    Raises:
        NotOurJournal: a line of a transaction cannot be read; the faults name lines.
    """
    found: list[ReadTransaction] = []
    faults: list[Fault] = []
    for number, block in _blocks(text):
        one = _transaction(block)
        if one is None:
            faults.append(Fault(f"line {number}", "not a transaction as this ledger writes them"))
        else:
            found.append(one)
    if faults or not found:
        raise NotOurJournal("give an export of this pool, unchanged", faults[:_MAX_FAULTS])
    return found


def compare(
    file: Sequence[ReadTransaction],
    transactions: Iterable[TransactionView],
    names: Mapping[UUID, str],
) -> Compared:
    """Compare a file with the pool's transactions, one by one and balance for balance."""
    ours = {
        one.id: ReadTransaction(
            one.id,
            str(one.effective_on),
            tuple((path(leg.account, names), leg.amount_minor) for leg in one.postings),
        )
        for one in transactions
    }
    theirs = {one.id: one for one in file}
    both = ours.keys() & theirs.keys()
    held, said = _balances(ours.values()), _balances(file)
    return Compared(
        known=sum(ours[one] == theirs[one] for one in both),
        different=tuple(sorted(one for one in both if ours[one] != theirs[one])),
        unknown=tuple(sorted(theirs.keys() - ours.keys())),
        missing=tuple(sorted(ours.keys() - theirs.keys())),
        balances={
            account: (said.get(account, 0), held.get(account, 0))
            for account in sorted(held.keys() | said.keys())
            if said.get(account, 0) != held.get(account, 0)
        },
    )


def _balances(transactions: Iterable[ReadTransaction]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in transactions:
        for account, amount in one.legs:
            found[account] = found.get(account, 0) + amount
    return found


def _blocks(text: str) -> Iterable[tuple[int, list[str]]]:
    """Yield the line and the lines of each transaction: a head, and what is indented below it."""
    block: list[str] = []
    start = 0
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if block and line.startswith(" "):
            block.append(line)
            continue
        if block:
            yield start, block
            block = []
        if re.match(r"\d{4}-\d\d-\d\d \* ", line) and not line.endswith("balances asserted"):
            block, start = [line], number


def _transaction(block: Sequence[str]) -> ReadTransaction | None:
    head, *rest = block
    spelled: str | None = None
    if found := _HLEDGER.fullmatch(head):
        day, spelled = found[1], found[2]
    elif found := _BEANCOUNT.match(head):
        day = found[1]
    else:
        return None
    legs = []
    for line in rest:
        if meta := _META.fullmatch(line):
            spelled = meta[1]
        elif leg := _LEG.fullmatch(line):
            legs.append((leg[1], parse_minor(leg[2])))
        elif not re.match(r'    ; |  [a-z]+: "', line):
            return None
    try:
        return ReadTransaction(UUID(spelled or ""), day, tuple(legs)) if legs else None
    except ValueError:
        return None
