"""Acting for somebody else over HTTP: powers, capacity, disagreements, and On-Behalf-Of."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.directory import queries as directory
from ledger.directory.acting.rules import NoActing, PowerKind, Scope
from ledger.edge.acting_for import asked
from tests.given import acting
from tests.given.directory import member, organisation, patient

ActAs = Callable[[Actor], FlaskClient]


@pytest.fixture
def act_as(app: Flask) -> ActAs:
    who: list[Actor] = []
    app.before_request_funcs.setdefault(None, []).append(lambda: setattr(g, "actor", who[-1]))

    def sign_in(actor: Actor) -> FlaskClient:
        who.append(actor)
        return app.test_client()

    return sign_in


def test_a_power_from_its_record_to_its_end(act_as: ActAs) -> None:
    trust = organisation()
    patient_id, me = patient(at=trust)
    first, second = member(Role.STEWARD, at=trust), member(Role.STEWARD, at=trust)
    today = clock.civil_date(clock.now())
    body = {
        "name": "Ada Moss",
        "email": "ada.api@demonstration.example",
        "kind": "attorney",
        "basis": "attorney-or-deputy",
        "scope": ["read", "decide"],
        "from_on": str(today),
        "evidence": "LPA seen",
    }
    address = f"/api/v1/patients/{patient_id}/powers"
    key = {"Idempotency-Key": "one"}
    made = act_as(first).post(address, json=body, headers=key)
    assert made.status_code == 201, made.text
    assert made.json
    power_id = made.json["id"]
    assert "/invitation/" in made.json["invitation"]
    again = act_as(first).post(address, json=body, headers=key)
    assert again.json == {**made.json, "invitation": None}
    assert act_as(first).post(address, json=body).status_code == 409
    assert act_as(first).post(f"/api/v1/powers/{power_id}/verification").status_code == 409
    assert act_as(second).post(f"/api/v1/powers/{power_id}/verification").status_code == 204
    listed = act_as(me).get(address)
    assert listed.json
    (found,) = listed.json["items"]
    assert (found["code"], found["verified"], found["holds"]) == ("003", True, False)
    assert "evidence" not in found
    lead = member(Role.SAFEGUARDING_LEAD)
    stop = {"reason": "dispute", "words": "Court"}
    assert act_as(lead).post(f"/api/v1/powers/{power_id}/suspension", json=stop).status_code == 204
    assert (
        act_as(me).post(f"/api/v1/powers/{power_id}/end", json={"reason": "revoked"}).status_code
        == 403
    )
    ended = act_as(second).post(f"/api/v1/powers/{power_id}/end", json={"reason": "revoked"})
    assert ended.status_code == 204
    for stranger in (member(Role.STEWARD), patient()[1]):
        assert act_as(stranger).get(address).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "king"},
        {"basis": "birth"},
        {"scope": ["everything"]},
        {"evidence": ""},
        {"email": "nobody"},
        {"kind": "helper", "basis": "patient-consent", "scope": ["read", "decide"]},
    ],
)
def test_what_is_wrong_is_named_and_nothing_recorded(
    act_as: ActAs, wrong: dict[str, object]
) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    body = {
        "name": "Ada",
        "email": f"{uuid4().hex}@demonstration.example",
        "kind": "parent",
        "basis": "parental-responsibility",
        "scope": ["read"],
        "from_on": "2026-01-01",
        "evidence": "Seen",
        **wrong,
    }
    steward = act_as(member(Role.STEWARD, at=trust))
    address = f"/api/v1/patients/{patient_id}/powers"
    assert steward.post(address, json=body).status_code == 422
    assert steward.get(address).json == {"items": []}


def test_capacity_death_and_whom(act_as: ActAs) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    _, person_id = acting.power(patient_id, at=trust, kind=PowerKind.OTHER, scope={Scope.READ})
    person = directory.actor_for(db.session(), person_id, None)
    proxy = acting.acting(person_id, patient_id)
    whom = act_as(proxy).get("/api/v1/acting-for")
    assert whom.json
    assert [one["patient_id"] for one in whom.json["items"]] == [str(patient_id)]
    now = clock.now()
    assert asked(person, str(patient_id), now).proxy_for == {patient_id}
    with pytest.raises(Invalid):
        asked(person, "not-an-id", now)
    with pytest.raises(NoActing):
        asked(person, str(uuid4()), now)
    narrow = Actor.client(uuid4(), on_behalf_of=person.ref, scopes=frozenset({"consent:withdraw"}))
    assert asked(narrow, str(patient_id), now).scopes == frozenset({"consent:withdraw"})
    steward = act_as(member(Role.STEWARD, at=trust))
    died = {"died_on": str(clock.civil_date(now))}
    assert steward.post(f"/api/v1/patients/{patient_id}/death", json=died).status_code == 204
    assert steward.post(f"/api/v1/patients/{patient_id}/death", json=died).status_code == 409
    with pytest.raises(NoActing):
        asked(person, str(patient_id), clock.now())
    officer = act_as(member(Role.PRIVACY_OFFICER, at=trust))
    assert officer.get("/api/v1/disagreements").json == {"items": []}
