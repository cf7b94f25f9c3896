"""Local accounts: invitations, passwords, and what they give away."""

from datetime import timedelta
from statistics import median
from time import perf_counter
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.edge import accounts, forgetting
from ledger.edge.throttle import TooManyAttempts
from tests.conftest import NOW
from tests.edge.browsing import Browser
from tests.given import directory as given
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server

HERE = "192.0.2.1"


def test_an_invitation_works_once_and_not_for_ever(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_id = uuid4()
    first = accounts.invite(person_id, "A.Person@Example.org ")
    token = accounts.invite(person_id, "a.person@example.org")
    with pytest.raises(accounts.SpentInvitation):
        accounts.set_password(first, PASSWORD)
    assert accounts.set_password(token, PASSWORD) == person_id
    with pytest.raises(accounts.SpentInvitation):
        accounts.set_password(token, PASSWORD)
    assert accounts.check("a.person@EXAMPLE.org", PASSWORD, address=HERE) == person_id

    late = accounts.invite(person_id, "a.person@example.org")
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=3))
    with pytest.raises(accounts.SpentInvitation):
        accounts.set_password(late, PASSWORD)


def test_two_people_have_two_names(app: Flask) -> None:
    account(uuid4(), "the.same")
    with pytest.raises(accounts.NameTaken):
        accounts.invite(uuid4(), "THE.same")


def test_two_invitations_by_one_name_open_one_account(app: Flask) -> None:
    one, two = accounts.invite(uuid4(), "the.same"), accounts.invite(uuid4(), "the.same")
    accounts.set_password(one, PASSWORD)
    with pytest.raises(accounts.NameTaken):
        accounts.set_password(two, PASSWORD)


def test_weak_passwords_are_refused_and_use_nothing_up(app: Flask) -> None:
    person_id = uuid4()
    token = accounts.invite(person_id, "a.person")
    for password in ("", "short", "a" * 20, "abab" * 5, "x" * 257):
        with pytest.raises(accounts.WeakPassword):
            accounts.set_password(token, password)
    assert accounts.set_password(token, PASSWORD) == person_id


def test_names_and_passwords_are_not_in_the_database(app: Flask) -> None:
    account(uuid4(), "jane.doe@example.org")
    with pytest.raises(accounts.WrongCredentials):
        accounts.check("jane.doe@example.org", "something else", address=HERE)
    with db.engine.connect() as connection:
        for table in ("local_accounts", "invitations", "throttles"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                assert "jane" not in str(row)
                assert PASSWORD not in str(row)
                assert HERE not in str(row)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(app: Flask) -> None:
    """As one hash is most of it, half as long would show in any figure."""
    account(uuid4(), "somebody")

    def took_ms(name: str) -> float:
        began = perf_counter()
        with pytest.raises(accounts.WrongCredentials):
            accounts.check(name, "not this one", address=HERE)
        return (perf_counter() - began) * 1000

    known, unknown = [], []
    for turn in range(5):
        known.append(took_ms("somebody"))
        unknown.append(took_ms(f"nobody.{turn}"))
    assert 0.5 < median(known) / median(unknown) < 2


def test_many_names_from_one_address_are_slowed_down(app: Flask) -> None:
    refused = 0
    for turn in range(52):
        try:
            accounts.check(f"name.{turn}", "guess", address=HERE)
        except TooManyAttempts:
            refused += 1
        except accounts.WrongCredentials:
            pass
    assert refused == 1
    with pytest.raises(accounts.WrongCredentials):
        accounts.check("name.1", "guess", address="198.51.100.7")


def test_forgetting_leaves_no_way_in(app: Flask) -> None:
    auditor = given.member(Role.AUDITOR)
    account(auditor, "an.auditor")
    forgetting.forget_sign_in(auditor.id)
    with pytest.raises(accounts.WrongCredentials):
        accounts.check("an.auditor", PASSWORD, address=HERE)


def test_invited_by_a_link_to_a_password(server: Server, browser: Browser) -> None:
    auditor = given.member(Role.AUDITOR)
    token = accounts.invite(auditor.id, "an.auditor")
    page = browser.get(f"/invitation/{token}")
    assert page.url == f"{server.url}/invitation", "the secret leaves the address bar"
    different = browser.send(page, password=PASSWORD, password_again=PASSWORD + "!")
    assert "Type the same password twice" in different.text
    weak = browser.send(page, password="short", password_again="short")
    assert weak.status_code == 422
    done = browser.send(page, password=PASSWORD, password_again=PASSWORD)
    assert "Your password is set" in done.text
    assert "Sign out" in browser.send(done, username="an.auditor", password=PASSWORD).text
