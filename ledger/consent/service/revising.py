"""A later version of a consent from elsewhere: what its source says now, if that is less."""

from typing import Final
from uuid import UUID

from ledger.consent import entries as facts
from ledger.consent.models import Consent, ConsentVersion
from ledger.consent.queries.standing import outline
from ledger.consent.queries.standing import terms_of as terms_in
from ledger.consent.rules import spelling
from ledger.consent.rules.choices import Source
from ledger.consent.rules.combining import is_replaced
from ledger.consent.rules.fhir import Quarantined, ReadConsent, Release, read
from ledger.consent.rules.fhir.proposing import words_of
from ledger.consent.rules.lifecycle import Event, Reason, after
from ledger.consent.rules.model import Effect, Kind, Terms
from ledger.consent.rules.narrowing import NotNarrower, check_narrower
from ledger.consent.service.binding import named_patient, understood
from ledger.consent.service.held import Recorded, hold_consent, record, see
from ledger.consent.service.importing import media_type, parties_of
from ledger.consent.service.quarantining import StillInDoubt
from ledger.consent.source_entries import ConsentSourceKept
from ledger.core import clock, privacy
from ledger.core.errors import Fault, NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork


def revise_fhir(work: UnitOfWork, consent_id: UUID, *, body: bytes, release: Release) -> Recorded:
    """Record what a consent says from now on: no more than before. The bytes are kept.

    A version may only take away, as everywhere; more is a new consent, which then counts in
    its place. What is in doubt is refused rather than quarantined: what stood, stands.

    Raises:
        NotFound: there is no such consent, or the actor may not know of it.
        Forbidden: the actor may not change it.
        NotAConsent, StillInDoubt: each fault names the element.
        NotNarrower: it might share more, is a no, or is replaced by a newer choice.
        IllegalTransition: it is not in force.
    """
    consent, on = hold_consent(work, consent_id)
    see(work, on, Permission.CONSENT_WITHDRAW, what="consent")
    work.authorise(Permission.CONSENT_WITHDRAW, on=on, records=2)
    after(consent.status, Event.NARROWED)
    found = _read(work, consent, body, release)
    if is_replaced(consent_id, outline(work.session, consent.patient_id)):
        raise NotNarrower("a newer choice counts in its place; change that one")
    check_narrower(found.terms, _standing(work, consent))
    number = consent.number + 1
    entry_id = record(work, _entry(work, consent, found, number))
    kept = ConsentSourceKept(
        consent_id=consent_id,
        patient_id=consent.patient_id,
        number=number,
        media_type=media_type(release),
        evidence=body,
    )
    record(work, kept)
    return Recorded(consent_id, entry_id)


def _read(work: UnitOfWork, consent: Consent, body: bytes, release: Release) -> ReadConsent:
    read_of = read(body, clock.zone(), release)
    named = "Consent.patient" if release is Release.R4 else "Consent.subject"
    if named_patient(work, read_of.patient) != consent.patient_id:
        raise StillInDoubt("it is of another patient", [Fault(named, "name the same patient")])
    found = understood(work, read_of, consent.patient_id)
    if isinstance(found, Quarantined):
        faults = [Fault(one.element, words_of(one.reason)) for one in found.doubts]
        raise StillInDoubt("what is recorded stands; correct what is named", faults)
    if found.kind is not consent.kind:
        raise NotNarrower("it is of another kind; send it as a new consent")
    return found


_YES: Final = frozenset({Kind.CONSENT, Kind.CONFIDENTIALITY})
"""What is called by these may be spelled as a no with what it permits as exceptions."""


def _standing(work: UnitOfWork, consent: Consent) -> Terms:
    version = work.session.get_one(ConsentVersion, (consent.id, consent.number))
    if version.base is not Effect.PERMIT and consent.kind not in _YES:
        raise NotNarrower("this is a no; take it back if more is to be shared")
    opened = privacy.opened(work.session, [version.entry_id])
    terms = terms_in(version, opened.get(version.entry_id, {}).get(facts.TERMS))
    if terms is None:
        raise NotFound("no such consent")
    return terms


def _entry(
    work: UnitOfWork, consent: Consent, found: ReadConsent, number: int
) -> facts.ConsentNarrowed:
    statement = facts.Statement(
        kind=consent.kind,
        category=consent.category,
        purposes=found.terms.scope.purposes,
        controller=consent.controller,
        grantor=consent.grantor,
        capacity=consent.capacity,
        starts_at=found.terms.period.starts_at,
        ends_at=found.terms.period.ends_at,
        decided_at=found.decided_at or work.now,
        source=Source.IMPORTED,
        notice=None,
    )
    return facts.ConsentNarrowed(
        consent_id=consent.id,
        patient_id=consent.patient_id,
        agreement_id=consent.agreement_id,
        number=number,
        parties=parties_of(found.terms.scope),
        statement=statement,
        reason=Reason.RECORDED_ELSEWHERE,
        terms=spelling.dumps(found.terms),
        words=None,
    )
