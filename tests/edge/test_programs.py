"""Programs get tokens: Authlib's own client against the service, and what it must be refused."""

import time
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import g
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from joserfc.jwt import JWTClaimsRegistry

from ledger.core import clock
from ledger.core.actor import ActorKind, Role
from ledger.core.errors import NotAuthenticated
from ledger.core.work import unit_of_work
from ledger.edge import identity
from ledger.edge.oauth import clients, tokens
from ledger.edge.oauth.keys import keyrings
from tests.conftest import NOW
from tests.edge.browsing import Browser, query
from tests.given import directory as given
from tests.given.identity import PASSWORD, account, bearer, program
from tests.journeys.conftest import Server

BACK = "https://program.example/back"
VERIFIER = "v" * 43
CHALLENGE = create_s256_code_challenge(VERIFIER)
GRANTS = ("authorization_code", "refresh_token")


@pytest.fixture
def signed_in(server: Server, browser: Browser) -> Browser:
    account(given.member(Role.AUDITOR, name="Ada Reader"), "an.auditor")
    assert "Sign out" in browser.sign_in("an.auditor", PASSWORD).text
    return browser


@pytest.fixture
def registered(server: Server, signed_in: Browser) -> tuple[str, str]:
    client_id, secret = register(
        name="Reader",
        organisation_id=given.organisation(),
        scopes=["openid", "profile", "log:read", "log:export"],
        grant_types=GRANTS,
        redirect_uris=[BACK],
    )
    assert secret
    return str(client_id), secret


def register(**wanted: Any) -> tuple[UUID, str | None]:
    with unit_of_work(given.SYSTEM) as work:
        return clients.register(work, **wanted)


def authlib_client(registered: tuple[str, str], **chosen: Any) -> OAuth2Session:
    client_id, secret = registered
    return OAuth2Session(
        client_id, secret, redirect_uri=BACK, code_challenge_method="S256", **chosen
    )


def allow(browser: Browser, address: str) -> str:
    """Go where a program sends the person, and let it. Returns the address they come back to."""
    page = browser.get(address)
    if page.is_redirect:
        return page.headers["Location"]
    return browser.send(page, follow=False, decision="allow").headers["Location"]


def asked(registered: tuple[str, str], **changed: str | None) -> str:
    """The address at which a program asks, with some of its parameters changed or left out."""
    parameters = {
        "client_id": registered[0],
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "log:read",
        "state": "s1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changed,
    }
    kept = {name: value for name, value in parameters.items() if value is not None}
    return requests.Request("GET", "http://x/oauth/authorize", params=kept).prepare().path_url


def code(browser: Browser, registered: tuple[str, str], **changed: str | None) -> str:
    return query(allow(browser, asked(registered, **changed)))["code"]


def exchange(
    server: Server, registered: tuple[str, str], code: str, **changed: Any
) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changed,
    }
    return requests.post(f"{server.url}/oauth/token", data=form, auth=registered, timeout=10)


def is_good(server: Server, access_token: str) -> bool:
    try:
        with server.app.test_request_context("/api/v1/x", headers=bearer(access_token)):
            identity.identify()
    except tokens.InvalidToken:
        return False
    return True


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


def part(plain: bytes) -> str:
    return urlsafe_b64encode(plain).decode().rstrip("=")


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
