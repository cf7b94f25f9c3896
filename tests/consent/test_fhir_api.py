"""FHIR Consent over HTTP, in both releases: what a program of another maker would do."""

import json
import re
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.bundle import Bundle as BundleR5
from fhir.resources.capabilitystatement import CapabilityStatement as CapabilityR5
from fhir.resources.operationdefinition import OperationDefinition as OperationR5
from fhir.resources.R4B.bundle import Bundle as BundleR4
from fhir.resources.R4B.capabilitystatement import CapabilityStatement as CapabilityR4
from fhir.resources.R4B.operationdefinition import OperationDefinition as OperationR4
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.structuredefinition import StructureDefinition as StructureR4
from fhir.resources.structuredefinition import StructureDefinition as StructureR5
from flask import Flask
from sqlalchemy import select

from audit import Record
from ledger.api.consent_fhir_metadata import DEFINED
from ledger.consent.rules.fhir.extensions import BASE, DECIDED_AT, DEFINITIONS
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.ids import new_id
from ledger.core.trail import LogEntry
from ledger.directory.entries import PatientLookedUp
from tests.conftest import NOW
from tests.consent.conftest import ActAs, Partnership
from tests.consent.fhir.examples import ACT_REASON, Json, a_consent, body, coding, recipient
from tests.consent.fhir.test_reading_r5 import r5
from tests.given import consent as given
from tests.given.directory import cared_for, member, nhs_number, patient

FHIR = "application/fhir+json"


@pytest.fixture
def officer(partnership: Partnership) -> Actor:
    return member(Role.PRIVACY_OFFICER, at=partnership.trust)


def decided_now(resource: Json) -> Json:
    """Return a consent as if it had been decided at the moment of the test."""
    if "dateTime" in resource:
        return {**resource, "dateTime": NOW.isoformat()}
    others = [one for one in resource["extension"] if one["url"] != DECIDED_AT]
    decided = {"url": DECIDED_AT, "valueDateTime": NOW.isoformat()}
    return {**resource, "date": NOW.date().isoformat(), "extension": [*others, decided]}


