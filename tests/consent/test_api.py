"""Consents over HTTP: our JSON, and FHIR."""

import re
from typing import Any

import pytest

from ledger.core.actor import Role
from ledger.core.ids import new_id
from tests.conftest import NOW
from tests.consent.conftest import ActAs, Partnership
from tests.consent.fhir.examples import ACT_REASON, a_consent, body, coding, recipient
from tests.given import consent as given
from tests.given.directory import member, nhs_number, patient


def yes(p: Partnership, **changes: Any) -> dict[str, Any]:
    return {
        "agreement_id": str(p.agreement_id),
        "purposes": ["TREAT"],
        "categories": ["medicines", "care-plan"],
        "organisation_ids": [str(p.council)],
        **changes,
    }


def test_a_patient_agrees_shares_less_and_takes_it_back(
    partnership: Partnership, act_as: ActAs
) -> None:
    p = partnership
    client = act_as(p.patient)
    mine = f"/api/v1/patients/{p.patient_id}/consents"
    notice = {"id": "care", "version": 1, "language": "cy", "format": "easy-read", "text": "…"}

    made = client.post(mine, json=yes(p, words="for my mother", notice=notice))
    assert made.status_code == 201, made.text
    where = made.headers["Location"]
    seen = client.get(where)
    assert seen.json is not None
    assert (seen.json["status"], seen.json["kind"]) == ("active", "confidentiality-consent")
    assert seen.json["notice"]["language"] == "cy"
    assert seen.json["terms"]["scope"]["categories"] == ["care-plan", "medicines"]
    assert seen.json["events"][0]["words"] == "for my mother"
    assert seen.headers["ETag"] == '"1"'

    less = {k: v for k, v in yes(p, categories=["medicines"]).items() if k != "agreement_id"}
    assert client.post(f"{where}/versions", json=less).status_code == 201
    stale = client.post(f"{where}/withdrawal", headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    body_ = {"reason": "changed-mind", "words": "enough"}
    gone = client.post(f"{where}/withdrawal", json=body_, headers={"If-Match": '"2"'})
    assert gone.status_code == 201, gone.text
    again = client.post(f"{where}/withdrawal")
    assert again.status_code == 409
    assert again.json is not None
    assert again.json["type"] == "/problems/consent-already-withdrawn"
    listed = client.get(mine).json
    assert listed is not None
    assert [one["status"] for one in listed["items"]] == ["withdrawn"]


def test_the_same_key_says_yes_once(partnership: Partnership, act_as: ActAs) -> None:
    p = partnership
    client = act_as(p.patient)
    mine = f"/api/v1/patients/{p.patient_id}/consents"
    key = {"Idempotency-Key": "one"}
    first = client.post(mine, json=yes(p), headers=key)
    second = client.post(mine, json=yes(p), headers=key)
    assert first.json == second.json
    listed = client.get(mine).json
    assert listed is not None
    assert len(listed["items"]) == 1


def test_a_no_before_anybody_asks_and_an_answer_of_no(
    partnership: Partnership, act_as: ActAs
) -> None:
    p = partnership
    client = act_as(p.patient)
    root = f"/api/v1/patients/{p.patient_id}"
    assert client.post(f"{root}/dissents", json={"purposes": ["TREAT"]}).status_code == 201
    assert client.post(f"{root}/refusals", json=yes(p)).status_code == 201
    listed = client.get(f"{root}/consents").json
    assert listed is not None
    kinds = [(one["kind"], one["base"], one["status"]) for one in listed["items"]]
    assert kinds == [("confidentiality-consent", None, "refused"), ("dissent", "deny", "active")]


def test_long_lists_go_on(partnership: Partnership, act_as: ActAs) -> None:
    p = partnership
    for purpose in ("TREAT", "HRESCH", "HMARKT"):
        given.dissented(p.patient, purposes=frozenset({purpose}))
    client = act_as(p.patient)
    path = f"/api/v1/patients/{p.patient_id}/consents?limit=2"
    found = []
    for _ in range(2):
        answer = client.get(path)
        assert answer.json is not None
        found += [one["purposes"] for one in answer.json["items"]]
        path = answer.headers.get("Link", "<>")[1:].partition(">")[0]
    assert found == [["HMARKT"], ["HRESCH"], ["TREAT"]]
    assert path == ""


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"purposes": []}, "/purposes"),
        ({"purposes": ["CURE"]}, "/purposes"),
        ({"purposes": "TREAT"}, "/purposes"),
        ({"categories": ["gossip"]}, "/categories/0"),
        ({"organisation_ids": ["x"]}, "/organisation_ids/0"),
        ({"last_day": "2026-02-30"}, "/last_day"),
        ({"last_day": "2020-01-01"}, "/last_day"),
        ({"surprise": 1}, "/surprise"),
        ({"agreement_id": None}, "/agreement_id"),
        ({"words": "w" * 2001}, "/words"),
        ({"decided_at": "2030-01-01T00:00:00Z"}, "/decided_at"),
    ],
)
def test_what_is_wrong_is_named(
    partnership: Partnership, act_as: ActAs, change: dict[str, Any], field: str
) -> None:
    p = partnership
    answer = act_as(p.patient).post(
        f"/api/v1/patients/{p.patient_id}/consents", json=yes(p, **change)
    )
    assert answer.status_code == 422, answer.text
    assert answer.json is not None
    assert field in {one["field"] for one in answer.json["errors"]}


