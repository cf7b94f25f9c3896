"""People sign in through providers that are not us, and that may be wrong or worse."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from ledger.core.actor import Actor, Role
from ledger.edge import accounts, identity, provider_links, providers, session_list, sessions
from ledger.edge.sessions import Authentication
from ledger.settings import BadSettings
from tests.databases import NewDatabase, settings_for
from tests.edge.browsing import Browser
from tests.edge.provider import CLIENT_ID, NOW_S, Provider, new_key, provider
from tests.given import directory as given
from tests.journeys.conftest import Server, serving


@pytest.fixture
def national() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def server(new_database: NewDatabase, national: Provider) -> Iterator[Server]:
    one = {"slug": "national", "name": "National Sign-in", "issuer": national.url}
    secret = {"client_id": CLIENT_ID, "client_secret": "s" * 32}
    with serving(new_database(), oidc_providers=json.dumps([one | secret])) as server:
        yield server


@pytest.fixture
def linked(server: Server, national: Provider) -> Actor:
    """Somebody whose account at the provider is linked."""
    auditor = given.member(Role.AUDITOR)
    provider_links.link(national.url, "somebody", auditor.id)
    return auditor


def is_signed_in(browser: Browser) -> bool:
    return "Sign out" in browser.get("/").text


def sign_in(browser: Browser) -> Any:
    there = browser.get("/sign-in/national", follow=False).headers["Location"]
    back = browser.cookies.get(there, allow_redirects=False).headers["Location"]
    return browser.get(back)


def test_the_sign_in_page_offers_every_provider(browser: Browser) -> None:
    page = browser.get("/sign-in")
    assert "National Sign-in" in page.text
    assert "a name and password" in page.text


def test_a_linked_account_signs_in_and_leaves_evidence(
    server: Server, browser: Browser, linked: Actor, national: Provider
) -> None:
    assert sign_in(browser).status_code == 200
    assert is_signed_in(browser)
    assert national.asked["code_challenge_method"] == "S256"
    with server.app.test_request_context("/", headers={"Cookie": f"ledger={browser.cookie()}"}):
        signed = sessions.browser().signed_in
    assert signed
    assert signed.person_id == linked.id
    assert signed.authentication == Authentication(
        iss=national.url, sub="somebody", acr="AAL3", amr=("hwk",), auth_time=NOW_S
    )
    assert session_list.end_of_provider("national", provider_session="another session") == 0
    assert session_list.end_of_provider("national", provider_session="session-at-the-provider") == 1
    assert not is_signed_in(browser)


def test_a_sign_in_of_no_known_time_is_no_recent_one(
    server: Server, browser: Browser, linked: Actor, national: Provider
) -> None:
    """A provider may let a sign-in of this morning count, and need not say so unless asked."""
    national.changes = {"auth_time": None}
    sign_in(browser)
    assert is_signed_in(browser)
    with server.app.test_request_context("/", headers={"Cookie": f"ledger={browser.cookie()}"}):
        identity.identify()
        with pytest.raises(identity.StepUpNeeded):
            identity.require_recent()


def test_an_account_that_nobody_has_lets_nobody_in(browser: Browser) -> None:
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert "We do not know this account" in answer.text
    assert not is_signed_in(browser)


def test_an_invitation_links_an_account(server: Server, browser: Browser) -> None:
    auditor = given.member(Role.AUDITOR)
    token = accounts.invite(auditor.id, "an.auditor")
    assert "National Sign-in" in browser.get(f"/invitation/{token}").text
    sign_in(browser)
    assert is_signed_in(browser)
    again = Browser(server.url)
    sign_in(again)
    assert is_signed_in(again), "from now on without the invitation"
    assert Browser(server.url).get(f"/invitation/{token}").status_code == 404


WRONG_CLAIMS: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"nonce": None},
    {"iss": "https://evil.example"},
    {"iss": None},
    {"aud": "somebody-else"},
    {"aud": ["somebody-else"], "azp": CLIENT_ID},
    {"aud": None},
    {"exp": NOW_S - 3600},
    {"exp": None},
    {"nbf": NOW_S + 3600},
    {"iat": NOW_S + 3600},
    {"sub": None},
    {"at_hash": "wrong"},
    {"auth_time": NOW_S + 3600},
    {"auth_time": "now"},
    {"amr": 7},
    {"amr": [{}]},
]


def test_an_id_token_that_is_wrong_signs_nobody_in(
    browser: Browser, linked: Actor, national: Provider
) -> None:
    for changes in WRONG_CLAIMS:
        national.changes = changes
        answer = sign_in(browser)
        assert answer.status_code == 400, changes
        assert "You are not signed in" in answer.text
        assert not is_signed_in(browser), changes


def test_an_id_token_that_others_could_have_signed(
    browser: Browser, linked: Actor, national: Provider
) -> None:
    national.metadata = {"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}

    def unsigned(claims: dict[str, Any]) -> str:
        parts = (b'{"alg":"none"}', json.dumps(claims).encode())
        return ".".join([*(urlsafe_b64encode(p).decode().rstrip("=") for p in parts), ""])

    secret, stranger = OctKey.import_key("s" * 32), new_key("one", again=1)
    for sign in (
        unsigned,
        lambda claims: jwt.encode({"alg": "HS256", "kid": "one"}, claims, secret),
        lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, stranger),
    ):
        national.sign = sign
        assert sign_in(browser).status_code == 400
        assert not is_signed_in(browser)
    national.sign = None
    assert sign_in(browser).status_code == 200, "and it was the signature"


WRONG_ANSWERS: list[dict[str, str | None]] = [
    {"iss": "https://evil.example"},
    {"iss": None},
    {"state": "forged"},
    {"state": None},
    {"code": None, "error": "access_denied"},
    {"code": None, "error": "server_error", "iss": None},
]


def test_an_answer_that_is_wrong_is_a_page(
    browser: Browser, linked: Actor, national: Provider
) -> None:
    for answer in WRONG_ANSWERS:
        national.answer = answer
        assert sign_in(browser).status_code == 400, answer
        assert not is_signed_in(browser), answer


def test_keys_may_be_replaced(browser: Browser, linked: Actor, national: Provider) -> None:
    sign_in(browser)
    browser.cookies.cookies.clear()
    national.key = new_key("two")
    assert sign_in(browser).status_code == 200
    assert is_signed_in(browser)


def test_metadata_of_another_issuer_is_not_believed(browser: Browser, national: Provider) -> None:
    national.metadata = {"issuer": "https://evil.example"}
    answer = browser.get("/sign-in/national")
    assert answer.status_code == 503
    assert "cannot reach National Sign-in" in answer.text


def test_a_provider_that_is_gone_is_a_page(sqlite_databases: NewDatabase) -> None:
    one = {"slug": "gone", "name": "Gone Away", "issuer": "http://127.0.0.1:9"}
    secret = {"client_id": CLIENT_ID, "client_secret": "s" * 32}
    with serving(sqlite_databases(), oidc_providers=json.dumps([one | secret])) as server:
        answer = Browser(server.url).get("/sign-in/gone")
        assert answer.status_code == 503
        assert "We cannot reach Gone Away just now" in answer.text


def test_an_auditor_comes_by_a_provider_of_their_own(
    sqlite_databases: NewDatabase, national: Provider
) -> None:
    """Who is steward of the host as well gets no further by the auditors' provider."""
    one = {"slug": "national", "name": "Example Auditors", "issuer": national.url}
    bound = {"client_id": CLIENT_ID, "client_secret": "s" * 32, "level": "high"}
    names = json.dumps([one | bound | {"people": "staff", "roles": ["auditor"]}])
    with serving(sqlite_databases(), oidc_providers=names) as server:
        steward = given.member(Role.STEWARD)
        given.another_role(steward, Role.AUDITOR, at=given.organisation())
        provider_links.link(national.url, "somebody", steward.id)
        browser = Browser(server.url)
        assert "Auditor, Demonstration Trust" in sign_in(browser).text
        assert browser.get("/trail").status_code == 200
        assert browser.get("/staff").status_code == 403
        assert browser.get("/sign-in/role").text.count('type="radio"') == 1


