"""Telling patients: where they want to be told, and of what was recorded for the wrong one."""

import json
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.consent.rules.lifecycle import Reason as Why
from ledger.core.trail import EntrySubject, LogEntry
from ledger.directory import queries as directory
from ledger.messages.contact.queries import AS_USUAL, Contact, contact_of

_IN_ERROR = "consent.entered-in-error"
_SAID = ("consent.granted", "consent.dissented", "consent.refused")


def told_at(session: Session, person_id: UUID) -> Contact:
    """Return where somebody is told what is about their own record."""
    patient_id = directory.linked_patient(session, person_id)
    return AS_USUAL if patient_id is None else contact_of(session, patient_id)


def corrected(session: Session, entry: LogEntry) -> list[UUID]:
    """Return who signs in as the patients of a consent that *entry* says was misfiled.

    The one it was recorded for, and the one whose it is: for them it is recorded in the same
    unit of work. Nobody else: not who acts for either.
    """
    if entry.kind != _IN_ERROR or json.loads(entry.body)["data"]["reason"] != Why.WRONG_PATIENT:
        return []
    row = EntrySubject
    concerned = select(row.subject).join(LogEntry, LogEntry.position == row.position)
    same = concerned.where(
        LogEntry.work == entry.work,
        LogEntry.kind.in_((_IN_ERROR, *_SAID)),
        row.subject.startswith("patient:"),
        LogEntry.at == entry.at,
        LogEntry.actor == entry.actor,
    )
    ids = sorted({UUID(one.partition(":")[2]) for one in session.scalars(same)})
    people = (directory.linked_person(session, one) for one in ids)
    return [person_id for person_id in people if person_id is not None]
