"""An operator without a browser: ``ledger funding``, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from ledger.api.funding_posts import POSTS
from ledger.commands.funding import group
from ledger.core.db import db
from ledger.directory.queries.holders import email_of
from ledger.funding.rules.chart import Head
from tests.conftest import Sequenced
from tests.given.funding import GivenPool, accrued, allocated, held, paid, received


@pytest.fixture
def typed(app: Flask, given: GivenPool) -> Any:
    def run(*words: str) -> Result:
        db.session.rollback()
        result: Result = app.test_cli_runner().invoke(group, list(words), catch_exceptions=True)
        return result

    return run


def email(given: GivenPool) -> str:
    found = email_of(db.session(), given.manager.id)
    assert found is not None
    return found


def test_pools_and_balances_are_listed(given: GivenPool, typed: Any) -> None:
    received(given, 500_00)
    shown = typed("pools").output
    assert str(given.id) in shown
    assert "in the bank £500.00, unallocated £1,200,000.00" in shown
    assert "£500.00  F:cash" in typed("balances", str(given.id)).output
    assert "no pool zzz" in str(typed("balances", "zzz").exception)


def test_events_are_tried_and_then_posted_by_a_person(
    session: Session, given: GivenPool, typed: Any, tmp_path: Path
) -> None:
    scheme, provider = str(given.schemes[0]), str(given.provider)
    file = tmp_path / "events.json"
    events = [
        {
            "post": "allocation",
            "reference": "B",
            "lines": [{"scheme_id": scheme, "amount_minor": 5}],
        },
        {
            "post": "accrual",
            "scheme_id": scheme,
            "provider_id": provider,
            "amount_minor": 7,
            "reference": "Invoice",
        },
        {"post": "payment", "provider_id": provider, "amount_minor": 0, "reference": "P"},
    ]
    said = ("post", str(given.id), str(file), "--as", email(given))
    file.write_text(json.dumps(events))
    assert "event 3, amount_minor" in str(typed(*said).exception)
    file.write_text(json.dumps(events[:2]))
    tried = typed(*said)
    assert tried.exit_code == 0, tried
    assert "nothing was: give --record" in tried.output
    assert held(session, given, Head.SPENT, given.schemes[0]) == 0
    assert "2 recorded" in typed(*said, "--record").output
    assert held(session, given, Head.SPENT, given.schemes[0]) == 7
    actor = session.execute(
        text("SELECT actor FROM pool_transactions WHERE event = 'expenditure-accrued'")
    ).scalar_one()
    assert actor == "system:operator"
    nobody = typed(*said[:-1], "nobody@example.org", "--record")
    assert "nobody signs in by that address" in str(nobody.exception)


def test_a_period_is_closed_in_steps_and_a_journal_is_written(
    given: GivenPool, typed: Any, tmp_path: Path, sequenced: Sequenced
) -> None:
    sequenced()
    period = str(given.view.periods[0].id)
    by = ("--as", email(given))
    assert "soft" in typed("close", str(given.id), period, "--step", "soft", *by).output
    again = typed("close", str(given.id), period, "--step", "soft", *by)
    assert again.exit_code == 1
    early = typed("close", str(given.id), period, "--step", "result", *by)
    assert early.exception is not None
    out = tmp_path / "pool.journal"
    written = typed("export", str(given.id), "--form", "hledger", "--output", str(out))
    assert written.exit_code == 0, written.exception
    assert "commodity 1000.00 GBP" in out.read_text()


def test_what_must_hold_is_checked(session: Session, given: GivenPool, typed: Any) -> None:
    allocated(given, first=100_00)
    received(given, 100_00)
    accrued(given, 50_00)
    paid(given, 20_00)
    whole = typed("check")
    assert whole.exit_code == 0, whole.output
    assert "NO" not in whole.output
    if session.get_bind().dialect.name == "postgresql":
        return  # The service's role may not tamper there.
    session.execute(text("DROP TRIGGER IF EXISTS pool_balances_kept"))
    names = session.execute(
        text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'pool_balances'")
    ).scalars()
    for name in names.all():
        session.execute(text(f"DROP TRIGGER {name}"))
    session.execute(text("UPDATE pool_balances SET balance_minor = 1 WHERE balance_minor = 8000"))
    session.commit()
    broken = typed("check", str(given.id))
    assert broken.exit_code == 1
    assert "NO   2" in broken.output


def test_every_post_takes_what_its_command_takes() -> None:
    for name, one in POSTS.items():
        assert one.command.__doc__, name
        assert one.schema().fields, name