def who(number: str) -> Json:
    return {"identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}}


def refused(answer: Any, status: int) -> list[str]:
    """The elements that a refusal names."""
    assert answer.status_code == status, answer.text
    assert answer.content_type.startswith(FHIR)
    OperationOutcome.model_validate(answer.json)
    return [one for issue in answer.json["issue"] for one in issue.get("expression", [])]


@pytest.mark.parametrize("release", ["R4", "R5"])
def test_a_consent_lives_its_life_by_fhir_alone(  # noqa: PLR0915 - a life is long
    partnership: Partnership, officer: Actor, act_as: ActAs, release: str
) -> None:
    number = nhs_number()
    one, _ = patient(at=partnership.trust, number=number)
    identifier = [{"system": "https://x.example/consents", "value": "17"}]
    asked = [coding(ACT_REASON, "TREAT"), coding(ACT_REASON, "HPAYMT")]
    if release == "R4":
        sent = a_consent({"type": "permit", "purpose": asked}, patient=who(number))
    else:
        sent = r5({"purpose": asked}, subject=who(number), decision="deny")
        kind = "https://care-ledger.example/fhir/CodeSystem/consent-kind"
        sent["category"].append({"coding": [coding(kind, "confidentiality-consent")]})
    sent["identifier"] = identifier
    client, where = act_as(officer), f"/fhir/{release}/Consent"
    once = {"If-None-Exist": "identifier=https://x.example/consents|17"}
    made = client.post(where, data=body(sent), content_type=FHIR, headers=once)
    assert made.status_code == 201, made.text
    again = client.post(where, data=body(sent), content_type=FHIR, headers=once)
    assert (again.status_code, again.location) == (200, made.location)

    theirs = act_as(Actor.person(new_id(), roles=frozenset({Role.PATIENT}), patient_id=one))
    seen = theirs.get(made.location)
    assert seen.headers["ETag"] == 'W/"1"'
    assert seen.json is not None
    assert seen.json["meta"]["versionId"] == "1"
    less = json.loads(json.dumps(seen.json))
    del less["meta"]["lastUpdated"]
    root = less["provision"] if release == "R4" else less["provision"][0]
    root["purpose"] = [coding(ACT_REASON, "TREAT")]
    assert refused(theirs.put(made.location, data=body(less)), 409) == []
    stale = {"If-Match": 'W/"9"'}
    assert refused(theirs.put(made.location, data=body(less), headers=stale), 412) == []
    fresh = {"If-Match": 'W/"1"'}
    changed = theirs.put(made.location, data=body(less), headers=fresh, content_type=FHIR)
    assert changed.status_code == 200, changed.text
    assert changed.headers["ETag"] == 'W/"2"'
    more = {**less, "provision": {"type": "permit"}}
    if release == "R5":
        more = {**less, "decision": "permit"}
    late = theirs.put(made.location, data=body(more), headers={"If-Match": 'W/"2"'})
    assert refused(late, 422) == ["Consent.dateTime"], "they have shared less since that day"
    less = decided_now(less)
    more = decided_now(more)
    refused(theirs.put(made.location, data=body(more), headers={"If-Match": 'W/"2"'}), 409)

    anything = json.loads(json.dumps(less))
    one = anything["provision"] if release == "R4" else anything["provision"][0]
    del one["purpose"]
    one["period"] = {"start": "1900-01-01"}
    refused(theirs.put(made.location, data=body(anything), headers={"If-Match": 'W/"2"'}), 409)
    words = {"resourceType": "Parameters",
             "parameter": [{"name": "reason", "valueCode": "changed-mind"}]}  # fmt: skip
    gone = theirs.post(f"{made.location}/$withdraw", json=words)
    assert gone.status_code == 200, gone.text
    assert gone.json is not None
    assert gone.json["status"] == "inactive"
    before = theirs.get(f"{made.location}/_history/1").json
    assert before is not None
    then = before["provision"] if release == "R4" else before["provision"][0]
    assert len(then["purpose"]) == 2
    refused(theirs.get(f"{made.location}/_history/4"), 404)
    told = theirs.get(f"{made.location}/_history?_count=2").json
    assert told is not None
    (BundleR4 if release == "R4" else BundleR5).model_validate(told)
    assert [e["resource"]["meta"]["versionId"] for e in told["entry"]] == ["3", "2"]
    onward = next(link["url"] for link in told["link"] if link["relation"] == "next")
    rest = theirs.get(re.sub(r"^https?://[^/]+", "", onward)).json
    assert rest is not None
    assert [e["resource"]["meta"]["versionId"] for e in rest["entry"]] == ["1"]


@pytest.mark.parametrize(("release", "bundle"), [("R4", BundleR4), ("R5", BundleR5)])
def test_searching_by_each_parameter(
    partnership: Partnership, act_as: ActAs, release: str, bundle: Any
) -> None:
    p = partnership
    yes = given.granted(p.patient, p.agreement_id, to=p.council)
    no = given.dissented(p.patient)
    client, where = act_as(p.patient), f"/fhir/{release}/Consent"
    for query, found in (
        ("", {yes, no}),
        (f"?patient=Patient/{p.patient_id}", {yes, no}),
        (f"?patient={p.patient_id}&status=active", {yes, no}),
        ("?status=inactive", set()),
        (f"?_id={yes}", {yes}),
        (f"?_id={new_id()}", set()),
        (f"?_id={yes}&status=inactive", set()),
        (f"?_id={yes}&patient=Patient/{new_id()}", set()),
        ("?category=http://loinc.org|59284-0", {yes, no}),
        ("?category=dissent", {no}),
        ("?date=ge2026-01-01", {yes, no}),
        ("?date=lt2026-01-01", set()),
        ("?period=ge2026-01-01", {yes, no}),
        ("?_lastUpdated=eb2026-01-01", set()),
        (f"?actor=Organization/{p.council}", {yes}),
        ("?purpose=TREAT,HRESCH&category=confidentiality-consent", {yes}),
        ("?purpose=HRESCH", set()),
        (f"?patient=Patient/{new_id()}", set()),
    ):
        answer = client.get(where + query)
        assert answer.status_code == 200, (query, answer.text)
        bundle.model_validate(answer.json)
        assert answer.json is not None
        ids = {UUID(one["resource"]["id"]) for one in answer.json.get("entry", [])}
        assert ids == found, query
        assert answer.json["total"] == len(found)


def test_pages_lead_on_and_a_number_never_stands_in_an_address(
    partnership: Partnership, act_as: ActAs
) -> None:
    number = nhs_number()
    one, _ = patient(at=partnership.trust, number=number)
    theirs = Actor.person(new_id(), roles=frozenset({Role.PATIENT}), patient_id=one)
    made = {given.dissented(theirs) for _ in range(3)}
    clinician = member(Role.CLINICIAN, at=partnership.trust)
    cared_for(one, by=clinician)
    client, token = act_as(clinician), f"https://fhir.nhs.uk/Id/nhs-number|{number}"
    assert refused(client.get(f"/fhir/R4/Consent?patient.identifier={token}"), 422) == [
        "patient.identifier"
    ]
    beside = client.post(f"/fhir/R4/Consent/_search?patient.identifier={token}")
    assert refused(beside, 422) == ["patient.identifier"]
    asked = {"patient.identifier": token, "_count": "2"}
    first = client.post("/fhir/R4/Consent/_search", data=asked)
    assert number not in first.text
    assert first.json is not None
    links = {link["relation"]: link["url"] for link in first.json["link"]}
    second = client.get(re.sub(r"^https?://[^/]+", "", links["next"]))
    assert second.json is not None
    both = [*first.json["entry"], *second.json["entry"]]
    assert {UUID(each["resource"]["id"]) for each in both} == made
    stranger = Actor.person(new_id(), roles=frozenset({Role.PATIENT}), patient_id=new_id())
    refused(act_as(stranger).post("/fhir/R4/Consent/_search", data=asked), 403)
    elsewhere = act_as(member(Role.CLINICIAN, at=partnership.council))
    for token in (asked["patient.identifier"], f"https://fhir.nhs.uk/Id/nhs-number|{nhs_number()}"):
        told = elsewhere.post("/fhir/R4/Consent/_search", data={"patient.identifier": token})
        assert (told.status_code, (told.json or {})["total"]) == (200, 0)
    kept = select(LogEntry.body).where(LogEntry.kind == PatientLookedUp.kind)
    looked: list[Any] = [
        Record.from_bytes(each).entry
        for each in db.session.scalars(kept.order_by(LogEntry.position))
    ]
    assert [each.patient_id for each in looked] == [one, one, None]
    assert [each.answered for each in looked] == [True, True, False]


def test_numbers_are_not_tried_out(partnership: Partnership, act_as: ActAs) -> None:
    client = act_as(member(Role.CLINICIAN, at=partnership.trust))

    def tried(asked: dict[str, str]) -> list[int]:
        where = "/fhir/R4/Consent/_search"
        return [client.post(where, data=asked).status_code for _ in range(12)]

    assert tried({"patient": str(partnership.patient_id)}) == [200] * 12
    assert tried({"patient.identifier": nhs_number()})[9:] == [200, 429, 429]


@pytest.mark.parametrize(
    ("query", "element"),
    [
        ("?nonsense=1", "nonsense"),
        ("?_count=0", "_count"),
        ("?_count=٣", "_count"),
        ("?date=yesterday", "date"),
        ("?period=ge2026-99-01", "period"),
        ("?patient=Device/1", "patient"),
        ("?status=active&status=draft", "status"),
        ("?after=x", "after"),
    ],
)
def test_what_cannot_be_searched_by_is_named(
    partnership: Partnership, act_as: ActAs, query: str, element: str
) -> None:
    client = act_as(partnership.patient)
    assert refused(client.get(f"/fhir/R4/Consent{query}"), 422) == [element]
    lenient = client.get("/fhir/R4/Consent?nonsense=1", headers={"Prefer": "handling=lenient"})
    assert lenient.status_code == 200


def test_every_refusal_is_an_operation_outcome(
    app: Flask, partnership: Partnership, officer: Actor, act_as: ActAs
) -> None:
    nobody, some = app.test_client(), "/fhir/R4/Consent"
    refused(nobody.get(f"{some}?patient={new_id()}"), 401)
    refused(nobody.get("/fhir/R9/Consent"), 404)
    client = act_as(officer)
    refused(client.get(f"{some}/{new_id()}"), 404)
    refused(client.delete(f"{some}/{new_id()}"), 405)
    refused(client.post(some, data="<Consent/>", content_type="application/fhir+xml"), 415)
    wrong = f"{FHIR}; fhirVersion=5.0"
    refused(client.post(some, data="{}", content_type=wrong), 415)
    refused(client.get(f"{some}?_format=xml&patient={new_id()}"), 406)
    refused(client.get(f"{some}?patient={new_id()}", headers={"Accept": "text/turtle"}), 406)
    assert refused(client.post(some, data=b"{"), 422) == ["Consent"]
    refused(client.post(some, data=b" " * 1_100_000), 413)
    refused(act_as(partnership.patient).post(some, data=b"{}"), 403)
    bad = {"resourceType": "Parameters", "parameter": [{"name": "reason", "valueCode": "?"}]}
    consent_id = given.dissented(partnership.patient)
    answer = act_as(partnership.patient).post(f"{some}/{consent_id}/$withdraw", json=bad)
    assert refused(answer, 422) == ["Parameters.parameter[0].valueCode"]


@pytest.mark.parametrize(
    ("release", "capability", "operation"),
    [("R4", CapabilityR4, OperationR4), ("R5", CapabilityR5, OperationR5)],
)
def test_what_is_promised_is_what_there_is(
    app: Flask, release: str, capability: Any, operation: Any
) -> None:
    client = app.test_client()
    said = client.get(f"/fhir/{release}/metadata").json
    assert said is not None
    capability.model_validate(said)
    routes = {
        "read": ("GET", "/{}/<uuid:consent_id>"),
        "vread": ("GET", "/{}/<uuid:consent_id>/_history/<int:version>"),
        "history-instance": ("GET", "/{}/<uuid:consent_id>/_history"),
        "search-type": ("GET", "/{}"),
        "create": ("POST", "/{}"),
        "update": ("PUT", "/{}/<uuid:consent_id>"),
    }
    promised = set()
    [rest] = said["rest"]
    for one in rest["resource"]:
        base = "/fhir/R4" if one["type"] == "AuditEvent" else "/fhir/<any(R4, R5):release>"
        for each in one["interaction"]:
            method, path = routes[each["code"]]
            path = path.replace("consent_id", "entry_id") if one["type"] != "Consent" else path
            path = "/{}/<name>" if one["type"] in DEFINED else path
            promised.add((method, base + path.format(one["type"])))
    if "interaction" in rest:
        promised.add(("POST", "/fhir/R4"))
    there = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/fhir/")
        and not re.search(r"metadata|\$withdraw|_search", rule.rule)
        and (release == "R4" or "any" in rule.rule)
    }
    assert promised == there
    [named] = rest["resource"][0]["operation"]
    address = re.sub(r"^https?://[^/]+", "", named["definition"])
    operation.model_validate(client.get(address).json)


