"""Pushed requests (RFC 9126): taken up once, by one browser, as they were pushed."""

from datetime import timedelta
from typing import Any

import pytest
import requests

from ledger.core import clock
from tests.conftest import NOW
from tests.edge.asking import BACK, CHALLENGE, GRANTS, allow, asked, exchange, register
from tests.edge.browsing import Browser, query
from tests.given import directory as given
from tests.given.identity import PASSWORD
from tests.journeys.conftest import Server

Registered = tuple[str, str]


def push(server: Server, registered: Registered | None, **changed: Any) -> requests.Response:
    form = {
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "log:read",
        "state": "pushed",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    return requests.post(f"{server.url}/oauth/par", data=form, auth=registered, timeout=10)


def at(registered: Registered, uri: str, **more: str) -> str:
    parameters = {"client_id": registered[0], "request_uri": uri, **more}
    address = requests.Request("GET", "http://x/oauth/authorize", params=parameters).prepare()
    return address.path_url


def test_what_was_pushed_is_asked_and_nothing_else(
    server: Server, signed_in: Browser, registered: Registered
) -> None:
    answer = push(server, registered)
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 60)
    uri = answer.json()["request_uri"]
    smuggled = {"scope": "log:export", "redirect_uri": "https://evil.example", "state": "mine"}
    address = at(registered, uri, **smuggled)
    page = signed_in.get(address)
    assert "Let it act for me" in page.text
    assert "Let it act for me" in signed_in.get(address).text, "the page may be loaded again"
    came_back = signed_in.send(page, follow=False, decision="allow").headers["Location"]
    assert came_back.startswith(BACK + "?")
    assert query(came_back)["state"] == "pushed"
    tokens = exchange(server, registered, query(came_back)["code"]).json()
    assert tokens["scope"] == "log:read"
    again = signed_in.get(address, follow=False)
    assert again.status_code == 400, "it was answered"


def test_it_is_for_one_browser_one_client_and_one_minute(
    server: Server,
    signed_in: Browser,
    registered: Registered,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other_id, _ = register(
        name="Other",
        organisation_id=given.organisation(),
        scopes=["log:read"],
        grant_types=GRANTS,
        redirect_uris=[BACK],
    )
    uri = push(server, registered).json()["request_uri"]
    stolen = signed_in.get(at((str(other_id), ""), uri), follow=False)
    assert stolen.status_code == 400
    assert "Let it act" in signed_in.get(at(registered, uri)).text
    assert Browser(server.url).get(at(registered, uri), follow=False).status_code == 400
    late = push(server, registered).json()["request_uri"]
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=61))
    assert signed_in.get(at(registered, late), follow=False).status_code == 400
    for nonsense in ("https://evil.example/request", "urn:ietf:params:oauth:request_uri:x", ""):
        answer = signed_in.get(at(registered, nonsense), follow=False)
        assert answer.status_code == 400, nonsense


def test_signing_in_may_take_longer_than_the_minute(
    server: Server, signed_in: Browser, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = at(registered, push(server, registered).json()["request_uri"])
    somebody = Browser(server.url)
    form = somebody.get(address)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=5))
    somebody.send(form, username="an.auditor", password=PASSWORD)
    assert query(allow(somebody, address))["code"]


PUSHED_WRONGLY: list[tuple[dict[str, Any], str]] = [
    ({"redirect_uri": "https://evil.example"}, "invalid_request"),
    ({"scope": "pool:spend"}, "invalid_scope"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
    ({"request": "e30.e30."}, "request_not_supported"),
    ({"client_id": "00000000-0000-0000-0000-000000000000"}, "invalid_request"),
    ({"state": ["a", "b"]}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"resource": "https://elsewhere.example"}, "invalid_target"),
    ({"dpop_jkt": "short"}, "invalid_request"),
]


def test_a_wrong_request_is_told_to_the_client_and_kept_nowhere(
    server: Server, registered: Registered
) -> None:
    for changed, error in PUSHED_WRONGLY:
        answer = push(server, registered, **changed)
        assert (answer.status_code, answer.json()["error"]) == (400, error), changed
    for login in (None, ("nobody", "x"), (registered[0], "wrong")):
        assert push(server, login).json()["error"] == "invalid_client"


def test_a_client_that_must_push_cannot_ask_by_the_address(
    server: Server, signed_in: Browser
) -> None:
    client_id, secret = register(
        name="Pusher",
        organisation_id=given.organisation(),
        scopes=["log:read"],
        grant_types=GRANTS,
        redirect_uris=[BACK],
        pushed_only=True,
    )
    login = (str(client_id), secret or "")
    refused = signed_in.get(asked(login), follow=False).headers["Location"]
    assert query(refused)["error"] == "invalid_request"
    uri = push(server, login).json()["request_uri"]
    assert query(allow(signed_in, at(login, uri)))["code"]
