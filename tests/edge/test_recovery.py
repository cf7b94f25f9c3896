"""A lost password: codes, links, what they give away, and what they end."""

from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import service
from ledger.directory.recovering import RecoveryMeans
from ledger.directory.service.recovery import NotYoursToRecover
from ledger.edge import accounts, forgetting, notices, recovery, session_list
from ledger.edge.notices import Happened
from ledger.edge.throttle import TooManyAttempts
from tests.conftest import NOW
from tests.edge.browsing import Browser
from tests.given import directory as given
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server

HERE = "192.0.2.1"
NEW = "a quite different sentence"


def test_a_code_works_once_and_ends_the_others(app: Flask) -> None:
    person_id = uuid4()
    account(person_id, "a.person")
    first, second, *_ = recovery.make_codes(person_id)
    assert recovery.codes_left(person_id) == 10
    token = recovery.use_code("A.Person ", f" {first.upper()} ", address=HERE)
    assert recovery.codes_left(person_id) == 9
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use_code("a.person", first, address=HERE)
    with pytest.raises(accounts.WeakPassword):
        recovery.set_password(token, "short")
    assert recovery.set_password(token, NEW) == (person_id, RecoveryMeans.CODE)
    assert accounts.check("a.person", NEW, address=HERE) == person_id
    with pytest.raises(recovery.SpentRecovery):
        recovery.set_password(token, NEW)
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use_code("a.person", second, address=HERE)


def test_new_codes_end_old_ones(app: Flask) -> None:
    person_id = uuid4()
    account(person_id, "a.person")
    old, *_ = recovery.make_codes(person_id)
    new, *_ = recovery.make_codes(person_id)
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use_code("a.person", old, address=HERE)
    assert recovery.use_code("a.person", new, address=HERE)


def test_nobody_learns_which_names_there_are(app: Flask) -> None:
    account(uuid4(), "a.person")
    said = set()
    for name in ("a.person", "nobody.here"):
        for turn in range(7):
            try:
                recovery.use_code(name, "0000-0000-0000", address=f"{HERE}{turn}")
            except (recovery.WrongRecoveryCode, TooManyAttempts) as error:
                said.add((turn, type(error), str(error)))
    assert len(said) == 7


def test_codes_of_one_person_are_not_another_ones(app: Flask) -> None:
    one, two = uuid4(), uuid4()
    account(one, "one")
    account(two, "two")
    code, *_ = recovery.make_codes(one)
    with pytest.raises(recovery.WrongRecoveryCode):
        recovery.use_code("two", code, address=HERE)


def test_a_link_runs_out_and_the_newest_counts(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    person_id = uuid4()
    account(person_id, "a.person")
    first, second = recovery.issue(person_id), recovery.issue(person_id)
    with pytest.raises(recovery.SpentRecovery):
        recovery.find(first)
    assert recovery.find(second) == person_id
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1, seconds=1))
    with pytest.raises(recovery.SpentRecovery):
        recovery.set_password(second, NEW)


def test_nothing_readable_is_kept_and_forgetting_leaves_nothing(app: Flask) -> None:
    person_id = uuid4()
    account(person_id, "a.person")
    codes, link = recovery.make_codes(person_id), recovery.issue(person_id)
    notices.add(person_id, Happened.LINK_ISSUED)
    with db.engine.connect() as connection:
        for table in ("recovery_codes", "recoveries"):
            kept = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert codes[0] not in kept
            assert link not in kept
    forgetting.forget_sign_in(person_id)
    assert recovery.codes_left(person_id) == 0
    assert notices.take(person_id) == ()
    with pytest.raises(recovery.SpentRecovery):
        recovery.find(link)


def _issue(by: Actor, to: Actor) -> None:
    assert by.organisation_id
    with unit_of_work(by) as work:
        service.issue_recovery(work, person_id=to.id, organisation_id=by.organisation_id)


def test_who_may_give_a_sign_in_back(app: Flask) -> None:
    steward = given.member(Role.STEWARD)
    at = steward.organisation_id
    nurse = given.member(Role.CLINICIAN, at=at)
    _issue(steward, nurse)
    with pytest.raises(NotYoursToRecover):
        _issue(steward, steward)
    given.another_role(nurse, Role.CLINICIAN, at=given.organisation())
    with pytest.raises(NotYoursToRecover):
        _issue(steward, nurse)


def test_from_a_stewards_link_to_signing_in(server: Server, browser: Browser) -> None:
    steward = given.member(Role.STEWARD)
    nurse = given.member(Role.CLINICIAN, at=steward.organisation_id)
    account(steward, "a.steward")
    account(nurse, "a.nurse")
    theirs = Browser(server.url)
    theirs.sign_in("a.nurse", PASSWORD)
    browser.sign_in("a.steward", PASSWORD)
    page = browser.get(f"/staff/{nurse.id}")
    shown = browser.send(page)
    assert shown.headers["Cache-Control"] == "no-store"
    link = shown.text.split('id="recovery">')[1].split("<")[0]

    lost = Browser(server.url)
    form = lost.get(link)
    assert form.url == f"{server.url}/recover/password", "the secret leaves the address bar"
    assert lost.send(form, password=NEW, password_again="x").status_code == 422
    done = lost.send(form, password=NEW, password_again=NEW)
    assert "Your new password is set" in done.text
    assert "Sign out" not in theirs.get("/").text
    assert session_list.open_sessions(nurse.id) == []
    db.session().rollback()
    kinds = db.session().scalars(text("SELECT kind FROM entries ORDER BY position DESC LIMIT 2"))
    assert list(kinds) == ["directory.sign-in-recovered", "directory.recovery-issued"]
    told = lost.sign_in("a.nurse", NEW).text
    assert "A link to choose a new password" in told
    assert "Your password was chosen anew" in told
    assert "chosen anew" not in lost.get("/").text


