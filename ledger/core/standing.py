"""May this instance sign, and so index? Its database against the checkpoint store.

What the store has was signed, or was about to be, so the tree here must contain it. It does
not where a backup was restored, where a failover lost commits, or where another instance with
the same keys (a clone) has signed something else. Then nothing may be signed under this name,
and nothing indexed: an index that others have seen would be given again, to another entry.
Commands go on being recorded; their entries wait.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from audit import Checkpoint, Frontier
from audit.merkle import HASH_BYTES
from audit.proofs import root_of
from audit.tiles import TileError
from ledger.core import log_names, published, receipts
from ledger.core.checkpoint_store import NoStore, StoreUnavailable
from ledger.core.errors import Bug
from ledger.core.signers import Signers, TreeSigner
from ledger.core.trail import LOGS, LogFrontier

WHAT_TO_DO = (
    "Nothing is signed or indexed until this is settled; `ledger log recover` says how, and "
    "docs/runbook.md in full."
)


class MustNotSign(Exception):
    """Signing would fork the log. The message says what is where, and what to do."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store and the database have of a tree.

    Attributes:
        tree: Which tree.
        origin: The name that this instance would sign under.
        held: What the store has for that name.
        size: How many entries are indexed here.
        root: The root over them.
        fault: Why it must not sign; None if it may.
    """

    tree: str
    origin: str
    held: Checkpoint | None
    size: int
    root: bytes
    fault: str | None

    @property
    def missing(self) -> int:
        """How many entries were signed and are not here."""
        return max(0, self.held.size - self.size) if self.held else 0


def standing(session: Session, tree: str, signer: TreeSigner) -> Standing:
    """Return how *tree* stands.

    Raises:
        StoreUnavailable: the store cannot be asked.
    """
    held = signer.store.newest(signer.name)  # First: meanwhile another process may go on.
    row = session.get(LogFrontier, tree, populate_existing=True)
    frontier = Frontier() if row is None else unpack(row.size, row.peaks)
    here = Checkpoint(signer.name, frontier.size, frontier.root())
    fault = _left(session, tree, signer) or _fault(session, tree, held, here)
    return Standing(tree, signer.name, held, here.size, here.root, fault)


def must_sign(session: Session, tree: str, signer: TreeSigner) -> Standing:
    """Return how *tree* stands, which is well.

    Raises:
        MustNotSign: it does not.
        StoreUnavailable: the store cannot be asked.
    """
    found = standing(session, tree, signer)
    if found.fault:
        raise MustNotSign(f"{found.fault} {WHAT_TO_DO}")
    return found


def must_start(session: Session, signers: Signers) -> None:
    """Stop a service that could record and never sign.

    Commands that were recorded on a restored backup would be lost with it, when a newer one is
    restored. A store that is only out of reach stops no start: the sequencer waits for it.

    Raises:
        MustNotSign: this instance must not sign; or it has no store at all.
    """
    for log in LOGS:
        tree = log_names.open_tree(session, log)
        try:
            must_sign(session, tree, signers[tree])
        except StoreUnavailable as error:
            if isinstance(signers.store, NoStore):
                raise MustNotSign(str(error)) from error


def unpack(size: int, peaks: bytes) -> Frontier:
    """Return the frontier that is stored as *size* and *peaks* (32 bytes each, in a row)."""
    if len(peaks) != HASH_BYTES * size.bit_count():
        raise Bug("the stored frontier is damaged")
    cut = range(0, len(peaks), HASH_BYTES)
    return Frontier(size, tuple(peaks[i : i + HASH_BYTES] for i in cut))


def origin_of(session: Session, tree: str) -> str | None:
    """Return the name that *tree* goes under, as its own log says; None before it has one."""
    now = log_names.current(log_names.keys_of(session, tree))
    if now:
        return now[-1].origin
    signed = published.newest_signed(session, tree)
    return None if signed is None else signed.note.partition("\n")[0]


def _left(session: Session, tree: str, signer: TreeSigner) -> str | None:
    origin = origin_of(session, tree)
    if origin is None or origin == signer.name:
        return None
    return (
        f"The tree {tree} goes under the name {origin}, and LEDGER_LOG_ORIGIN makes it "
        f"{signer.name}. A log goes on under a new name only when that is recorded in it."
    )


def _fault(session: Session, tree: str, held: Checkpoint | None, here: Checkpoint) -> str | None:
    has = f"this database has {here.size} entries, root {here.root.hex()}"
    if held is None:
        signed = published.newest_signed(session, tree)
        if signed is None or signed.note.partition("\n")[0] != here.origin:
            return None
        return (
            f"The checkpoint store knows nothing of {here.origin}, and {has}, signed up to "
            f"{signed.size}: the store was lost, or LEDGER_CHECKPOINT_STORE names another."
        )
    both = (
        f"{here.origin}: the checkpoint store has size {held.size}, root {held.root.hex()}; {has}."
    )
    if held.size > here.size:
        return (
            f"{both} {held.size - here.size} entries that were signed are not here: an old "
            "backup was restored, commits were lost, or another instance signs under this name."
        )
    if _root_at(session, tree, held.size, here) != held.root:
        return (
            f"{both} The trees differ within the first {held.size} entries: another instance "
            "has signed under this name, or entries here were changed."
        )
    return None


def _root_at(session: Session, tree: str, size: int, here: Checkpoint) -> bytes:
    if size == here.size:
        return here.root
    try:
        return root_of((0, size), receipts.nodes(session, tree, size=size))
    except TileError:
        return b""  # Leaves are missing: of no tree.
