"""Programs prove that they are themselves, and what their tokens are good for."""

import time
from base64 import b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from flask import g
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.errors import NotAuthenticated
from ledger.core.work import unit_of_work
from ledger.edge import identity
from ledger.edge.oauth import clients, tokens
from ledger.edge.oauth.keys import keyrings
from tests.conftest import NOW
from tests.edge.asking import (
    code,
    exchange,
    is_good,
    part,
    register,
)
from tests.edge.browsing import Browser
from tests.given import directory as given
from tests.given.identity import bearer, program
from tests.journeys.conftest import Server


def test_client_credentials_by_authlibs_client(server: Server) -> None:
    organisation_id = given.organisation()
    asker = program(organisation_id, "access:ask", "log:*")
    client = OAuth2Session(asker.client_id, asker.secret, scope="access:ask")
    token = client.fetch_token(f"{server.url}/oauth/token", grant_type="client_credentials")
    assert "refresh_token" not in token
    with server.app.test_request_context("/access/v1/x", headers=bearer(token["access_token"])):
        identity.identify()
        actor = g.actor
        with pytest.raises(NotAuthenticated):
            identity.current_sign_in()
    assert actor.ref == f"client:{asker.client_id}"
    assert actor.organisation_id == organisation_id
    assert actor.roles == {Role.SERVICE}
    assert actor.scopes == {"access:ask"}
    assert actor.on_behalf_of is None


def test_resource_narrows_where_a_token_works(server: Server) -> None:
    asker = program(given.organisation())
    endpoint, login = f"{server.url}/oauth/token", (asker.client_id, asker.secret)
    form = {"grant_type": "client_credentials", "resource": f"{server.url}/access/v1"}
    token = requests.post(endpoint, data=form, auth=login, timeout=10).json()["access_token"]
    with server.app.test_request_context("/access/v1/evaluation", headers=bearer(token)):
        identity.identify()
    for path in ("/api/v1/x", "/access/v11", "/"):
        with (
            server.app.test_request_context(path, headers=bearer(token)),
            pytest.raises(tokens.InvalidToken),
        ):
            identity.identify()
    form["resource"] = "https://elsewhere.example"
    refused = requests.post(endpoint, data=form, auth=login, timeout=10)
    assert refused.json()["error"] == "invalid_target"


UNPROVEN: list[dict[str, Any]] = [
    {"auth": ("nobody", "x")},
    {"headers": {"Authorization": "Basic !!!"}},
    {"headers": {"Authorization": "Basic " + b64encode(b"\xff\xfe:\xff").decode()}},
    {"headers": {"Authorization": "Basic"}},
    {"headers": {"Authorization": "Bearer x"}},
    {},
]


def test_a_client_that_cannot_prove_itself_gets_401(server: Server) -> None:
    asker = program(given.organisation())
    for broken in [*UNPROVEN, {"auth": (asker.client_id, "wrong")}]:
        for path in ("token", "introspect", "revoke"):
            data = {"grant_type": "client_credentials", "token": "x"}
            answer = requests.post(f"{server.url}/oauth/{path}", data=data, timeout=10, **broken)
            told = (answer.status_code, answer.json()["error"])
            assert told == (401, "invalid_client"), (path, broken)


def test_malformed_token_requests_are_told_so(server: Server) -> None:
    asker = program(given.organisation())
    login, endpoint = (asker.client_id, asker.secret), f"{server.url}/oauth/token"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"data": {}}, "unsupported_grant_type"),
        ({"data": {"grant_type": "password"}}, "unsupported_grant_type"),
        ({"data": {"grant_type": ["client_credentials"] * 2}}, "invalid_request"),
        ({"params": {"grant_type": "client_credentials"}}, "invalid_request"),
        ({"data": {"grant_type": "client_credentials", "client_secret": "x"}}, "invalid_request"),
        ({"data": {"grant_type": "client_credentials", "scope": "pool:spend"}}, "invalid_scope"),
        ({"data": {"grant_type": "client_credentials", "scope": "openid"}}, "invalid_scope"),
        ({"data": {"grant_type": "authorization_code", "code": "x"}}, "unauthorized_client"),
        ({"json": {"grant_type": "client_credentials"}}, "unsupported_grant_type"),
    ]
    for sent, error in cases:
        answer = requests.post(endpoint, auth=login, timeout=10, **sent)
        assert (answer.status_code, answer.json()["error"]) == (400, error), sent


