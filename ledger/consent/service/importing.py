"""Consents from elsewhere: enforced if they are understood beyond doubt, else kept for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from ledger.consent import entries as facts
from ledger.consent.models import Consent, Quarantine
from ledger.consent.queries.standing import said_no_since
from ledger.consent.rules import spelling
from ledger.consent.rules.choices import Source
from ledger.consent.rules.fhir import (
    Doubt,
    Doubtful,
    NotAConsent,
    Quarantined,
    ReadConsent,
    bind,
    read,
)
from ledger.consent.rules.fhir.values import OURS
from ledger.consent.rules.model import Capacity, Conditions, Effect, Kind
from ledger.consent.service.held import hold, record
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, Fault, Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory

NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number"
ODS_CODE: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
MEDIA_TYPE: Final = "application/fhir+json; fhirVersion=4.0"
_LONG_AGO: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""When a consent was decided that does not say: before everything that was said since."""


class UnknownPatient(Invalid):
    """The consent is of nobody we know, so there is nobody to keep it for."""

    slug = "consent-unknown-patient"
    title = "The consent is of no patient who is registered here"


class QuarantineClosed(Conflict):
    """Somebody has already settled it."""

    slug = "consent-quarantine-closed"
    title = "Somebody has already settled this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a consent from elsewhere: enforced, or quarantined with the doubts."""

    entry_id: UUID
    patient_id: UUID
    consent_id: UUID | None = None
    quarantine_id: UUID | None = None
    doubts: tuple[Doubt, ...] = ()


def import_fhir(
    work: UnitOfWork,
    *,
    body: bytes,
    patient_id: UUID | None = None,
    actors: Mapping[str, str] | None = None,
) -> Imported:
    """Take in a FHIR R4 Consent, and keep the very bytes as evidence.

    *patient_id* says whose it is, if whoever brings it knows better than its `patient`;
    *actors* gives our identifiers of those that it names in words of its own source.

    Raises:
        NotAConsent: it is none; each fault names the element.
        UnknownPatient: it is of no patient of ours.
        Forbidden: the actor may not bring in consents.
    """
    about = _own_organisation(work)
    found = read(body, clock.zone())
    patient = patient_id or _patient(work, found.patient)
    hold(work, patient)
    work.authorise(Permission.CONSENT_IMPORT, on=about)
    if isinstance(found, ReadConsent):
        found = bind(found, {**_known(work, found), **(actors or {})})
    if isinstance(found, ReadConsent):
        found = _not_older_than_a_no(work, found, patient)
    if isinstance(found, Quarantined):
        return _quarantine(work, patient, found.doubts, body)
    consent_id = new_id()
    entry = _entry(found, consent_id, patient, body)
    return Imported(entry_id=record(work, entry), patient_id=patient, consent_id=consent_id)


def close_quarantine(
    work: UnitOfWork, quarantine_id: UUID, *, consent_id: UUID | None = None, words: str = ""
) -> UUID:
    """Settle a quarantined consent: what was recorded in its place, if anything, and why.

    Raises:
        NotFound: there is none that the actor's organisation has to look at.
        QuarantineClosed: somebody has done it before.
        Invalid: what was recorded in its place is not of this patient.
    """
    row = work.load(Quarantine, quarantine_id)
    about = _own_organisation(work)
    if row.organisation_id != work.actor.organisation_id:
        raise NotFound("nothing of that id is in quarantine")
    work.authorise(Permission.CONSENT_IMPORT, on=about)
    if row.closed_at is not None:
        raise QuarantineClosed("look at the patient's consents to see what was recorded")
    _check_same_patient(work, consent_id, row.patient_id)
    entry = facts.QuarantineClosed(
        quarantine_id=quarantine_id,
        patient_id=row.patient_id,
        consent_id=consent_id,
        words=words or None,
    )
    return record(work, entry)


def _check_same_patient(work: UnitOfWork, consent_id: UUID | None, patient_id: UUID) -> None:
    if consent_id is not None:
        consent = work.session.get(Consent, consent_id)
        if consent is None or consent.patient_id != patient_id:
            fault = Fault("/consent_id", "name a consent of the same patient")
            raise Invalid(fault.detail, [fault])


def _own_organisation(work: UnitOfWork) -> Resource:
    own = work.actor.organisation_id
    return Resource(organisation_ids=frozenset() if own is None else frozenset({own}))


