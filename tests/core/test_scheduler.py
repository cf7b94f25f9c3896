"""What time brings: each job when it is due, by one process, whatever happens to the others."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

import pytest
from flask import Flask

from ledger import background
from ledger.core import scheduler
from ledger.core.db import db
from ledger.core.scheduler import Job, JobRun
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)


def test_a_job_is_due_when_it_never_ran_and_again_after_its_time(app: Flask) -> None:
    job = Job("count sheep", every=MINUTE, run=lambda: 7)
    assert scheduler.due(db.engine, [job], at=NOW) == [job]
    note = scheduler.carry_out(db.engine, job)
    assert (note.done, note.outcome) == (7, "done")
    assert scheduler.due(db.engine, [job], at=NOW + MINUTE - timedelta(seconds=1)) == []
    assert scheduler.due(db.engine, [job], at=NOW + MINUTE) == [job]


def test_a_job_that_fails_is_noted_without_its_words_and_holds_up_nobody(app: Flask) -> None:
    def fail() -> int:
        raise ValueError("Mrs Smith of 3 Hill Road")

    note = scheduler.carry_out(db.engine, Job("fails", every=MINUTE, run=fail))
    assert (note.done, note.outcome) == (None, "failed: ValueError")


@pytest.mark.real_time
def test_one_process_leads_and_another_takes_over(app: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("on SQLite there is one process")
    ran: list[str] = []
    first, second = Event(), Event()

    def led(name: str, stop: Event) -> Thread:
        def note() -> int:
            ran.append(name)
            return 1

        job = Job("who leads", every=timedelta(0), run=note)
        thread = Thread(
            target=scheduler.run, args=(engine, [job]), kwargs={"every_s": 0.01, "stop": stop}
        )
        thread.start()
        return thread

    engine = db.engine
    one = led("one", first)
    _until(lambda: "one" in ran)
    two = led("two", second)
    _until(lambda: len(ran) > 5)
    assert set(ran) == {"one"}
    first.set()
    one.join(5)
    _until(lambda: "two" in ran)
    second.set()
    two.join(5)
    assert not one.is_alive()
    assert not two.is_alive()


def test_every_declared_job_runs_on_an_empty_ledger(app: Flask) -> None:
    for job in background.jobs():
        note: JobRun = scheduler.carry_out(db.engine, job)
        assert (job.name, note.outcome) == (job.name, "done")


def _until(holds: Callable[[], bool], seconds: float = 5) -> None:
    waited = Event()
    for _ in range(int(seconds * 100)):
        if holds():
            return
        waited.wait(0.01)
    pytest.fail("it did not happen in time")
