"""Saying yes, and saying no."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.agreements import queries as agreements
from ledger.consent import entries as facts
from ledger.consent.proxies.speaking import by_whom, check_said, check_yes
from ledger.consent.queries.offers import offers
from ledger.consent.rules import spelling
from ledger.consent.rules.choices import (
    Choice,
    Source,
    category_of,
    check,
    check_known,
    check_no,
    check_offered,
    check_source,
    check_words,
    kind_of,
    terms_of,
)
from ledger.consent.rules.lifecycle import Event, Reason
from ledger.consent.rules.model import Capacity, Effect
from ledger.consent.service.answering import answering, noticed
from ledger.consent.service.held import Recorded, hold, record, see
from ledger.consent.service.undoing import undoes
from ledger.consent.source_entries import ConsentEvidenceKept
from ledger.core import blobs, clock
from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory


class AgreementNotInForce(Conflict):
    """Nobody can agree to what no agreement shares today."""

    slug = "consent-agreement-not-in-force"
    title = "The agreement is not in force"


class OlderThanANo(Conflict):
    """A yes that was decided before the patient said no."""

    slug = "consent-older-than-a-no"
    title = "The patient has said no since"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The notice that the person was shown, to the letter."""

    id: str
    version: int
    language: str
    format: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """How we know what somebody said.

    Attributes:
        decided_at: When they decided, if that was not just now.
        words: What they add in their own words.
        evidence: A scanned form, a recording: kept as it came, for the patient's key alone.
        media_type: Of the evidence.
    """

    source: Source = Source.ONLINE
    capacity: Capacity = Capacity.PATIENT
    decided_at: datetime | None = None
    shown: Shown | None = None
    words: str | None = None
    evidence: bytes | None = None
    media_type: str = "application/octet-stream"


ONLINE = Said()


def grant(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    agreement_id: UUID,
    choice: Choice,
    said: Said = ONLINE,
    answers: UUID | None = None,
) -> Recorded:
    """Record that a patient agrees to share what *choice* says, under an agreement.

    *answers* is the consent that they were asked for, if they were.

    Raises:
        NotFound: there is no such patient or agreement.
        AgreementNotInForce, ChoiceNotPossible, OlderThanANo: see each.
        Forbidden: the actor may not agree for this patient.
    """
    on = hold(work, patient_id)
    agreement = agreements.hold(work, agreement_id)
    see(work, on, Permission.CONSENT_GRANT)
    work.authorise(Permission.CONSENT_GRANT, on=on)
    if not agreement.in_force(work.today):
        raise AgreementNotInForce("choose another, or wait until its parties have renewed it")
    check_yes(work, patient_id, by=by_whom(work, patient_id))
    check_choice(work, choice)
    check_offered(choice, offers(agreement))
    answered = statement(work, patient_id, choice, Effect.PERMIT, said)
    terms = terms_of(choice, Effect.PERMIT, clock.zone())
    if undoes(work, patient_id, agreement_id, answered, terms):
        raise OlderThanANo("ask the patient again, and record what they say today")
    consent_id = answering(
        work,
        answers,
        patient_id=patient_id,
        agreement_id=agreement_id,
        choice=choice,
        event=Event.GRANTED,
    )
    entry = facts.ConsentGranted(
        consent_id=consent_id,
        patient_id=patient_id,
        agreement_id=agreement_id,
        parties=tuple(sorted(choice.organisation_ids)),
        statement=noticed(work, answers, answered),
        terms=spelling.dumps(terms),
        words=said.words,
        evidence=said.evidence,
    )
    return Recorded(consent_id, record(work, entry))


def dissent(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    choice: Choice,
    agreement_id: UUID | None = None,
    said: Said = ONLINE,
    answers: UUID | None = None,
) -> Recorded:
    """Record that a patient says no, before anybody asks or after; it stands until taken back.

    Raises:
        NotFound: there is no such patient or agreement.
        ChoiceNotPossible: see `rules.choices.check` and `check_no`.
        Forbidden: the actor may not say no for this patient.
    """
    on = hold(work, patient_id)
    see(work, on, Permission.CONSENT_WITHDRAW)
    if agreement_id is not None:
        agreements.hold(work, agreement_id)
    work.authorise(Permission.CONSENT_WITHDRAW, on=on)
    check_choice(work, choice)
    check_no(choice)
    consent_id = answering(
        work,
        answers,
        patient_id=patient_id,
        agreement_id=agreement_id,
        choice=choice,
        event=Event.GRANTED,
    )
    entry = facts.ConsentDissented(
        consent_id=consent_id,
        patient_id=patient_id,
        agreement_id=agreement_id,
        parties=tuple(sorted(choice.organisation_ids)),
        statement=noticed(work, answers, statement(work, patient_id, choice, Effect.DENY, said)),
        terms=spelling.dumps(terms_of(choice, Effect.DENY, clock.zone())),
        words=said.words,
        evidence=said.evidence,
    )
    return Recorded(consent_id, record(work, entry))


