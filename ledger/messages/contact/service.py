"""Choosing a safe contact."""

from uuid import UUID

from ledger.core.authority import Resource
from ledger.core.errors import Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.directory.identity.effects import carried_over
from ledger.directory.identity.held import of_patient
from ledger.directory.rules import names
from ledger.messages.contact.entries import SafeContactChosen, Where
from ledger.messages.contact.queries import AS_USUAL, contact_of


class ContactWithoutAddress(Invalid):
    """An address where none is needed, or none where one is."""

    slug = "contact-without-address"
    title = "Say where we write to you"


def choose_contact(
    work: UnitOfWork, patient_id: UUID, *, where: Where, address: str | None = None
) -> None:
    """Record where a patient is told what is about them from now on. They alone choose it.

    Raises:
        NotFound: it is not the actor's own record, or they act for somebody else.
        ContactWithoutAddress, BadEmail: see each.
    """
    root = directory.root_of(work.session, patient_id)
    if work.actor.person_id is None or root != work.actor.patient_id or work.actor.proxy_for:
        raise NotFound("no such patient")
    if (where is Where.ADDRESS) is not bool(address and address.strip()):
        raise ContactWithoutAddress("give an address if you chose one, and none otherwise")
    mail = names.email(address) if address else None
    on = Resource(patient_id=root, person_id=work.actor.person_id)
    for one in sorted(directory.hold_records(work, root)):
        work.authorise(Permission.PROFILE_READ, on=on)
        work.record(SafeContactChosen(patient_id=one, where=where, address=mail))


@carried_over
def carry_contact(work: UnitOfWork, old_id: UUID, new_id: UUID) -> None:
    """Tell the patient of a record begun anew where they wanted to be told."""
    contact = contact_of(work.session, old_id)
    if contact != AS_USUAL:
        work.authorise(Permission.PATIENT_RESTRICTED, on=of_patient(work, new_id))
        work.record(
            SafeContactChosen(patient_id=new_id, where=contact.where, address=contact.address)
        )
