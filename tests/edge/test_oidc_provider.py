"""Staff sign in through the certified oidc-provider, which is told to misbehave as well."""

from collections.abc import Iterator
from time import time
from typing import Any
from uuid import uuid4

import pytest
import requests

from ledger.core.actor import Actor, Role
from ledger.edge import provider_links
from ledger.edge.back_channel import EVENT
from tests.databases import NewDatabase
from tests.edge.browsing import Browser, query
from tests.edge.certified import (
    CLIENT_ID,
    STAFF,
    World,
    open_staff,
    person,
    staff_claims,
    world,
)
from tests.given import directory as given

pytestmark = pytest.mark.real_time
NURSE = "nurse"


@pytest.fixture(scope="module")
def here(sqlite_databases: NewDatabase) -> Iterator[World]:
    with world(sqlite_databases()) as made:
        yield made


@pytest.fixture(scope="module")
def nurse(here: World) -> Actor:
    """Somebody with two roles at one organisation, and one at another."""
    trust = given.organisation("Demonstration Trust", ods_code="DEMA")
    nurse = given.member(Role.CLINICIAN, at=trust)
    given.another_role(nurse, Role.SIGNATORY, at=trust)
    other = given.organisation("Demonstration Council", ods_code="DEMB")
    given.another_role(nurse, Role.CLINICIAN, at=other)
    provider_links.link(here.certified.issuers[STAFF], NURSE, nurse.id)
    return nurse


@pytest.fixture(autouse=True)
def as_usual(here: World, nurse: Actor) -> None:
    """The nurse signs in strongly, as a clinician at the first trust, and nothing is wrong."""
    everywhere = staff_claims(("DEMA", "R8000"), ("DEMA", "R8001"), ("DEMB", "R8000"))
    open_staff(here, person(NURSE, "AAL3", **everywhere))
    here.certified.tell("alter", STAFF)


@pytest.fixture
def browser(here: World) -> Browser:
    return here.browser()


def go(browser: Browser, path: str = "/sign-in/staff") -> requests.Response:
    """Go where a page leads, at whichever host."""
    return browser.cookies.get(browser.url + path)


def is_signed_in(browser: Browser) -> bool:
    return "Sign out" in browser.get("/").text


def test_the_role_chosen_there_is_the_role_here(here: World, browser: Browser) -> None:
    page = go(browser, "/sign-in/staff?next=/account")
    assert page.url == f"{here.server.url}/account"
    assert "Clinician, Demonstration Trust" in page.text
    assert "Change role" not in page.text

    second = here.browser()
    roles = staff_claims(("DEMA", "R8000"), ("DEMA", "R8001"), selected=1)
    open_staff(here, person(NURSE, "AAL3", **roles))
    assert "Signatory, Demonstration Trust" in go(second).text


WRONG_ROLES: list[tuple[dict[str, Any], int, str]] = [
    (staff_claims(("DEMC", "R8000")), 403, "You have no role yet"),
    (staff_claims(("DEMB", "R8001")), 403, "You have no role yet"),
    (staff_claims(("DEMA", "R9999")), 400, "has no meaning here"),
    (staff_claims(("DEMA", "R8000"), selected=7), 400, "in which of your roles"),
    ({}, 400, "in which of your roles"),
]


@pytest.mark.parametrize(("claims", "status", "says"), WRONG_ROLES)
def test_a_role_that_is_not_theirs_lets_nobody_in(
    here: World, browser: Browser, claims: dict[str, Any], status: int, says: str
) -> None:
    open_staff(here, person(NURSE, "AAL3", **claims))
    page = go(browser)
    assert page.status_code == status
    assert says in page.text
    assert not is_signed_in(browser)


def test_a_stronger_sign_in_is_fetched_when_it_is_needed(here: World, browser: Browser) -> None:
    roles = staff_claims(("DEMA", "R8000"))
    open_staff(here, person(NURSE, "AAL1", "AAL3", **roles))
    go(browser)
    assert is_signed_in(browser)
    found = browser.cookies.get(f"{here.server.url}/patients/find", allow_redirects=False)
    assert found.headers["Location"] == "/sign-in/again?next=%2Fpatients%2Ffind&for=reading"
    there = browser.get(found.headers["Location"], follow=False).headers["Location"]
    assert query(there)["acr_values"] == "AAL3"
    page = browser.cookies.get(there)
    assert page.url == f"{here.server.url}/patients/find"
    assert page.status_code == 200


def test_who_cannot_sign_in_more_strongly_is_told_and_not_sent_in_circles(
    here: World, browser: Browser
) -> None:
    open_staff(here, person(NURSE, "AAL2", **staff_claims(("DEMA", "R8000"))))
    go(browser)
    page = go(browser, "/patients/find")
    assert page.status_code == 403
    assert "You need to sign in more strongly" in page.text
    assert is_signed_in(browser)


def test_a_program_is_told_which_level(here: World, browser: Browser) -> None:
    open_staff(here, person(NURSE, "AAL1", **staff_claims(("DEMA", "R8000"))))
    go(browser)
    answer = requests.get(
        f"{here.server.url}/api/v1/patients/{uuid4()}/consents",
        cookies={"ledger": browser.cookie() or ""},
        timeout=10,
    )
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert 'acr_values="AAL3"' in challenge


