"""The directory over HTTP: what programs may do, and what they are told when it is wrong."""

from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.directory import queries
from ledger.edge import accounts
from tests.directory.conftest import ActAs
from tests.given.directory import member, nhs_number, organisation, patient

BORN = date(1948, 3, 1)


def fields(answer: Any) -> set[str]:
    return {fault["field"] for fault in answer.json.get("errors", [])}


def test_organisations_are_public_found_by_code_and_read_in_pages(act_as: ActAs) -> None:
    host = organisation("Northmoor A", ods_code="DMA")
    for letter in "BCDE":
        organisation(f"Northmoor {letter}")
    client: Any = act_as(member(Role.STEWARD, at=host))
    found = client.get("/api/v1/organisations?ods_code=dma").json
    assert found
    assert [each["id"] for each in found["items"]] == [str(host)]
    assert client.get(f"/api/v1/organisations/{host}").json["name"] == "Northmoor A"
    names, path = [], "/api/v1/organisations?containing=moor&limit=2"
    while path:
        answer = client.get(path)
        assert answer.json
        names += [each["name"] for each in answer.json["items"]]
        link = answer.headers.get("Link", "")
        path = link[1 : link.index(">")] if link else ""
    assert names == [f"Northmoor {letter}" for letter in "ABCDE"]
    assert client.get(f"/api/v1/organisations/{uuid4()}").status_code == 404


def test_an_organisation_is_registered_once_a_key(act_as: ActAs) -> None:
    client: Any = act_as(member(Role.STEWARD))
    body = {"name": "Southmoor", "kind": "council", "ods_code": "zz9"}
    key = {"Idempotency-Key": "abc"}
    first = client.post("/api/v1/organisations", json=body, headers=key)
    assert first.status_code == 201
    assert client.get(first.headers["Location"]).json["ods_code"] == "ZZ9"
    assert client.post("/api/v1/organisations", json=body, headers=key).json == first.json
    again = client.post("/api/v1/organisations", json=body)
    assert (again.status_code, again.json["type"]) == (409, "/problems/ods-code-taken")
    wrong = {"name": "=1+1", "kind": "castle", "ods_code": "!", "colour": "red"}
    refused = client.post("/api/v1/organisations", json=wrong)
    assert refused.status_code == 422
    assert {field.strip("/") for field in fields(refused)} == {
        "name",
        "kind",
        "ods_code",
        "colour",
    }


def test_staff_are_invited_given_roles_and_let_go(act_as: ActAs, session: Session) -> None:
    trust = organisation()
    client: Any = act_as(member(Role.STEWARD, at=trust))
    body = {"name": "Ada", "email": "ada@trust.example", "role": "clinician"}
    invited = client.post(f"/api/v1/organisations/{trust}/staff", json=body).json
    assert invited
    assert invited["needs_invitation"] is True
    person_id = invited["person_id"]
    made = client.post(
        f"/api/v1/people/{person_id}/invitations", json={"organisation_id": str(trust)}
    )
    assert made.headers["Cache-Control"] == "no-store"
    token = made.json["address"].rsplit("/", 1)[1]
    assert str(accounts.set_password(token, "meadow-gate-lantern")) == person_id

    role = {"organisation_id": str(trust), "role": "signatory", "until_on": "2026-12-31"}
    given = client.post(f"/api/v1/people/{person_id}/memberships", json=role)
    assert given.status_code == 201
    end = f"/api/v1/memberships/{given.json['id']}/end"
    assert client.post(end, json={"reason": "left"}).status_code == 204
    assert client.post(end, json={"reason": "left"}).status_code == 409
    assert client.post(end, json={"reason": "bored"}).status_code == 422
    (ada,) = (
        each
        for each in client.get(f"/api/v1/organisations/{trust}/staff").json["items"]
        if each["person_id"] == person_id
    )
    assert ada["email"] == "ada@trust.example"
    assert [each["role"] for each in ada["roles"]] == ["clinician", "signatory"]
    stranger: Any = act_as(member(Role.STEWARD, at=organisation()))
    assert stranger.get(f"/api/v1/organisations/{trust}/staff").status_code == 404
    assert stranger.post(f"/api/v1/organisations/{trust}/staff", json=body).status_code == 403


