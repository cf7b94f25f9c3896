"""What several commands load before they decide, each in the same way."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ledger.core.authority import Resource
from ledger.core.errors import Conflict, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.identity.queries import records_of, root_of
from ledger.directory.models import Care, Enrolment, Installation, Organisation, Patient
from ledger.directory.succession.queries import successions


class NotFounded(Conflict):
    """Nothing can be kept before it is known by whom, and whether it is a demonstration."""

    slug = "not-founded"
    title = "This service has not been set up yet"


def installation(work: UnitOfWork) -> Installation:
    """Return what was founded here, held. Raises `NotFounded`."""
    row = work.session.get(Installation, 1)  # Written once: there is nothing to lock.
    if row is None:
        raise NotFounded("set it up first, with the command: ledger directory found")
    return row


def of_organisation(
    work: UnitOfWork, organisation_id: UUID, *, person_id: UUID | None = None
) -> Resource:
    """Return what a decision about something of an organisation depends on.

    Raises:
        NotFound: there is no such organisation.
    """
    work.load(Organisation, organisation_id, to_change=False)
    founded = work.session.get(Installation, 1)
    known = successions(work.session)  # What was a predecessor's is looked after by who follows it.
    return Resource(
        organisation_ids=frozenset({known.current(organisation_id, work.today)}),
        host_id=known.current(founded.host_id, work.today) if founded else None,
        person_id=person_id,
    )


def of_patient(work: UnitOfWork, patient_id: UUID, *, person_id: UUID | None = None) -> Resource:
    """Return what a decision about a patient depends on: who has them on a list, or cares."""
    session = work.session
    records = records_of(session, patient_id)
    ids = {
        *session.scalars(
            select(Enrolment.organisation_id).where(Enrolment.patient_id.in_(records))
        ),
        *(
            row.organisation_id
            for row in session.scalars(select(Care).where(Care.patient_id.in_(records)))
            if row.period.holds(work.today)
        ),
    }
    known = successions(session)
    now = frozenset(known.current(each, work.today) for each in ids)
    root = root_of(session, patient_id)
    return Resource(patient_id=root, organisation_ids=now, person_id=person_id)


def patient(work: UnitOfWork, patient_id: UUID, *, to_change: bool = True) -> Patient:
    """Return a patient, locked. Raises `NotFound`, also of one who is erased."""
    row = work.load(Patient, patient_id, to_change=to_change)
    if row.gone:
        raise NotFound("no such patient")
    return row


def visible_patient(
    work: UnitOfWork,
    patient_id: UUID,
    permission: Permission,
    *,
    person_id: UUID | None = None,
) -> Resource:
    """Return what a decision about a patient depends on, with the patient's row locked.

    Raises:
        NotFound: there is no such patient, or the actor may not know that there is.
    """
    patient(work, patient_id)
    resource = of_patient(work, patient_id, person_id=person_id)
    if not work.may(permission, on=of_patient(work, patient_id)):
        raise NotFound("no such patient")
    return resource


@contextmanager
def unless_taken(what: str) -> Iterator[None]:
    """Turn a row that somebody else has just made into a sentence; nothing is kept."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(f"{what}: somebody else has just done this; look again") from error
