"""What freezing and settling change, and the version that every change of speakers raises."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import Record
from ledger.consent.models import Consent
from ledger.consent.projection import add_event, bump
from ledger.consent.proxies import entries as facts
from ledger.consent.rules.choices import Source
from ledger.consent.rules.lifecycle import Event, Reason
from ledger.core.projection import Opened, projects
from ledger.directory.acting.telling import when_speakers_change


@when_speakers_change
def counted(session: Session, patient_id: UUID, at: datetime) -> None:
    """What the patient's consents come to may be another thing now."""
    bump(session, patient_id, at)


@projects(facts.ConsentProxyFrozen)
def frozen(session: Session, record: Record[facts.ConsentProxyFrozen], _: Opened) -> None:
    """The consent waits for the young person."""
    entry = record.entry
    bump(session, entry.patient_id, record.at)
    consent = session.get_one(Consent, entry.consent_id)
    add_event(session, record, consent, Event.PROXY_FROZEN, entry.reason, consent.source)


@projects(facts.DisagreementSettled)
def settled(session: Session, record: Record[facts.DisagreementSettled], _: Opened) -> None:
    """What was set aside is on hold."""
    entry = record.entry
    bump(session, entry.patient_id, record.at)
    for consent_id in entry.set_aside:
        consent = session.get_one(Consent, consent_id)
        why = Reason.DISAGREEMENT_SETTLED
        add_event(session, record, consent, Event.SUSPENDED, why, Source.SPOKEN)
