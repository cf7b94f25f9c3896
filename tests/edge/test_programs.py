"""Programs act for people: Authlib's own client, and what it must be refused."""

from datetime import timedelta

import pytest
import requests
from flask import g
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from ledger.core import clock
from ledger.core.actor import ActorKind, Role
from ledger.edge import identity
from tests.conftest import NOW
from tests.edge.asking import (
    BACK,
    GRANTS,
    VERIFIER,
    allow,
    asked,
    authlib_client,
    code,
    exchange,
    is_good,
    register,
)
from tests.edge.browsing import Browser, query
from tests.given import directory as given
from tests.given.identity import PASSWORD, account, bearer
from tests.journeys.conftest import Server


def test_code_flow_by_authlibs_client(
    server: Server, signed_in: Browser, registered: tuple[str, str]
) -> None:
    metadata = requests.get(f"{server.url}/.well-known/openid-configuration", timeout=10).json()
    client = authlib_client(registered, scope="openid profile log:read")
    address, state = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-1"
    )
    came_back = allow(signed_in, address.removeprefix(server.url))
    assert query(came_back)["iss"] == metadata["issuer"] == server.url
    assert query(came_back)["state"] == state

    token = client.fetch_token(
        metadata["token_endpoint"],
        authorization_response=came_back,
        code_verifier=VERIFIER,
        state=state,
    )
    keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    access, identified = (
        jwt.decode(token[name], keys, algorithms=["RS256"]) for name in ("access_token", "id_token")
    )
    assert access.header["typ"] == "at+jwt"
    assert access.claims["aud"] == server.url
    assert access.claims["scope"] == "openid profile log:read"
    rules = JWTClaimsRegistry(
        now=int(NOW.timestamp()),
        iss={"essential": True, "value": server.url},
        aud={"essential": True, "value": registered[0]},
        nonce={"essential": True, "value": "n-1"},
        at_hash={"essential": True},
        auth_time={"essential": True},
    )
    rules.validate(identified.claims)
    about = client.get(metadata["userinfo_endpoint"]).json()
    assert about == {"sub": identified.claims["sub"], "name": "Ada Reader"}


def test_a_token_makes_the_program_act_on_behalf_of_the_person(
    server: Server, signed_in: Browser, registered: tuple[str, str]
) -> None:
    answer = exchange(server, registered, code(signed_in, registered)).json()
    with server.app.test_request_context("/api/v1/x", headers=bearer(answer["access_token"])):
        identity.identify()
        actor = g.actor
        proof = identity.current_sign_in()
    assert actor.kind is ActorKind.CLIENT
    assert actor.key == registered[0]
    assert actor.on_behalf_of == f"person:{proof.sub}"
    assert actor.roles == {Role.AUDITOR}
    assert actor.scopes == {"log:read"}


def test_code_replay_is_refused_and_revokes_what_it_gave(
    server: Server, signed_in: Browser, registered: tuple[str, str]
) -> None:
    once = code(signed_in, registered)
    given_tokens = exchange(server, registered, once).json()
    assert is_good(server, given_tokens["access_token"])
    replay = exchange(server, registered, once)
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert not is_good(server, given_tokens["access_token"])
    refresh = {"grant_type": "refresh_token", "refresh_token": given_tokens["refresh_token"]}
    again = requests.post(f"{server.url}/oauth/token", data=refresh, auth=registered, timeout=10)
    assert again.json()["error"] == "invalid_grant"


def test_refresh_rotates_and_reuse_revokes_the_family(
    server: Server, signed_in: Browser, registered: tuple[str, str]
) -> None:
    first = exchange(server, registered, code(signed_in, registered)).json()
    client = authlib_client(registered)
    endpoint = f"{server.url}/oauth/token"
    second = client.refresh_token(endpoint, refresh_token=first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert is_good(server, second["access_token"])

    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert requests.post(endpoint, data=form, auth=registered, timeout=10).status_code == 400
    assert not is_good(server, second["access_token"])
    form["refresh_token"] = second["refresh_token"]
    assert requests.post(endpoint, data=form, auth=registered, timeout=10).status_code == 400


def test_refresh_may_narrow_the_scope_and_never_widen_it(
    server: Server, signed_in: Browser, registered: tuple[str, str]
) -> None:
    first = exchange(
        server, registered, code(signed_in, registered, scope="log:read log:export")
    ).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    endpoint = f"{server.url}/oauth/token"
    wide = requests.post(
        endpoint, data={**form, "scope": "log:read profile"}, auth=registered, timeout=10
    )
    assert wide.json()["error"] == "invalid_scope"
    form["scope"] = "log:read"
    narrow = requests.post(endpoint, data=form, auth=registered, timeout=10)
    assert narrow.json()["scope"] == "log:read"


ASKED_WRONGLY: list[tuple[dict[str, str | None], str]] = [
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"scope": "log:read pool:spend"}, "invalid_scope"),
    ({"scope": "everything"}, "invalid_scope"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"resource": "https://elsewhere.example"}, "invalid_target"),
    ({"prompt": "none"}, "consent_required"),
    ({"nonce": "a\x07b"}, "invalid_request"),
    ({"nonce": "n" * 256}, "invalid_request"),
]

