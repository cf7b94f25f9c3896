"""The day from which the private terms of a consent are kept."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.consent.models import Consent, ConsentEvent
from ledger.consent.rules.lifecycle import Status
from ledger.core import clock
from ledger.core.destroying import Part
from ledger.core.retention import Runs
from ledger.directory.erasing import runs_from


@runs_from(Runs.CONSENT_ENDED)
def ended(session: Session, parts: Sequence[Part]) -> Mapping[UUID, date | None]:
    """The day of the last thing that happened to a patient's consents; while one holds, none.

    By patient and not by consent: what somebody said yes to is read together with their no.
    """
    ids = {part.subject_id for part in parts}
    live = select(Consent.patient_id).where(
        Consent.patient_id.in_(ids), Consent.status == Status.ACTIVE
    )
    active = set(session.scalars(live.distinct()))
    last: dict[UUID, date] = {}
    rows = (
        select(Consent.patient_id, ConsentEvent.at)
        .join(ConsentEvent, ConsentEvent.consent_id == Consent.id)
        .where(Consent.patient_id.in_(ids - active))
    )
    for patient_id, at in session.execute(rows):
        day = clock.civil_date(at)
        last[patient_id] = max(day, last.get(patient_id, day))
    return {
        part.entry_id: None
        if part.subject_id in active
        else last.get(part.subject_id, clock.civil_date(part.at))
        for part in parts
    }
