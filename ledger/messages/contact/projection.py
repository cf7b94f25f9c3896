"""What choosing a safe contact changes."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.messages.contact.entries import CONTACT, SafeContactChosen
from ledger.messages.contact.models import SafeContact


@projects(SafeContactChosen)
def chosen(session: Session, record: Record[SafeContactChosen], opened: Opened) -> None:
    """The newest choice counts. Of what is erased there is none."""
    patient_id = record.entry.patient_id
    if opened[CONTACT]:
        session.execute(delete(SafeContact).where(SafeContact.subject_id == patient_id))
        session.add(SafeContact(subject_id=patient_id, entry_id=record.id))
