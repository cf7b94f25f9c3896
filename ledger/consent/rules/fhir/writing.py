"""Our consents as FHIR R4 and R5, so that they are read back as the same.

Our categories of data are no FHIR codes: they are written as `code` of a system of our own,
which `values` reads. R4 has every type stated. R5 has no root conditions: what is open, and
what neither release can say, is said by modifiers of ours, which others must refuse (see
`extensions`). So every version that we hold can be written, and is read back as the same.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from ledger.consent.rules.fhir.extensions import (
    ALSO,
    CLOSED,
    CLOSED_NO,
    DECIDED_AT,
    NORMAL,
    SCOPED,
    flag,
)
from ledger.consent.rules.fhir.shapes import Release
from ledger.consent.rules.fhir.values import (
    ACT_CODE,
    ACTION,
    BEFORE_ALL,
    CATEGORY_SYSTEM,
    KIND_SYSTEM,
    OURS,
    PARTICIPATION,
    PCF,
    RESOURCE_TYPE,
)
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.model import ANY, Conditions, Effect, Kind, Node, Period, Terms
from ledger.vocabulary import labels, purposes

Json = dict[str, Any]


_STATUSES: Final = {
    Release.R4: {
        Status.REQUESTED: "proposed",
        Status.OFFERED: "proposed",
        Status.ACTIVE: "active",
        Status.REFUSED: "rejected",
        Status.ENTERED_IN_ERROR: "entered-in-error",
    },
    Release.R5: {
        Status.REQUESTED: "draft",
        Status.OFFERED: "draft",
        Status.ACTIVE: "active",
        Status.REFUSED: "not-done",
        Status.ENTERED_IN_ERROR: "entered-in-error",
    },
}
"""All others are inactive."""

_SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
_SCOPES: Final = {Kind.CONSENT: "research", Kind.OPT_OUT: "research"}


def write(
    *,
    consent_id: UUID,
    patient_id: UUID,
    status: Status,
    kind: Kind,
    decided_at: datetime,
    terms: Terms | None,
    release: Release = Release.R4,
) -> Json:
    """Return a consent as a FHIR resource of *release*.

    *terms* are None where nothing was agreed to or refused for good: a question, or the answer
    no to one. That is read back by nobody as more than its status.
    """
    scope = _concept(_SCOPE, _SCOPES.get(kind, "patient-privacy"))
    said = _said_r4(terms) if release is Release.R4 else _said_r5(terms)
    modifiers = _modifiers(terms, release)
    by_release: Json = (
        {"scope": scope, "dateTime": _moment(decided_at)}
        if release is Release.R4
        else {
            "date": _moment(decided_at)[:10],
            "extension": [
                {"url": DECIDED_AT, "valueDateTime": _moment(decided_at)},
                *([flag(CLOSED)] if terms and _is_closed_yes(terms) else []),
            ],
        }
    )
    subject = "patient" if release is Release.R4 else "subject"
    category = [_concept("http://loinc.org", "59284-0"), _concept(KIND_SYSTEM, kind.value)]
    return {
        "resourceType": "Consent",
        "id": str(consent_id),
        "status": _STATUSES[release].get(status, "inactive"),
        "category": [*category, *([] if release is Release.R4 else [scope])],
        subject: {"reference": f"Patient/{patient_id}"},
        **by_release,
        **({"modifierExtension": modifiers} if modifiers else {}),
        **said,
    }


def _is_closed_yes(terms: Terms) -> bool:
    return terms.closed and terms.base is Effect.PERMIT and terms.scope != ANY


def _modifiers(terms: Terms | None, release: Release) -> list[Json]:
    if terms is None:
        return []
    found: list[Json] = []
    narrow = terms.scope != ANY
    if release is Release.R5 and narrow and not _is_closed_yes(terms):
        found.append(flag(SCOPED))
    if narrow and terms.closed and terms.base is Effect.DENY:
        found.append(flag(CLOSED_NO))
    return [*found, NORMAL] if terms.unlabelled_is_normal else found


def _said_r4(terms: Terms | None) -> Json:
    if terms is None:
        return {"policyRule": {"text": "Nothing was agreed to, and nothing refused for good"}}
    root = _provision(terms.base, Node(terms.scope, terms.exceptions))
    if terms.period != Period():
        root["period"] = _period(terms.period)
    rule = _concept(ACT_CODE, "OPTIN" if terms.base is Effect.PERMIT else "OPTOUT")
    found: Json = {"policyRule": rule, "provision": root}
    if _is_closed_yes(terms):
        found["meta"] = {"profile": [f"{PCF}IHE.PCF.consentBasic"]}
    return found


def _said_r5(terms: Terms | None) -> Json:
    """Say it by R5: a yes to nothing but the scope is a no with one exception."""
    if terms is None:
        return {}
    nodes = terms.exceptions if terms.scope == ANY else (Node(terms.scope, terms.exceptions),)
    found: Json = {"decision": (Effect.DENY if _is_closed_yes(terms) else terms.base).value}
    if terms.period != Period():
        found["period"] = _period(terms.period)
    if nodes:
        found["provision"] = [_provision(None, node) for node in nodes]
    return found


def _provision(effect: Effect | None, node: Node) -> Json:
    """Return a node as a provision: with its type in R4, where *effect* is given."""
    conditions = _conditions(node.conditions)
    if effect is None and "class" in conditions:
        conditions["resourceType"] = conditions.pop("class")
    found: Json = {**({} if effect is None else {"type": effect.value}), **conditions}
    if node.children:
        opposite = None if effect is None else effect.opposite
        found["provision"] = [_provision(opposite, child) for child in node.children]
    elif not found:  # Matches everything; FHIR has no empty element.
        found["period"] = {"start": BEFORE_ALL}
    return found


def _conditions(conditions: Conditions) -> Json:
    security = [(ACT_CODE, code) for code in conditions.sensitivities]
    data = [(CATEGORY_SYSTEM, code.value) for code in conditions.categories]
    also: list[tuple[str, str]] = []
    if conditions.codes:
        also += data
        data = [(system, code) for system, _, code in (c.partition("|") for c in conditions.codes)]
    if conditions.confidentiality:
        also += security
        security = [(labels.CONFIDENTIALITY_SYSTEM, conditions.confidentiality)]
    found: Json = {
        "modifierExtension": [
            {"url": ALSO, "valueCoding": _coding(*code)} for code in sorted(also)
        ],
        "actor": [_actor(actor) for actor in sorted(conditions.actors)],
        "action": [_concept(ACTION, code) for code in sorted(conditions.actions)],
        "purpose": [_coding(purposes.SYSTEM, code) for code in sorted(conditions.purposes)],
        "class": [_coding(RESOURCE_TYPE, code) for code in sorted(conditions.resource_types)],
        "code": [_concept(*code) for code in sorted(data)],
        "securityLabel": [_coding(*code) for code in sorted(security)],
        "data": [
            {"meaning": "instance", "reference": _reference(item)}
            for item in sorted(conditions.items)
        ],
    }
    for name, period in (("period", conditions.period), ("dataPeriod", conditions.data_period)):
        if period is not None and period != Period():
            found[name] = _period(period)
    return {name: value for name, value in found.items() if value}


def _actor(actor: str) -> Json:
    return {
        "role": _concept(PARTICIPATION, "PRCP"),
        "reference": {"identifier": {"system": OURS, "value": actor}},
    }


def _reference(item: str) -> Json:
    system, _, value = item.rpartition("|")
    return {"identifier": {"system": system, "value": value}} if system else {"reference": item}


def _coding(system: str, code: str) -> Json:
    return {"system": system, "code": code}


def _concept(system: str, code: str) -> Json:
    return {"coding": [_coding(system, code)]}


def _period(period: Period) -> Json:
    ends = {"start": period.starts_at, "end": period.ends_at}
    return {name: _moment(at) for name, at in ends.items() if at is not None}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
