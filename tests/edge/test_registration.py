"""Programs register themselves (RFC 7591, 7592), and can do nothing until a person approves."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from joserfc.jwk import ECKey
from sqlalchemy import select

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.edge.limits import limiter
from ledger.edge.oauth import registration
from ledger.edge.oauth.clients import RegisteredClient
from tests.conftest import NOW
from tests.edge.asking import BACK
from tests.given import directory as given
from tests.journeys.conftest import Server

CODE = "REG1"


@pytest.fixture
def steward(server: Server) -> Any:
    return given.member(Role.STEWARD, at=given.organisation(ods_code=CODE))


def apply(server: Server, **changed: Any) -> requests.Response:
    metadata = {
        "client_name": "Bed board",
        "organisation": CODE,
        "scope": "log:read",
        "redirect_uris": [BACK],
        **changed,
    }
    sent = {name: value for name, value in metadata.items() if value is not None}
    return requests.post(f"{server.url}/oauth/register", json=sent, timeout=10)


def token_error(server: Server, made: dict[str, Any]) -> str:
    login = (made["client_id"], made["client_secret"])
    form = {"grant_type": "client_credentials"}
    answer = requests.post(f"{server.url}/oauth/token", data=form, auth=login, timeout=10)
    return str(answer.json().get("error"))


def kinds() -> list[str]:
    db.session.rollback()
    return [str(kind) for kind in db.session.scalars(select(LogEntry.kind))]


def approve(steward: Any, waiting: RegisteredClient, work: UnitOfWork) -> None:
    assert waiting.id is not None
    registration.approve(
        work,
        client_id=waiting.id,
        organisation_id=steward.organisation_id,
        read=registration.fingerprint(waiting),
    )


def test_what_is_approved_is_what_was_read(server: Server, steward: Any) -> None:
    made = apply(server).json()
    [read] = registration.waiting(steward.organisation_id)
    own = {"Authorization": f"Bearer {made['registration_access_token']}"}
    elsewhere = {**made, "redirect_uris": ["https://elsewhere.example/back"]}
    address = made["registration_client_uri"]
    assert requests.put(address, json=elsewhere, headers=own, timeout=10).status_code == 200
    with pytest.raises(registration.ChangedMeanwhile), unit_of_work(steward) as work:
        approve(steward, read, work)
    [again] = registration.waiting(steward.organisation_id)
    with unit_of_work(steward) as work:
        approve(steward, again, work)


def test_nothing_works_before_approval_and_approval_is_an_entry(
    server: Server, steward: Any
) -> None:
    made = apply(server, grant_types=["client_credentials"], redirect_uris=[]).json()
    assert made["approval"] == "waiting"
    assert token_error(server, made) == "invalid_client"
    before = kinds().count("directory.client-registered")
    stranger = given.member(Role.STEWARD, at=given.organisation())
    [waiting] = registration.waiting(steward.organisation_id)
    assert waiting.id is not None
    with pytest.raises(NotFound), unit_of_work(stranger) as work:
        registration.approve(
            work,
            client_id=waiting.id,
            organisation_id=stranger.organisation_id or waiting.id,
            read=registration.fingerprint(waiting),
        )
    with unit_of_work(steward) as work:
        approve(steward, waiting, work)
    assert kinds().count("directory.client-registered") == before + 1
    assert token_error(server, made) == "None"
    with pytest.raises(NotFound), unit_of_work(steward) as work:
        approve(steward, waiting, work)


def test_it_reads_changes_and_takes_back_what_waits(server: Server, steward: Any) -> None:
    made = apply(server).json()
    address = made["registration_client_uri"]
    own = {"Authorization": f"Bearer {made['registration_access_token']}"}
    seen = requests.get(address, headers=own, timeout=10).json()
    assert (seen["client_name"], seen["approval"]) == ("Bed board", "waiting")
    assert not {"client_secret", "registration_access_token"} & seen.keys()

    changed = {**seen, "client_name": "Ward board"}
    put = requests.put(address, json=changed, headers=own, timeout=10)
    assert (put.status_code, put.json()["client_name"]) == (200, "Ward board")
    other = requests.put(address, json={**changed, "client_id": "x"}, headers=own, timeout=10)
    assert other.status_code == 400
    for wrong in ({}, {"Authorization": "Bearer x"}):
        assert requests.get(address, headers=wrong, timeout=10).status_code == 401
    assert requests.delete(address, headers=own, timeout=10).status_code == 204
    assert requests.get(address, headers=own, timeout=10).status_code == 401
    assert registration.waiting(steward.organisation_id) == []

    kept = apply(server).json()
    with unit_of_work(steward) as work:
        [waiting] = registration.waiting(steward.organisation_id)
        assert waiting.id is not None
        approve(steward, waiting, work)
    own = {"Authorization": f"Bearer {kept['registration_access_token']}"}
    address = kept["registration_client_uri"]
    seen = requests.get(address, headers=own, timeout=10).json()
    assert seen["approval"] == "approved"
    assert requests.put(address, json=seen, headers=own, timeout=10).status_code == 403
    assert requests.delete(address, headers=own, timeout=10).status_code == 403


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"redirect_uris": ["http://elsewhere.example"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://x.example/#f"]}, "invalid_redirect_uri"),
    ({"redirect_uris": []}, "invalid_redirect_uri"),
    ({"redirect_uris": "https://x.example"}, "invalid_client_metadata"),
    ({"organisation": None}, "invalid_client_metadata"),
    ({"organisation": "NONE"}, "invalid_client_metadata"),
    ({"client_name": None}, "invalid_client_metadata"),
    ({"client_name": 7}, "invalid_client_metadata"),
    ({"scope": "everything"}, "invalid_client_metadata"),
    ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
    ({"response_types": ["token"]}, "invalid_client_metadata"),
    ({"jwks_uri": "https://x.example/keys"}, "invalid_client_metadata"),
    ({"software_statement": "e30.e30."}, "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
    ({"dpop_bound_access_tokens": "yes"}, "invalid_client_metadata"),
    ({"profile": "fapi2"}, "invalid_client_metadata"),
    ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
]


def test_metadata_that_cannot_be(server: Server, steward: Any) -> None:
    for changed, error in WRONG:
        answer = apply(server, **changed)
        assert (answer.status_code, answer.json()["error"]) == (400, error), changed
        limiter.reset()
    not_json = requests.post(f"{server.url}/oauth/register", data="x", timeout=10)
    assert not_json.json()["error"] == "invalid_client_metadata"
    assert registration.waiting(steward.organisation_id) == []


def test_a_fapi_client_is_held_to_the_profile_from_the_start(server: Server, steward: Any) -> None:
    key = ECKey.generate_key("P-256", parameters={"kid": "k"}).as_dict(private=False)
    how = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key]}}
    made = apply(server, profile="fapi2", **how).json()
    assert made["require_pushed_authorization_requests"] is True
    assert made["dpop_bound_access_tokens"] is True
    assert made["id_token_signed_response_alg"] == "PS256"
    assert "client_secret" not in made


def test_so_many_may_wait_and_none_for_ever(
    server: Server, steward: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registration, "WAITING_MAX", 2)
    assert [apply(server).status_code for _ in range(3)] == [201, 201, 403]
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=31))
    assert registration.waiting(steward.organisation_id) == []
    assert apply(server).status_code == 201, "the old ones are forgotten"


def test_an_address_registers_so_many_an_hour(server: Server, steward: Any) -> None:
    answers = [apply(server, organisation="NONE").status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]


def test_refusing_needs_the_right_to_register(server: Server, steward: Any) -> None:
    made = apply(server).json()
    [waiting] = registration.waiting(steward.organisation_id)
    assert waiting.id is not None
    with unit_of_work(steward) as work:
        registration.refuse(work, client_id=waiting.id, organisation_id=steward.organisation_id)
    own = {"Authorization": f"Bearer {made['registration_access_token']}"}
    assert requests.get(made["registration_client_uri"], headers=own, timeout=10).status_code == 401
