"""Reads of safe contacts: to send, and to remind the patient alone of what they chose."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import privacy
from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.directory import queries as directory
from ledger.messages.contact.entries import CONTACT, Where
from ledger.messages.contact.models import SafeContact


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a patient is told; an address of their own only where they chose one."""

    where: Where
    address: str | None = None


AS_USUAL: Final = Contact(Where.USUAL)
ONLY_HERE: Final = Contact(Where.ONLY_HERE)


def own_contact(session: Session, actor: Actor, patient_id: UUID) -> Contact:
    """Return what a patient chose themselves, to themselves alone.

    Raises:
        NotFound: it is not the actor's own record, or they act for somebody else.
    """
    if directory.root_of(session, patient_id) != actor.patient_id or actor.proxy_for:
        raise NotFound("no such patient")
    return contact_of(session, patient_id)


def contact_of(session: Session, patient_id: UUID) -> Contact:
    """Return where a patient is told.

    Of several records of one patient the safer counts: "only here" in any of them, or else
    what was chosen last.
    """
    records = directory.records_of(session, patient_id)
    mine = select(SafeContact.entry_id).where(SafeContact.subject_id.in_(records))
    opened = privacy.opened(session, session.scalars(mine).all())
    found = [
        Contact(Where(fields["where"]), fields["address"])
        for _, private in sorted(opened.items())
        if (fields := private.get(CONTACT))
    ]
    if ONLY_HERE in found:
        return ONLY_HERE
    return found[-1] if found else AS_USUAL
