"""Refusals: a prober is told nothing, and the log is told everything.

The refused unit of work has rolled back, so its refusal is recorded in a short transaction
of its own. At most one entry for each actor and permission in `EVERY`: somebody who tries
in a loop fills neither the log nor the disk.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from sqlalchemy.orm import Session

from audit import Entry
from ledger.core import authority, trail
from ledger.core.actor import Actor
from ledger.core.db import TO_WRITE
from ledger.core.entries import AuthorityRefused
from ledger.core.ids import new_id
from ledger.core.policy import Permission

EVERY: Final = timedelta(seconds=10)
_REMEMBERED_MAX: Final = 10_000

_last: OrderedDict[tuple[str, ...], datetime] = OrderedDict()
_lock: Final = Lock()


def record(session: Session, actor: Actor, permission: Permission, *, at: datetime) -> None:
    """Record that *actor* was refused *permission*, and commit; or not, if that is too soon."""
    note(session, actor, AuthorityRefused(permission=permission), about=(permission,), at=at)


def note(
    session: Session, actor: Actor, fact: Entry, *, about: tuple[str, ...], at: datetime
) -> None:
    """Record that *actor* was refused, as *fact* says, and commit; or not, if that is too soon.

    *about* names what was refused: one entry for each actor and that in `EVERY`.
    """
    database = str(session.get_bind().engine.url)
    if not _due((database, actor.ref, fact.kind, *about), at):
        return
    session.rollback()  # Ends what was only read.
    session.connection(execution_options=TO_WRITE)
    trail.append(
        session,
        fact,
        actor=actor,
        at=at,
        work=new_id(),
        policy=authority.in_force().digest,
    )
    session.commit()


def _due(key: tuple[str, ...], at: datetime) -> bool:
    with _lock:
        before = _last.get(key)
        if before is not None and before <= at < before + EVERY:
            return False
        _last[key] = at
        _last.move_to_end(key)
        if len(_last) > _REMEMBERED_MAX:
            _last.popitem(last=False)
        return True