def test_private_key_jwt_once_each(server: Server) -> None:
    key = ECKey.generate_key("P-256", parameters={"kid": "k1", "use": "sig"})
    client_id, secret = register(
        name="Keyed",
        organisation_id=given.organisation(),
        scopes=["access:ask"],
        auth_method="private_key_jwt",
        jwks={"keys": [key.as_dict(private=False)]},
    )
    assert secret is None
    now = int(NOW.timestamp())

    def ask(signer: Any = key, **changed: Any) -> requests.Response:
        claims = {
            "iss": str(client_id),
            "sub": str(client_id),
            "aud": server.url,
            "exp": now + 60,
            "iat": now,
            "jti": str(time.monotonic_ns()),
            **changed,
        }
        algorithm = "HS256" if isinstance(signer, OctKey) else "ES256"
        header = {"alg": algorithm, "kid": "k1"}
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(header, claims, signer, [algorithm]),
        }
        return requests.post(f"{server.url}/oauth/token", data=form, timeout=10)

    assert ask().status_code == 200
    assert ask(jti="the same").status_code == 200
    refused = [
        ask(jti="the same"),
        ask(aud="https://elsewhere.example"),
        ask(iss="somebody else"),
        ask(exp=now - 60),
        ask(exp=now + 3600),
        ask(nbf=now + 3600),
        ask(jti=None),
        ask(jti=7),
        ask(sub=["a"]),
        ask(exp="soon"),
        ask(ECKey.generate_key("P-256")),
        ask(OctKey.import_key("a secret that is long enough to sign with")),
    ]
    answers = {(one.status_code, one.json()["error"]) for one in refused}
    assert answers == {(401, "invalid_client")}


def test_introspection_and_revocation_by_the_tokens_own_client_only(
    server: Server, signed_in: Browser, registered: tuple[str, str]
) -> None:
    given_tokens = exchange(server, registered, code(signed_in, registered)).json()
    stranger = program(given.organisation())

    def introspect(login: tuple[str, str], token: str) -> dict[str, Any]:
        address = f"{server.url}/oauth/introspect"
        answer = requests.post(address, data={"token": token}, auth=login, timeout=10)
        found: dict[str, Any] = answer.json()
        return found

    for kind in ("access_token", "refresh_token"):
        about = introspect(registered, given_tokens[kind])
        assert about["active"] is True
        assert about["client_id"] == registered[0]
        other = introspect((stranger.client_id, stranger.secret), given_tokens[kind])
        assert other == {"active": False}
    assert introspect(registered, "nonsense") == {"active": False}

    address, login = f"{server.url}/oauth/revoke", (stranger.client_id, stranger.secret)
    data = {"token": given_tokens["access_token"]}
    requests.post(address, data=data, auth=login, timeout=10)
    assert introspect(registered, given_tokens["access_token"])["active"] is True
    done = requests.post(address, data=data, auth=registered, timeout=10)
    assert done.status_code == 200
    assert introspect(registered, given_tokens["access_token"]) == {"active": False}
    assert introspect(registered, given_tokens["refresh_token"]) == {"active": False}
    assert requests.post(address, data=data, auth=registered, timeout=10).status_code == 200


def test_tokens_that_are_none_of_ours(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    asker = program(given.organisation())
    form = {"grant_type": "client_credentials"}
    login = (asker.client_id, asker.secret)
    endpoint = f"{server.url}/oauth/token"
    good = requests.post(endpoint, data=form, auth=login, timeout=10).json()["access_token"]
    with server.app.app_context():
        claims = jwt.decode(good, keyrings().now().verifying, algorithms=["RS256"]).claims
        forged = {
            "typ JWT": tokens.signed(claims, kind="JWT"),
            "no typ": tokens.signed(claims, kind=""),
            "other issuer": tokens.signed({**claims, "iss": "https://elsewhere.example"}),
            "run out": tokens.signed({**claims, "exp": int(NOW.timestamp())}),
            "no exp": tokens.signed({k: v for k, v in claims.items() if k != "exp"}),
            "exp text": tokens.signed({**claims, "exp": "9999999999"}),
            "alg none": ".".join([part(b'{"alg":"none","typ":"at+jwt"}'), good.split(".")[1], ""]),
            "other key": jwt.encode(
                {"alg": "ES256", "typ": "at+jwt"}, claims, ECKey.generate_key("P-256")
            ),
            "cut": good[:-3],
            "words": "not a token",
            "": "",
        }
    assert is_good(server, good)
    for name, token in forged.items():
        answer = requests.get(
            f"{server.url}/sign-in/role", headers=bearer(token), timeout=10, allow_redirects=False
        )
        assert answer.status_code == 401, name
        assert "resource_metadata=" in answer.headers["WWW-Authenticate"]
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=10))
    assert not is_good(server, good)
    with unit_of_work(given.SYSTEM) as work:
        clients.close(work, UUID(asker.client_id))
    assert requests.post(endpoint, data=form, auth=login, timeout=10).status_code == 401


def test_metadata_says_what_is_there(server: Server) -> None:
    for path in ("oauth-authorization-server", "openid-configuration"):
        metadata = requests.get(f"{server.url}/.well-known/{path}", timeout=10).json()
        assert metadata["issuer"] == server.url
        assert metadata["code_challenge_methods_supported"] == ["S256"]
        assert "authorization_response_iss_parameter_supported" in metadata
        for name, address in metadata.items():
            if name.endswith("_endpoint") or name == "jwks_uri":
                adapter = server.app.url_map.bind("localhost")
                there = address.removeprefix(server.url)
                assert adapter.test(there, "GET") or adapter.test(there, "POST"), name
    about = requests.get(
        f"{server.url}/.well-known/oauth-protected-resource/access/v1", timeout=10
    ).json()
    assert about["resource"] == f"{server.url}/access/v1"
    assert about["authorization_servers"] == [server.url]
    keys = requests.get(f"{server.url}/oauth/jwks", timeout=10).json()["keys"]
    assert all("d" not in key and key["use"] == "sig" for key in keys)
