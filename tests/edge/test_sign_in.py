"""People sign in through the provider that the service itself is, as through any other."""

from datetime import timedelta

import pytest

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.work import unit_of_work
from ledger.directory import service as directory
from ledger.directory.entries import EndReason
from ledger.edge import session_list, sessions
from tests.conftest import NOW
from tests.databases import NewDatabase, running
from tests.edge.browsing import Browser, query
from tests.given import directory as given
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server


def test_code_flow_with_our_own_provider(server: Server, browser: Browser) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    anonymous = browser.get("/sign-in") and browser.cookie()

    page = browser.sign_in("an.auditor", PASSWORD)

    assert page.status_code == 200
    assert "Sign out" in page.text
    assert "Auditor" in page.text
    assert browser.cookie() not in (None, anonymous), "signing in changes the token"


def test_the_page_that_was_asked_for_comes_after(server: Server, browser: Browser) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    page = browser.get("/sign-in/role")
    page = browser.send(page, username="an.auditor", password=PASSWORD)
    assert page.url == f"{server.url}/sign-in/role"


def test_no_page_elsewhere_comes_after(server: Server) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    for elsewhere in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/%09/evil.example",
    ):
        page = Browser(server.url).sign_in("an.auditor", PASSWORD, to=elsewhere)
        assert page.url == f"{server.url}/", elsewhere


def test_cookie_is_kept_from_scripts_and_other_sites(server: Server, browser: Browser) -> None:
    answer = browser.get("/sign-in/local", follow=False)
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    assert "code_challenge_method=S256" in answer.headers["Location"]
    assert query(answer.headers["Location"]).keys() >= {"state", "nonce", "code_challenge"}