@pytest.mark.parametrize(("release", "structure"), [("R4", StructureR4), ("R5", StructureR5)])
def test_what_our_extensions_mean_is_there_to_read(
    app: Flask, release: str, structure: Any
) -> None:
    client = app.test_client()
    for url in DEFINITIONS:
        name = url.removeprefix(BASE)
        answer = client.get(f"/fhir/{release}/StructureDefinition/{name}")
        assert structure.model_validate(answer.json).url == url
    assert client.get(f"/fhir/{release}/StructureDefinition/ours").status_code == 404


def test_a_person_settles_a_quarantined_consent(
    partnership: Partnership, officer: Actor, act_as: ActAs
) -> None:
    number = nhs_number()
    patient(at=partnership.trust, number=number)
    client = act_as(officer)
    sent = a_consent({"purpose": [coding(ACT_REASON, "TREAT")]}, patient=who(number))
    assert client.post("/fhir/R4/Consent", data=body(sent)).status_code == 202
    [item] = (client.get("/api/v1/quarantine").json or {})["items"]
    assert item["age_days"] == 0
    assert item["doubts"][0]["words"] == "It does not say whether it is a yes or a no."
    where = f"/api/v1/quarantine/{item['id']}"
    case = client.get(where).json
    assert case is not None
    assert case["original"] == sent
    assert [one["base"] for one in case["proposals"]] == ["permit", "deny"]
    assert client.post(f"{where}/question", json={"words": "Rang the surgery"}).status_code == 204
    assert (client.get(where).json or {})["asked_at"] is not None
    chosen = case["proposals"][1]
    assert chosen["doubts"] == []
    words = {"source": "spoken", "words": "She rang me back and said no."}
    still = client.post(f"{where}/acceptance", json={**words, "corrected": sent})
    assert still.status_code == 422
    assert (still.json or {})["errors"][0]["field"] == "Consent.provision.type"
    online = {**words, "source": "online", "corrected": chosen["corrected"]}
    assert client.post(f"{where}/acceptance", json=online).status_code == 422
    done = client.post(f"{where}/acceptance", json={**words, "corrected": chosen["corrected"]})
    assert done.status_code == 201, done.text
    assert (client.get("/api/v1/quarantine").json or {})["items"] == []
    again = client.post(f"{where}/acceptance", json={**words, "corrected": chosen["corrected"]})
    assert again.status_code == 409


def test_an_unknown_recipient_waits(
    partnership: Partnership, officer: Actor, act_as: ActAs
) -> None:
    number = nhs_number()
    patient(at=partnership.trust, number=number)
    sent = r5({"actor": [recipient("NOSUCH")]}, subject=who(number))
    answer = act_as(officer).post("/fhir/R5/Consent", data=body(sent))
    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.json["issue"][0]["expression"] == ["Consent.provision[0].actor[0].reference"]
