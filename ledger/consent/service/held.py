"""What every command on consents holds: the patient, and where their consents stand."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from audit import Entry
from ledger.consent import queries
from ledger.consent.models import Consent, PatientState
from ledger.consent.proxies.speaking import note_power
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory


class ChangedMeanwhile(Conflict):
    """Two first statements of one patient at the same moment."""

    slug = "consent-changed-meanwhile"
    title = "Something else was recorded at the same moment"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded: the consent, and the entry that a receipt can be had for."""

    consent_id: UUID
    entry_id: UUID


def hold(work: UnitOfWork, patient_id: UUID) -> Resource:
    """Hold a patient and their consents until *work* ends; return what authority needs.

    Raises:
        NotFound: there is no such patient.
    """
    records = directory.hold_records(work, patient_id)  # Nobody joins them meanwhile.
    for one in sorted(records):
        with suppress(NotFound):  # They may have said nothing yet: no row to hold, see `record`.
            work.load(PatientState, one)
    return queries.resource(work.session, work.actor, patient_id, on=work.today)


def hold_consent(work: UnitOfWork, consent_id: UUID) -> tuple[Consent, Resource]:
    """Hold a consent until *work* ends; return it, and what authority needs.

    The patient is held first, as by whoever erases them: the other way round the two would
    wait for each other.

    Raises:
        NotFound: there is no such consent.
    """
    patient_id = work.session.scalar(select(Consent.patient_id).where(Consent.id == consent_id))
    if patient_id is None:
        raise NotFound("no such consent")
    try:
        on = hold(work, patient_id)
    except NotFound as error:  # They are erased: in the words that are used when there is none.
        raise NotFound("no such consent") from error
    return work.load(Consent, consent_id), on


def see(work: UnitOfWork, on: Resource, permission: Permission, *, what: str = "patient") -> None:
    """Let somebody go on who may at least know that the patient is there.

    Raises:
        NotFound: they may not: to them it does not exist.
    """
    if not (work.may(permission, on=on) or work.may(Permission.CONSENT_READ, on=on)):
        raise NotFound(f"no such {what}")  # In the words that are used when there is none.


def record(work: UnitOfWork, entry: Entry) -> UUID:
    """Record *entry* and return its id.

    Raises:
        ChangedMeanwhile: there was no row to hold, and somebody else made it just now.
    """
    try:
        recorded = work.record(entry)
    except IntegrityError as error:
        raise ChangedMeanwhile("look at what is recorded now, then try again") from error
    patient_id, consent_id = (getattr(entry, name, None) for name in ("patient_id", "consent_id"))
    if patient_id is not None and consent_id is not None:
        note_power(work, patient_id, consent_id)
    return recorded.id
