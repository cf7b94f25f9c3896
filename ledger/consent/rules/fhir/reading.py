"""A FHIR R4 Consent, whole: what is read of it, and whether it may be enforced."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

from ledger.consent.rules.fhir.parsing import parse
from ledger.consent.rules.fhir.provisions import Reader
from ledger.consent.rules.fhir.values import (
    ACT_CODE,
    LOINC,
    PCF,
    Doubt,
    Doubtful,
    Doubts,
    Json,
    codings_of,
    each,
    moment,
    reference,
    system_of,
)
from ledger.consent.rules.model import Conditions, Effect, Kind, Node, Terms

_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
_STATUSES: Final = frozenset(
    {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}
)

_KINDS: Final = {
    ("patient-privacy", Effect.PERMIT): Kind.CONFIDENTIALITY,
    ("patient-privacy", Effect.DENY): Kind.DISSENT,
    ("research", Effect.PERMIT): Kind.CONSENT,
    ("research", Effect.DENY): Kind.OPT_OUT,
}

_CATEGORIES: Final = {
    LOINC: frozenset({"59284-0", "57016-8", "57017-6", "64292-6"}),
    _CATEGORY: frozenset({"research"}),
    ACT_CODE: frozenset({"INFA", "INFAO", "INFASO", "IDSCL", "RESEARCH", "RSDID", "RSREID"}),
}
"""Categories that do not bear on what is permitted. Others may ("emergency only")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConsent:
    """A consent from elsewhere, understood beyond doubt.

    Attributes:
        patient: ``system|value`` or a literal reference, as are all references here.
        decided_at: The first moment of `dateTime`; None if it has none.
        actors: Each actor that the terms name, and the element that does.
    """

    patient: str
    kind: Kind
    category: str
    controller: str | None
    decided_at: datetime | None
    terms: Terms
    actors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A consent from elsewhere that is not enforced; the first doubt is the main one."""

    patient: str | None
    doubts: tuple[Doubt, ...]

    @property
    def reason(self) -> Doubtful:
        return self.doubts[0].reason

    @property
    def element(self) -> str:
        return self.doubts[0].element


def read(body: bytes, zone: tzinfo) -> ReadConsent | Quarantined:
    """Read a FHIR R4 Consent; *zone* is where its days without a time are counted.

    Raises:
        NotAConsent: it is none; each fault names the element.
    """
    consent = parse(body)
    doubts = Doubts()
    _look_for_modifiers(consent, doubts)
    reader = Reader(zone, doubts)
    terms = reader.terms(consent, by_pcf=_by_pcf(consent))
    scope = _scope(consent, doubts)
    category = _category(consent, doubts)
    _status(consent, doubts)
    decided_at = None
    if "dateTime" in consent:
        decided_at = moment(consent["dateTime"], "Consent.dateTime", zone, end=False)
    patient = _patient(consent, doubts)
    controller = _controller(consent, doubts)
    if doubts.found or terms is None or reader.says is None or patient is None:
        return Quarantined(patient=patient, doubts=tuple(doubts.found))
    return ReadConsent(
        patient=patient,
        kind=_KINDS[scope, reader.says],
        category=category,
        controller=controller,
        decided_at=decided_at,
        terms=terms,
        actors=tuple(reader.actors.items()),
    )


def bind(consent: ReadConsent, known: Mapping[str, str]) -> ReadConsent | Quarantined:
    """Put our own names in place of the actors', or quarantine if one is not *known*.

    A deny that names somebody unknown could not be enforced, so it is never kept as if.
    """
    unknown = tuple(
        Doubt(Doubtful.UNKNOWN_ACTOR, element)
        for actor, element in consent.actors
        if actor not in known
    )
    if unknown:
        return Quarantined(patient=consent.patient, doubts=unknown)

    def conditions(found: Conditions) -> Conditions:
        return replace(found, actors=frozenset(known[actor] for actor in found.actors))

    def node(found: Node) -> Node:
        return Node(conditions(found.conditions), tuple(map(node, found.children)))

    terms = replace(
        consent.terms,
        scope=conditions(consent.terms.scope),
        exceptions=tuple(map(node, consent.terms.exceptions)),
    )
    return replace(consent, terms=terms)


def _by_pcf(consent: Json) -> bool:
    profiles = consent.get("meta", {}).get("profile")
    return isinstance(profiles, list) and any(
        isinstance(one, str) and one.startswith(PCF) for one in profiles
    )


def _look_for_modifiers(consent: Json, doubts: Doubts) -> None:
    """Doubt every modifier: we know none, and each may turn the meaning round."""
    if "implicitRules" in consent:
        doubts.add(Doubtful.UNKNOWN_MODIFIER, "Consent.implicitRules")
    for element in _modified(consent, "Consent"):
        doubts.add(Doubtful.UNKNOWN_MODIFIER, element)


def _modified(found: object, element: str) -> Iterator[str]:
    if isinstance(found, dict):
        for name, value in found.items():
            if name == "modifierExtension":
                yield f"{element}.{name}"
            elif name not in {"contained", "text"}:
                yield from _modified(value, f"{element}.{name}")
    elif isinstance(found, list):
        for n, one in enumerate(found):
            yield from _modified(one, f"{element}[{n}]")


def _status(consent: Json, doubts: Doubts) -> None:
    if consent["status"] not in _STATUSES:
        doubts.add(Doubtful.UNKNOWN_STATUS, "Consent.status")
    elif consent["status"] != "active":
        doubts.add(Doubtful.STATUS_NOT_ACTIVE, "Consent.status")


def _scope(consent: Json, doubts: Doubts) -> str:
    scopes = {scope for scope, _ in _KINDS}
    codings = codings_of([("Consent.scope", consent["scope"])], doubts)
    found = {c.get("code") for _, c in codings if system_of(c) == _SCOPE}
    if len(found) != 1 or not found <= scopes:
        doubts.add(Doubtful.SCOPE_NOT_PRIVACY, "Consent.scope")
    return str(next(iter(found), ""))


def _category(consent: Json, doubts: Doubts) -> str:
    found = set()
    for element, coding in codings_of(each(consent, "category", "Consent"), doubts):
        system, code = system_of(coding) or "", str(coding.get("code"))
        if code not in _CATEGORIES.get(system, frozenset()):
            doubts.add(Doubtful.CATEGORY_NOT_UNDERSTOOD, element)
        found.add(f"{system}|{code}")
    return " ".join(sorted(found))


def _patient(consent: Json, doubts: Doubts) -> str | None:
    if "patient" not in consent:
        doubts.add(Doubtful.NO_PATIENT, "Consent.patient")
        return None
    patient = reference(consent["patient"], "Consent.patient", doubts)
    for element, performer in each(consent, "performer", "Consent"):
        if reference(performer, element, doubts) != patient:
            doubts.add(Doubtful.NOT_GIVEN_BY_THE_PATIENT, element)
    return patient


def _controller(consent: Json, doubts: Doubts) -> str | None:
    found = {
        reference(one, element, doubts) for element, one in each(consent, "organization", "Consent")
    }
    return " ".join(sorted(name for name in found if name)) or None
