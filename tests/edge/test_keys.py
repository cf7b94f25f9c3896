"""The keys that sign: which of them does, who can still check, and how they are replaced."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given as of
from hypothesis import strategies as some
from joserfc import jwt
from sqlalchemy import text

from ledger.core import clock
from ledger.core.db import db
from ledger.edge.oauth import keys, tokens
from tests.conftest import NOW
from tests.edge.test_tokens import claims

HOUR = timedelta(hours=1)


@of(
    begins=some.lists(some.integers(-1000, 1000), min_size=1, max_size=8, unique=True),
    now=some.integers(-1000, 1000),
)
def test_what_signs_is_published_before_and_after(begins: list[int], now: int) -> None:
    rows = [(f"k{hour}", NOW + hour * HOUR) for hour in begins]
    moment = NOW + now * HOUR

    def at(when: datetime) -> tuple[str, list[str]]:
        return keys.current(rows, when)

    signing, published = at(moment)
    assert signing in published
    to_come = {f"k{hour}" for hour in begins if hour > now}
    assert to_come <= set(published), "everybody knows a key before it signs"
    if any(hour <= now for hour in begins):
        assert signing == f"k{max(hour for hour in begins if hour <= now)}"
    lasts = keys.PUBLISHED_AFTER - timedelta(seconds=1)
    assert signing in at(moment + lasts)[1], "what it signed can be checked for a day"


def test_rotation_overlaps(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tokens.signed(claims())
    first = keys.keyrings().now().signing.kid
    second = keys.keyrings().rotate()
    ring = keys.keyrings().now()
    assert ring.signing.kid == first
    assert {key["kid"] for key in ring.published()["keys"]} == {first, second}
    assert all(key.keys() == {"kty", "kid", "use", "n", "e"} for key in ring.published()["keys"])

    later = NOW + timedelta(hours=1, minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    ring = keys.keyrings().now()
    assert ring.signing.kid == second
    assert jwt.decode(old, ring.verifying, algorithms=["RS256"]).claims["client_id"]

    monkeypatch.setattr(clock, "now", lambda: later + timedelta(days=2))
    assert set(keys.keyrings().now().kids) == {second}


def test_a_key_that_another_process_made_is_looked_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, elsewhere = keys.keyrings(), keys.Keyrings()
    here.now()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(seconds=10))
    kid = elsewhere.rotate()
    assert kid not in here.now().kids
    assert kid in here.now(unknown=True).kids


def test_keys_are_kept_encrypted(app: Flask) -> None:
    keys.keyrings().now()
    with db.engine.connect() as connection:
        sealed = bytes(connection.scalar(text("SELECT sealed FROM oauth_keys")) or b"")
    assert len(sealed) > 500
    assert b"RSA" not in sealed