def test_over_https_the_cookie_is_bound_to_it(new_database: NewDatabase) -> None:
    """A proxy ends TLS in front of the service, which itself is spoken to in plain http."""
    public = "https://ledger.example"
    asked = {
        "client_id": "care-ledger",
        "response_type": "code",
        "redirect_uri": f"{public}/sign-in/local/callback",
        "scope": "openid",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    with running(new_database(), public_url=public) as app:
        page = app.test_client().get("http://10.0.0.7/oauth/authorize", query_string=asked)
    assert page.status_code == 200
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-ledger=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_what_is_begun_and_never_finished_does_not_pile_up(
    server: Server, browser: Browser
) -> None:
    first, *_, last = (
        browser.get("/sign-in/local", follow=False).headers["Location"] for _ in range(10)
    )
    with server.app.test_request_context("/", headers={"Cookie": f"ledger={browser.cookie()}"}):
        begun = [name for name in sessions.browser() if name.startswith("_state_")]
    assert len(begun) == 5
    assert f"_state_local_{query(last)['state']}" in begun
    assert f"_state_local_{query(first)['state']}" not in begun


def test_wrong_password_and_unknown_name_read_the_same(server: Server, browser: Browser) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    form = browser.get("/sign-in")
    wrong = browser.send(form, username="an.auditor", password="not this one")
    unknown = browser.send(form, username="nobody.here", password="not this one")
    assert wrong.status_code == unknown.status_code == 422
    assert "The name or the password is wrong" in wrong.text
    assert wrong.text.count("wrong") == unknown.text.count("wrong")


def test_forged_state_is_a_page(browser: Browser) -> None:
    answer = browser.get("/sign-in/local/callback?code=x&state=forged")
    assert answer.status_code == 400
    assert "You are not signed in" in answer.text


def test_a_code_from_another_browser_is_refused(server: Server, browser: Browser) -> None:
    """The attacker's own code, sent to somebody, must not sign them in as the attacker."""
    account(given.member(Role.AUDITOR), "an.auditor")
    form = browser.get("/sign-in")
    to_consent = browser.send(form, username="an.auditor", password=PASSWORD, follow=False)
    callback = browser.get(to_consent.headers["Location"], follow=False).headers["Location"]
    assert "/sign-in/local/callback?code=" in callback
    victim = Browser(server.url)
    assert victim.get(callback).status_code == 400
    assert browser.get(callback).status_code == 200


def test_answer_of_another_issuer_is_refused(server: Server, browser: Browser) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    form = browser.get("/sign-in")
    there = browser.send(form, username="an.auditor", password=PASSWORD, follow=False)
    callback = browser.get(there.headers["Location"], follow=False).headers["Location"]
    head, _, issuer = callback.rpartition("&iss=")
    assert issuer
    assert browser.get(f"{head}&iss=https%3A%2F%2Fevil.example").status_code == 400
    assert "Sign out" not in browser.get("/").text


def test_answer_without_issuer_is_refused(server: Server, browser: Browser) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    form = browser.get("/sign-in")
    there = browser.send(form, username="an.auditor", password=PASSWORD, follow=False)
    callback = browser.get(there.headers["Location"], follow=False).headers["Location"]
    assert browser.get(callback.rpartition("&iss=")[0]).status_code == 400


def test_signing_out_ends_it_for_good(server: Server, browser: Browser) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    page = browser.sign_in("an.auditor", PASSWORD)
    stolen = browser.cookie() or ""
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.cookies.post(
        f"{server.url}/sign-out", data={"csrf_token": token}, allow_redirects=False
    )
    assert "/oauth/end-session?" in answer.headers["Location"]
    assert "id_token_hint" in query(answer.headers["Location"])
    done = browser.get(answer.headers["Location"])
    assert done.url.startswith(f"{server.url}/signed-out")
    thief = Browser(server.url)
    thief.cookies.cookies.set("ledger", stolen)
    assert "Sign out" not in thief.get("/").text


def test_sessions_end_when_idle_when_old_and_when_told(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = given.member(Role.AUDITOR)
    account(auditor, "an.auditor")
    settings = server.app.extensions["settings"]

    def is_signed_in() -> bool:
        return "Sign out" in browser.get("/").text

    browser.sign_in("an.auditor", PASSWORD)
    moment = NOW
    for _ in range(settings.session_minutes // 25):
        moment += timedelta(minutes=25)
        monkeypatch.setattr(clock, "now", lambda at=moment: at)
        assert is_signed_in(), "used every 25 minutes, it goes on"
    moment += timedelta(minutes=25)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert not is_signed_in(), "and ends in the end all the same"

    browser.sign_in("an.auditor", PASSWORD)
    assert is_signed_in()
    later = moment + timedelta(minutes=settings.session_idle_minutes, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert not is_signed_in()

    browser.sign_in("an.auditor", PASSWORD)
    assert is_signed_in()
    assert session_list.end_all(auditor.id) >= 1
    assert not is_signed_in()


def test_somebody_of_several_roles_chooses_one(server: Server, browser: Browser) -> None:
    steward = given.member(Role.STEWARD)
    assert steward.organisation_id
    given.another_role(steward, Role.SIGNATORY, at=steward.organisation_id)
    account(steward, "two.roles")

    page = browser.sign_in("two.roles", PASSWORD)
    assert "What are you here as?" in page.text
    refused = browser.send(page, role="somebody else")
    assert refused.status_code == 422

    values = [part.split('"')[0] for part in page.text.split('type="radio" value="')[1:]]
    assert len(values) == 2
    done = browser.send(page, role=values[1])
    assert "Signatory" in done.text


def test_a_patient_is_themselves(server: Server, browser: Browser) -> None:
    _, patient = given.patient()
    account(patient, "a.patient")
    assert "Patient" in browser.sign_in("a.patient", PASSWORD).text


def test_a_person_without_a_role_is_told_so(server: Server, browser: Browser) -> None:
    auditor = given.member(Role.AUDITOR)
    assert auditor.membership_id
    account(auditor, "an.auditor")
    with unit_of_work(given.SYSTEM) as work:
        directory.end_role(work, membership_id=auditor.membership_id, reason=EndReason.LEFT)
    page = browser.sign_in("an.auditor", PASSWORD)
    assert page.status_code == 403
    assert "You have no role yet" in page.text


def test_lockout_backs_off_and_ends(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    form = browser.get("/sign-in")
    for name in ("an.auditor", "nobody.here"):
        statuses = [
            browser.send(form, username=name, password="wrong again").status_code for _ in range(7)
        ]
        assert statuses == [422] * 6 + [429], "who has no account is locked out just the same"
    right = browser.send(form, username="an.auditor", password=PASSWORD)
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) == 30
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=31))
    again = browser.send(form, username="an.auditor", password="wrong again")
    assert again.status_code == 422
    longer = browser.send(form, username="an.auditor", password=PASSWORD)
    assert int(longer.headers["Retry-After"]) == 60
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=95))
    assert "Sign out" in browser.send(form, username="an.auditor", password=PASSWORD).text


def test_local_accounts_can_be_turned_off(server: Server, browser: Browser) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    form = browser.get("/sign-in")
    object.__setattr__(server.app.extensions["settings"], "local_accounts", False)
    assert browser.send(form, username="an.auditor", password=PASSWORD).status_code == 400
