"""Two requests at the same moment: of what works once, one gets it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from ledger.core import clock
from ledger.edge import accounts
from ledger.edge.oauth import grants, tokens
from ledger.edge.oauth.models import Code, Grant, RefreshToken
from ledger.edge.operational import reading
from ledger.edge.sessions import Authentication
from ledger.edge.throttle import Throttle, TooManyAttempts
from tests.conftest import NOW
from tests.given.identity import PASSWORD

T = TypeVar("T")
TOGETHER = 6


def at_once(app: Flask, act: Callable[[], T]) -> list[T | Exception]:
    """Do something in several threads at the same moment."""
    ready = Barrier(TOGETHER)

    def one(_: int) -> T | Exception:
        with app.app_context():
            ready.wait()
            try:
                return act()
            except Exception as error:  # noqa: BLE001  (the test looks at which it was)
                return error

    with ThreadPoolExecutor(TOGETHER) as threads:
        return list(threads.map(one, range(TOGETHER)))


def a_grant() -> Grant:
    person_id = uuid4()
    proof = Authentication(iss="i", sub=str(person_id), acr=None, amr=("pwd",), auth_time=0)
    granter = grants.Granter(person_id=person_id, membership_id=None, authentication=proof)
    return grants.give("client", scope="log:read", resources=["r"], granter=granter)


def test_a_code_is_used_by_one(app: Flask) -> None:
    grant = a_grant()
    grants.keep_code("c", grant, redirect_uri="r", code_challenge="x", nonce=None, jkt=None)
    kept = grants.code("c", "client")
    assert kept
    assert sorted(map(bool, at_once(app, lambda: grants.use(kept)))) == [False] * 5 + [True]
    assert tokens.revocations().include(grant.id, NOW), "and the others have given it away"


def test_a_refresh_token_is_used_by_one(app: Flask) -> None:
    text = grants.new_refresh_token(a_grant(), timedelta(days=1), jkt=None)
    kept = grants.refresh_token(text)
    assert kept
    assert sorted(map(bool, at_once(app, lambda: grants.use(kept)))) == [False] * 5 + [True]
    assert grants.refresh_token(text) is None


def test_an_invitation_is_taken_up_by_one(app: Flask) -> None:
    person_id = uuid4()
    token = accounts.invite(person_id, "somebody")
    answers = at_once(app, lambda: accounts.set_password(token, PASSWORD))
    assert [one for one in answers if one == person_id] == [person_id]
    refused = [one for one in answers if one != person_id]
    assert all(isinstance(one, accounts.SpentInvitation) for one in refused), refused


def test_guesses_at_the_same_moment_all_count(app: Flask) -> None:
    for _ in range(2):
        answers = at_once(app, lambda: accounts.check("who", "guess", address="192.0.2.1"))
        wrong = (accounts.WrongCredentials, TooManyAttempts)
        assert all(isinstance(one, wrong) for one in answers), answers
    with pytest.raises(TooManyAttempts):
        accounts.check("who", "guess", address="192.0.2.1")
    with reading() as work:
        assert max(work.scalars(select(Throttle.failures))) >= TOGETHER


def test_what_is_over_is_swept_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    by_itself = grants.give("client", scope="s", resources=["r"], granter=None)
    used, standing = a_grant(), a_grant()
    grants.keep_code("c", used, redirect_uri="r", code_challenge="x", nonce=None, jkt=None)
    grants.new_refresh_token(used, timedelta(hours=1), jkt=None)
    grants.new_refresh_token(standing, timedelta(days=30), jkt=None)
    grants.revoke(used.id)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=3))
    grants.forget_old()
    with reading() as work:
        assert work.scalar(select(func.count()).select_from(Code)) == 0
        assert work.scalar(select(func.count()).select_from(RefreshToken)) == 1
        assert set(work.scalars(select(Grant.id))) == {standing.id}
    assert grants.find(by_itself.id) is None