def test_a_patient_is_helped_by_who_has_seen_them(server: Server, browser: Browser) -> None:
    trust = given.organisation()
    _, patient = given.patient(at=trust)
    account(patient, "a.patient")
    account(given.member(Role.STEWARD, at=trust), "a.steward")
    page = browser.sign_in("a.steward", PASSWORD)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    address = f"{server.url}/patients/{patient.patient_id}/recovery"
    form = {"csrf_token": token, "once": "o" * 20}
    assert "first see the patient" in browser.cookies.post(address, data=form).text
    shown = browser.cookies.post(address, data=form | {"seen": "yes"}).text
    lost = Browser(server.url)
    choose = lost.get(shown.split('id="recovery">')[1].split("<")[0])
    assert "is set" in lost.send(choose, password=NEW, password_again=NEW).text
    given.another_role(patient, Role.CLINICIAN, at=given.organisation())
    refused = browser.cookies.post(address, data=form | {"seen": "yes", "once": "p" * 20})
    assert refused.status_code == 409
    assert "they work for an organisation too" in refused.text.lower()
    absent = f"{server.url}/patients/{uuid4()}/recovery"
    again = form | {"seen": "yes", "once": "q" * 20}
    assert browser.cookies.post(absent, data=again).status_code == 404


def test_who_signs_in_by_a_provider_is_sent_there(server: Server, browser: Browser) -> None:
    steward = given.member(Role.STEWARD)
    nurse = given.member(Role.CLINICIAN, at=steward.organisation_id)
    account(steward, "a.steward")
    browser.sign_in("a.steward", PASSWORD)
    refused = browser.send(browser.get(f"/staff/{nurse.id}"))
    assert refused.status_code == 409
    assert "They have no password here" in refused.text
    assert notices.take(nurse.id) == ()


def test_a_code_on_the_page(server: Server, browser: Browser) -> None:
    nurse = given.member(Role.CLINICIAN)
    account(nurse, "a.nurse")
    code, *_ = recovery.make_codes(nurse.id)
    form = browser.get("/recover")
    assert browser.send(form, username="", code="").status_code == 422
    assert browser.send(form, username="a.nurse", code="wrong").status_code == 422
    choose = browser.send(form, username="a.nurse", code=code)
    assert "Choose a new password" in choose.text
    assert "is set" in browser.send(choose, password=NEW, password_again=NEW).text
    assert browser.get("/recover/password").status_code == 404


def test_where_one_is_signed_in(server: Server, browser: Browser) -> None:
    nurse = given.member(Role.CLINICIAN, name="Nia Nurse")
    account(nurse, "a.nurse")
    phone = Browser(server.url)
    phone.cookies.headers["User-Agent"] = "Mozilla/5.0 (Android 15; Mobile) Firefox/140.0"
    third = Browser(server.url)
    for each in (third, phone, browser):
        each.sign_in("a.nurse", PASSWORD)
    page = browser.get("/account")
    assert "Firefox on Android" in page.text
    assert page.text.count("Sign out there") == 2
    assert page.text.count("This one") == 1
    done = browser.send(page)
    assert "You are signed out there." in done.text
    still = ["Sign out" in each.get("/").text for each in (third, phone)]
    assert sorted(still) == [False, True]
    token = done.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.cookies.post(
        f"{server.url}/account/sessions/end-others", data={"csrf_token": token}
    )
    assert "signed out everywhere else" in answer.text
    assert "Sign out" not in third.get("/").text + phone.get("/").text
    assert "Sign out" in browser.get("/").text


def test_codes_need_a_recent_sign_in(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(given.member(Role.CLINICIAN), "a.nurse")
    page = browser.sign_in("a.nurse", PASSWORD)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"csrf_token": token, "once": "o" * 20}
    shown = browser.cookies.post(f"{server.url}/account/recovery-codes", data=form)
    assert shown.text.count("<li>") >= 10
    assert "You have 10 recovery codes left" in browser.get("/account").text
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=6))
    again = browser.cookies.post(
        f"{server.url}/account/recovery-codes", data=form | {"once": "p" * 20}
    )
    assert 'name="password"' in again.text


def test_changing_role_changes_the_token(server: Server, browser: Browser) -> None:
    steward = given.member(Role.STEWARD)
    assert steward.organisation_id
    given.another_role(steward, Role.SIGNATORY, at=steward.organisation_id)
    account(steward, "two.roles")
    page = browser.sign_in("two.roles", PASSWORD)
    before = browser.cookie()
    values = [part.split('"')[0] for part in page.text.split('type="radio" value="')[1:]]
    browser.send(page, role=values[1])
    assert browser.cookie() != before
    thief = Browser(server.url)
    thief.cookies.cookies.set("ledger", before or "")
    assert "Sign out" not in thief.get("/").text
    assert "Signatory" in browser.get("/").text


def test_a_password_typed_before_lets_nobody_in_after(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever knows the old password types it, and waits with coming in."""
    auditor = given.member(Role.AUDITOR)
    account(auditor, "an.auditor")
    page = browser.get("/sign-in")
    parked = browser.send(page, follow=False, username="an.auditor", password=PASSWORD)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=5))
    recovery.set_password(recovery.issue(auditor.id), NEW)
    forgetting.sign_out_everywhere(auditor.id)
    browser.get(parked.headers["Location"])
    assert "Sign out" not in browser.get("/").text


def test_a_password_typed_and_left_lets_nobody_in_later(
    server: Server, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    page = browser.get("/sign-in")
    parked = browser.send(page, follow=False, username="an.auditor", password=PASSWORD)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=3))
    browser.get(parked.headers["Location"])
    assert "Sign out" not in browser.get("/").text
