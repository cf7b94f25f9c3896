"""What the entries about whose a record is change."""

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from audit import Record
from ledger.core import privacy
from ledger.core.projection import Opened, changes_nothing, projects
from ledger.directory.identity import effects
from ledger.directory.identity import entries as facts
from ledger.directory.identity.effects import Change
from ledger.directory.identity.models import (
    IdentityProposal,
    PatientDoubt,
    PatientJoin,
    PatientRecord,
    RestrictedLink,
)
from ledger.directory.identity.queries import records_of
from ledger.directory.identity.rules import by_root
from ledger.directory.models import (
    Care,
    Enrolment,
    Patient,
    PatientLink,
    PatientLookup,
    Person,
)


def link_hmac(patient_id: UUID | str) -> bytes:
    """Return the keyed fingerprint by which a restricted link is found from either end."""
    return privacy.lookup_hmac("restricted-link", str(patient_id))


@projects(facts.IdentityProposed)
def proposed(session: Session, record: Record[facts.IdentityProposed], _: Opened) -> None:
    """Something waits for a second person."""
    entry = record.entry
    by = record.actor if record.on_behalf_of is None else record.on_behalf_of
    session.add(
        IdentityProposal(
            id=entry.proposal_id,
            act=entry.act,
            surviving_id=entry.surviving_id,
            superseded_id=entry.superseded_id,
            ground=entry.ground,
            organisation_id=record.org,
            proposed_by=UUID(by.partition(":")[2]),
            proposed_at=record.at,
            entry_id=record.id,
        )
    )


@projects(facts.IdentityDeclined)
def declined(session: Session, record: Record[facts.IdentityDeclined], _: Opened) -> None:
    """Nothing waits any more, and nothing changed."""
    row = session.get_one(IdentityProposal, record.entry.proposal_id)
    row.settled_at, row.confirmed = record.at, False


@projects(facts.RecordsJoined)
def joined(session: Session, record: Record[facts.RecordsJoined], _: Opened) -> None:
    """The records of both are one patient's."""
    entry = record.entry
    one = records_of(session, entry.surviving_id)
    other = records_of(session, entry.superseded_id)
    session.add(
        PatientJoin(
            superseded_id=entry.superseded_id,
            surviving_id=entry.surviving_id,
            entry_id=record.id,
            joined_at=record.at,
        )
    )
    _settle(session, record, entry.proposal_id, one | other)
    effects.apply(session, Change(at=record.at, one=one, other=other, joined=True))


@projects(facts.RecordsSeparated)
def separated(session: Session, record: Record[facts.RecordsSeparated], _: Opened) -> None:
    """They are two patients' again."""
    entry = record.entry
    every = records_of(session, entry.surviving_id)
    session.delete(session.get_one(PatientJoin, entry.superseded_id))
    _settle(session, record, entry.proposal_id, every)
    one = records_of(session, entry.surviving_id)
    change = Change(at=record.at, one=one, other=every - one, joined=False)
    effects.apply(session, change)


@projects(facts.DoubtRaised)
def doubt_raised(session: Session, record: Record[facts.DoubtRaised], _: Opened) -> None:
    """What was agreed to in the record is in doubt."""
    patient_id = record.entry.patient_id
    session.add(
        PatientDoubt(
            patient_id=patient_id,
            entry_id=record.id,
            organisation_id=record.org,
            raised_at=record.at,
        )
    )
    session.flush()
    effects.apply(session, Change(at=record.at, one=frozenset({patient_id}), doubted=True))


@projects(facts.DoubtSettled)
def doubt_settled(session: Session, record: Record[facts.DoubtSettled], _: Opened) -> None:
    """It counts again."""
    patient_id = record.entry.patient_id
    session.delete(session.get_one(PatientDoubt, patient_id))
    session.flush()
    effects.apply(session, Change(at=record.at, one=frozenset({patient_id}), doubted=False))


@projects(facts.RecordClosed)
def closed(session: Session, record: Record[facts.RecordClosed], _: Opened) -> None:
    """Nothing leads to the record any more: number, list, care relationship, sign-in."""
    patient_id = record.entry.patient_id
    row = session.get_one(Patient, patient_id)
    row.closed_at, row.care_version = record.at, row.care_version + 1
    session.execute(delete(PatientLookup).where(PatientLookup.subject_id == patient_id))
    session.execute(delete(Enrolment).where(Enrolment.patient_id == patient_id))
    session.execute(delete(Care).where(Care.patient_id == patient_id))
    mine = select(PatientLink).where(PatientLink.patient_id == patient_id)
    for link in session.scalars(mine):
        session.get_one(Person, link.person_id).version += 1
        session.delete(link)
    session.flush()
    effects.apply(session, Change(at=record.at, one=frozenset({patient_id})))


@projects(facts.LinkSealed)
def link_sealed(session: Session, record: Record[facts.LinkSealed], opened: Opened) -> None:
    """Who has the right to it can find the one from the other."""
    if ends := opened[facts.LINK]:
        session.add(
            RestrictedLink(
                subject_id=record.entry.link_id,
                entry_id=record.id,
                old_hmac=link_hmac(ends["old_id"]),
                new_hmac=link_hmac(ends["new_id"]),
            )
        )


changes_nothing(facts.LinkRead, because="reading changes nothing; that it was done is kept")


def _settle(
    session: Session,
    record: Record[facts.RecordsJoined] | Record[facts.RecordsSeparated],
    proposal_id: UUID,
    concerned: frozenset[UUID],
) -> None:
    row = session.get_one(IdentityProposal, proposal_id)
    row.settled_at, row.confirmed = record.at, True
    session.flush()
    _regroup(session, concerned)


def _regroup(session: Session, concerned: frozenset[UUID]) -> None:
    """Work out anew which of these records are one patient's, and count the change for each."""
    row = PatientJoin
    joins = session.execute(
        select(row.superseded_id, row.surviving_id).where(row.superseded_id.in_(concerned))
    )
    groups = by_root((one.superseded_id, one.surviving_id) for one in joins)
    session.execute(delete(PatientRecord).where(PatientRecord.patient_id.in_(concerned)))
    for root, records in sorted(groups.items()):
        session.add_all(PatientRecord(patient_id=one, root_id=root) for one in sorted(records))
    session.execute(
        update(Patient)
        .where(Patient.id.in_(concerned))
        .values(care_version=Patient.care_version + 1)
    )
    linked = select(PatientLink.person_id).where(PatientLink.patient_id.in_(concerned))
    session.execute(update(Person).where(Person.id.in_(linked)).values(version=Person.version + 1))
    session.flush()
