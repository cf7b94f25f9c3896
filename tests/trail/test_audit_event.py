"""AuditEvents are what FHIR R4 and BALP say, and show to each only what is theirs."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask import Flask
from sqlalchemy import select

from audit.entries import KINDS
from ledger.api.audit_event_resource import resource
from ledger.core.actor import Actor, Role
from ledger.core.codes import codes_of
from ledger.core.db import db
from ledger.core.ids import new_id
from ledger.core.reading import EntryView
from ledger.core.trail import LogEntry
from ledger.wiring import PROJECTIONS
from tests.architecture.samples import AT, record_of
from tests.conftest import Sequenced
from tests.trail.given import AUDITOR, Known, partnership

for _name in PROJECTIONS:  # So that every kind is declared.
    import_module(_name)

ClientOf = Callable[[Actor | None], Any]
ADDRESS = "/fhir/R4/AuditEvent"
PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."


@pytest.fixture
def known(app: Flask, sequenced: Sequenced) -> Known:
    found = partnership(app)
    sequenced()
    return found


def as_view(kind: str, version: int) -> EntryView:
    record = record_of(KINDS[kind, version])
    body = record.to_bytes()
    return EntryView(record.id, "ledger", 0, kind, AT, record.actor, record.org, 1, body, None)


@pytest.mark.parametrize(("kind", "version"), sorted(KINDS))
def test_every_kind_is_a_valid_audit_event(kind: str, version: int) -> None:
    event = resource(as_view(kind, version), origin="https://x.example", demonstration=True)
    read = AuditEvent.model_validate(event)
    assert read.id == "00000000-0000-0000-0000-000000000002"
    assert event["meta"]["security"][0]["code"] == "HTEST"
    assert {"system": "urn:care-ledger:entry-kind", "code": kind} in event["subtype"]
    assert event["outcome"] in ("0", "8")


def test_a_decision_is_told_as_balp_tells_it() -> None:
    event = resource(as_view("access.decided", 1), origin="https://x", demonstration=False)
    assert event["meta"]["profile"] == [f"{PROFILE}AuthZconsent"]
    assert (event["type"]["code"], event["action"]) == ("110113", "E")
    assert event["subtype"][0]["code"] == "AuthZ-Consent"
    agents = [agent["type"]["coding"][0]["code"] for agent in event["agent"]]
    assert agents == ["authserver", "110150", "IRCP", "PROV"]
    assert [entity["type"]["code"] for entity in event["entity"]] == ["1", "Consent"]
    assert event["agent"][0]["who"] == event["source"]["observer"]


@pytest.mark.parametrize(
    ("kind", "version", "profile"),
    [
        ("trail.exported", 2, "PrivacyDisclosure.Source"),
        ("trail.read", 1, "Query"),
        ("consent.granted", 1, "PatientCreate"),
        ("consent.withdrawn", 1, "PatientUpdate"),
    ],
)
def test_what_fits_a_profile_says_so(kind: str, version: int, profile: str) -> None:
    event = resource(as_view(kind, version), origin="https://x", demonstration=False)
    assert event["meta"]["profile"] == [f"{PROFILE}{profile}"]


def test_purposes_are_codes_of_the_official_list(real_data: Path) -> None:
    codes = (real_data / "terminology" / "CodeSystem-v3-ActReason.json").read_text()
    body = as_view("access.decided", 1).body.replace(b'"purpose":"words"', b'"purpose":"TREAT"')
    view = as_view("access.decided", 1)
    event = resource(
        EntryView(view.id, "access", 0, view.kind, AT, view.actor, None, 1, body, None),
        origin="https://x", demonstration=True,
    )  # fmt: skip
    for coding in (event["purposeOfEvent"][0]["coding"][0], event["meta"]["security"][0]):
        assert f'"code": "{coding["code"]}"' in codes or f'"code":"{coding["code"]}"' in codes


def ask(client: Any, query: str = "", **headers: str) -> dict[str, Any]:
    answer = client.get(f"{ADDRESS}{query}", headers=headers)
    assert answer.status_code == 200, answer.json
    assert answer.content_type.startswith("application/fhir+json")
    Bundle.model_validate(answer.json)
    found: dict[str, Any] = answer.json
    assert "total" not in found
    return found


def ids(bundle: dict[str, Any]) -> list[UUID]:
    return [UUID(one["resource"]["id"]) for one in bundle.get("entry", [])]


def test_auditors_search_by_each_parameter(client_of: ClientOf, known: Known) -> None:
    client, patient = client_of(AUDITOR), f"Patient/{known.patient_id}"
    for query, count in (
        (f"?patient={patient}", 1),
        (f"?patient={known.patient_id}", 1),
        (f"?entity={patient}", 1),
        (f"?entity.identifier=urn:care-ledger:subject%7Corganisation:{known.organisation_id}", 3),
        (f"?patient={patient}&date=ge2026-03-02&date=le2026-03-02", 1),
        (f"?patient={patient}&date=2026-03", 1),
        (f"?patient={patient}&date=lt2026-03-02", 0),
        (f"?patient={patient}&date=gt2026-03-03&date=lt2026-03-02", 0),
        (f"?patient={patient}&date=ge2026-03-02T09:30:00Z", 1),
        (f"?patient={patient}&action=E", 1),
        (f"?patient={patient}&action=D", 0),
        ("?subtype=directory.patient-registered", 2),
        ("?subtype=urn:care-ledger:entry-kind%7Cdirectory.patient-registered", 2),
        ("?subtype=nonsense", 0),
        (f"?agent=Practitioner/{new_id()}", 0),
        (f"?_id={known.entry_id}", 1),
        (f"?_id={new_id()}", 0),
        ("?outcome=8", 0),
    ):
        assert len(ids(ask(client, query))) == count, query


def test_pages_lead_on_and_leave_nothing_out(client_of: ClientOf, known: Known) -> None:
    client, query, seen = client_of(AUDITOR), "?subtype=directory.patient-registered&_count=1", []
    while True:
        bundle = ask(client, query)
        seen += ids(bundle)
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        assert "subtype=directory.patient-registered" in links["self"]
        if "next" not in links:
            break
        query = "?" + links["next"].partition("?")[2]
    assert len(seen) == len(set(seen)) == 2


@pytest.mark.parametrize(
    "query",
    [
        "?nonsense=1", "?date=yesterday", "?date=ge2026-13-01", "?patient=Device/1", "?_count=0",
        "?patient=a&patient=b", "?outcome=0", "?_sort=date", "?agent=x",
        "?entity.identifier=x", "?agent.identifier=x",
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_an_operation_outcome(
    client_of: ClientOf, known: Known, query: str
) -> None:
    answer = client_of(AUDITOR).get(f"{ADDRESS}{query}")
    assert answer.status_code == 422
    OperationOutcome.model_validate(answer.json)
    assert answer.json["issue"][0]["expression"]


def test_the_caller_may_prefer_that_the_unknown_is_passed_over(
    client_of: ClientOf, known: Known
) -> None:
    query = f"?patient={known.patient_id}&nonsense=1"
    bundle = ask(client_of(AUDITOR), query, Prefer="handling=lenient")
    assert ids(bundle) == [known.entry_id]
    assert "nonsense" not in bundle["link"][0]["url"]


def test_patients_see_what_is_their_own_and_no_more(client_of: ClientOf, known: Known) -> None:
    roles = frozenset({Role.PATIENT})
    client = client_of(Actor.person(new_id(), roles=roles, patient_id=known.patient_id))
    assert ids(ask(client)) == [known.entry_id]
    assert ids(ask(client, f"?patient={new_id()}")) == []
    own = client.get(f"{ADDRESS}/{known.entry_id}")
    assert own.json["entity"][0]["what"]["reference"] == f"Patient/{known.patient_id}"
    stranger = client_of(Actor.person(new_id(), roles=roles, patient_id=new_id()))
    answer = stranger.get(f"{ADDRESS}/{known.entry_id}")
    assert (answer.status_code, answer.json["resourceType"]) == (404, "OperationOutcome")


def test_reading_is_recorded(client_of: ClientOf, known: Known) -> None:
    ask(client_of(AUDITOR), f"?patient={known.patient_id}")
    last = select(LogEntry.body).order_by(LogEntry.position.desc()).limit(1)
    said = json.loads(db.session.scalars(last).one())
    assert (said["kind"], said["data"]["rows"]) == ("trail.read", 1)
    assert f"subject=patient:{known.patient_id}" in said["data"]["filters"]


def test_a_refusal_has_an_outcome() -> None:
    assert codes_of(as_view("authority.refused", 1).body)["outcome"] == "deny"
