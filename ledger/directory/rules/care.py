"""Who looks after whom: the one question that a decision asks of a roster."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.directory.rules.periods import Period


class CareSource(StrEnum):
    """How we know. The value is stored and logged: never rename one."""

    ROSTER = "roster"
    DECLARED = "declared"


class DeclaredReason(StrEnum):
    """Why somebody who is on no roster cares for a patient. Never rename one."""

    URGENT_CALL = "urgent-call"
    AMBULANCE = "ambulance"
    LOCUM = "locum"
    REFERRAL = "referral"
    COVER = "cover"


class DeclarationWithoutReason(Invalid):
    """A care relationship that somebody declares needs their reason in words."""

    slug = "declaration-without-reason"
    title = "Say why you are caring for this patient"


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRelationship:
    """Somebody looks after a patient: a person, else a team's members, else all of an organisation.

    Attributes:
        person_id: Only this person, if given.
        team_id: The people of this team, if given and *person_id* is not.
    """

    id: UUID
    patient_id: UUID
    organisation_id: UUID
    team_id: UUID | None
    person_id: UUID | None
    source: CareSource
    period: Period


def standing(
    relationships: Iterable[CareRelationship],
    *,
    organisation_id: UUID,
    person_id: UUID | None,
    team_ids: frozenset[UUID],
    on: date,
    stood_for: Collection[UUID] = (),
) -> CareRelationship | None:
    """Return the closest relationship that holds on that day; None if there is none.

    A roster is believed before a declaration, and a person before their team before their
    organisation. Who asks for a whole organisation (*person_id* is None) is covered only
    by what covers all of it.
    *team_ids* are the teams that the person is in on that day; *stood_for* the organisations in
    whose place *organisation_id* stands then: whom they looked after, it looks after.
    """
    best: CareRelationship | None = None
    for each in relationships:
        here = each.organisation_id == organisation_id or each.organisation_id in stood_for
        if not here or not each.period.holds(on):
            continue
        if each.person_id is not None:
            if each.person_id != person_id:
                continue
        elif each.team_id is not None and (person_id is None or each.team_id not in team_ids):
            continue
        if best is None or _closeness(each) < _closeness(best):
            best = each
    return best


def _closeness(relationship: CareRelationship) -> tuple[bool, int, UUID]:
    """Order by how close it is; by id at last, so that the answer never hangs on row order."""
    nearness = 0 if relationship.person_id else 1 if relationship.team_id else 2
    return (relationship.source is CareSource.DECLARED, nearness, relationship.id)
