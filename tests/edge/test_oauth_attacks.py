"""What is tried against an authorization server, and must not work."""

from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import given as of
from hypothesis import strategies as some
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from ledger.core import authority
from ledger.core.actor import Actor, Role
from ledger.core.ids import new_id
from ledger.core.permissions import Permission
from ledger.edge.oauth import tokens
from ledger.edge.oauth.client_rules import API_SCOPES
from ledger.edge.oauth.keys import keyrings
from tests.conftest import NOW
from tests.edge.asking import BACK, CHALLENGE, asked, code, exchange, forged, is_good, register
from tests.edge.browsing import Browser, query
from tests.given import directory as given
from tests.given.identity import PASSWORD, account, bearer, program
from tests.journeys.conftest import Server

Registered = tuple[str, str]

ASKED_WRONGLY: list[tuple[str, str]] = [
    ("request=e30.e30.", "request_not_supported"),
    ("registration=%7B%7D", "registration_not_supported"),
    ("response_mode=fragment", "invalid_request"),
    ("prompt=none+login", "invalid_request"),
    ("prompt=create", "invalid_request"),
    ("prompt=select_account", "account_selection_required"),
    ("max_age=soon", "invalid_request"),
    ("max_age=-1", "invalid_request"),
    ("nonce=a&nonce=b", "invalid_request"),
    ("code_challenge=" + CHALLENGE, "invalid_request"),
    ("dpop_jkt=short", "invalid_request"),
    ("id_token_hint=nonsense", "invalid_request"),
]


def test_what_could_be_read_in_two_ways_is_refused(
    signed_in: Browser, registered: Registered
) -> None:
    for more, error in ASKED_WRONGLY:
        answer = signed_in.get(f"{asked(registered)}&{more}", follow=False)
        told = query(answer.headers["Location"])
        assert (told["error"], told["state"], told["iss"]) == (error, "s1", signed_in.url), more
    for more in ("state=b", "client_id=x", "redirect_uri=https://evil.example", "scope=openid"):
        twice = signed_in.get(f"{asked(registered)}&{more}", follow=False)
        assert (twice.status_code, "Location" in twice.headers) == (400, False), more


REDIRECTS = [
    "https://program.example.evil.example/back",
    "https://program.example@evil.example/back",
    "https://PROGRAM.example/back",
    "https://program.example/back/../open",
    "https://program.example//back",
    "https://program.example/back%2F",
    "https://program.example/back#",
    "https://program.example:443/back",
    "http://program.example/back",
    "//program.example/back",
    "javascript:alert(1)",
    "",
]


def test_a_redirect_address_is_compared_letter_by_letter(
    signed_in: Browser, registered: Registered
) -> None:
    for uri in REDIRECTS[:-1]:
        answer = signed_in.get(asked(registered, redirect_uri=uri), follow=False)
        assert (answer.status_code, "Location" in answer.headers) == (400, False), uri
        assert uri not in answer.text, "nor repeated"


def test_leave_in_one_role_or_for_one_interface_is_none_for_another(server: Server) -> None:
    person = given.member(Role.AUDITOR)
    given.another_role(person, Role.STEWARD, at=given.organisation())
    account(person, "two.roles")
    browser = Browser(server.url)
    browser.sign_in("two.roles", PASSWORD)
    client_id, secret = register(
        name="Reader",
        organisation_id=given.organisation(),
        scopes=["log:read"],
        grant_types=["authorization_code"],
        redirect_uris=[BACK],
    )
    login = (str(client_id), secret or "")

    def choose(number: int) -> None:
        page = browser.get("/sign-in/role")
        choices = [one.split('"')[0] for one in page.text.split('type="radio" value="')[1:]]
        browser.send(page, role=choices[number])

    def is_asked(**changed: str) -> bool:
        return not browser.get(asked(login, **changed), follow=False).is_redirect

    choose(0)
    assert is_asked()
    code(browser, login, resource=f"{server.url}/log")
    assert not is_asked(resource=f"{server.url}/log")
    assert is_asked(resource=f"{server.url}/api/v1")
    assert is_asked(), "for the whole service"
    choose(1)
    assert is_asked(resource=f"{server.url}/log"), "in another role"


def test_a_form_of_another_site_decides_nothing(
    server: Server, signed_in: Browser, registered: Registered
) -> None:
    address = asked(registered)
    path, _, parameters = address.partition("?")
    no_token = signed_in.cookies.post(
        server.url + address, data={"decision": "allow"}, allow_redirects=False
    )
    assert (no_token.status_code, "Location" in no_token.headers) == (400, False)
    by_form = signed_in.cookies.post(
        server.url + path,
        data=parameters,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        allow_redirects=False,
    )
    assert by_form.status_code == 303, "a program may ask by a form: the person is asked, no more"
    assert "Let it act for me" in signed_in.get(by_form.headers["Location"]).text
    ended = signed_in.cookies.post(
        f"{server.url}/oauth/end-session", data={"state": "x"}, allow_redirects=True
    )
    assert "Do you want to sign out?" in ended.text


