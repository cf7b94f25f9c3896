"""What is read of a consent, and what puts it in quarantine."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ledger.consent.rules import Conditions, Effect, Kind, Node, Period
from ledger.consent.rules.fhir import Quarantined, ReadConsent, bind
from ledger.consent.rules.fhir.values import Doubtful
from tests.consent.fhir.examples import (
    ACT_REASON,
    LONDON,
    ORGANISATION,
    PATIENT,
    PCF,
    TERMINOLOGY,
    Json,
    a_consent,
    coding,
    concept,
    doubted,
    recipient,
    treat,
    understood,
)

TREAT = Conditions(purposes=frozenset({"TREAT"}))
RESEARCH = {"purpose": [coding(ACT_REASON, "HRESCH")]}
PSY = {"securityLabel": [coding(f"{TERMINOLOGY}/v3-ActCode", "PSY")]}


def test_types_that_alternate_are_a_base_and_its_exceptions() -> None:
    nested = {"type": "deny", **PSY, "provision": [{"type": "permit", **treat()}]}
    found = understood(a_consent({"type": "permit", "provision": [nested]}))
    assert found.patient == PATIENT
    assert found.kind is Kind.CONFIDENTIALITY
    assert found.terms.base is Effect.PERMIT
    assert not found.terms.closed
    psy = Conditions(sensitivities=frozenset({"PSY"}))
    assert found.terms.exceptions == (Node(psy, (Node(TREAT),)),)


@pytest.mark.parametrize(("rule", "base"), [("OPTIN", Effect.PERMIT), ("OPTOUT", Effect.DENY)])
@pytest.mark.parametrize("nested", [True, False])
def test_a_root_without_type_or_conditions_is_read_by_policy_rule(
    rule: str,
    base: Effect,
    nested: bool,  # noqa: FBT001
) -> None:
    provision = {"provision": [{"type": base.opposite.value, **treat()}]} if nested else None
    by = concept(f"{TERMINOLOGY}/v3-ActCode", rule)
    found = understood(a_consent(provision, policyRule=by))
    assert found.terms.base is base
    assert len(found.terms.exceptions) == int(nested)


@pytest.mark.parametrize(
    "condition",
    [
        treat(),
        {"period": {"start": "2026-01-01"}},
        {"actor": [recipient()]},
        {"action": [concept(f"{TERMINOLOGY}/consentaction", "access")]},
        PSY,
        {"class": [coding("http://hl7.org/fhir/resource-types", "Observation")]},
        {"code": [concept("http://loinc.org", "18842-5")]},
        {"dataPeriod": {"start": "2026-01-01"}},
        {"data": [{"meaning": "instance", "reference": {"reference": "Task/1"}}]},
    ],
)
def test_a_root_without_type_but_with_conditions_is_ambiguous(condition: Json) -> None:
    assert ("root-type-missing", "Consent.provision.type") in doubted(a_consent(condition))
    understood(a_consent({"type": "permit", **condition}))


@pytest.mark.parametrize("pcf", [True, False])
def test_a_permit_by_the_pcf_profile_is_closed(pcf: bool) -> None:  # noqa: FBT001
    meta = {"profile": [PCF]} if pcf else None
    found = understood(a_consent({"type": "permit", **treat()}, meta=meta))
    assert found.terms.closed is pcf
    assert found.terms.scope == TREAT


def test_another_permit_by_the_pcf_profile_is_another_scope() -> None:
    root = {"type": "permit", **treat(), "provision": [{"type": "permit", **RESEARCH}]}
    assert ("nested-type-not-opposite", "Consent.provision.provision[0].type") in doubted(
        a_consent(root)
    )
    found = understood(a_consent(root, meta={"profile": [PCF]}))
    assert found.terms.base is Effect.DENY
    assert found.kind is Kind.CONFIDENTIALITY
    research = Conditions(purposes=frozenset({"HRESCH"}))
    assert found.terms.exceptions == (Node(TREAT), Node(research))


def test_a_last_day_is_included_and_a_month_is_whole() -> None:
    provision = {"type": "deny", "period": {"start": "2026-03-29", "end": "2026-05"}}
    period = understood(a_consent(provision)).terms.period
    assert period.starts_at == datetime(2026, 3, 29, tzinfo=LONDON)
    assert period.ends_at == datetime(2026, 6, 1, tzinfo=LONDON)


def test_a_time_is_exact() -> None:
    ends = {"start": "2016-06-23T17:02:33+10:00", "end": "2016-06-23T17:32:33.25+10:00"}
    period = understood(a_consent({"type": "deny", "period": ends})).terms.period
    starts = datetime(2016, 6, 23, 7, 2, 33, tzinfo=UTC)
    assert period == Period(starts, starts + timedelta(minutes=30, microseconds=250_000))


@pytest.mark.parametrize(
    "system",
    [
        "http://terminology.hl7.org/ValueSet/v3-PurposeOfUse",
        "http://hl7.org/fhir/ValueSet/v3-PurposeOfUse",
        "urn:oid:2.16.840.1.113883.5.8",
    ],
)
def test_the_address_of_a_value_set_is_read_as_its_system(system: str) -> None:
    provision = {"type": "permit", "purpose": [coding(system, "TREAT")]}
    assert understood(a_consent(provision)).terms.scope == TREAT


def permit(**more: Any) -> Json:
    return a_consent({"type": "permit", **more})


ROLE = "Consent.provision.actor[0].role.coding[0]"


@pytest.mark.parametrize(
    ("consent", "reason", "element"),
    [
        (a_consent(status="bogus"), "unknown-status", "Consent.status"),
        (a_consent(status="rejected"), "status-not-active", "Consent.status"),
        (a_consent(status="entered-in-error"), "status-not-active", "Consent.status"),
        (
            a_consent(scope=concept(f"{TERMINOLOGY}/consentscope", "adr")),
            "scope-not-privacy",
            "Consent.scope",
        ),
        (
            a_consent(category=[concept(f"{TERMINOLOGY}/v3-ActCode", "EMRGONLY")]),
            "category-not-understood",
            "Consent.category[0].coding[0]",
        ),
        (a_consent(patient=None), "no-patient", "Consent.patient"),
        (a_consent(patient={"reference": "#p"}), "reference-not-understood", "Consent.patient"),
        (
            a_consent(performer=[{"reference": "RelatedPerson/1"}]),
            "not-given-by-the-patient",
            "Consent.performer[0]",
        ),
        (
            a_consent(policyRule={"text": "agreed"}),
            "policy-rule-not-understood",
            "Consent.policyRule",
        ),
        (a_consent(implicitRules="urn:x"), "unknown-modifier-extension", "Consent.implicitRules"),
        (
            a_consent(modifierExtension=[{"url": "urn:not"}]),
            "unknown-modifier-extension",
            "Consent.modifierExtension",
        ),
        (
            permit(actor=[{**recipient(), "modifierExtension": [{"url": "urn:not"}]}]),
            "unknown-modifier-extension",
            "Consent.provision.actor[0].modifierExtension",
        ),
        (
            permit(period={"start": "2026-01-01"}, _type={"id": "x"}),
            "unknown-modifier-extension",
            "Consent.provision._type",
        ),
        (a_consent({"type": "maybe"}), "unknown-type", "Consent.provision.type"),
        (
            permit(provision=[treat()]),
            "nested-type-missing",
            "Consent.provision.provision[0].type",
        ),
        (
            permit(purpose=[coding("urn:x", "TREAT")]),
            "unknown-code-system",
            "Consent.provision.purpose[0].system",
        ),
        (
            permit(purpose=[{"code": "TREAT"}]),
            "unknown-code-system",
            "Consent.provision.purpose[0].system",
        ),
        (
            permit(purpose=[coding(ACT_REASON, "CURE")]),
            "unknown-code",
            "Consent.provision.purpose[0].code",
        ),
        (permit(action=[{"text": "look"}]), "text-without-code", "Consent.provision.action[0]"),
        (permit(actor=[recipient(role="CST")]), "actor-role-not-supported", ROLE),
        (
            permit(
                securityLabel=[
                    coding(f"{TERMINOLOGY}/v3-ActCode", "PSY"),
                    coding(f"{TERMINOLOGY}/v3-Confidentiality", "N"),
                ]
            ),
            "labels-of-several-sorts",
            "Consent.provision.securityLabel",
        ),
        (
            permit(data=[{"meaning": "related", "reference": {"reference": "Task/1"}}]),
            "data-meaning-not-supported",
            "Consent.provision.data[0].meaning",
        ),
    ],
)
def test_what_is_in_doubt_is_quarantined(consent: Json, reason: str, element: str) -> None:
    assert (reason, element) in doubted(consent)


def test_an_actor_gets_our_name_and_an_unknown_one_quarantines() -> None:
    found = understood(permit(actor=[recipient()]))
    ours = bind(found, {ORGANISATION: "organisation:1"})
    assert isinstance(ours, ReadConsent)
    assert ours.terms.scope.actors == {"organisation:1"}
    unknown = bind(found, {})
    assert isinstance(unknown, Quarantined)
    assert unknown.reason is Doubtful.UNKNOWN_ACTOR
    assert unknown.element == "Consent.provision.actor[0].reference"
