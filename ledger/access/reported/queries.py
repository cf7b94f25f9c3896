"""Who actually read: for the patient; and what is flagged: for the privacy officer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ledger.access import untold
from ledger.access.queries import may_see_history, reviewed_by
from ledger.access.reported.models import ReportedRead
from ledger.access.reported.rules.reconciling import FLAGGED, WORDS, Finding
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.directory import queries as directory


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadView:
    """A reported read: who read what when, by whose system, and what it came to.

    Attributes:
        person_id: Who; None where the source does not name them as we do.
        organisation_id: Whose system reported it.
        decision_id: The decision it came of: who asked, and was allowed or refused.
        words: What it comes to, in the patient's words.
    """

    id: UUID
    patient_id: UUID
    organisation_id: UUID
    person_id: UUID | None
    read_at: datetime
    received_at: datetime
    action: str
    purpose: str | None
    decision_id: UUID | None
    finding: Finding
    words: str
    settled_at: datetime | None
    justified: bool | None
    entry_id: UUID


def reads(
    session: Session,
    actor: Actor,
    patient_id: UUID,
    *,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> Sequence[ReadView]:
    """Return who actually read about a patient, newest first.

    Raises:
        NotFound: the actor may not see this patient's history, or there is no such patient.
    """
    may_see_history(session, actor, patient_id)
    row = ReportedRead
    hidden = untold.entry_ids(session, actor, patient_id, clock.now())
    query = select(row).where(row.patient_id.in_(directory.records_of(session, patient_id)))
    query = query.where(or_(row.decision_id.is_(None), row.decision_id.not_in(hidden)))
    if before is not None:
        at, last = before
        query = query.where(or_(row.read_at < at, (row.read_at == at) & (row.id < last)))
    query = query.order_by(row.read_at.desc(), row.id.desc()).limit(limit)
    return [_view(one) for one in session.scalars(query)]


def reads_of(
    session: Session, actor: Actor, patient_id: UUID, decision_ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[ReadView]]:
    """Return the reads that came of each of these decisions: asked, allowed, and actually read.

    Raises:
        NotFound: as `reads`.
    """
    may_see_history(session, actor, patient_id)
    row = ReportedRead
    hidden = untold.entry_ids(session, actor, patient_id, clock.now())
    query = select(row).where(
        row.patient_id.in_(directory.records_of(session, patient_id)),
        row.decision_id.in_(set(decision_ids).difference(hidden)),
    )
    found: dict[UUID, list[ReadView]] = {one: [] for one in decision_ids}
    for one in session.scalars(query.order_by(row.read_at, row.id)):
        if one.decision_id is not None:
            found[one.decision_id].append(_view(one))
    return found


def flagged(
    session: Session, actor: Actor, *, after: UUID | None = None, limit: int = 50
) -> Sequence[ReadView]:
    """Return what the actor's organisation has to look at, in the order it came."""
    own, row = reviewed_by(actor), ReportedRead
    if own is None:
        return []
    query = (
        select(row)
        .where(row.organisation_id == own, row.finding.in_(FLAGGED), row.settled_at.is_(None))
        .order_by(row.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(row.id > after)
    return [_view(one) for one in session.scalars(query)]


def _view(row: ReportedRead) -> ReadView:
    return ReadView(
        id=row.id,
        patient_id=row.patient_id,
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        read_at=row.read_at,
        received_at=row.received_at,
        action=row.action,
        purpose=row.purpose,
        decision_id=row.decision_id,
        finding=row.finding,
        words=WORDS[row.finding],
        settled_at=row.settled_at,
        justified=row.justified,
        entry_id=row.entry_id,
    )
