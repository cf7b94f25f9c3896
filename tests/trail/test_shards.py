"""The access log is cut into shards: nothing is lost between them, and the ledger holds them."""

from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.policy import Policy
from ledger.commands.log import group
from ledger.core import clock, followers, log_jobs, log_keeping, log_names, receipts, trail
from ledger.core.actor import Actor
from ledger.core.db import TO_WRITE, db, snapshot
from ledger.core.followers import Counts
from ledger.core.trail import Leaf, LogEntry
from ledger.core.work import unit_of_work
from tests.conftest import NOW, Sequenced
from tests.given.log import decided
from tests.trail.given import tamper


def run(app: Flask, *command: str) -> Result:
    return app.test_cli_runner().invoke(group, command)


@pytest.fixture
def three(app: Flask, sequenced: Sequenced) -> Flask:
    """Two closed shards of 2 and 3 entries, and an open one of 1; one entry waits in each turn."""
    for times in (2, 3):
        decided(times)
        sequenced()
        assert run(app, "rotate-access").exit_code == 0
    decided()
    sequenced()
    return app


def test_nothing_is_lost_between_shards(three: Flask, session: Session) -> None:
    sizes = select(Leaf.log, func.count()).where(Leaf.log != "ledger").group_by(Leaf.log)
    assert dict(session.execute(sizes).all()) == {"access": 2, "access-2": 3, "access-3": 1}
    assert log_names.trees(session, "access") == ["access", "access-2", "access-3"]
    with snapshot(db.engine) as whole:
        assert len([*trail.bodies(whole)]) == 8
    result = run(three, "check")
    assert result.exit_code == 0, result.output
    for said in ("access: 2 entries", "access-2: 3 entries", "access-3: 1 entries"):
        assert said in result.output
    empty = run(three, "rotate-access")
    assert empty.exit_code == 0
    again = run(three, "rotate-access")
    assert "holds no entries" in str(again.exception)


def test_tiles_keys_and_receipts_of_every_shard_are_served(three: Flask, session: Session) -> None:
    client = three.test_client()
    for tree, size in (("access", 2), ("access-2", 3), ("access-3", 1)):
        checkpoint = client.get(f"/log/{tree}/checkpoint")
        assert checkpoint.text.splitlines()[:2] == [f"test.example/log/{tree}", str(size)]
        assert len(client.get(f"/log/{tree}/tile/0/000.p/{size}").data) == 32 * size
        assert client.get(f"/log/{tree}/key").text.startswith(f"test.example/log/{tree}+")
    for nothing in ("access-1", "access-4", "access-x", "ledger-2"):
        assert client.get(f"/log/{nothing}/key").status_code == 404
        assert client.get(f"/log/{nothing}/checkpoint").status_code == 404
    for entry_id in session.scalars(select(LogEntry.id).where(LogEntry.log == "access")):
        assert receipts.receipt_of(session, entry_id).index < 3


def test_followers_go_on_from_shard_to_shard(three: Flask, session: Session) -> None:
    follower = Counts("access")
    with db.engine.connect().execution_options(**TO_WRITE) as connection:
        taken = [followers.follow(connection, follower) for _ in range(4)]
    assert taken == [2, 3, 1, 0]
    assert followers.counts(session, "access") == {"access.decided": 6}


def test_what_is_recorded_while_a_shard_closes_goes_to_the_next(
    app: Flask, session: Session, sequenced: Sequenced
) -> None:
    decided()
    sequenced()
    decided(2)  # They wait, and their shard closes.
    with unit_of_work(Actor.system("operator")) as work:
        log_keeping.close_shard(work, app.extensions["signers"])
    sequenced()
    indexes = select(Leaf.log, Leaf.index).where(Leaf.log != "ledger").order_by(Leaf.position)
    rows = [(row.log, row[1]) for row in session.execute(indexes)]
    assert rows == [("access", 0), ("access-2", 0), ("access-2", 1)]


def test_a_closed_shard_that_changed_is_named(three: Flask) -> None:
    tamper("leaves", "DELETE FROM leaves WHERE log = 'access-2' AND \"index\" = 2")
    result = run(three, "check")
    assert result.exit_code == 1
    assert "it was closed with 3 entries" in result.output


def test_the_ledger_holds_the_access_log_to_what_it_signed(
    app: Flask, sequenced: Sequenced
) -> None:
    decided(2)
    sequenced()
    assert [log_jobs.checkpoint_access(), log_jobs.checkpoint_access()] == [1, 0]
    decided()
    sequenced()
    assert log_jobs.checkpoint_access() == 1
    sequenced()
    assert run(app, "check").exit_code == 0
    tamper("leaves", "UPDATE leaves SET hash = :forged WHERE log = 'access'", forged=b"f" * 32)
    output = run(app, "check").output
    assert "the ledger holds another root for its first 2 entries" in output


def test_time_and_size_close_a_shard(
    app: Flask, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert log_jobs.rotate_access() == 0  # Empty.
    decided(2)
    sequenced()
    assert log_jobs.rotate_access() == 0
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=366))
    assert log_jobs.rotate_access() == 1
    session = db.session()
    assert not log_keeping.shard_is_due(session, now=NOW, entries=1, days=1)
    session.rollback()
    decided(2)
    sequenced()
    assert log_keeping.shard_is_due(session, now=NOW, entries=2, days=366)
    assert not log_keeping.shard_is_due(session, now=NOW, entries=3, days=366)


def test_a_shard_that_witnesses_do_not_know_is_not_begun_by_time(
    app: Flask, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(2)
    sequenced()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=366))
    signers = app.extensions["signers"]
    app.extensions["witness_policy"] = Policy.of_log(signers["access"].verifier())
    assert log_jobs.rotate_access() == 0
    printed = run(app, "key", "--log", "access", "--next").output.strip()
    assert printed == str(signers["access-2"].verifier())
    app.extensions["witness_policy"] = Policy.parse(f"log {printed}\nquorum none\n")
    assert log_jobs.rotate_access() == 1