def test_a_token_in_the_address_is_refused(server: Server) -> None:
    asker = program(given.organisation(), "log:read")
    form = {"grant_type": "client_credentials"}
    login = (asker.client_id, asker.secret)
    token = requests.post(f"{server.url}/oauth/token", data=form, auth=login, timeout=10).json()
    text = token["access_token"]
    for sent in ({}, bearer(text)):
        for path in ("/api/v1/log/entries", "/oauth/userinfo"):
            address = f"{server.url}{path}?{urlencode({'access_token': text})}"
            answer = requests.get(address, headers=sent, timeout=10)
            assert answer.status_code == 401, path
            assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_one_kind_of_token_is_none_of_another(
    server: Server, signed_in: Browser, registered: Registered
) -> None:
    scope = "openid log:read"
    made = exchange(server, registered, code(signed_in, registered, scope=scope)).json()
    assert is_good(server, made["access_token"])
    assert not is_good(server, made["id_token"])
    assert not is_good(server, made["refresh_token"])
    for hint, error in ((made["access_token"], "invalid_request"), (made["id_token"], None)):
        address = asked(registered, scope=scope, id_token_hint=hint, prompt="none")
        told = query(signed_in.get(address, follow=False).headers["Location"])
        assert told.get("error") == error
    as_code = exchange(server, registered, made["refresh_token"])
    assert as_code.json()["error"] == "invalid_grant"


def test_the_published_key_makes_no_signature(server: Server) -> None:
    published = requests.get(f"{server.url}/oauth/jwks", timeout=10).json()["keys"][0]
    public = RSAKey.import_key(published)
    now = int(NOW.timestamp())
    claims = {"iss": server.url, "sub": "x", "aud": server.url, "iat": now, "exp": now + 60}
    for secret in (public.as_pem(private=False), public.as_der(private=False)):
        header = {"alg": "HS256", "typ": "at+jwt", "kid": published["kid"]}
        assert not is_good(server, forged(header, claims, secret))
    assert not is_good(server, forged({"alg": "none", "typ": "at+jwt"}, claims))
    with server.app.app_context():
        good = tokens.signed(claims)
        read = jwt.decode(good, keyrings().now().verifying, registry=tokens.REGISTRY)
        assert read.claims == claims
        header = {"alg": "ES256", "typ": "at+jwt", "jwk": ECKey.generate_key("P-256").as_dict()}
        assert not is_good(server, jwt.encode(header, claims, ECKey.generate_key("P-256")))


def test_another_clients_refresh_token_is_neither_good_nor_ended(
    server: Server, signed_in: Browser, registered: Registered
) -> None:
    made = exchange(server, registered, code(signed_in, registered)).json()
    other_id, secret = register(
        name="Other",
        organisation_id=given.organisation(),
        scopes=["log:read"],
        grant_types=["authorization_code", "refresh_token"],
        redirect_uris=[BACK],
    )
    form = {"grant_type": "refresh_token", "refresh_token": made["refresh_token"]}

    def refresh(login: Registered) -> requests.Response:
        return requests.post(f"{server.url}/oauth/token", data=form, auth=login, timeout=10)

    thief = (str(other_id), secret or "")
    assert refresh(thief).json()["error"] == "invalid_grant"
    assert refresh(registered).status_code == 200
    assert refresh(thief).json()["error"] == "invalid_grant"
    assert is_good(server, made["access_token"]), "a thief's second use ends nothing"
    assert refresh(registered).json()["error"] == "invalid_grant"
    assert not is_good(server, made["access_token"]), "the client's own does"


def keyed(profile: str, key: Any) -> str:
    client_id, _ = register(
        name="Keyed",
        organisation_id=given.organisation(),
        scopes=["access:ask"],
        auth_method="private_key_jwt",
        jwks={"keys": [key.as_dict(private=False)]},
        profile=profile,
        pushed_only=bool(profile),
        dpop_only=bool(profile),
    )
    return str(client_id)


@pytest.mark.parametrize(("profile", "accepted"), [("", 3), ("fapi2", 1)])
def test_fapi_takes_one_spelling_of_aud_and_no_rs256(
    server: Server, profile: str, accepted: int
) -> None:
    key = RSAKey.generate_key(2048, parameters={"kid": "k", "use": "sig"})
    client_id, now = keyed(profile, key), int(NOW.timestamp())
    ways: list[tuple[str, Any]] = [
        ("PS256", server.url),
        ("PS256", [server.url]),
        ("RS256", server.url),
        ("PS256", "https://elsewhere.example"),
    ]
    errors = []
    for number, (algorithm, audience) in enumerate(ways):
        claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": f"a{number}"}
        claims |= {"iat": now, "exp": now + 60}
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(
                {"alg": algorithm, "kid": "k"}, claims, key, [algorithm]
            ),
        }
        answer = requests.post(f"{server.url}/oauth/token", data=form, timeout=10)
        errors.append(answer.json().get("error"))
    # A client of the profile that is known is then told that its token has to be bound.
    known = "invalid_request" if profile else None
    assert errors == [known] * accepted + ["invalid_client"] * (len(ways) - accepted)


def test_only_what_is_public_may_be_read_by_other_sites(server: Server) -> None:
    for path in ("/.well-known/openid-configuration", "/oauth/jwks"):
        answer = requests.get(
            server.url + path, headers={"Origin": "https://x.example"}, timeout=10
        )
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
    for path in ("/oauth/token", "/oauth/par", "/oauth/introspect", "/oauth/register"):
        answer = requests.post(server.url + path, headers={"Origin": "https://x"}, timeout=10)
        assert "Access-Control-Allow-Origin" not in answer.headers, path


@of(
    role=some.sampled_from(sorted(Role)),
    scopes=some.frozensets(some.sampled_from(sorted(API_SCOPES)), max_size=5),
    permission=some.sampled_from(sorted(Permission)),
)
def test_scopes_narrow_and_never_widen(
    role: Role, scopes: frozenset[str], permission: Permission
) -> None:
    policy = authority.in_force()
    free = Actor.client(new_id(), roles=frozenset({role}))
    held = Actor.client(new_id(), roles=frozenset({role}), scopes=scopes)
    allowed = authority.could_ever(policy, held, permission)
    family = f"{permission.split(':')[0]}:*"
    named = permission in scopes or family in scopes
    assert allowed == (named and authority.could_ever(policy, free, permission))
