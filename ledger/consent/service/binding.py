"""Whom a consent from elsewhere is about and names, in our own names; and what it comes after."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from ledger.consent.queries.standing import said_no_since
from ledger.consent.rules.fhir import Doubt, Doubtful, NotAConsent, Quarantined, ReadConsent, bind
from ledger.consent.rules.fhir.values import OURS
from ledger.consent.rules.model import Effect
from ledger.core.actor import Role
from ledger.core.authority import Resource
from ledger.core.errors import Fault, Invalid
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory

NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number"
ODS_CODE: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
LONG_AGO: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""When a consent was decided that does not say: before everything that was said since."""


class UnknownPatient(Invalid):
    """The consent is of nobody we know, so there is nobody to keep it for."""

    slug = "consent-unknown-patient"
    title = "The consent is of no patient who is registered here"


def understood(
    work: UnitOfWork,
    found: ReadConsent | Quarantined,
    patient_id: UUID,
    actors: Mapping[str, str] | None = None,
) -> ReadConsent | Quarantined:
    """Return what was read in our own names, unless somebody is unknown or a no is newer."""
    if isinstance(found, ReadConsent):
        found = bind(found, {**_known(work, found), **(actors or {})})
    if isinstance(found, ReadConsent):
        found = _not_older_than_a_no(work, found, patient_id)
    return found


def own_organisation(work: UnitOfWork) -> Resource:
    """Return what the actor brings consents in for: the organisation they act for."""
    own = work.actor.organisation_id
    return Resource(organisation_ids=frozenset() if own is None else frozenset({own}))


def named_patient(work: UnitOfWork, named: str | None) -> UUID:
    """Return whose consent it is, by NHS number or by our own id.

    Raises:
        UnknownPatient: it is of nobody whom we know.
    """
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
    decided_at = found.decided_at or LONG_AGO
    permits = found.terms.base is Effect.PERMIT or bool(found.terms.exceptions)
    if permits and said_no_since(work.session, patient_id, decided_at):
        doubt = Doubt(Doubtful.OLDER_THAN_A_NO, "Consent.dateTime")
        return Quarantined(patient=found.patient, doubts=(doubt,))
    return found
