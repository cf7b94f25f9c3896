"""What the entries of asking change."""

from dataclasses import asdict

from sqlalchemy.orm import Session

from audit import Record
from ledger.consent.asking import entries as facts
from ledger.consent.asking.models import ConsentRequest
from ledger.consent.models import Consent, ConsentVersion
from ledger.consent.projection import add_event, bump
from ledger.consent.rules.choices import Source
from ledger.consent.rules.lifecycle import Event, Status
from ledger.consent.rules.model import Capacity
from ledger.core.projection import Opened, projects


@projects(facts.ConsentRequested)
def requested(session: Session, record: Record[facts.ConsentRequested], _: Opened) -> None:
    """A consent begins, of which nothing is said yet."""
    entry = record.entry
    consent = Consent(
        id=entry.consent_id,
        patient_id=entry.patient_id,
        agreement_id=entry.agreement_id,
        kind=entry.asks_for,
        category=entry.category,
        controller=None,
        grantor="patient",
        capacity=Capacity.PATIENT,
        status=Status.REQUESTED,
        number=1,
        events=0,
        order=bump(session, entry.patient_id, record.at),
        decided_at=record.at,
        recorded_at=record.at,
        source=Source.ONLINE,
    )
    session.add(consent)
    session.flush()  # What follows refers to it.
    session.add(
        ConsentVersion(
            consent_id=entry.consent_id,
            number=1,
            entry_id=record.id,
            base=None,
            purposes=sorted(entry.purposes),
            parties=[str(party) for party in entry.parties],
        )
    )
    session.add(
        ConsentRequest(
            consent_id=entry.consent_id,
            request_id=entry.request_id,
            patient_id=entry.patient_id,
            agreement_id=entry.agreement_id,
            organisation_id=entry.organisation_id,
            awaited_to=entry.awaited_to,
            asked_at=record.at,
            asked_by=record.actor,
            entry_id=record.id,
        )
    )
    add_event(session, record, consent, Event.REQUESTED, entry.reason, Source.ONLINE)


@projects(facts.ConsentOffered)
def offered(session: Session, record: Record[facts.ConsentOffered], _: Opened) -> None:
    """The patient has been told."""
    entry = record.entry
    row = session.get_one(ConsentRequest, entry.consent_id)
    row.notice, row.channel = asdict(entry.notice), entry.channel.value
    _go_on(session, record, Event.OFFERED)


@projects(facts.AnswerReminded)
def reminded(session: Session, record: Record[facts.AnswerReminded], _: Opened) -> None:
    """The patient has been told once more. What they said is what it was."""
    session.get_one(ConsentRequest, record.entry.consent_id).reminded_at = record.at


@projects(facts.ConsentLapsed)
def lapsed(session: Session, record: Record[facts.ConsentLapsed], _: Opened) -> None:
    """Nobody answered."""
    _go_on(session, record, Event.LAPSED)


def _go_on(
    session: Session,
    record: Record[facts.ConsentOffered] | Record[facts.ConsentLapsed],
    event: Event,
) -> None:
    entry = record.entry
    bump(session, entry.patient_id, record.at)
    consent = session.get_one(Consent, entry.consent_id)
    add_event(session, record, consent, event, entry.reason, Source.ONLINE)