def refuse(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    agreement_id: UUID,
    choice: Choice,
    reason: Reason = Reason.NOT_SAID,
    said: Said = ONLINE,
    answers: UUID | None = None,
) -> Recorded:
    """Record that a patient answers no to what they were asked, and nothing else changes.

    Where sharing goes on without a yes, as for care, a no that is to stop it is a `dissent`.

    Raises:
        NotFound: there is no such patient or agreement.
        ChoiceNotPossible: see `rules.choices.check`.
        Forbidden: the actor may not answer for this patient.
    """
    on = hold(work, patient_id)
    see(work, on, Permission.CONSENT_WITHDRAW)
    agreements.hold(work, agreement_id)
    work.authorise(Permission.CONSENT_WITHDRAW, on=on, records=1 if said.evidence is None else 2)
    check_choice(work, choice)
    consent_id = answering(
        work,
        answers,
        patient_id=patient_id,
        agreement_id=agreement_id,
        choice=choice,
        event=Event.REFUSED,
    )
    entry = facts.ConsentRefused(
        consent_id=consent_id,
        patient_id=patient_id,
        agreement_id=agreement_id,
        statement=noticed(work, answers, statement(work, patient_id, choice, Effect.PERMIT, said)),
        reason=reason,
        words=said.words,
    )
    entry_id = record(work, entry)
    if said.evidence is not None:
        kept = ConsentEvidenceKept(
            consent_id=consent_id,
            patient_id=patient_id,
            shows=entry_id,
            media_type=said.media_type,
            evidence=said.evidence,
        )
        record(work, kept)
    return Recorded(consent_id, entry_id)


def check_choice(work: UnitOfWork, choice: Choice) -> None:
    """Check a choice by itself, and that whoever it names is somebody we know.

    Raises:
        ChoiceNotPossible: naming each thing that is wrong.
    """
    check(choice, today=work.today)
    ids = [UUID(one.removeprefix("person:")) for one in choice.but_not]
    check_known(
        choice,
        people=[f"person:{one}" for one in directory.person_names(work.session, ids)],
        organisation_ids=directory.organisations(work.session, choice.organisation_ids),
    )


def decided(work: UnitOfWork, patient_id: UUID, said: Said) -> datetime:
    """Return when it was decided, having checked how we know.

    Raises:
        ChoiceNotPossible: staff say it was online, or it is to be decided in the future.
    """
    decided_at = said.decided_at or work.now
    by = by_whom(work, patient_id)
    check_source(said.source, said.capacity, by=by, decided_at=decided_at, now=work.now)
    check_said(work, patient_id, said.capacity, by=by)
    check_words(said.words)
    return decided_at


def statement(
    work: UnitOfWork, patient_id: UUID, choice: Choice, effect: Effect, said: Said
) -> facts.Statement:
    """Return who says what to *choice*, and how we know."""
    terms = terms_of(choice, effect, clock.zone())
    by_patient = said.capacity is Capacity.PATIENT
    return facts.Statement(
        kind=kind_of(choice, effect),
        category=category_of(choice),
        purposes=choice.purposes,
        controller=None,
        grantor="patient" if by_patient else work.actor.principal,
        capacity=said.capacity,
        starts_at=terms.period.starts_at,
        ends_at=terms.period.ends_at,
        decided_at=decided(work, patient_id, said),
        source=said.source,
        notice=_keep(work, said.shown),
    )


def _keep(work: UnitOfWork, shown: Shown | None) -> facts.Notice | None:
    if shown is None:
        return None
    return facts.Notice(
        id=shown.id,
        version=shown.version,
        language=shown.language,
        format=shown.format,
        digest=blobs.keep(work.session, shown.text.encode(), "text/plain; charset=utf-8"),
    )
