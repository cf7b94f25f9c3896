"""What a patient is not told of for now: one answer for the trail, exports, bundles and replays.

A broken glass of which the patient is not told is not among what they read, nor is anything that
came by it: neither that it was opened, stood by or reviewed, nor what was looked at. Their chain
goes on as it is: a bundle gives the hash of each such entry and its place, and says that its
text is left out. So it proves, once the time is over, that nothing was changed meanwhile. Whoever
acts for a patient is told of no broken glass by themselves.
"""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from ledger.access.entries import AccessDecided
from ledger.access.keeping import queries as keeping
from ledger.access.models import Override
from ledger.core import reading
from ledger.core.actor import Actor
from ledger.core.trail import EntrySubject, LogEntry
from ledger.directory import queries as directory

_ABOUT_IT: Final = ("access.override-", "access.telling-", "access.withholding-")
_NOTHING: Final[frozenset[int]] = frozenset()


def about(session: Session, actor: Actor, patient_id: UUID | None, at: datetime) -> Collection[int]:
    """Return the positions of entries about a patient that *actor* is not told of at a moment.

    None are withheld from those who look into it: privacy officers and auditors.
    """
    if patient_id is None:
        return _NOTHING
    records = directory.records_of(session, patient_id)
    root = directory.root_of(session, patient_id)
    row, is_proxy = Override, root in actor.proxy_for
    if not is_proxy and actor.patient_id != root:
        return _NOTHING
    query = select(row.id, row.opened_at, row.ends_at).where(row.patient_id.in_(records))
    if not is_proxy:
        query = query.where(row.id.in_(keeping.withheld(session, patient_id, at)))
    found = session.execute(query).all()
    if not found:
        return _NOTHING
    while_open = (LogEntry.at.between(each.opened_at, each.ends_at) for each in found)
    decided = and_(LogEntry.kind == AccessDecided.kind, or_(*while_open))
    bearing = or_(decided, *(LogEntry.kind.startswith(kind) for kind in _ABOUT_IT))
    entries = (
        select(LogEntry.position, LogEntry.body)
        .join(EntrySubject, EntrySubject.position == LogEntry.position)
        .where(EntrySubject.subject.in_([f"patient:{one}" for one in records]), bearing)
    )
    ids = {str(each.id) for each in found}
    rows = session.execute(entries)
    return frozenset(n for n, body in rows if json.loads(body)["data"].get("override_id") in ids)


def entry_ids(session: Session, actor: Actor, patient_id: UUID, at: datetime) -> Collection[UUID]:
    """Return the ids of entries about a patient that *actor* is not told of at a moment."""
    positions = about(session, actor, patient_id, at)
    if not positions:
        return frozenset[UUID]()
    found = select(LogEntry.id).where(LogEntry.position.in_(positions))
    return frozenset(session.scalars(found))


reading.withholds(about)
