"""What the consent area's entries change."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import Entry, Record
from ledger.consent import entries as facts
from ledger.consent.joining import bump as bump_records
from ledger.consent.models import (
    Consent,
    ConsentEvent,
    ConsentVersion,
    Quarantine,
)
from ledger.consent.queries.joined import records_of
from ledger.consent.rules.choices import Source
from ledger.consent.rules.lifecycle import Event, Reason, Status, after
from ledger.consent.rules.model import Effect
from ledger.consent.source_entries import (
    ConsentEvidenceKept,
    ConsentEvidenceRead,
    ConsentSourceKept,
    SenderAsked,
)
from ledger.core.projection import Opened, changes_nothing, projects


@projects(facts.ConsentGranted)
def granted(session: Session, record: Record[facts.ConsentGranted], _: Opened) -> None:
    """There is a yes more."""
    entry = record.entry
    _begin(session, record, entry, Event.GRANTED, Effect.PERMIT, Reason.NOT_SAID, entry.parties)


@projects(facts.ConsentDissented)
def dissented(session: Session, record: Record[facts.ConsentDissented], _: Opened) -> None:
    """There is a standing no more."""
    entry = record.entry
    _begin(session, record, entry, Event.GRANTED, Effect.DENY, Reason.NOT_SAID, entry.parties)


@projects(facts.ConsentRefused)
def refused(session: Session, record: Record[facts.ConsentRefused], _: Opened) -> None:
    """A question was answered no."""
    _begin(session, record, record.entry, Event.REFUSED, None, record.entry.reason, ())


@projects(facts.ConsentNarrowed)
def narrowed(session: Session, record: Record[facts.ConsentNarrowed], _: Opened) -> None:
    """The consent has another version, which counts from now on."""
    entry = record.entry
    consent = session.get_one(Consent, entry.consent_id)
    consent.number = entry.number
    consent.decided_at = entry.statement.decided_at
    consent.order = bump(session, entry.patient_id, record.at)
    _version(session, record, entry, entry.number, Effect.PERMIT, entry.parties)
    add_event(session, record, consent, Event.NARROWED, entry.reason, entry.statement.source)


@projects(facts.ConsentWithdrawn)
def withdrawn(session: Session, record: Record[facts.ConsentWithdrawn], _: Opened) -> None:
    """The consent counts no more."""
    _go_on(session, record, record.entry, Event.WITHDRAWN)


@projects(facts.ConsentSuspended)
def suspended(session: Session, record: Record[facts.ConsentSuspended], _: Opened) -> None:
    """The consent is on hold."""
    _go_on(session, record, record.entry, Event.SUSPENDED)


@projects(facts.ConsentReValidated)
def re_validated(session: Session, record: Record[facts.ConsentReValidated], _: Opened) -> None:
    """The consent counts again."""
    _go_on(session, record, record.entry, Event.RE_VALIDATED)


@projects(facts.ConsentSuperseded)
def superseded(session: Session, record: Record[facts.ConsentSuperseded], _: Opened) -> None:
    """Another counts in its place."""
    _go_on(session, record, record.entry, Event.SUPERSEDED)


@projects(facts.ConsentInvalidated)
def invalidated(session: Session, record: Record[facts.ConsentInvalidated], _: Opened) -> None:
    """The consent never counted."""
    _go_on(session, record, record.entry, Event.INVALIDATED)


@projects(facts.ConsentEnteredInError)
def in_error(session: Session, record: Record[facts.ConsentEnteredInError], _: Opened) -> None:
    """The consent was never said."""
    _go_on(session, record, record.entry, Event.ENTERED_IN_ERROR)


@projects(facts.ConsentQuarantined)
def quarantined(session: Session, record: Record[facts.ConsentQuarantined], _: Opened) -> None:
    """Something waits for a person. The patient's consents are what they were."""
    entry = record.entry
    session.add(
        Quarantine(
            id=entry.quarantine_id,
            patient_id=entry.patient_id,
            organisation_id=record.org,
            doubts=list(entry.doubts),
            entry_id=record.id,
            received_at=record.at,
        )
    )


@projects(facts.QuarantineClosed)
def quarantine_closed(session: Session, record: Record[facts.QuarantineClosed], _: Opened) -> None:
    """Nothing waits any more."""
    row = session.get_one(Quarantine, record.entry.quarantine_id)
    row.closed_at = record.at
    row.consent_id = record.entry.consent_id


