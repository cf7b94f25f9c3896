"""Reads of which records are one patient's, what is proposed, and what is in doubt."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from ledger.core import privacy, together
from ledger.core.actor import Actor
from ledger.directory.identity.entries import EVIDENCE
from ledger.directory.identity.models import IdentityProposal, PatientDoubt, PatientRecord
from ledger.directory.identity.rules import Act, Ground
from ledger.directory.models import Patient

_MINE = aliased(PatientRecord)
_TOGETHER: Final = (
    select(PatientRecord.patient_id)
    .join(_MINE, _MINE.root_id == PatientRecord.root_id)
    .where(_MINE.patient_id == bindparam("patient_id", type_=Uuid()))
)
_ROOT: Final = select(PatientRecord.root_id).where(
    PatientRecord.patient_id == bindparam("patient_id", type_=Uuid())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """What somebody proposed about two records; no evidence: it was erased."""

    id: UUID
    act: Act
    surviving_id: UUID
    superseded_id: UUID
    ground: Ground
    organisation_id: UUID | None
    proposed_by: UUID
    proposed_at: datetime
    evidence: str | None
    settled_at: datetime | None
    confirmed: bool | None


def records_of(session: Session, patient_id: UUID) -> frozenset[UUID]:
    """Return all records of the patient whose record this is; most have one."""
    found = session.scalars(_TOGETHER, {"patient_id": patient_id}).all()
    return frozenset(found) or frozenset({patient_id})


together.says(records_of)


def root_of(session: Session, patient_id: UUID) -> UUID:
    """Return the record of that patient which survives; most have one."""
    return session.scalar(_ROOT, {"patient_id": patient_id}) or patient_id


def known_as(session: Session, actor: Actor, patient_id: UUID) -> UUID:
    """Return the record of a patient that what *actor* may do hangs on: the root.

    Of one that was joined since their request began, it is the one they were known by then. So
    what is their own by their sign-in is not asked for again.
    """
    if patient_id == actor.patient_id:
        return patient_id
    root = root_of(session, patient_id)
    theirs = [one for one in (actor.patient_id, *sorted(actor.proxy_for)) if one is not None]
    if root in theirs:
        return root
    return next((one for one in theirs if root_of(session, one) == root), root)


def in_doubt(session: Session, patient_id: UUID) -> bool:
    """Say whether somebody suspects that the record holds what is another's."""
    return session.get(PatientDoubt, patient_id, populate_existing=True) is not None


def doubted(session: Session, organisation_id: UUID, *, limit: int = 100) -> tuple[UUID, ...]:
    """Return the records that somebody of an organisation doubts, the longest doubted first."""
    row = PatientDoubt
    query = (
        select(row.patient_id)
        .where(row.organisation_id == organisation_id)
        .order_by(row.raised_at, row.patient_id)
        .limit(limit)
    )
    return tuple(session.scalars(query))


def proposal(session: Session, proposal_id: UUID) -> ProposalView | None:
    """Return a proposal; the caller has seen to it that the reader may read it."""
    row = session.get(IdentityProposal, proposal_id, populate_existing=True)
    return None if row is None else _views(session, [row])[0]


def waiting(
    session: Session, organisation_id: UUID, *, limit: int = 100
) -> tuple[ProposalView, ...]:
    """Return what waits for a second person at an organisation, oldest first."""
    row = IdentityProposal
    query = (
        select(row)
        .where(row.organisation_id == organisation_id, waits())
        .order_by(row.proposed_at, row.id)
        .limit(limit)
    )
    return tuple(_views(session, list(session.scalars(query))))


def waits() -> ColumnElement[bool]:
    """Return the condition on proposals that wait: none about a record that is gone."""
    row = IdentityProposal
    gone = select(Patient.id).where(
        Patient.id.in_((row.surviving_id, row.superseded_id)),
        or_(Patient.erased_at.is_not(None), Patient.closed_at.is_not(None)),
    )
    return row.settled_at.is_(None) & ~gone.exists()


def _views(session: Session, rows: list[IdentityProposal]) -> list[ProposalView]:
    opened = privacy.opened(session, [row.entry_id for row in rows])
    return [
        ProposalView(
            id=row.id,
            act=row.act,
            surviving_id=row.surviving_id,
            superseded_id=row.superseded_id,
            ground=row.ground,
            organisation_id=row.organisation_id,
            proposed_by=row.proposed_by,
            proposed_at=row.proposed_at,
            evidence=(opened.get(row.entry_id, {}).get(EVIDENCE) or {}).get("evidence"),
            settled_at=row.settled_at,
            confirmed=row.confirmed,
        )
        for row in rows
    ]
