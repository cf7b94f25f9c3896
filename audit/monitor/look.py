"""One look at a log: whatever is wrong with it is raised, sorted by what it means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from audit.archive import Damaged
from audit.merkle import ProofError
from audit.monitor.memory import Memory
from audit.note import Checkpoint, NoteError
from audit.policy import Accepted, Policy, Witness
from audit.proofs import Nodes, consistency_proof, consistent_roots, root_of
from audit.published import CHECKPOINT, read_tile
from audit.tiles import TileError, nodes_from_tiles
from audit.web import Site, Unreachable

_FUTURE_S: Final = 300
"""How far a signer's clock may be ahead of ours."""


class Alarm(Exception):
    """Something is wrong with the log."""

    status: int = 3


class Contradiction(Alarm):
    """The log has signed two histories. Final: nothing that comes later can mend it.

    Attributes:
        shown: The two notes that cannot both be true.
        proof: The root that the newer tree has at the older size, and the consistency proof
            that leads from it to the newer root.
    """

    status = 1

    def __init__(self, what: str, shown: tuple[str, str], proof: Sequence[bytes] = ()) -> None:
        super().__init__(what)
        self.shown: Final = shown
        self.proof: Final = tuple(proof)


class Broken(Alarm):
    """A signature, a tile or the spelling is wrong: nothing can be said of the log."""

    status = 3


class Stale(Alarm):
    """The log, or who vouches for it, has not been heard of for too long."""

    status = 4


class Silent(Alarm):
    """There is no answer."""

    status = 5