_Happened = (
    facts.ConsentWithdrawn
    | facts.ConsentSuspended
    | facts.ConsentReValidated
    | facts.ConsentSuperseded
    | facts.ConsentInvalidated
    | facts.ConsentEnteredInError
)


@projects(SenderAsked)
def sender_asked(session: Session, record: Record[SenderAsked], _: Opened) -> None:
    """It still waits, now for an answer."""
    session.get_one(Quarantine, record.entry.quarantine_id).asked_at = record.at


changes_nothing(ConsentSourceKept, because="it keeps bytes beside a version that is made already")
changes_nothing(ConsentEvidenceKept, because="it keeps bytes beside what was said and recorded")
changes_nothing(ConsentEvidenceRead, because="that somebody read is for the log alone")


_Said = facts.ConsentGranted | facts.ConsentDissented | facts.ConsentRefused
_HasStatement = _Said | facts.ConsentNarrowed


def _go_on(session: Session, record: Record[Entry], entry: _Happened, event: Event) -> None:
    """The same terms, and another status."""
    bump(session, entry.patient_id, record.at)
    consent = session.get_one(Consent, entry.consent_id)
    add_event(session, record, consent, event, entry.reason, entry.source)


def _begin(  # noqa: PLR0917 - the three kinds differ in just these
    session: Session,
    record: Record[Entry],
    entry: _Said,
    event: Event,
    base: Effect | None,
    reason: Reason,
    parties: tuple[UUID, ...],
) -> None:
    said = entry.statement
    order = bump(session, entry.patient_id, record.at)
    consent = session.get(Consent, entry.consent_id)
    if consent is not None:  # What they were asked is answered now.
        _answer(consent, said, order, record.at)
        _version(session, record, entry, consent.number, base, parties)
        add_event(session, record, consent, event, reason, said.source)
        return
    consent = Consent(
        id=entry.consent_id,
        patient_id=entry.patient_id,
        agreement_id=entry.agreement_id,
        kind=said.kind,
        category=said.category,
        controller=said.controller,
        grantor=said.grantor,
        capacity=said.capacity,
        status=after(None, event),
        number=1,
        events=1,
        order=order,
        decided_at=said.decided_at,
        recorded_at=record.at,
        source=said.source,
    )
    session.add(consent)
    session.flush()  # What follows refers to it.
    _version(session, record, entry, 1, base, parties)
    session.add(_happened(record, consent, event, reason, said.source))


def _answer(consent: Consent, said: facts.Statement, order: int, at: datetime) -> None:
    consent.kind, consent.category = said.kind, said.category
    consent.grantor, consent.capacity = said.grantor, said.capacity
    consent.decided_at, consent.recorded_at, consent.source = said.decided_at, at, said.source
    consent.number, consent.order = consent.number + 1, order


def _version(  # noqa: PLR0917
    session: Session,
    record: Record[Entry],
    entry: _HasStatement,
    number: int,
    base: Effect | None,
    parties: tuple[UUID, ...],
) -> None:
    said = entry.statement
    session.add(
        ConsentVersion(
            consent_id=entry.consent_id,
            number=number,
            entry_id=record.id,
            base=base,
            purposes=sorted(said.purposes),
            parties=[str(party) for party in parties],
            starts_at=said.starts_at,
            ends_at=said.ends_at,
            notice=None if said.notice is None else asdict(said.notice),
        )
    )


def add_event(  # noqa: PLR0917
    session: Session,
    record: Record[Entry],
    consent: Consent,
    event: Event,
    reason: Reason,
    source: Source,
) -> None:
    """Add what happened to a consent, which is then where that leads."""
    current: Status | None = consent.status if consent.events else None
    consent.status = after(current, event)
    consent.events += 1
    session.add(_happened(record, consent, event, reason, source))


def _happened(
    record: Record[Entry], consent: Consent, event: Event, reason: Reason, source: Source
) -> ConsentEvent:
    return ConsentEvent(
        consent_id=consent.id,
        n=consent.events,
        event=event,
        at=record.at,
        reason=reason,
        source=source,
        actor=record.actor,
        entry_id=record.id,
    )


def bump(session: Session, patient_id: UUID, at: datetime) -> int:
    """Count one change more of all that a patient said, and return the number."""
    return bump_records(session, records_of(session, patient_id), at)
