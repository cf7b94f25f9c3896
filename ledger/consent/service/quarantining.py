"""Settling a quarantined consent: accept it corrected, reject it, or ask who sent it."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from ledger.consent import entries as facts
from ledger.consent.models import Consent, Quarantine
from ledger.consent.rules.choices import Choice, Source
from ledger.consent.rules.fhir import Doubt, Quarantined, Release, read
from ledger.consent.rules.fhir.proposing import words_of
from ledger.consent.rules.model import Terms
from ledger.consent.service.binding import own_organisation, understood
from ledger.consent.service.held import Recorded, hold, record
from ledger.consent.service.importing import entry_of
from ledger.consent.service.late import under_its_agreement
from ledger.consent.source_entries import SenderAsked
from ledger.core import clock, privacy
from ledger.core.errors import Conflict, Fault, Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork


class QuarantineClosed(Conflict):
    """Somebody has already settled it."""

    slug = "consent-quarantine-closed"
    title = "Somebody has already settled this"


class StillInDoubt(Invalid):
    """The corrected consent is not understood beyond doubt either."""

    slug = "consent-still-in-doubt"
    title = "This is still not understood beyond doubt"


class WordOfNobody(Invalid):
    """What is in doubt is settled by what somebody said, and not by who types it in."""

    slug = "consent-word-of-nobody"
    title = "Say who confirmed what it means, and how"


def close_quarantine(
    work: UnitOfWork, quarantine_id: UUID, *, consent_id: UUID | None = None, words: str = ""
) -> UUID:
    """Settle a quarantined consent: what was recorded in its place, or that nothing was.

    Raises:
        NotFound: there is none that the actor's organisation has to look at.
        QuarantineClosed: somebody has done it before.
        Invalid: what was recorded in its place is not of this patient.
    """
    row = _open(work, quarantine_id)
    _check_same_patient(work, consent_id, row.patient_id)
    return record(work, _closed(row, consent_id, words))


def accept_quarantined(
    work: UnitOfWork,
    quarantine_id: UUID,
    *,
    corrected: bytes,
    release: Release,
    source: Source,
    words: str,
) -> Recorded:
    """Enforce a quarantined consent as *corrected*, by the word of the patient or clinician.

    It is enforced from now on, and decided now: whoever confirms it says so today. The word
    itself (*words*: who, when, how) is kept for the patient's key alone.

    Raises:
        NotFound, QuarantineClosed: as `close_quarantine`.
        WordOfNobody: *source* is neither spoken nor on paper, or there are no *words*.
        NotAConsent: *corrected* is none; each fault names the element.
        StillInDoubt: it is not understood either; each fault names the element.
        AgreementNotInForce, ChoiceNotPossible: it came for an agreement; see `late`.
    """
    row = _open(work, quarantine_id, records=2)
    if source not in {Source.SPOKEN, Source.PHONE, Source.PAPER} or not words.strip():
        raise WordOfNobody("give spoken, phone or paper, and who said it, in words")
    found = read(corrected, clock.zone(), release)
    if not isinstance(found, Quarantined):
        found = replace(found, decided_at=work.now)
    found = understood(work, found, row.patient_id)
    if isinstance(found, Quarantined):
        raise StillInDoubt("correct what is named, then try again", _faults(found.doubts))
    consent_id = new_id()
    entry = entry_of(found, consent_id, row.patient_id, corrected, source)
    entry = under_its_agreement(work, entry, _original(work, row), _choice(found.terms))
    entry_id = record(work, replace(entry, words=words))
    record(work, _closed(row, consent_id, words))
    return Recorded(consent_id, entry_id)


def ask_sender(work: UnitOfWork, quarantine_id: UUID, *, words: str) -> UUID:
    """Note that whoever sent a quarantined consent was asked what was meant. It still waits.

    Raises:
        NotFound, QuarantineClosed: as `close_quarantine`.
    """
    row = _open(work, quarantine_id)
    entry = SenderAsked(quarantine_id=row.id, patient_id=row.patient_id, words=words)
    return record(work, entry)


def _open(work: UnitOfWork, quarantine_id: UUID, *, records: int = 1) -> Quarantine:
    named = select(Quarantine.patient_id).where(Quarantine.id == quarantine_id)
    if (patient_id := work.session.scalar(named)) is None:
        raise NotFound("nothing of that id is in quarantine")
    hold(work, patient_id)  # Before the row, as by whoever erases them.
    row = work.load(Quarantine, quarantine_id)
    about = own_organisation(work)
    if row.organisation_id is None or row.organisation_id != work.actor.organisation_id:
        raise NotFound("nothing of that id is in quarantine")
    work.authorise(Permission.CONSENT_IMPORT, on=about, records=records)
    if row.closed_at is not None:
        raise QuarantineClosed("look at the patient's consents to see what was recorded")
    return row


def _original(work: UnitOfWork, row: Quarantine) -> bytes:
    kept = privacy.opened(work.session, [row.entry_id]).get(row.entry_id, {}).get(facts.EVIDENCE)
    if kept is None or kept["evidence"] is None:
        raise NotFound("what came is erased")
    return bytes.fromhex(kept["evidence"])


def _choice(terms: Terms) -> Choice:
    """Return what terms from elsewhere choose, to be held to what an agreement offers."""
    prefix = "organisation:"
    named = (one.removeprefix(prefix) for one in terms.scope.actors if one.startswith(prefix))
    return Choice(
        purposes=terms.scope.purposes,
        categories=terms.scope.categories,
        organisation_ids=frozenset(map(UUID, named)),
    )


def _closed(row: Quarantine, consent_id: UUID | None, words: str) -> facts.QuarantineClosed:
    return facts.QuarantineClosed(
        quarantine_id=row.id,
        patient_id=row.patient_id,
        consent_id=consent_id,
        words=words or None,
    )


def _faults(doubts: tuple[Doubt, ...]) -> list[Fault]:
    return [Fault(one.element, words_of(one.reason)) for one in doubts]


def _check_same_patient(work: UnitOfWork, consent_id: UUID | None, patient_id: UUID) -> None:
    if consent_id is not None:
        consent = work.session.get(Consent, consent_id)
        if consent is None or consent.patient_id != patient_id:
            fault = Fault("/consent_id", "name a consent of the same patient")
            raise Invalid(fault.detail, [fault])