WRONG: list[dict[str, Any]] = [
    {"claims": {"iss": "https://evil.example"}},
    {"claims": {"nonce": "another"}},
    {"claims": {"nonce": None}},
    {"claims": {"aud": "somebody-else"}},
    {"claims": {"aud": [CLIENT_ID, "somebody-else"], "azp": "somebody-else"}},
    {"claims": {"exp": int(time()) - 3600}},
    {"claims": {"iat": int(time()) + 3600}},
    {"claims": {"nbf": int(time()) + 3600}},
    {"claims": {"sub": "somebody-else"}},
    {"claims": {"sub": None}},
    {"claims": {"at_hash": "wrong"}},
    {"answer": {"iss": "https://evil.example"}},
    {"answer": {"iss": None}},
    {"answer": {"state": "forged"}},
    {"answer": {"code": "forged"}},
]


def _named(wrong: dict[str, Any]) -> str:
    """Return a name that is the same in every process, whatever the time."""
    return " ".join(f"{where} {', '.join(altered)}" for where, altered in wrong.items())


@pytest.mark.parametrize("wrong", WRONG, ids=_named)
def test_what_is_wrong_signs_nobody_in(
    here: World, browser: Browser, wrong: dict[str, Any]
) -> None:
    here.certified.tell("alter", STAFF, **wrong)
    page = go(browser)
    assert page.status_code == 400
    assert "You are not signed in" in page.text
    assert not is_signed_in(browser)
    here.certified.tell("alter", STAFF)
    go(browser)
    assert is_signed_in(browser), "and it was that"


def test_signing_out_here_signs_out_there_and_elsewhere(here: World, browser: Browser) -> None:
    """RP-initiated logout; the provider then tells us of our other session that it knows."""
    page = go(browser)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    other = here.browser()
    other.cookies.cookies.update(browser.cookies.cookies)
    del other.cookies.cookies["ledger"]
    go(other)
    assert is_signed_in(browser)
    assert is_signed_in(other)

    confirm = browser.cookies.post(f"{here.server.url}/sign-out", data={"csrf_token": token})
    assert confirm.url.startswith(here.certified.issuers[STAFF])
    sent = query(confirm.url)
    assert sent.keys() >= {"id_token_hint", "post_logout_redirect_uri", "state"}
    xsrf = confirm.text.split('name="xsrf" value="')[1].split('"')[0]
    done = browser.cookies.post(
        f"{here.certified.issuers[STAFF]}/session/end/confirm", data={"xsrf": xsrf, "logout": "yes"}
    )
    assert done.url == f"{here.server.url}/signed-out?state={sent['state']}"
    assert not is_signed_in(browser)
    assert not is_signed_in(other)


def test_the_provider_ends_all_sessions_of_somebody(here: World, browser: Browser) -> None:
    go(browser)
    here.certified.tell("logout", STAFF, client_id=CLIENT_ID, sub="nobody")
    assert is_signed_in(browser)
    here.certified.tell("logout", STAFF, client_id=CLIENT_ID, sub=NURSE)
    assert not is_signed_in(browser)


def logout_token(here: World, **changed: Any) -> dict[str, Any]:
    now = int(time())
    return {
        "iss": here.certified.issuers[STAFF],
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 120,
        "jti": str(uuid4()),
        "sub": NURSE,
        "events": {EVENT: {}},
        **changed,
    }


def send(here: World, claims: dict[str, Any], typ: str | None = "logout+jwt") -> requests.Response:
    kept = {name: value for name, value in claims.items() if value is not None}
    token = here.certified.tell("token", STAFF, claims=kept, typ=typ)["token"]
    address = f"{here.server.url}/back-channel-logout/{STAFF}"
    return requests.post(address, data={"logout_token": token}, timeout=10)


WRONG_LOGOUTS: list[dict[str, Any]] = [
    {"iss": "https://evil.example"},
    {"aud": "somebody-else"},
    {"iat": int(time()) - 3600},
    {"iat": int(time()) + 3600},
    {"exp": int(time()) - 3600},
    {"exp": None},
    {"jti": None},
    {"jti": 7},
    {"events": {}},
    {"events": {EVENT: "yes"}},
    {"events": None},
    {"nonce": "any"},
    {"sub": None},
    {"sub": 7},
    {"sid": 7},
]


def test_a_logout_token_that_is_wrong_ends_nothing(here: World, browser: Browser) -> None:
    go(browser)
    for changed in WRONG_LOGOUTS:
        answer = send(here, logout_token(here, **changed))
        assert answer.status_code == 400, changed
        assert answer.json() == {"error": "invalid_request"}
        assert answer.headers["Cache-Control"] == "no-store"
    assert send(here, logout_token(here), typ="at+jwt").status_code == 400
    address = f"{here.server.url}/back-channel-logout/{STAFF}"
    for text in ("", "x", "a.b.c", "x" * 20_000):
        assert requests.post(address, data={"logout_token": text}, timeout=10).status_code == 400
    assert is_signed_in(browser)


def test_a_logout_token_works_once(here: World, browser: Browser) -> None:
    claims = logout_token(here)
    assert send(here, claims).status_code == 200
    go(browser)
    assert send(here, claims).status_code == 400
    assert is_signed_in(browser)
    assert send(here, logout_token(here, sid="another session")).status_code == 200
    assert is_signed_in(browser)


def test_another_key_is_found(here: World, browser: Browser) -> None:
    """Last, since from then on the service asks for no other key for half a minute."""
    go(browser)
    assert is_signed_in(browser)
    here.certified.tell("rotate", STAFF)
    second = here.browser()
    assert go(second).status_code == 200
    assert is_signed_in(second)
    here.certified.tell("rotate", STAFF)
    third = here.browser()
    assert go(third).status_code == 400, "whoever makes key ids up does not have us ask each time"
