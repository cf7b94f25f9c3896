"""Signing needs a recent sign-in; whoever has none signs in again and comes back (RFC 9470)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from flask import Blueprint, request
from flask import session as flask_session
from sqlalchemy import text

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.edge import identity, kept_forms
from ledger.edge.guard import requires
from tests.conftest import NOW
from tests.databases import NewDatabase
from tests.edge.browsing import Browser
from tests.given import directory as given
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, serving

signing = Blueprint("signing", __name__)


@signing.get("/papers/<number>")
@requires(Permission.PROFILE_READ)
def look(number: str) -> str:
    proof = identity.require_step_up()
    return f"paper {number}, signed in at {proof.auth_time} by {' '.join(proof.amr)}"


@signing.post("/papers/<number>/signature")
@requires(Permission.PROFILE_READ)
def sign(number: str) -> str:
    identity.require_step_up()
    return f"signed with the words {request.form['words']} and {request.form.getlist('and')}"


@pytest.fixture
def server(new_database: NewDatabase) -> Iterator[Server]:
    with serving(new_database()) as server:
        server.app.register_blueprint(signing)
        server.app.config["WTF_CSRF_ENABLED"] = False
        yield server


def test_a_page_leads_to_signing_in_again_and_back(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(given.member(Role.SIGNATORY), "a.signatory")
    browser.sign_in("a.signatory", PASSWORD)
    assert "paper 7" in browser.get("/papers/7").text

    later = NOW + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    form = browser.get("/papers/7")
    assert 'name="password"' in form.text
    done = browser.send(form, username="a.signatory", password=PASSWORD)
    assert done.url == f"{server.url}/papers/7"
    assert f"signed in at {int(later.timestamp())} by pwd" in done.text

    monkeypatch.setattr(clock, "now", lambda: later + timedelta(minutes=6))


def test_a_form_that_was_sent_is_not_lost(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody wrote waits for them, encrypted, and is sent when they say so."""
    account(given.member(Role.SIGNATORY), "a.signatory")
    browser.sign_in("a.signatory", PASSWORD)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=6))
    form = {"words": "<of my own>", "and": ["one", "two"], "csrf_token": "old"}
    answer = browser.cookies.post(
        f"{server.url}/papers/7/signature", data=form, allow_redirects=False
    )
    assert answer.headers["Location"] == ("/sign-in/again?next=%2Fsign-in%2Fcarry-on&for=signing")
    with db.engine.connect() as connection:
        assert "of my own" not in str(connection.execute(text("SELECT data FROM sessions")).all())
    page = browser.get(answer.headers["Location"])
    page = browser.send(page, username="a.signatory", password=PASSWORD)
    assert page.url == f"{server.url}/sign-in/carry-on"
    assert "old" not in page.text
    done = browser.send(page)
    assert done.text == "signed with the words <of my own> and ['two']", "the test's form has one"
    assert browser.get("/sign-in/carry-on").url == f"{server.url}/", "once"


def test_a_form_opens_for_nobody_else_and_not_for_ever(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    someone, other = given.member(Role.SIGNATORY), given.member(Role.SIGNATORY)
    with server.app.test_request_context("/papers", method="POST", data={"words": "mine"}):
        assert kept_forms.keep(someone.id)
        kept = flask_session["kept_form"]
        assert kept_forms.take(other.id) is None
        flask_session["kept_form"] = kept
        found = kept_forms.take(someone.id)
        assert found == kept_forms.KeptForm("/papers", (("words", "mine"),))
        assert kept_forms.take(someone.id) is None
        flask_session["kept_form"] = kept
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=16))
        assert kept_forms.take(someone.id) is None
    big = {"words": "x" * 70_000}
    with server.app.test_request_context("/papers", method="POST", data=big):
        assert not kept_forms.keep(someone.id)


def test_signing_in_again_keeps_the_role(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    steward = given.member(Role.STEWARD)
    assert steward.organisation_id
    given.another_role(steward, Role.SIGNATORY, at=steward.organisation_id)
    account(steward, "two.roles")
    page = browser.sign_in("two.roles", PASSWORD)
    values = [part.split('"')[0] for part in page.text.split('type="radio" value="')[1:]]
    browser.send(page, role=values[1])
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=6))
    form = browser.get("/papers/7")
    browser.send(form, username="two.roles", password=PASSWORD)
    assert "Signatory" in browser.get("/").text


def test_a_program_is_told_what_it_takes(server: Server, browser: Browser) -> None:
    account(given.member(Role.SIGNATORY), "a.signatory")
    object.__setattr__(server.app.extensions["settings"], "step_up_acr", "AAL3")
    browser.sign_in("a.signatory", PASSWORD)
    cookie = {"ledger": browser.cookie() or ""}
    answer = requests.get(f"{server.url}/papers/7", cookies=cookie, timeout=10)
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert "max_age=300" in challenge
    assert 'acr_values="AAL3"' in challenge