NOT_REGISTERED: list[dict[str, str | None]] = [
    {"redirect_uri": "https://evil.example/back"},
    {"redirect_uri": BACK + "/"},
    {"redirect_uri": BACK + "?x=1"},
    {"redirect_uri": 'https://evil.example/"\\\x00é'},
    {"client_id": "00000000-0000-0000-0000-000000000000"},
    {"client_id": "' OR 1=1"},
    {"client_id": None},
]


def test_what_a_program_asks_wrongly_goes_back_to_it(
    signed_in: Browser, registered: tuple[str, str]
) -> None:
    for changed, error in ASKED_WRONGLY:
        answer = signed_in.get(asked(registered, **changed), follow=False)
        assert answer.headers["Location"].startswith(BACK), changed
        told = query(answer.headers["Location"])
        assert (told["error"], told["state"]) == (error, "s1"), changed
        assert told["iss"] == signed_in.url


def test_an_address_nobody_registered_is_never_gone_to(
    signed_in: Browser, registered: tuple[str, str]
) -> None:
    for changed in NOT_REGISTERED:
        answer = signed_in.get(asked(registered, **changed), follow=False)
        assert answer.status_code == 400, changed
        assert "Location" not in answer.headers


def test_a_person_may_say_no(signed_in: Browser, registered: tuple[str, str]) -> None:
    page = signed_in.get(asked(registered))
    assert "Reader" in page.text
    answer = signed_in.send(page, follow=False, decision="deny")
    assert query(answer.headers["Location"])["error"] == "access_denied"


def test_nobody_signed_in_signs_in_first(server: Server, registered: tuple[str, str]) -> None:
    stranger = Browser(server.url)
    silent = stranger.get(asked(registered, scope="openid", prompt="none"), follow=False)
    assert query(silent.headers["Location"])["error"] == "login_required"
    page = stranger.get(asked(registered))
    done = stranger.send(page, username="an.auditor", password=PASSWORD)
    assert 'http-equiv="refresh"' in done.text, "a page in between: see go_on"
    assert "Reader" in stranger.get(asked(registered)).text


def test_prompt_login_asks_for_the_password_again(
    signed_in: Browser, registered: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=2))
    for changed in ({"prompt": "login"}, {"max_age": "60"}):
        address = asked(registered, **changed)
        page = signed_in.get(address)
        assert 'name="password"' in page.text
        signed_in.send(page, username="an.auditor", password=PASSWORD)
        assert "Let it act for me" in signed_in.get(address).text
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=5))


def test_wrong_verifier_wrong_address_late_code(
    server: Server,
    signed_in: Browser,
    registered: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for changed in ({"code_verifier": "w" * 43}, {"redirect_uri": BACK + "/"}):
        one = code(signed_in, registered, prompt="consent")
        answer = exchange(server, registered, one, **changed)
        assert answer.json()["error"] == "invalid_grant", changed
    missing = exchange(
        server, registered, code(signed_in, registered, prompt="consent"), code_verifier=None
    )
    assert missing.json()["error"] == "invalid_request"
    late = code(signed_in, registered, prompt="consent")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=61))
    assert exchange(server, registered, late).json()["error"] == "invalid_grant"


def test_another_clients_code_is_of_no_use(
    server: Server, signed_in: Browser, registered: tuple[str, str]
) -> None:
    other_id, other_secret = register(
        name="Other",
        organisation_id=given.organisation(),
        scopes=["log:read"],
        grant_types=GRANTS,
        redirect_uris=[BACK],
    )
    one = code(signed_in, registered)
    stolen = exchange(server, (str(other_id), other_secret or ""), one)
    assert stolen.json()["error"] == "invalid_grant"
    assert exchange(server, registered, one).status_code == 200, "and does not use it up"


def test_a_name_and_a_level_are_asked_of_the_provider(
    server: Server, signed_in: Browser, registered: tuple[str, str]
) -> None:
    stranger = Browser(server.url)
    page = stranger.get(asked(registered, login_hint="an.auditor", acr_values="gold"))
    assert 'value="an.auditor"' in page.text
    address = asked(registered, acr_values="gold")
    again = signed_in.get(address)
    assert 'name="password"' in again.text, "the level is asked for"
    signed_in.send(again, username="an.auditor", password=PASSWORD)
    assert "Let it act for me" in signed_in.get(address).text, "once"
    reached = asked(registered, acr_values="gold urn:care-ledger:acr:password", state="s2")
    assert "Let it act for me" in signed_in.get(reached).text


def test_another_person_than_the_hinted_one_is_asked_to_sign_in(
    server: Server, signed_in: Browser, registered: tuple[str, str]
) -> None:
    first = exchange(server, registered, code(signed_in, registered, scope="openid")).json()
    account(given.member(Role.AUDITOR), "another")
    other = Browser(server.url)
    other.sign_in("another", PASSWORD)
    address = asked(registered, scope="openid", id_token_hint=first["id_token"])
    page = other.get(address, follow=False)
    assert page.headers["Location"].startswith("/sign-in/again?")
    still = other.get(address, follow=False).headers["Location"]
    assert query(still)["error"] == "login_required", "it is not asked for ever"
    silent = other.get(f"{address}&prompt=none", follow=False).headers["Location"]
    assert query(silent)["error"] == "login_required"
