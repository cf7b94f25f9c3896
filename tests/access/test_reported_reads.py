"""What source systems report is reconciled: who asked, who was allowed, who actually read."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.access.reported import queries, service
from ledger.access.reported.entries import REPORTED
from ledger.access.reported.rules.event import NotAnAuditEvent
from ledger.access.reported.rules.reconciling import Finding
from ledger.access.reported.service import ReadNotFlagged, Reported
from ledger.core import clock, privacy
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.ids import new_id
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.beginnings import begins_with
from tests.given.access import Scene, scene
from tests.given.directory import member, organisation

Json = dict[str, Any]
REPORT = frozenset({"read:report"})


beginning = begins_with(scene)


@pytest.fixture
def s(told: Scene) -> Scene:
    return told


def program(s: Scene) -> Actor:
    return s.client(organisation_id=s.council, scopes=REPORT)


def event(s: Scene, **changes: Any) -> Json:
    actor = "urn:care-ledger:actor"
    agent = {
        "who": {"identifier": {"system": actor, "value": f"person:{s.clinician.id}"}},
        "requestor": True,
    }
    found: Json = {
        "resourceType": "AuditEvent",
        "id": f"e-{new_id()}",
        "type": {
            "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
            "code": "rest",
        },
        "action": "R",
        "recorded": clock.now().isoformat(),
        "outcome": "0",
        "agent": [agent],
        "source": {"observer": {"display": "Ward system"}},
        "entity": [
            {"what": {"reference": f"Patient/{s.patient_id}"}, "role": {"code": "1"}},
            {"what": {"reference": "MedicationRequest/7"}, "role": {"code": "4"}},
        ],
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def report(s: Scene, resource: Json) -> tuple[Reported, ...]:
    with unit_of_work(program(s)) as work:
        return service.report(work, resource)


def found(s: Scene, resource: Json) -> Finding:
    [done] = report(s, resource)
    return done.finding


def test_a_read_that_was_allowed_is_matched_to_its_decision(s: Scene) -> None:
    decision = s.ask()
    assert decision.permits
    assert found(s, event(s)) is Finding.MATCHED
    [view] = queries.reads(db.session(), s.patient, s.patient_id)
    assert (view.decision_id, view.person_id) == (decision.entry_id, s.clinician.id)
    by_decision = queries.reads_of(db.session(), s.patient, s.patient_id, [decision.entry_id])
    assert by_decision[decision.entry_id] == [view]


def test_a_read_without_a_decision_or_after_a_no_is_flagged_and_settled(s: Scene) -> None:
    officer = member(Role.PRIVACY_OFFICER, at=s.council)
    assert found(s, event(s)) is Finding.NO_DECISION
    denied = s.ask(category=Category.FINANCE)
    assert not denied.permits
    account = {"what": {"reference": "Basic/1"}, "role": {"code": "4"}}
    after = event(s)
    after["entity"][1] = account
    assert found(s, after) is Finding.AFTER_DENY
    flagged = queries.flagged(db.session(), officer)
    assert [one.finding for one in flagged] == [Finding.NO_DECISION, Finding.AFTER_DENY]
    assert queries.flagged(db.session(), member(Role.PRIVACY_OFFICER, at=s.trust)) == []
    with unit_of_work(officer) as work:
        service.settle(work, flagged[0].id, justified=False, finding="Spoken to")
    assert len(queries.flagged(db.session(), officer)) == 1
    with pytest.raises(ReadNotFlagged), unit_of_work(officer) as work:
        service.settle(work, flagged[0].id, justified=True, finding="again")


def test_a_named_decision_counts_only_if_it_is_about_the_same(s: Scene) -> None:
    asked, denied = s.ask(), s.ask(category=Category.FINANCE)
    kind = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"

    def naming(one: object) -> Json:
        told = event(s)
        identifier = {"what": {"identifier": {"value": str(one)}},
                      "type": {"system": kind, "code": "XrequestId"}}  # fmt: skip
        told["entity"].append(identifier)
        return told

    assert found(s, naming(asked.entry_id)) is Finding.MATCHED
    assert found(s, naming(denied.entry_id)) is Finding.AFTER_DENY
    assert found(s, naming(new_id())) is Finding.MATCHED  # An id of the source's own.
    assert found(s, event(s, outcome="8")) is Finding.FAILED
    long_ago = event(s, recorded="2020-01-01T00:00:00Z")
    assert found(s, long_ago) is Finding.NO_DECISION


def test_the_same_event_is_taken_in_once_however_often_it_comes(s: Scene) -> None:
    one, two = event(s), event(s)
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": each, "request": {"method": "POST", "url": "AuditEvent"}}
            for each in (one, two, one)
        ],
    }
    first, second = report(s, bundle), report(s, bundle)
    assert [each.new for each in first] == [True, True, False]
    assert [each.new for each in second] == [False, False, False]
    assert [each.read_id for each in first] == [each.read_id for each in second]
    assert len(queries.reads(db.session(), s.patient, s.patient_id)) == 2


def test_what_names_people_is_sealed(s: Scene) -> None:
    sent = event(s)
    sent["agent"][0]["name"] = "Dr Marigold Quince"
    report(s, sent)
    [view] = queries.reads(db.session(), s.patient, s.patient_id)
    kept = db.session.query(LogEntry.body).filter(LogEntry.id == view.entry_id).scalar()
    assert b"Marigold" not in kept
    opened = privacy.opened(db.session(), [view.entry_id])[view.entry_id][REPORTED]
    assert opened is not None
    assert json.loads(opened["event"]) == sent


def test_only_programs_with_the_permission_and_only_the_patient_reads_it(s: Scene) -> None:
    with pytest.raises(Forbidden), unit_of_work(s.client()) as work:
        service.report(work, event(s))
    report(s, event(s))
    with pytest.raises(NotFound):
        queries.reads(db.session(), Actor.person(new_id(), roles=frozenset({Role.PATIENT}),
                                                 patient_id=new_id()), s.patient_id)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({"type": None}, "type.code"),
        ({"type": []}, "type.code"),
        ({"action": "X"}, "action"),
        ({"action": ["R"]}, "action"),
        ({"recorded": "soon"}, "recorded"),
        ({"recorded": "2026-03-01T10:00:00"}, "recorded"),
        ({"recorded": "9999-12-31T23:59:59-14:00"}, "recorded"),
        ({"agent": []}, "agent"),
        ({"agent": [1]}, "agent"),
        ({"agent": [{"requestor": False}]}, "agent.requestor"),
        ({"entity": None}, "entity"),
        ({"entity": [{}]}, "entity"),
        ({"source": {}}, "source.observer"),
        ({"outcome": {}}, "outcome"),
        ({"outcome": ["0"]}, "outcome"),
        ({"id": None}, "id"),
        ({"id": 7}, "id"),
        ({"modifierExtension": [{}]}, "modifierExtension"),
        ({"entity": [{"what": {"reference": "Patient/x"}, "role": {"code": "1"}}]}, "entity"),
    ],
)
def test_what_is_no_event_names_the_element_and_nothing_is_kept(
    s: Scene, changes: Json, element: str
) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": each, "request": {"method": "POST", "url": "AuditEvent"}}
            for each in (event(s), event(s, **changes))
        ],
    }
    with pytest.raises(NotAnAuditEvent) as raised:
        report(s, bundle)
    assert raised.value.faults[0].field == f"Bundle.entry[1].resource.{element}"
    db.session.rollback()
    assert queries.reads(db.session(), s.patient, s.patient_id) == []


def test_over_http(s: Scene, client_of: Callable[[Actor | None], Any]) -> None:
    client = client_of(program(s))
    sent = event(s)
    made = client.post("/fhir/R4/AuditEvent", json=sent)
    assert (made.status_code, made.json["issue"][0]["diagnostics"]) == (201, "no-decision")
    assert client.post("/fhir/R4/AuditEvent", json=sent).status_code == 200
    bad = client.post("/fhir/R4/AuditEvent", json={**sent, "agent": [], "id": "x"})
    assert (bad.status_code, bad.json["issue"][0]["expression"]) == (422, ["AuditEvent.agent"])
    assert client.post("/fhir/R4", data=b'{"a":1,"a":2}').status_code == 422
    mine = client_of(s.patient).get(f"/api/v1/patients/{s.patient_id}/reads")
    assert mine.json["items"][0]["words"] == "They looked without asking this service."
    report(s, event(s, recorded="2026-01-01T00:00:00Z"))
    report(s, event(s, recorded="2026-01-01T00:00:00Z"))
    pages, where = [], f"/api/v1/patients/{s.patient_id}/reads?limit=1"
    while where:
        told = client_of(s.patient).get(where)
        pages += [one["id"] for one in told.json["items"]]
        where = told.headers.get("Link", "").partition("<")[2].partition(">")[0]
    assert len(pages) == len(set(pages)) == 3
    assert pages[0] == mine.json["items"][0]["id"]
    officer = client_of(member(Role.PRIVACY_OFFICER, at=s.council))
    [*_, one] = officer.get("/api/v1/flagged-reads").json["items"]
    settled = {"justified": True, "finding": "On call"}
    where = f"/api/v1/flagged-reads/{one['id']}/settlement"
    assert officer.post(where, json=settled).status_code == 204
    left = officer.get("/api/v1/flagged-reads").json["items"]
    assert one["id"] not in {each["id"] for each in left}


def test_a_report_tells_no_one_who_is_registered(s: Scene) -> None:
    """Spec P14: a patient of others, and one who is not there, are refused in the same words."""
    elsewhere = s.client(organisation_id=organisation(), scopes=REPORT)
    refused = []
    for patient_id in (s.patient_id, new_id()):
        named = event(s)
        named["entity"][0]["what"]["reference"] = f"Patient/{patient_id}"
        with pytest.raises(NotAnAuditEvent) as raised, unit_of_work(elsewhere) as work:
            service.report(work, named)
        refused.append((raised.value.detail, raised.value.faults))
    assert refused[0] == refused[1]
    assert s.ask().permits  # The trust, which asked, knows of them from then on.
    with unit_of_work(s.client(scopes=REPORT)) as work:
        [done] = service.report(work, event(s))
    assert done.finding is Finding.MATCHED
