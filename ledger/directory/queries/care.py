"""Who looks after whom: read whole for one patient, and held while a decision is recorded."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core.errors import NotFound
from ledger.core.work import UnitOfWork
from ledger.directory.identity.queries import records_of
from ledger.directory.models import Care, Patient, Person, TeamMembership
from ledger.directory.rules.care import CareRelationship, standing
from ledger.directory.succession.queries import successions


@dataclass(frozen=True, slots=True)
class PatientRoster:
    """Everybody who ever looked after a patient. Nothing changes while the version stands.

    Attributes:
        records: All records of the patient, where there are several.
        registered_at: When the record began.
    """

    version: int
    relationships: tuple[CareRelationship, ...]
    records: frozenset[UUID] = frozenset()
    registered_at: datetime | None = None


def roster(session: Session, patient_id: UUID) -> PatientRoster | None:
    """Return who looks after a patient; None if there is no such patient."""
    query = select(Patient.care_version, Patient.closed_at, Patient.registered_at).where(
        Patient.id == patient_id
    )
    known = session.execute(query).one_or_none()
    if known is None or known.closed_at is not None:
        return None
    records = records_of(session, patient_id)
    rows = session.scalars(select(Care).where(Care.patient_id.in_(records)).order_by(Care.id))
    return PatientRoster(known.care_version, tuple(map(_value, rows)), records, known.registered_at)


def care_relationship(
    session: Session,
    *,
    patient_id: UUID,
    organisation_id: UUID,
    person_id: UUID | None,
    on: date,
) -> CareRelationship | None:
    """Return the closest care relationship that holds on that day; see `rules.care.standing`."""
    stood_for = successions(session).stood_for(organisation_id, on)
    here = select(Care).where(
        Care.patient_id.in_(records_of(session, patient_id)),
        Care.organisation_id.in_((organisation_id, *stood_for)),
    )
    relationships = [_value(row) for row in session.scalars(here)]
    if not relationships:
        return None
    team_ids: frozenset[UUID] = frozenset()
    if person_id is not None:
        mine = select(TeamMembership).where(TeamMembership.person_id == person_id)
        team_ids = frozenset(row.team_id for row in session.scalars(mine) if row.period.holds(on))
    return standing(
        relationships,
        organisation_id=organisation_id,
        person_id=person_id,
        team_ids=team_ids,
        on=on,
        stood_for=stood_for,
    )


def hold_roster(work: UnitOfWork, patient_id: UUID) -> int:
    """Return the version of a patient's roster, which nobody can change until *work* ends.

    Raises:
        NotFound: there is no such patient, or they are erased.
    """
    row = work.load(Patient, patient_id, to_change=False)
    if row.gone:
        raise NotFound("no such patient")
    return row.care_version


def hold_records(work: UnitOfWork, *patient_ids: UUID, to_change: bool = False) -> frozenset[UUID]:
    """Hold all records of these patients until *work* ends, and return them.

    In one order, whichever was named: two who hold several never wait for each other. What was
    joined while this waited is held too.

    Raises:
        NotFound: one of those named does not exist, or is erased.
    """
    held: set[UUID] = set()
    wanted = _together(work, patient_ids)
    while missing := wanted - held:
        for one in sorted(missing):
            row = work.load(Patient, one, to_change=to_change)
            if row.gone and one in patient_ids:
                raise NotFound("no such patient")
        held |= missing
        wanted = _together(work, patient_ids)
    return frozenset(wanted)


def _together(work: UnitOfWork, patient_ids: Iterable[UUID]) -> set[UUID]:
    return {*patient_ids}.union(*(records_of(work.session, one) for one in patient_ids))


def hold_person(work: UnitOfWork, person_id: UUID) -> int:
    """Return the version of what a person may be, which nobody can change until *work* ends.

    Raises:
        NotFound: there is no such person.
    """
    return work.load(Person, person_id, to_change=False).version


def _value(row: Care) -> CareRelationship:
    return CareRelationship(
        id=row.id,
        patient_id=row.patient_id,
        organisation_id=row.organisation_id,
        team_id=row.team_id,
        person_id=row.person_id,
        source=row.source,
        period=row.period,
    )
