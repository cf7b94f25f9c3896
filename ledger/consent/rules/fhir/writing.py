"""Our consents as FHIR R4 and R5, so that they are read back as the same.

Our categories of data are no FHIR codes: they are written as `code` of a system of our own,
which `values` reads. R4 has every type stated. R5 has no root conditions: an open scope is
said by a modifier of ours, which others must refuse. What neither can say is not written: see
`NotSayable`.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from ledger.consent.rules.fhir.shapes import Release
from ledger.consent.rules.fhir.values import (
    ACT_CODE,
    ACTION,
    CATEGORY_SYSTEM,
    DECIDED_AT,
    KIND_SYSTEM,
    OURS,
    PARTICIPATION,
    PCF,
    RESOURCE_TYPE,
    SCOPED,
)
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.model import ANY, Conditions, Effect, Kind, Node, Period, Terms
from ledger.core.errors import Conflict
from ledger.vocabulary import labels, purposes

Json = dict[str, Any]


class NotSayable(Conflict):
    """FHIR has no words for it, and must not be made to say something else."""

    slug = "fhir-consent-not-sayable"
    title = "This consent cannot be written as FHIR"


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
    terms: Terms,
    release: Release = Release.R4,
) -> Json:
    """Return a consent as a FHIR resource of *release*.

    Raises:
        NotSayable: FHIR cannot say it without changing its meaning.
    """
    if terms.unlabelled_is_normal:
        raise NotSayable("it says what data without labels is taken for")
    if terms.closed and terms.base is Effect.DENY:
        raise NotSayable("it is a closed no")
    scope = _concept(_SCOPE, _SCOPES.get(kind, "patient-privacy"))
    said = _said_r4(terms) if release is Release.R4 else _said_r5(terms)
    by_release: Json = (
        {"scope": scope, "dateTime": _moment(decided_at)}
        if release is Release.R4
        else {
            "date": _moment(decided_at)[:10],
            "extension": [{"url": DECIDED_AT, "valueDateTime": _moment(decided_at)}],
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
        **said,
    }


def _said_r4(terms: Terms) -> Json:
    root = _provision(terms.base, Node(terms.scope, terms.exceptions))
    if terms.period != Period():
        root["period"] = _period(terms.period)
    rule = _concept(ACT_CODE, "OPTIN" if terms.base is Effect.PERMIT else "OPTOUT")
    found: Json = {"policyRule": rule, "provision": root}
    if terms.closed:
        found["meta"] = {"profile": [f"{PCF}IHE.PCF.consentBasic"]}
    return found


def _said_r5(terms: Terms) -> Json:
    """Say it by R5: nothing but the scope is a no with one exception."""
    base, nodes, scoped = terms.base, terms.exceptions, False
    if terms.scope != ANY:
        nodes, scoped = (Node(terms.scope, terms.exceptions),), not terms.closed
        base = Effect.DENY if terms.closed else base
    found: Json = {"decision": base.value}
    if scoped:
        found["modifierExtension"] = [{"url": SCOPED, "valueBoolean": True}]
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
        found["period"] = {"start": _BEFORE_ALL}
    return found


_BEFORE_ALL: Final = "1800-01-01T00:00:00Z"


def _conditions(conditions: Conditions) -> Json:
    if conditions.categories and conditions.codes:
        raise NotSayable("it names categories and codes of data at once")
    if conditions.confidentiality and conditions.sensitivities:
        raise NotSayable("it names how close and how sensitive data is at once")
    security = [(ACT_CODE, code) for code in conditions.sensitivities]
    if conditions.confidentiality:
        security = [(labels.CONFIDENTIALITY_SYSTEM, conditions.confidentiality)]
    data = [(CATEGORY_SYSTEM, code.value) for code in conditions.categories]
    data += [(system, code) for system, _, code in (c.partition("|") for c in conditions.codes)]
    found: Json = {
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
