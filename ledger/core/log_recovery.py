"""After a restore, a clone, lost commits or a lost key: how a log that must not sign goes on.

Either what is missing comes back, or the log goes on under a new name and key, never the old
one, from the entries that are here. That is an entry; what was signed before stays checkable.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from audit import Checkpoint, Entry, Record
from audit.note import Verifier, read_any
from ledger.core import log_names, published
from ledger.core.authority import Resource
from ledger.core.checkpoint_store import StoreUnavailable
from ledger.core.errors import Bug, Conflict
from ledger.core.log_entries import LeftName, LogContinued, TreeKey, WhyContinued
from ledger.core.log_keeping import close, frontier_of, keys_that_sign, locked
from ledger.core.policy import Permission
from ledger.core.signers import Signers
from ledger.core.standing import Standing, origin_of, standing, unpack
from ledger.core.trail import LOGS
from ledger.core.work import UnitOfWork


class CannotContinue(Conflict):
    """The log cannot go on under this name and key, or need not."""

    slug = "cannot-continue-log"
    title = "The log cannot go on like that"


def left_behind(session: Session, signers: Signers) -> list[Standing]:
    """Return how the open trees stand under the name that the log has until now.

    Raises:
        StoreUnavailable: the store cannot be asked.
    """
    found: list[Standing] = []
    for log in LOGS:
        tree = log_names.open_tree(session, log)
        origin = origin_of(session, tree) or (
            f"{found[0].origin}/{tree}" if found else signers[tree].name
        )
        row = frontier_of(session, tree)
        held = signers.store.newest(origin)
        root = unpack(row.size, row.peaks).root()
        found.append(Standing(tree, origin, held, row.size, root, fault=None))
    return found


def faults(session: Session, signers: Signers, *, unreachable: bool = True) -> list[str]:
    """Return why this instance must not sign: a sentence for each open tree that disagrees.

    With *unreachable*, also that the store cannot be asked.
    """
    found = []
    for log in LOGS:
        tree = log_names.open_tree(session, log)
        try:
            fault = standing(session, tree, signers[tree]).fault
        except StoreUnavailable as error:
            fault = f"{tree} cannot be compared: {error}" if unreachable else None
        except Bug as error:
            fault = f"{tree}: {error}"
        if fault is not None:
            found.append(fault)
    return found


def adopt(session: Session, signers: Signers) -> list[Checkpoint]:
    """Begin a new checkpoint store where the old one is lost, with what is signed here.

    Only for a database that is known to be the newest: this is what the store is there to know.
    If it was killed between two trees, it goes on with those that are left.

    Raises:
        CannotContinue: the store is not lost, or the log goes under another name.
    """
    adopted, has = [], ""
    for one in left_behind(session, signers):
        signed = published.newest_signed(session, one.tree)
        if signed is None:
            continue
        if one.origin != signers[one.tree].name:
            raise CannotContinue(f"the log is called {one.origin}: set LEDGER_LOG_ORIGIN to that")
        if one.held is not None:
            has = one.origin
            continue
        known = [*signers[one.tree].verifiers()]
        known += log_names.verifiers(log_names.keys_of(session, one.tree))
        checkpoint = Checkpoint.from_text(read_any(signed.note, known)[0])
        signers.store.advance(checkpoint, after=None)
        adopted.append(checkpoint)
    if has and not adopted:
        raise CannotContinue(f"the checkpoint store has {has}: it is not lost")
    return adopted


def continue_log(
    work: UnitOfWork,
    signers: Signers,
    *,
    because: WhyContinued,
    give_up: int,
    old_keys: Sequence[Verifier] = (),
) -> Record[Entry]:
    """Go on under the new name and key that *signers* have, from the entries that are here.

    Args:
        work: The operator's unit of work.
        signers: Of the new name.
        because: Why.
        give_up: How many entries were signed under the old name and are lost, as the
            operator has been told: the confirmation.
        old_keys: The old name's keys, where the log has not recorded them.

    Raises:
        CannotContinue: the name or the key is not new, or *give_up* is another number.
    """
    session = work.session
    left = left_behind(session, signers)
    known = locked(session, [key for one in left for key in log_names.keys_of(session, one.tree)])
    _must_be_new(session, signers, left, [*(key.key for key in known), *map(str, old_keys)])
    missing = sum(one.missing for one in left)
    if give_up != missing:
        raise CannotContinue(
            f"{missing} entries that were signed are not here: confirm by giving that number up, "
            f"not {give_up}"
        )
    access = left[-1]
    stays = [one.tree for one in left if one is not access or not one.size]
    begins, leaving = keys_that_sign(signers, stays)
    ends = [TreeKey(key.tree, key.key) for key in log_names.current(known)]
    ends += [TreeKey(_tree_named(left, key.name), str(key)) for key in old_keys]
    work.authorise(Permission.LOG_KEEP, on=Resource())
    record = work.record(
        LogContinued(
            names=tuple(map(_as_left, left)),
            because=because,
            begins=begins,
            ends=(*ends, *leaving),
        )
    )
    if access.size:  # Its tree stays under the old name, as far as it is here.
        close(work, signers, access.tree, origin=access.origin)
    return record


def open_in_store(session: Session, signers: Signers) -> None:
    """Tell the store from where the new name begins. Doing it again changes nothing."""
    for log in LOGS:
        tree = log_names.open_tree(session, log)
        found = standing(session, tree, signers[tree])
        if found.held is None and found.fault is None and found.size:
            begins = Checkpoint(found.origin, found.size, found.root)
            signers.store.advance(begins, after=None)


def _must_be_new(
    session: Session, signers: Signers, left: list[Standing], known: Sequence[str]
) -> None:
    used_names = {one.origin for one in left} | {key.partition("+")[0] for key in known}
    public = {key.split("+", 2)[2] for key in known}
    for one in left:
        signer = signers[one.tree]
        if signer.name in used_names:
            raise CannotContinue(
                f"{signer.name} is, or was, this log's name: set LEDGER_LOG_ORIGIN to a new one. "
                "The old name must never sign again"
            )
        if any(str(key).split("+", 2)[2] in public for key in signer.verifiers()):
            raise CannotContinue(
                "the key is one of this log's: set LEDGER_SIGNING_SEED to a new one"
            )
        if signers.store.newest(signer.name) is not None:
            raise CannotContinue(f"something was signed under {signer.name} already: take another")
        signed = published.newest_signed(session, one.tree)
        if signed is not None and one.held is None:
            raise CannotContinue(
                f"the checkpoint store knows nothing of {one.origin}: give the store that it had, "
                "or begin another with `ledger log recover --store-is-lost`"
            )


def _as_left(one: Standing) -> LeftName:
    return LeftName(
        tree=one.tree,
        origin=one.origin,
        signed_size=one.held.size if one.held else 0,
        signed_root=one.held.root.hex() if one.held else "",
        kept_size=one.size,
    )


def _tree_named(left: Iterable[Standing], origin: str) -> str:
    for one in left:
        if one.origin == origin:
            return one.tree
    raise CannotContinue(f"{origin} is no name of this log")
