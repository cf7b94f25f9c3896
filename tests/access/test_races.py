"""Decisions beside withdrawals: many threads, two services on one database, one commit."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.access import service
from ledger.access.desk import desk
from ledger.access.entries import AccessDecided
from ledger.core import clock
from ledger.core.db import db
from ledger.core.group_commit import GroupCommit
from ledger.core.trail import LogEntry
from tests.databases import NewDatabase, running
from tests.given.access import Scene, scene

THREADS = 8


def ask(app: Flask, here: Scene, **changes: Any) -> bool:
    """Ask as the clinician, in this thread."""
    with app.app_context():
        question = here.question(purpose="HRESCH", **changes)
        answered = service.evaluate(db.session(), here.clinician, question, now=clock.now())
        return answered.permits


def decided(session: Session) -> int:
    session.rollback()
    kind = LogEntry.kind == AccessDecided.kind
    return session.scalar(select(func.count()).where(kind)) or 0


@pytest.mark.real_time
def test_a_decision_that_begins_after_a_withdrawals_answer_sees_it(
    app: Flask, session: Session
) -> None:
    """Spec P6: however many threads ask meanwhile, and however warm their memory is."""
    here = scene()
    rounds, asked = 6, 0
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(rounds):
            consent_id = here.grant()
            assert ask(app, here)
            stop = Event()

            def keep_asking(stop: Event = stop) -> int:
                n = 0
                while not stop.is_set():
                    ask(app, here)
                    n += 1
                return n

            asking = [threads.submit(keep_asking) for _ in range(THREADS - 1)]
            here.withdraw(consent_id)
            late = [ask(app, here) for _ in range(3)]
            stop.set()
            asked += sum(each.result() for each in asking) + 4
            assert late == [False] * 3
    assert decided(session) == asked, "each decision is in the log, once"


@pytest.mark.real_time
def test_another_service_on_the_same_database_sees_it_too(
    postgresql_databases: NewDatabase,
) -> None:
    """Two applications share no memory, as two processes do not."""
    url = postgresql_databases()
    with running(url) as one:
        here = scene()
        with running(url) as other:
            for _ in range(3):
                with one.app_context():
                    consent_id = here.grant()
                assert ask(other, here)
                assert ask(one, here)
                with one.app_context():
                    here.withdraw(consent_id)
                assert not ask(other, here)
                assert not ask(one, here)


@pytest.mark.real_time
def test_what_moved_between_deciding_and_committing_is_decided_again(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = scene()
    consent_id = here.grant()
    assert ask(app, here)
    recorded = desk(session)._recorded
    submit = recorded.submit

    def withdrawn_meanwhile(item: Any) -> Any:
        assert all(one.decision.verdict.permits for one in item.decided)
        with app.app_context():
            here.withdraw(consent_id)
        return submit(item)

    monkeypatch.setattr(recorded, "submit", withdrawn_meanwhile)
    with app.app_context():
        question = here.question(purpose="HRESCH")
        answered = service.evaluate(db.session(), here.clinician, question, now=clock.now())
    assert not answered.permits
    body = session.scalar(select(LogEntry.body).where(LogEntry.id == answered.entry_id))
    assert b'"outcome":"default_deny"' in (body or b"")


def test_items_that_wait_share_a_commit_and_a_bad_one_is_nobody_elses(app: Flask) -> None:
    batches: list[list[int]] = []
    first, release = Event(), Event()

    def settle(_session: Session, items: Any) -> list[int]:
        batches.append(list(items))
        if items == [0]:
            first.set()
            assert release.wait(10)
        if 3 in items:
            raise ValueError("three is wrong")
        return [item * 10 for item in items]

    waiting = GroupCommit[int, int](db.engine, settle)
    started = Barrier(THREADS)

    def submit(item: int) -> int | str:
        if item:
            assert first.wait(10)
            started.wait(10)
        try:
            return waiting.submit(item)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(THREADS + 1) as threads:
        found = [threads.submit(submit, item) for item in range(THREADS + 1)]
        assert first.wait(10)
        while len(waiting._waiting) < THREADS:
            Event().wait(0.01)
        release.set()
        answers = [each.result(10) for each in found]
    assert answers == [0, 10, 20, "three is wrong", 40, 50, 60, 70, 80]
    assert batches[0] == [0]
    assert sorted(batches[1]) == list(range(1, THREADS + 1)), "all that waited, at once"
    assert waiting.submit(5) == 50, "and it goes on"
