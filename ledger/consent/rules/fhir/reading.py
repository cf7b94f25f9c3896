"""A FHIR Consent, whole: what is read of it, and whether it may be enforced."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

from ledger.consent.rules.fhir.extensions import CLOSED_NO, DECIDED_AT, SCOPED, flag, has, is_ours
from ledger.consent.rules.fhir.parsing import parse
from ledger.consent.rules.fhir.provisions import Reader
from ledger.consent.rules.fhir.shapes import Release
from ledger.consent.rules.fhir.values import (
    ACT_CODE,
    KIND_SYSTEM,
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
_STATUSES: Final = {
    Release.R4: frozenset(
        {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"}
    ),
    Release.R5: frozenset(
        {"draft", "active", "inactive", "not-done", "entered-in-error", "unknown"}
    ),
}

_KINDS: Final = {
    ("patient-privacy", Effect.PERMIT): Kind.CONFIDENTIALITY,
    ("patient-privacy", Effect.DENY): Kind.DISSENT,
    ("research", Effect.PERMIT): Kind.CONSENT,
    ("research", Effect.DENY): Kind.OPT_OUT,
}

_SCOPES: Final = frozenset(scope for scope, _ in _KINDS)
_OF_RESEARCH: Final = frozenset({"research", "RESEARCH", "RSDID", "RSREID"})
_CATEGORIES: Final = {
    LOINC: frozenset({"59284-0", "57016-8", "57017-6", "64292-6"}),
    _CATEGORY: frozenset({"research"}),
    _SCOPE: _SCOPES,
    KIND_SYSTEM: frozenset(Kind),
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


def read(body: bytes, zone: tzinfo, release: Release = Release.R4) -> ReadConsent | Quarantined:
    """Read a FHIR Consent; *zone* is where its days without a time are counted.

    Raises:
        NotAConsent: it is none; each fault names the element.
    """
    consent, doubts = parse(body, release), Doubts()
    _look_for_modifiers(consent, doubts)
    reader = Reader(zone, doubts, release)
    r4 = release is Release.R4
    terms = reader.terms(consent, by_pcf=_by_pcf(consent)) if r4 else reader.terms_r5(consent)
    _fit(consent, reader.says, doubts, release)
    category = _category(consent, doubts)
    scope = _scope(consent, doubts) if r4 else _scope_r5(consent, doubts)
    kind = _kind(consent, scope, reader.says, terms, doubts)
    _status(consent, doubts, release)
    decided_at = _decided_at(consent, zone, release)
    patient = _patient(consent, doubts, release)
    controller = _controller(consent, doubts, release)
    if doubts.found or terms is None or kind is None or patient is None:
        return Quarantined(patient=patient, doubts=tuple(doubts.found))
    return ReadConsent(
        patient=patient,
        kind=kind,
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
    """Doubt every modifier but our own: each may turn the meaning round."""
    if "implicitRules" in consent:
        doubts.add(Doubtful.UNKNOWN_MODIFIER, "Consent.implicitRules")
    for element, modifiers in _modified(consent):
        at_root = element == "Consent"
        allowed = at_root or _PROVISION.fullmatch(element)
        if not allowed or not all(is_ours(element, one) for one in modifiers):
            doubts.add(Doubtful.UNKNOWN_MODIFIER, f"{element}.modifierExtension")


def _fit(consent: Json, says: Effect | None, doubts: Doubts, release: Release) -> None:
    """Doubt our own modifiers where they would not be about anything."""
    scoped, closed = has(consent, flag(SCOPED)), has(consent, flag(CLOSED_NO))
    r5 = release is Release.R5
    if (scoped and not r5) or (closed and (says is Effect.PERMIT or (r5 and not scoped))):
        doubts.add(Doubtful.UNKNOWN_MODIFIER, "Consent.modifierExtension")


_PROVISION: Final = re.compile(r"Consent(\.provision(\[[0-9]+\])?)+")


def _modified(consent: Json) -> Iterator[tuple[str, list[object]]]:
    """Return each element that has modifiers, with them; of what is contained, none counts."""
    there: list[tuple[str, object]] = [("Consent", consent)]
    while there:
        element, found = there.pop()
        if isinstance(found, dict):
            if "modifierExtension" in found:
                modifiers = found["modifierExtension"]
                yield element, modifiers if isinstance(modifiers, list) else [None]
            there += [
                (f"{element}.{name}", value)
                for name, value in found.items()
                if name not in {"contained", "text", "modifierExtension"}
            ]
        elif isinstance(found, list):
            there += [(f"{element}[{n}]", one) for n, one in enumerate(found)]


def _status(consent: Json, doubts: Doubts, release: Release) -> None:
    if consent["status"] not in _STATUSES[release]:
        doubts.add(Doubtful.UNKNOWN_STATUS, "Consent.status")
    elif consent["status"] != "active":
        doubts.add(Doubtful.STATUS_NOT_ACTIVE, "Consent.status")


def _scope(consent: Json, doubts: Doubts) -> str:
    codings = codings_of([("Consent.scope", consent["scope"])], doubts)
    found = {c.get("code") for _, c in codings if system_of(c) == _SCOPE}
    if len(found) != 1 or not found <= _SCOPES:
        doubts.add(Doubtful.SCOPE_NOT_PRIVACY, "Consent.scope")
    return str(next(iter(found), ""))


def _scope_r5(consent: Json, doubts: Doubts) -> str:
    """Return what R4 had a `scope` for; in R5 it is among the categories, or left out."""
    codings = [c for _, c in codings_of(each(consent, "category", "Consent"), Doubts())]
    found = {c.get("code") for c in codings if system_of(c) == _SCOPE}
    if not found:
        research = any(c.get("code") in _OF_RESEARCH for c in codings)
        return "research" if research else "patient-privacy"
    if len(found) > 1:
        doubts.add(Doubtful.SCOPE_NOT_PRIVACY, "Consent.category")
    return str(next(iter(found)))


def _kind(
    consent: Json, scope: str, says: Effect | None, terms: Terms | None, doubts: Doubts
) -> Kind | None:
    """Return which of five things it is: as our own code says, or by scope and answer."""
    codings = [
        (element, c.get("code"))
        for element, c in codings_of(each(consent, "category", "Consent"), Doubts())
        if c.get("system") == KIND_SYSTEM
    ]
    if not codings or says is None or terms is None:
        return None if says is None else _KINDS.get((scope, says))
    [(element, code), *others] = codings
    kind = Kind(str(code)) if code in set(Kind) else None
    yes = kind in {Kind.CONSENT, Kind.CONFIDENTIALITY}
    may_share = terms.base is Effect.PERMIT or bool(terms.exceptions)
    if kind is None or others or (says is Effect.PERMIT and not yes) or (yes and not may_share):
        doubts.add(Doubtful.KIND_CONTRADICTS, element)
    return kind


def _category(consent: Json, doubts: Doubts) -> str:
    found = set()
    for element, coding in codings_of(each(consent, "category", "Consent"), doubts):
        system, code = system_of(coding) or "", str(coding.get("code"))
        if code not in _CATEGORIES.get(system, frozenset()):
            doubts.add(Doubtful.CATEGORY_NOT_UNDERSTOOD, element)
        if system not in {_SCOPE, KIND_SYSTEM}:
            found.add(f"{system}|{code}")
    return " ".join(sorted(found))[:500]


def _decided_at(consent: Json, zone: tzinfo, release: Release) -> datetime | None:
    if release is Release.R4:
        if "dateTime" not in consent:
            return None
        return moment(consent["dateTime"], "Consent.dateTime", zone, end=False)
    for element, one in each(consent, "extension", "Consent"):
        if one.get("url") == DECIDED_AT and isinstance(one.get("valueDateTime"), str):
            return moment(one["valueDateTime"], f"{element}.valueDateTime", zone, end=False)
    if "date" not in consent:
        return None
    return moment(consent["date"], "Consent.date", zone, end=False, time_of_day=False)


def _patient(consent: Json, doubts: Doubts, release: Release) -> str | None:
    of, by = ("patient", "performer") if release is Release.R4 else ("subject", "grantor")
    if of not in consent:
        doubts.add(Doubtful.NO_PATIENT, f"Consent.{of}")
        return None
    patient = reference(consent[of], f"Consent.{of}", doubts)
    for element, performer in each(consent, by, "Consent"):
        if reference(performer, element, doubts) != patient:
            doubts.add(Doubtful.NOT_GIVEN_BY_THE_PATIENT, element)
    if release is Release.R5 and "grantee" in consent:  # Who may, or who must obey? Not said.
        doubts.add(Doubtful.GRANTEE_NOT_SUPPORTED, "Consent.grantee")
    return patient


def _controller(consent: Json, doubts: Doubts, release: Release) -> str | None:
    name = "organization" if release is Release.R4 else "controller"
    found = {reference(one, element, doubts) for element, one in each(consent, name, "Consent")}
    return " ".join(sorted(name for name in found if name)) or None
