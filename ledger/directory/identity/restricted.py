"""After an adoption or a change of gender: a record begun anew, to which nothing leads.

The old record is closed: its number, its id and its sign-in find nothing, as if it had never
been there. The new one has an id, a key and a chain of its own, and what goes on is recorded
in it as if for the first time. That the one came after the other is committed to in an entry
about nobody, sealed under a key of its own; whoever holds `Permission.PATIENT_RESTRICTED` can
open that with a reason, which is recorded. So history stays true, and provable to a court,
without any entry that names both.

What that does not hide. Whoever may read the whole log (an auditor; an operator) sees in one
unit of work, at one moment, that one record closed and another began. Other moments and units
would only blur it, for what goes on is the same in both: lists, who cares, agreements and
purposes agreed to, the sign-in, a power that goes on. And in between the old record would be
open, or the new one without its opt-out. So the two are one unit, in which nothing can be lost;
what keeps the two apart is who may read the whole log, each search of which is recorded.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from ledger.core import privacy
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.acting.carrying import carry as carry_powers
from ledger.directory.care_entries import CareBegan
from ledger.directory.entries import Assurance, Linked, PatientEnrolled
from ledger.directory.identity import effects
from ledger.directory.identity import entries as facts
from ledger.directory.identity.models import RestrictedLink
from ledger.directory.identity.projection import link_hmac
from ledger.directory.identity.queries import in_doubt, records_of
from ledger.directory.identity.rules import checked_evidence
from ledger.directory.models import Care, Enrolment, PatientLink, PatientLookup, Person
from ledger.directory.projection import fingerprints
from ledger.directory.rules.care import CareSource
from ledger.directory.rules.imports import Identity, check_identity
from ledger.directory.service.held import (
    installation,
    of_patient,
    unless_taken,
    visible_patient,
)
from ledger.directory.service.numbers import NumberTaken
from ledger.directory.service.patients import record_registration


class NotOneRecord(Conflict):
    """Joined with others, or doubted: first it must be clear whose it is."""

    slug = "record-not-alone"
    title = "Settle whose this record is first"


def begin_anew(
    work: UnitOfWork, *, patient_id: UUID, identity: Identity, power_ids: Collection[UUID] = ()
) -> UUID:
    """Close a patient's record and begin another, to which nothing leads. Returns its id.

    Args:
        work: The unit of work of whoever has the right to it.
        patient_id: The record that is closed.
        identity: Who the patient is from now on.
        power_ids: Powers over the old record that go on; see `acting.carrying`.

    Raises:
        NotFound: there is no such patient or power, or the actor may not know of them.
        Forbidden: the actor may not do that, or it is their own record.
        Invalid: see `rules.imports.check_identity`.
        NumberTaken: another record has the new number, or it is the old one.
        NotOneRecord: the record is joined with another, or in doubt.
    """
    founded = installation(work)
    on = visible_patient(work, patient_id, Permission.PATIENT_RESTRICTED)
    work.authorise(Permission.PATIENT_RESTRICTED, on=on)
    if len(records_of(work.session, patient_id)) > 1 or in_doubt(work.session, patient_id):
        raise NotOneRecord("separate it, or settle the doubt, and try again")
    identity = check_identity(identity, today=work.today, demonstration=founded.demonstration)
    number, _ = fingerprints(identity.nhs_number, str(identity.date_of_birth))
    taken = select(PatientLookup.subject_id).where(PatientLookup.nhs_number_hmac == number)
    if work.session.scalar(taken) is not None:
        raise NumberTaken("take the number that the patient was given for the new record")
    lists, person_id = _lists(work, patient_id), _signs_in(work, patient_id)

    def allowed() -> None:
        work.authorise(Permission.PATIENT_RESTRICTED, on=on)

    new_patient_id = record_registration(work, organisation_id=lists[0], identity=identity)
    for organisation_id in lists[1:]:
        allowed()
        work.record(PatientEnrolled(patient_id=new_patient_id, organisation_id=organisation_id))
    _carry_care(work, patient_id, new_patient_id)
    carry_powers(work, patient_id, new_patient_id, power_ids, on)
    effects.carry_over(work, patient_id, new_patient_id)
    allowed()
    work.record(facts.RecordClosed(patient_id=patient_id))
    if person_id is not None:
        allowed()
        entry = Linked(
            person_id=person_id, patient_id=new_patient_id, assurance=Assurance.IN_PERSON
        )
        work.record(entry)
    allowed()
    with unless_taken("beginning a record anew"):
        work.record(facts.LinkSealed(link_id=new_id(), old_id=patient_id, new_id=new_patient_id))
    return new_patient_id


def read_link(work: UnitOfWork, *, patient_id: UUID, reason: str) -> tuple[UUID, UUID]:
    """Return the old and the new record, from either; that it was read, and why, is recorded.

    Raises:
        NotFound: there is no such link, or the actor may not know that there is.
        NoEvidence: no reason.
    """
    mine = link_hmac(patient_id)
    row = RestrictedLink
    either = (row.old_hmac == mine) | (row.new_hmac == mine)
    found = work.session.scalar(select(row).where(either).limit(1))
    ends = None
    if found is not None:
        ends = privacy.opened(work.session, [found.entry_id])[found.entry_id][facts.LINK]
    if found is None or ends is None:
        raise NotFound("no such patient")
    new_patient_id = UUID(ends["new_id"])
    on = visible_patient(work, new_patient_id, Permission.PATIENT_RESTRICTED)
    work.authorise(Permission.PATIENT_RESTRICTED, on=on)
    why = checked_evidence(reason)
    work.record(facts.LinkRead(link_id=found.subject_id, reason=why))
    return UUID(ends["old_id"]), new_patient_id


def _lists(work: UnitOfWork, patient_id: UUID) -> list[UUID]:
    """Return who has the patient on a list; the actor's own organisation first, if it has."""
    mine = select(Enrolment.organisation_id).where(Enrolment.patient_id == patient_id)
    return sorted(
        work.session.scalars(mine), key=lambda one: (one != work.actor.organisation_id, one)
    )


def _carry_care(work: UnitOfWork, patient_id: UUID, new_patient_id: UUID) -> None:
    """Have who is on the roster of the old record look after the new one from today."""
    on = of_patient(work, new_patient_id)
    mine = select(Care).where(Care.patient_id == patient_id, Care.source == CareSource.ROSTER)
    for row in work.session.scalars(mine.order_by(Care.id)).all():
        if not row.period.holds(work.today):
            continue
        work.authorise(Permission.PATIENT_RESTRICTED, on=on)
        work.record(
            CareBegan(
                relationship_id=new_id(),
                patient_id=new_patient_id,
                organisation_id=row.organisation_id,
                team_id=row.team_id,
                person_id=row.person_id,
                from_on=work.today,
                until_on=row.until_on,
            )
        )


def _signs_in(work: UnitOfWork, patient_id: UUID) -> UUID | None:
    mine = select(PatientLink.person_id).where(PatientLink.patient_id == patient_id)
    person_id = work.session.scalar(mine)
    if person_id is not None:
        work.load(Person, person_id)
    return person_id
