"""R5: read as it says, and quarantined where it narrows by what we do not match."""

from typing import Any

import pytest

from ledger.consent.rules import Conditions, Effect, Kind, Node
from ledger.consent.rules.fhir import NotAConsent, Quarantined, ReadConsent, Release, read
from ledger.consent.rules.fhir.extensions import DECIDED_AT, SCOPED
from tests.consent.fhir.examples import (
    LONDON,
    ORGANISATION,
    PATIENT,
    TERMINOLOGY,
    Json,
    body,
    coding,
    concept,
    recipient,
    treat,
)

TREAT = Conditions(purposes=frozenset({"TREAT"}))
SCOPE_OF = f"{TERMINOLOGY}/consentscope"


def r5(*provisions: Json, **changes: Any) -> Json:
    """A readable consent of R5; a change to None leaves the element out."""
    system, _, number = PATIENT.partition("|")
    found: Json = {
        "resourceType": "Consent",
        "status": "active",
        "category": [concept("http://loinc.org", "59284-0")],
        "subject": {"identifier": {"system": system, "value": number}},
        "date": "2026-01-05",
        "decision": "permit",
        "provision": list(provisions) or None,
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def reading(consent: Json) -> ReadConsent | Quarantined:
    return read(body(consent), LONDON, Release.R5)


def doubted(consent: Json) -> set[tuple[str, str]]:
    found = reading(consent)
    assert isinstance(found, Quarantined), found
    return {(doubt.reason.value, doubt.element) for doubt in found.doubts}


def understood(consent: Json) -> ReadConsent:
    found = reading(consent)
    assert isinstance(found, ReadConsent), found
    return found


def test_the_decision_is_the_base_and_each_provision_an_exception() -> None:
    kinds = {"resourceType": [coding("http://hl7.org/fhir/resource-types", "Observation")]}
    found = understood(r5({**treat(), "provision": [kinds]}, {"actor": [recipient()]}))
    deeper = Node(Conditions(resource_types=frozenset({"Observation"})))
    named = Node(Conditions(actors=frozenset({ORGANISATION})))
    assert found.terms.base is Effect.PERMIT
    assert found.terms.exceptions == (Node(TREAT, (deeper,)), named)
    assert (found.patient, found.kind) == (PATIENT, Kind.CONFIDENTIALITY)


def test_a_period_is_of_the_whole_consent_and_its_last_day_counts() -> None:
    found = understood(r5(period={"start": "2026-01-01", "end": "2026-01-31"}))
    assert found.terms.period.ends_at is not None
    assert found.terms.period.ends_at.isoformat() == "2026-02-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("decision", "category", "kind"),
    [
        ("permit", [concept(SCOPE_OF, "research")], Kind.CONSENT),
        ("deny", [concept(SCOPE_OF, "research")], Kind.OPT_OUT),
        ("deny", [concept(f"{TERMINOLOGY}/consentcategorycodes", "research")], Kind.OPT_OUT),
        ("deny", None, Kind.DISSENT),
    ],
)
def test_what_r4_called_its_scope_is_among_the_categories(
    decision: str, category: list[Json] | None, kind: Kind
) -> None:
    assert understood(r5(decision=decision, category=category)).kind is kind


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"decision": None}, ("root-type-missing", "Consent.decision")),
        ({"decision": "maybe"}, ("unknown-type", "Consent.decision")),
        ({"status": "unknown"}, ("status-not-active", "Consent.status")),
        ({"status": "rejected"}, ("unknown-status", "Consent.status")),
        ({"subject": None}, ("no-patient", "Consent.subject")),
        (
            {"grantor": [{"reference": "RelatedPerson/1"}]},
            ("not-given-by-the-patient", "Consent.grantor[0]"),
        ),
        (
            {"grantee": [{"reference": "Organization/1"}]},
            ("grantee-not-supported", "Consent.grantee"),
        ),
        (
            {"provision": [{"expression": {"language": "text/cql"}}]},
            ("unknown-modifier-extension", "Consent.provision[0].expression"),
        ),
        (
            {"provision": [{"documentType": [coding("urn:ietf:bcp:13", "text/xml")]}]},
            ("unknown-modifier-extension", "Consent.provision[0].documentType"),
        ),
        (
            {"modifierExtension": [{"url": "https://x.example/turned-round"}]},
            ("unknown-modifier-extension", "Consent.modifierExtension"),
        ),
        (
            {"modifierExtension": [{"url": SCOPED, "valueBoolean": True}]},
            ("unknown-modifier-extension", "Consent.provision"),
        ),
        (
            {"category": [concept(SCOPE_OF, "treatment")]},
            ("category-not-understood", "Consent.category[0].coding[0]"),
        ),
        (
            {
                "provision": [
                    {"resourceType": [coding("http://hl7.org/fhir/resource-types", "Obs")]}
                ]
            },
            ("unknown-code", "Consent.provision[0].resourceType[0].code"),
        ),
    ],
)
def test_what_is_in_doubt_is_quarantined_by_its_element(
    changes: Json, doubt: tuple[str, str]
) -> None:
    assert doubt in doubted(r5(**changes))


@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({"date": "2026-01-05T10:00:00Z"}, "Consent.date"),
        ({"date": "0001-01-01"}, "Consent.date"),
        ({"dateTime": "2026-01-05"}, "Consent.dateTime"),
        ({"scope": concept(SCOPE_OF, "research")}, "Consent.scope"),
        ({"provision": {"type": "deny"}}, "Consent.provision"),
        ({"provision": [{"type": "deny"}]}, "Consent.provision[0].type"),
        ({"provision": [treat()] * 501}, "Consent.provision"),
        (
            {"extension": [{"url": DECIDED_AT, "valueDateTime": "soon"}]},
            "Consent.extension[0].valueDateTime",
        ),
    ],
)
def test_what_is_no_consent_of_r5_names_the_element(changes: Json, element: str) -> None:
    with pytest.raises(NotAConsent) as raised:
        reading(r5(**changes))
    assert raised.value.faults[0].field == element