def test_signing_in_anew_means_a_recent_auth_time(
    server: Server, browser: Browser, linked: Actor, national: Provider
) -> None:
    sign_in(browser)
    national.changes = {"auth_time": NOW_S - 3600}
    there = browser.get("/sign-in/again?next=/sign-in/role", follow=False).headers["Location"]
    back = browser.cookies.get(there, allow_redirects=False).headers["Location"]
    assert national.asked["max_age"] == "300"
    assert browser.get(back).status_code == 400
    national.changes = {}
    there = browser.get("/sign-in/again?next=/sign-in/role", follow=False).headers["Location"]
    back = browser.cookies.get(there, allow_redirects=False).headers["Location"]
    assert browser.get(back).url == f"{server.url}/sign-in/role"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[{}]", "is missing"),
        ('[{"slug": "a", "colour": "red"}]', "each is an object of"),
        ("{", "cannot be used"),
        ("/no/such/file", "No such file"),
        ('[{"slug":"local","name":"n","issuer":"https://a","client_id":"c"}]', "is taken"),
        ('[{"slug":"a","name":"n","issuer":"http://a.b","client_id":"c"}]', "https://"),
        ('[{"slug":"a","name":"n","issuer":"https://a","client_id":"c"}]', "needs a client_secret"),
        (
            '[{"slug":"a","name":"n","issuer":"https://a","client_id":"c","private_jwk":{"kty":"x"}}]',
            "no private key",
        ),
    ],
)
def test_settings_that_cannot_be_used_stop_the_start(text: str, says: str) -> None:
    with pytest.raises(BadSettings, match=says):
        providers.read(settings_for("sqlite://", oidc_providers=text))


def test_with_no_way_to_sign_in_there_is_no_start() -> None:
    with pytest.raises(BadSettings, match="nobody could sign in"):
        providers.read(settings_for("sqlite://", local_accounts=False))
