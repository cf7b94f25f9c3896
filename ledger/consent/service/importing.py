"""Consents from elsewhere: enforced if they are understood beyond doubt, else kept for a person."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.consent import entries as facts
from ledger.consent.models import Consent, ConsentEvent, Quarantine
from ledger.consent.rules import spelling
from ledger.consent.rules.choices import Source
from ledger.consent.rules.fhir import Doubt, Quarantined, ReadConsent, Release, read
from ledger.consent.rules.model import Capacity, Conditions, Kind
from ledger.consent.service.binding import (
    LONG_AGO,
    named_patient,
    own_organisation,
    understood,
)
from ledger.consent.service.held import hold, record
from ledger.core import clock, privacy
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork

MEDIA_TYPE: Final = "application/fhir+json; fhirVersion=4.0"
"""Of R4; see `media_type`."""


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
    release: Release = Release.R4,
) -> Imported:
    """Take in a FHIR Consent, and keep the very bytes as evidence.

    *patient_id* says whose it is, if whoever brings it knows better than its `patient`;
    *actors* gives our identifiers of those that it names in words of its own source.

    Raises:
        NotAConsent: it is none; each fault names the element.
        UnknownPatient: it is of no patient of ours.
        Forbidden: the actor may not bring in consents.
    """
    about = own_organisation(work)
    found = read(body, clock.zone(), release)
    patient = patient_id or named_patient(work, found.patient)
    hold(work, patient)
    work.authorise(Permission.CONSENT_IMPORT, on=about)
    found = understood(work, found, patient, actors)
    if isinstance(found, Quarantined):
        return _quarantine(work, patient, found.doubts, body, release)
    consent_id = new_id()
    entry = entry_of(found, consent_id, patient, body)
    return Imported(entry_id=record(work, entry), patient_id=patient, consent_id=consent_id)


def media_type(release: Release) -> str:
    """Return the media type of a resource of *release*."""
    return f"application/fhir+json; fhirVersion={release.version}"


def imported_before(
    work: UnitOfWork, *, body: bytes, release: Release, system: str | None, value: str
) -> tuple[Imported, ...]:
    """Return what was brought in for the same patient with this business identifier.

    The patient is held, so that what is not there now cannot come before this unit of work ends.

    Raises:
        NotAConsent, UnknownPatient, Forbidden: as `import_fhir`.
    """
    about = own_organisation(work)
    patient_id = named_patient(work, read(body, clock.zone(), release).patient)
    hold(work, patient_id)
    if not work.may(Permission.CONSENT_IMPORT, on=about):
        work.authorise(Permission.CONSENT_IMPORT, on=about)
    sources = _sources(work, patient_id)
    opened = privacy.opened(work.session, sources)
    found = []
    for entry_id, one in sources.items():
        kept = opened.get(entry_id, {}).get(facts.EVIDENCE)
        if kept is not None and kept["evidence"] is not None:
            resource = json.loads(bytes.fromhex(kept["evidence"]))
            if _identified(resource, system, value):
                found.append(one)
    return tuple(found)


def _sources(work: UnitOfWork, patient_id: UUID) -> dict[UUID, Imported]:
    """Return all that came from elsewhere about a patient, by the entry that keeps its bytes."""
    consents = work.session.execute(
        select(ConsentEvent.entry_id, Consent.id)
        .join(Consent, Consent.id == ConsentEvent.consent_id)
        .where(Consent.patient_id == patient_id, Consent.source == Source.IMPORTED)
        .where(ConsentEvent.n == 1)
    )
    waiting = work.session.execute(
        select(Quarantine.entry_id, Quarantine.id, Quarantine.consent_id).where(
            Quarantine.patient_id == patient_id
        )
    )
    found = {
        entry_id: Imported(entry_id=entry_id, patient_id=patient_id, consent_id=consent_id)
        for entry_id, consent_id in consents
    }
    for entry_id, quarantine_id, consent_id in waiting:
        found[entry_id] = Imported(
            entry_id=entry_id,
            patient_id=patient_id,
            consent_id=consent_id,
            quarantine_id=quarantine_id,
        )
    return found


def _identified(resource: object, system: str | None, value: str) -> bool:
    identifiers = resource.get("identifier", ()) if isinstance(resource, dict) else ()
    return any(
        one.get("value") == value and system in {None, one.get("system", "")}
        for one in identifiers
        if isinstance(one, dict)
    )


def _quarantine(
    work: UnitOfWork,
    patient_id: UUID,
    doubts: tuple[Doubt, ...],
    body: bytes,
    release: Release,
) -> Imported:
    quarantine_id = new_id()
    entry = facts.ConsentQuarantined(
        quarantine_id=quarantine_id,
        patient_id=patient_id,
        doubts=tuple(part for d in doubts for part in (d.reason.value, d.element)),
        media_type=media_type(release),
        evidence=body,
    )
    return Imported(
        entry_id=record(work, entry),
        patient_id=patient_id,
        quarantine_id=quarantine_id,
        doubts=doubts,
    )


def entry_of(
    found: ReadConsent,
    consent_id: UUID,
    patient_id: UUID,
    body: bytes,
    source: Source = Source.IMPORTED,
) -> facts.ConsentGranted | facts.ConsentDissented:
    """Return the entry of a consent from elsewhere that is enforced from now on."""
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
        decided_at=found.decided_at or LONG_AGO,
        source=source,
        notice=None,
    )
    return kind(
        consent_id=consent_id,
        patient_id=patient_id,
        agreement_id=None,
        parties=parties_of(found.terms.scope),
        statement=statement,
        terms=spelling.dumps(found.terms),
        words=None,
        evidence=body,
    )


def parties_of(scope: Conditions) -> tuple[UUID, ...]:
    """Return the organisations that a scope names, whom the entry is then about."""
    prefix = "organisation:"
    found = {a.removeprefix(prefix) for a in scope.actors if a.startswith(prefix)}
    return tuple(sorted(map(UUID, found)))
