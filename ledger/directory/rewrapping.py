"""The directory's part in another master key: fingerprints are made anew from what they are of."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ledger.core import privacy
from ledger.core.db import Sealed, table_of, writing
from ledger.core.master_key import MasterKey
from ledger.core.rewrapping import Done, rewraps
from ledger.directory.entries import IDENTITY
from ledger.directory.models import Patient, PatientLookup, Person, PersonLookup
from ledger.directory.projection import fingerprints


@rewraps("fingerprints of patients")
def patients(session: Session, _old: MasterKey, _new: MasterKey, after: str, limit: int) -> Done:
    """Make the keyed HMACs of NHS numbers anew, under the key that is in use by now."""
    table = table_of(PatientLookup)
    some = (
        select(table.c.subject_id, Patient.identity_entry_id)
        .join(Patient, Patient.id == table.c.subject_id)
        .order_by(table.c.subject_id)
        .limit(limit)
    )
    rows = session.execute(some.where(table.c.subject_id > UUID(after)) if after else some).all()
    opened = privacy.opened(session, [entry_id for _, entry_id in rows]) if rows else {}
    with writing(Sealed):
        for patient_id, entry_id in rows:
            if identity := opened[entry_id][IDENTITY]:
                number, whole = fingerprints(identity["nhs_number"], identity["date_of_birth"])
                mine = update(table).where(table.c.subject_id == patient_id)
                session.execute(mine.values(nhs_number_hmac=number, identity_hmac=whole))
    return Done(str(rows[-1][0]) if rows else None, len(rows))


@rewraps("fingerprints of people")
def people(session: Session, _old: MasterKey, _new: MasterKey, after: str, limit: int) -> Done:
    """Make the keyed HMACs of e-mail addresses anew."""
    table = table_of(PersonLookup)
    some = (
        select(table.c.subject_id, Person.identity_entry_id)
        .join(Person, Person.id == table.c.subject_id)
        .order_by(table.c.subject_id)
        .limit(limit)
    )
    rows = session.execute(some.where(table.c.subject_id > UUID(after)) if after else some).all()
    opened = privacy.opened(session, [entry_id for _, entry_id in rows]) if rows else {}
    with writing(Sealed):
        for person_id, entry_id in rows:
            if identity := opened[entry_id][IDENTITY]:
                email = privacy.lookup_hmac("e-mail", identity["email"])
                mine = update(table).where(table.c.subject_id == person_id)
                session.execute(mine.values(email_hmac=email))
    return Done(str(rows[-1][0]) if rows else None, len(rows))