def test_a_patient_is_registered_found_linked_and_erased(act_as: ActAs, session: Session) -> None:
    trust = organisation()
    client: Any = act_as(member(Role.STEWARD, at=trust))
    number = nhs_number()
    body = {"nhs_number": number, "date_of_birth": "1948-03-01", "name": "Iris Moss"}
    made = client.post(f"/api/v1/organisations/{trust}/patients", json=body)
    assert made.status_code == 201
    ask = {"nhs_number": number, "date_of_birth": "1948-03-01"}
    found = client.post("/api/v1/patients/look-ups", json=ask)
    assert found.json == made.json
    person = member(Role.CLINICIAN)
    link = {"person_id": str(person.id), "assurance": "in-person"}
    at = f"/api/v1/patients/{made.json['id']}"
    assert client.post(f"{at}/link", json=link).status_code == 204
    assert client.post(f"{at}/link", json=link).status_code == 409

    officer: Any = act_as(member(Role.PRIVACY_OFFICER, at=trust))
    assert officer.post(f"{at}/erasure").status_code == 204
    assert officer.post(f"{at}/erasure").status_code == 404
    assert officer.post("/api/v1/patients/look-ups", json=ask).status_code == 404
    wrong = {"nhs_number": "9990000019", "date_of_birth": "x", "name": ""}
    refused = officer.post("/api/v1/patients/look-ups", json=wrong)
    assert refused.status_code == 422
    assert "9990000019" not in refused.text


def test_erasing_a_patient_ends_their_way_in(act_as: ActAs, session: Session) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust)
    accounts.set_password(accounts.invite(actor.id, "iris"), "meadow-gate-lantern")
    officer: Any = act_as(member(Role.PRIVACY_OFFICER, at=trust))
    assert officer.post(f"/api/v1/patients/{patient_id}/erasure").status_code == 204
    try:
        accounts.check("iris", "meadow-gate-lantern", address="x")
    except accounts.WrongCredentials:
        return
    raise AssertionError("the erased still sign in")


def test_files_come_in_whole_or_not_at_all(act_as: ActAs, session: Session) -> None:
    trust = organisation()
    client: Any = act_as(member(Role.STEWARD, at=trust))
    number = nhs_number()
    good = f"NHS number,name,date of birth\n{number},Iris Moss,1948-03-01\n"
    at = f"/api/v1/organisations/{trust}/patients/imports"
    wrong = client.post(at, data=f"{good}1,x,y\n", content_type="text/csv")
    assert wrong.status_code == 422
    assert fields(wrong) == {"line 3, NHS number", "line 3, date of birth"}
    assert client.post(at, data=good).status_code == 415
    assert client.post(at, data=b"\xff", content_type="text/csv").status_code == 422
    assert queries.patients_of(session, trust) == []
    done = client.post(at, data=good, content_type="text/csv")
    assert (done.status_code, done.json) == (201, {"added": 1, "changed": 0, "unchanged": 0})
    roster = f"NHS number,from\n{number},2026-01-01\n"
    care = f"/api/v1/organisations/{trust}/care/imports"
    assert client.post(care, data=roster, content_type="text/csv").json["added"] == 1


def test_care_begins_ends_and_is_declared(act_as: ActAs, session: Session) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    client: Any = act_as(member(Role.CARE_COORDINATOR, at=trust))
    body = {"patient_id": str(patient_id), "from_on": "2026-01-01"}
    began = client.post(f"/api/v1/organisations/{trust}/care", json=body)
    assert began.status_code == 201
    end = f"/api/v1/care/{began.json['id']}/end"
    assert client.post(end, json={"reason": "discharged"}).status_code == 204
    locum: Any = act_as(member(Role.CLINICIAN))
    said = {"reason": "locum", "words": "Night cover"}
    at = f"/api/v1/patients/{patient_id}/care-declarations"
    assert locum.post(at, json=said).status_code == 201
    assert locum.post(at, json={"reason": "locum", "words": ""}).status_code == 422
    roster = queries.roster(session, patient_id)
    assert roster
    assert roster.version == 3