def _patient(work: UnitOfWork, named: str | None) -> UUID:
    """Return whose consent it is, by NHS number or by our own id."""
    system, _, value = (named or "").rpartition("|")
    found = None
    try:
        if system == NHS_NUMBER:
            found = directory.patient_by_nhs_number(work.session, value)
        elif not system and value.startswith("Patient/"):
            found = UUID(value.removeprefix("Patient/"))
    except (Invalid, ValueError):
        found = None
    if found is None or not directory.patient_exists(work.session, found):
        said = f"name a patient registered here by NHS number ({NHS_NUMBER}) or Patient/<our id>"
        raise UnknownPatient(said, [Fault("Consent.patient", said)])
    return found


def _known(work: UnitOfWork, found: ReadConsent) -> dict[str, str]:
    """Return our identifiers of the actors that we know."""
    known = {}
    for actor, _ in found.actors:
        system, _, value = actor.rpartition("|")
        if system == ODS_CODE:
            organisation = directory.organisation_by_code(work.session, value)
            if organisation is not None:
                known[actor] = f"organisation:{organisation.id}"
        elif system == OURS or not system:
            ours = _ours(work, value)
            if ours is not None:
                known[actor] = ours
    return known


def _ours(work: UnitOfWork, named: str) -> str | None:
    """Return our identifier of what ``Organization/<id>`` or ``organisation:<id>`` names."""
    kind, _, value = named.replace("/", ":", 1).partition(":")
    if kind == "role":
        return named if value in set(Role) else None
    try:
        there = UUID(value)
    except ValueError:
        return None
    if kind in {"Organization", "organisation"}:
        known = directory.organisations(work.session, [there])
        return f"organisation:{there}" if known else None
    if kind in {"Practitioner", "person"}:
        return f"person:{there}" if directory.person_names(work.session, [there]) else None
    return None


def _not_older_than_a_no(
    work: UnitOfWork, found: ReadConsent, patient_id: UUID
) -> ReadConsent | Quarantined:
    if found.decided_at is not None and found.decided_at > work.now:
        said = "it must not be in the future"
        raise NotAConsent(f"Consent.dateTime: {said}", [Fault("Consent.dateTime", said)])
    decided_at = found.decided_at or _LONG_AGO
    permits = found.terms.base is Effect.PERMIT or bool(found.terms.exceptions)
    if permits and said_no_since(work.session, patient_id, decided_at):
        doubt = Doubt(Doubtful.OLDER_THAN_A_NO, "Consent.dateTime")
        return Quarantined(patient=found.patient, doubts=(doubt,))
    return found


def _quarantine(
    work: UnitOfWork, patient_id: UUID, doubts: tuple[Doubt, ...], body: bytes
) -> Imported:
    quarantine_id = new_id()
    entry = facts.ConsentQuarantined(
        quarantine_id=quarantine_id,
        patient_id=patient_id,
        doubts=tuple(part for d in doubts for part in (d.reason.value, d.element)),
        media_type=MEDIA_TYPE,
        evidence=body,
    )
    return Imported(
        entry_id=record(work, entry),
        patient_id=patient_id,
        quarantine_id=quarantine_id,
        doubts=doubts,
    )


def _entry(
    found: ReadConsent, consent_id: UUID, patient_id: UUID, body: bytes
) -> facts.ConsentGranted | facts.ConsentDissented:
    says_yes = found.kind in {Kind.CONSENT, Kind.CONFIDENTIALITY}
    kind = facts.ConsentGranted if says_yes else facts.ConsentDissented
    statement = facts.Statement(
        kind=found.kind,
        category=found.category,
        purposes=found.terms.scope.purposes,
        controller=found.controller,
        grantor="patient",
        capacity=Capacity.PATIENT,
        starts_at=found.terms.period.starts_at,
        ends_at=found.terms.period.ends_at,
        decided_at=found.decided_at or _LONG_AGO,
        source=Source.IMPORTED,
        notice=None,
    )
    return kind(
        consent_id=consent_id,
        patient_id=patient_id,
        agreement_id=None,
        parties=_parties(found.terms.scope),
        statement=statement,
        terms=spelling.dumps(found.terms),
        words=None,
        evidence=body,
    )


def _parties(scope: Conditions) -> tuple[UUID, ...]:
    """Return the organisations that a scope names, whom the entry is then about."""
    prefix = "organisation:"
    found = {a.removeprefix(prefix) for a in scope.actors if a.startswith(prefix)}
    return tuple(sorted(map(UUID, found)))