def test_another_patients_consent_is_like_none(partnership: Partnership, act_as: ActAs) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    _, stranger = patient(at=p.trust)
    client = act_as(stranger)
    for method, path in (
        ("GET", "/api/v1/consents/{}"),
        ("POST", "/api/v1/consents/{}/withdrawal"),
        ("GET", "/fhir/R4/Consent/{}"),
    ):
        headers = {"If-Match": '"9"'} if method == "POST" else {}
        seen = []
        for one in (consent_id, new_id()):
            answer = client.open(path.format(one), method=method, headers=headers)
            assert answer.status_code == 404
            seen.append(re.sub(rf"{one}|\"request_id.*", "", answer.text))
        assert seen[0] == seen[1]


def test_fhir_is_taken_in_enforced_or_kept_for_a_person(
    partnership: Partnership, act_as: ActAs
) -> None:
    p = partnership
    number = nhs_number()
    patient(at=p.trust, number=number)
    who = {"identifier": {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}}
    client = act_as(member(Role.PRIVACY_OFFICER, at=p.trust))
    provision = {"type": "deny", "purpose": [coding(ACT_REASON, "HRESCH")]}

    made = client.post("/fhir/R4/Consent", data=body(a_consent(provision, patient=who)))
    assert made.status_code == 201, made.text
    waits = client.post("/fhir/R4/Consent", data=body(a_consent(status="draft", patient=who)))
    assert waits.status_code == 202
    assert waits.json is not None
    assert waits.json["issue"][0]["expression"] == ["Consent.status"]

    broken = client.post("/fhir/R4/Consent", data=body(a_consent({"type": 1}, patient=who)))
    assert broken.status_code == 422
    assert broken.content_type == "application/fhir+json; charset=utf-8"
    assert broken.json is not None
    assert broken.json["resourceType"] == "OperationOutcome"
    assert broken.json["issue"][0]["expression"] == ["Consent.provision.type"]
    nobody = client.post("/fhir/R4/Consent", data=body(a_consent(patient=None)))
    assert nobody.status_code == 422
    unknown = a_consent({"type": "deny", "actor": [recipient("NOBODY")]}, patient=who)
    assert client.post("/fhir/R4/Consent", data=body(unknown)).status_code == 202


def test_what_waits_is_listed_read_to_the_byte_and_settled(
    partnership: Partnership, act_as: ActAs
) -> None:
    p = partnership
    client = act_as(member(Role.PRIVACY_OFFICER, at=p.trust))
    who = {"reference": f"Patient/{p.patient_id}"}
    text = body(a_consent(status="draft", patient=who))
    for _ in range(3):
        assert client.post("/fhir/R4/Consent", data=text).status_code == 202
    first = client.get("/api/v1/quarantine?limit=2")
    assert first.json is not None
    rest = client.get(first.headers["Link"][1:].partition(">")[0])
    assert rest.json is not None
    found = first.json["items"] + rest.json["items"]
    assert len({one["id"] for one in found}) == 3
    (doubt,) = found[0]["doubts"]
    assert (doubt["reason"], doubt["element"]) == ("status-not-active", "Consent.status")

    path = f"/api/v1/quarantine/{found[0]['id']}"
    assert client.get(f"{path}/evidence").data == text
    other = {"words": "asked again", "consent_id": str(new_id())}
    assert client.post(f"{path}/closure", json=other).status_code == 422
    assert client.post(f"{path}/closure", json={"words": "asked again"}).status_code == 204
    assert client.post(f"{path}/closure", json={"words": "asked again"}).status_code == 409
    elsewhere = act_as(member(Role.PRIVACY_OFFICER, at=p.council))
    assert elsewhere.get(f"{path}/evidence").status_code == 404
    assert elsewhere.get("/api/v1/quarantine").json == {"items": []}


def test_a_consent_of_ours_is_read_as_fhir(partnership: Partnership, act_as: ActAs) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council, last_day=NOW.date())
    answer = act_as(p.patient).get(f"/fhir/R4/Consent/{consent_id}")
    assert answer.status_code == 200
    found = answer.json
    assert found is not None
    assert (found["resourceType"], found["status"]) == ("Consent", "active")
    assert found["provision"]["type"] == "permit"
    assert answer.headers["ETag"] == 'W/"1"'
