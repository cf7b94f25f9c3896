"""Our consents as FHIR R4, with every type stated, so that they are read back as the same.

Our categories of data are no FHIR codes: they are written as `code` of a system of our own,
which `values` reads. What R4 cannot say is said by an extension that changes no meaning
for others, or, where it would, the consent is not written: see `NotSayable`.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from ledger.consent.rules.fhir.values import (
    ACT_CODE,
    ACTION,
    CATEGORY_SYSTEM,
    OURS,
    PARTICIPATION,
    PCF,
    RESOURCE_TYPE,
)
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.model import Conditions, Effect, Kind, Node, Period, Terms
from ledger.core.errors import Conflict
from ledger.vocabulary import labels, purposes

Json = dict[str, Any]


class NotSayable(Conflict):
    """FHIR R4 has no words for it, and must not be made to say something else."""

    slug = "fhir-consent-not-sayable"
    title = "This consent cannot be written as FHIR R4"


_STATUSES: Final = {
    Status.REQUESTED: "proposed",
    Status.OFFERED: "proposed",
    Status.ACTIVE: "active",
    Status.REFUSED: "rejected",
    Status.ENTERED_IN_ERROR: "entered-in-error",
}
"""All others are inactive."""

_SCOPES: Final = {Kind.CONSENT: "research", Kind.OPT_OUT: "research"}


def write(
    *,
    consent_id: UUID,
    patient_id: UUID,
    status: Status,
    kind: Kind,
    decided_at: datetime,
    terms: Terms,
) -> Json:
    """Return a consent as a FHIR R4 resource.

    Raises:
        NotSayable: R4 cannot say it without changing its meaning.
    """
    if terms.unlabelled_is_normal:
        raise NotSayable("it says what data without labels is taken for")
    if terms.closed and terms.base is Effect.DENY:
        raise NotSayable("it is a closed no")
    root = _provision(terms.base, Node(terms.scope, terms.exceptions))
    if terms.period != Period():
        root["period"] = _period(terms.period)
    resource: Json = {
        "resourceType": "Consent",
        "id": str(consent_id),
        "status": _STATUSES.get(status, "inactive"),
        "scope": _concept(
            "http://terminology.hl7.org/CodeSystem/consentscope",
            _SCOPES.get(kind, "patient-privacy"),
        ),
        "category": [_concept("http://loinc.org", "59284-0")],
        "patient": {"reference": f"Patient/{patient_id}"},
        "dateTime": _moment(decided_at),
        "policyRule": _concept(ACT_CODE, "OPTIN" if terms.base is Effect.PERMIT else "OPTOUT"),
        "provision": root,
    }
    if terms.closed:
        resource["meta"] = {"profile": [f"{PCF}IHE.PCF.consentBasic"]}
    return resource


def _provision(effect: Effect, node: Node) -> Json:
    found: Json = {"type": effect.value, **_conditions(node.conditions)}
    if node.children:
        found["provision"] = [_provision(effect.opposite, child) for child in node.children]
    return found


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
