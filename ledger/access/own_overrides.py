"""What somebody has opened themselves, and is still open: for their own pages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.access.models import Override
from ledger.core.actor import Actor


@dataclass(frozen=True, slots=True)
class OwnOverride:
    """A broken glass that is open.

    Attributes:
        seconded: A second person stands by it, because others are at risk.
    """

    id: UUID
    patient_id: UUID
    opened_at: datetime
    ends_at: datetime
    seconded: bool


def own_overrides(
    session: Session, actor: Actor, *, now: datetime, patient_id: UUID | None = None
) -> list[OwnOverride]:
    """Return what the actor has open for whom they act for, what ends last first.

    What a reviewer found without cause is over.
    """
    row = Override
    query = select(row).where(
        row.person_id == actor.person_id,
        row.organisation_id == actor.organisation_id,
        row.ends_at > now,
        row.justified.is_not(False),
    )
    if patient_id is not None:
        query = query.where(row.patient_id == patient_id)
    return [
        OwnOverride(one.id, one.patient_id, one.opened_at, one.ends_at, one.seconded_at is not None)
        for one in session.scalars(query.order_by(row.ends_at.desc()).limit(20))
    ]