class Unvouched(Alarm):
    """Too few witnesses vouch for what the log shows."""

    status = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """A log in order.

    Attributes:
        grew: Whether the log is larger than what was kept.
        heard: The witnesses that were asked and are of the same mind, by their names.
    """

    accepted: Accepted
    memory: Memory
    grew: bool
    heard: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Look:
    """Everything that a look needs.

    Attributes:
        log: Where the log is published.
        policy: Who must have signed.
        witnesses: Where each witness of the policy can be asked, by name; perhaps not all.
        max_age_s: How old what vouches for the log may be; None: any age.
        now_s: The time, in seconds since 1970.
    """

    log: Site
    policy: Policy
    witnesses: Mapping[str, Site] = field(default_factory=dict)
    max_age_s: int | None
    now_s: Callable[[], int]

    def take(self, kept: Memory | None) -> Seen:
        """Look once, and compare with what was *kept*.

        Raises:
            Alarm: in one of its sorts.
        """
        note = self._note(self.log, CHECKPOINT)
        accepted = self._signed(note)
        old = None if kept is None else self._signed(kept.note, "the kept checkpoint")
        if old is not None and accepted.checkpoint.size < old.checkpoint.size:
            note = self._note(self.log, CHECKPOINT, fresh=True)  # A cache had an older one.
            accepted = self._signed(note)
        if not self.policy.satisfied(accepted.cosigned_at_s):
            signed = ", ".join(accepted.cosigned_at_s) or "nobody"
            raise Unvouched(f"the checkpoint needs a quorum, and is cosigned by {signed}")
        new = accepted.checkpoint
        if old is None or kept is None:
            self._check_root(new)
        else:
            self._compare((kept.note, old.checkpoint), (note, new))
        grew = old is None or old.checkpoint.size != new.size
        grew_at_s = self.now_s() if kept is None or grew else kept.grew_at_s
        self._check_fresh(accepted, grew_at_s)
        heard = self._ask_witnesses(note, new)
        return Seen(accepted, Memory(note, grew_at_s), grew, heard)

    def _signed(self, note: str, which: str = "the checkpoint") -> Accepted:
        try:
            return self.policy.signed(note)
        except NoteError as error:
            raise Broken(f"{which} cannot be believed: {error}") from error

    def _note(self, site: Site, name: str, *, fresh: bool = False) -> str:
        found = self._get(site, name, fresh=fresh)
        if found is None:
            raise Silent(f"{site.url}/{name}: there is none")
        try:
            return found.decode()
        except UnicodeDecodeError as error:
            raise Broken(f"{site.url}/{name} is not text") from error

    @staticmethod
    def _get(site: Site, name: str, *, fresh: bool = False) -> bytes | None:
        try:
            return site.get(name, fresh=fresh)
        except Unreachable as error:
            raise Silent(str(error)) from error

    def _nodes(self, size: int) -> Nodes:
        return nodes_from_tiles(
            lambda tile: read_tile(lambda name: self._get(self.log, name), tile), size=size
        )

    def _check_root(self, new: Checkpoint) -> None:
        try:
            root = root_of((0, new.size), self._nodes(new.size))
        except (Damaged, TileError) as error:
            raise Broken(f"the tiles are not in order: {error}") from error
        if root != new.root:
            raise Broken("the tiles do not lead to the root that the log has signed")

    def _compare(self, one: tuple[str, Checkpoint], other: tuple[str, Checkpoint]) -> None:
        """Check that *other*, which came later or is not smaller, continues *one*."""
        (old_note, old), (new_note, new) = one, other
        shown = (old_note, new_note)
        if old.origin != new.origin:
            raise Broken(f"{new.origin} is another log than {old.origin}, which was followed")
        if new.size < old.size:
            what = f"it had {old.size:,} entries and now shows {new.size:,}"
            raise Contradiction(f"the log has gone back: {what}", shown)
        if new.size == old.size:
            if new.root != old.root:
                what = f"it has signed two roots for the size {new.size:,}"
                raise Contradiction(f"the log has forked: {what}", shown)
            return
        if old.size == 0:
            self._check_root(new)
            return
        nodes = self._nodes(new.size)
        try:
            path = consistency_proof(old.size, new.size, nodes)
            # Where the old size is a power of two, the path leaves out the old root: put in
            # what the tiles say that it is.
            first, second = consistent_roots(
                old=old.size, new=new.size, old_root=root_of((0, old.size), nodes), path=path
            )
        except (Damaged, TileError, ProofError) as error:
            raise Broken(f"the tiles are not in order: {error}") from error
        if second != new.root:
            raise Broken("the tiles do not lead to the root that the log has signed")
        if first != old.root:
            what = f"its {new.size:,} entries do not begin with the {old.size:,} it had signed"
            raise Contradiction(f"the log has forked: {what}", shown, (first, *path))

    def _check_fresh(self, accepted: Accepted, grew_at_s: int) -> None:
        if self.max_age_s is None:
            return
        now_s, times = self.now_s(), dict(accepted.cosigned_at_s)
        if accepted.signed_at_s is not None:
            times["the log"] = accepted.signed_at_s
        for name, at_s in times.items():
            if at_s > now_s + _FUTURE_S:
                raise Broken(f"the signature of {name} is from {at_s - now_s:,} s in the future")
        young = [name for name, at_s in times.items() if now_s - at_s <= self.max_age_s]
        if self.policy.quorum is not None and not self.policy.satisfied(young):
            age_s = now_s - max(accepted.cosigned_at_s.values())
            raise Stale(f"the newest cosignature is {age_s:,} s old, and no quorum is young enough")
        if times and not young:
            raise Stale(f"the newest signature is {now_s - max(times.values()):,} s old")
        if not times and now_s - grew_at_s > self.max_age_s:
            raise Stale(f"the log has not grown for {now_s - grew_at_s:,} s, and signs no time")

    def _ask_witnesses(self, note: str, new: Checkpoint) -> tuple[str, ...]:
        """Return the witnesses who know no other history. Raises `Alarm` if they are too few."""
        if not self.witnesses:
            return ()
        heard, why = [], []
        name = f"{sha256(new.origin.encode()).hexdigest()}/{CHECKPOINT}"
        for witness in self.policy.witnesses:
            site = self.witnesses.get(witness.name)
            try:
                if site is not None and self._agrees(site, name, witness, (note, new)):
                    heard.append(witness.name)
            except Contradiction:
                raise
            except Alarm as alarm:
                why.append(f"{witness.name}: {alarm}")
        if self.policy.quorum is not None and not self.policy.meets_every_quorum(heard):
            said = "; ".join(why) or "the policy has too few addresses"
            raise Unvouched(
                f"another quorum could have seen another history: of the witnesses only "
                f"{', '.join(heard) or 'none'} could be asked ({said})"
            )
        return tuple(heard)

    def _agrees(
        self, site: Site, name: str, witness: Witness, mine: tuple[str, Checkpoint]
    ) -> bool:
        shown = self._note(site, name, fresh=True)
        accepted = self._signed(shown)
        theirs, at_s = accepted.checkpoint, accepted.cosigned_at_s.get(witness.name)
        if at_s is None:
            raise Broken("it has not signed what it hands out")
        if self.max_age_s is not None and self.now_s() - at_s > self.max_age_s:
            raise Stale(f"its newest signature is {self.now_s() - at_s:,} s old")
        if theirs.size <= mine[1].size:
            self._compare((shown, theirs), mine)
            return True
        # It has seen more than the log shows us. That is usual for seconds, until published.
        note = self._note(self.log, CHECKPOINT, fresh=True)
        newer = self._signed(note).checkpoint
        if newer.size >= theirs.size:
            self._compare((shown, theirs), (note, newer))
            self._compare(mine, (note, newer))
            return True
        if self.max_age_s is not None and self.now_s() - at_s > self.max_age_s // 2:
            raise Stale(f"it saw {theirs.size:,} entries long ago; the log shows {newer.size:,}")
        self._compare_unpublished(mine, (shown, theirs))
        return True

    def _compare_unpublished(
        self, mine: tuple[str, Checkpoint], theirs: tuple[str, Checkpoint]
    ) -> None:
        """Compare with a tree that only the witness has seen, if its tiles are there yet."""
        try:
            self._compare(mine, theirs)
        except (Broken, Silent):
            return  # Not there yet: the next rounds will compare, when the log has grown.
