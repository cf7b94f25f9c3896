"""Reads for the patient beside the list of decisions: emergencies, and one decision alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.access.keeping import queries as keeping
from ledger.access.models import Override
from ledger.access.past import RulesGone, decided, rules_of
from ledger.access.queries import Looked, looked, may_see_history
from ledger.access.rules.regimes import RegimeRow
from ledger.access.rules.words import OverrideReason
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.directory import queries as directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """That somebody broke the glass, as the patient may know it: no words of theirs.

    Attributes:
        justified: What the review found; None until somebody has reviewed it.
    """

    id: UUID
    entry_id: UUID
    organisation_id: UUID
    reason_code: OverrideReason
    opened_at: datetime
    ends_at: datetime
    reviewed_at: datetime | None
    justified: bool | None


def emergencies(
    session: Session, actor: Actor, patient_id: UUID, *, limit: int = 20
) -> Sequence[Emergency]:
    """Return who broke the glass, newest first, but for what the patient is not told of.

    A proxy is told of none by itself: whoever broke it may have had to keep them out.

    Raises:
        NotFound: the actor may not see this patient's history, or there is no such patient.
    """
    may_see_history(session, actor, patient_id)
    if patient_id in actor.proxy_for:
        return ()
    row, hidden = Override, frozenset[UUID]()
    if actor.patient_id == patient_id:
        hidden = keeping.withheld(session, patient_id, clock.now())
    query = (
        select(row)
        .where(row.patient_id.in_(directory.records_of(session, patient_id)))
        .where(row.id.not_in(hidden))
        .order_by(row.opened_at.desc(), row.id.desc())
        .limit(limit)
    )
    return [
        Emergency(
            id=one.id,
            entry_id=one.entry_id,
            organisation_id=one.organisation_id,
            reason_code=OverrideReason(one.reason_code),
            opened_at=one.opened_at,
            ends_at=one.ends_at,
            reviewed_at=one.reviewed_at,
            justified=one.justified,
        )
        for one in session.scalars(query)
    ]


def look(session: Session, actor: Actor, patient_id: UUID, entry_id: UUID) -> Looked:
    """Return one decision about a patient.

    Raises:
        NotFound: there is none about them that the actor may see.
    """
    position = decided(session, entry_id).position
    found = looked(session, actor, patient_id, before=position + 1, limit=1)
    if not found or found[0].entry_id != entry_id:
        raise NotFound("no such decision")
    return found[0]


def rule(session: Session, entry_id: UUID) -> RegimeRow | None:
    """Return the row of the regime table that governed; None if none did, or it is gone.

    The caller knows that the actor may see the decision.
    """
    past = decided(session, entry_id)
    try:
        rows = rules_of(session, past.ruleset).regimes.rows
    except RulesGone:
        return None
    return next((row for row in rows if row.name == past.entry.regime), None)
