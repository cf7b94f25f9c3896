"""From which day the periods of the directory's own records run."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.destroying import Part
from ledger.core.retention import Runs
from ledger.core.trail import EntrySubject, LogEntry
from ledger.directory.erasing import runs_from
from ledger.directory.models import Membership


@runs_from(Runs.RECORDED)
def recorded(_: Session, parts: Sequence[Part]) -> Mapping[UUID, date | None]:
    """The day each entry was recorded."""
    return {part.entry_id: clock.civil_date(part.at) for part in parts}


@runs_from(Runs.LAST_SEEN)
def last_seen(session: Session, parts: Sequence[Part]) -> Mapping[UUID, date | None]:
    """The day of the newest entry about the same person."""
    seen = _seen(session, {part.subject_id for part in parts})
    return {part.entry_id: seen.get(part.subject_id) for part in parts}


@runs_from(Runs.ROLE_ENDED)
def role_ended(session: Session, parts: Sequence[Part]) -> Mapping[UUID, date | None]:
    """The last day of somebody's last role; of who never had one, when they were last seen."""
    ids = {part.subject_id for part in parts}
    ends: dict[UUID, list[date | None]] = {}
    row = Membership
    rows = select(row.person_id, row.until_on).where(row.person_id.in_(ids))
    for person_id, until_on in session.execute(rows):
        ends.setdefault(person_id, []).append(until_on)
    seen = _seen(session, ids - ends.keys())
    days: dict[UUID, date | None] = dict(seen)
    for person_id, untils in ends.items():
        over = [each for each in untils if each is not None]
        days[person_id] = max(over) if len(over) == len(untils) else None
    return {part.entry_id: days.get(part.subject_id) for part in parts}


def _seen(session: Session, ids: set[UUID]) -> dict[UUID, date]:
    """Return the day of the newest entry about each patient or person of *ids*."""
    names = [f"{sort}:{each}" for each in ids for sort in ("patient", "person")]
    newest = (
        select(EntrySubject.subject, func.max(LogEntry.at))
        .join(LogEntry, LogEntry.position == EntrySubject.position)
        .where(EntrySubject.subject.in_(names))
        .group_by(EntrySubject.subject)
    )
    return {
        UUID(subject.partition(":")[2]): clock.civil_date(at)
        for subject, at in session.execute(newest)
    }
