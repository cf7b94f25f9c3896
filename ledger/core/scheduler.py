"""What time brings: one scheduler runs each job when it is due, and one process leads it.

A job does its work by commands, as ``system:clock``, in units of work of its own: what it
changes is in the log like anything else. A job that fails is logged, noted, and tried again
when it is next due; it holds up no other. Areas declare theirs in a module that is named in
`ledger.wiring.SCHEDULED`:

    JOBS = (Job("agreements lapse", every=timedelta(minutes=1), run=lapse_all),)

``ledger jobs`` lists them, and runs one now.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from time import perf_counter
from typing import Final

from sqlalchemy import BigInteger, Engine, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.core import clock
from ledger.core.db import TO_WRITE, Operational
from ledger.core.leading import lead

logger = logging.getLogger(__name__)

_OUTCOME_CHARS_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is due again and again.

    Attributes:
        name: Permanent; when it last ran is kept under it.
        every: How long after it began it is due again.
        run: Does what is due now, and returns how many things it did. Called in an
            application context, in no transaction.
    """

    name: str
    every: timedelta
    run: Callable[[], int]


class JobRun(Operational):
    """When a job last ran, and what came of it."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(String(64), primary_key=True)
    began_at: Mapped[datetime]
    took_ms: Mapped[int] = mapped_column(BigInteger)
    done: Mapped[int | None] = mapped_column(BigInteger)
    """How many things it did; None if it failed."""
    outcome: Mapped[str] = mapped_column(Text)


def run(engine: Engine, jobs: Sequence[Job], *, every_s: float, stop: Event) -> None:
    """Run what is due until *stop* is set. Several processes may do this: one at a time leads."""
    with lead(engine, "scheduler", stop=stop) as leads:
        while leads():
            for job in due(engine, jobs, at=clock.now()):
                if leads():
                    carry_out(engine, job)
            stop.wait(every_s)


def due(engine: Engine, jobs: Sequence[Job], *, at: datetime) -> list[Job]:
    """Return those of *jobs* that have never run, or began long enough before *at*."""
    with Session(engine) as session:
        began = {row.job: row.began_at for row in session.scalars(select(JobRun))}
    return [job for job in jobs if job.name not in began or at - began[job.name] >= job.every]


def carry_out(engine: Engine, job: Job) -> JobRun:
    """Run *job* now, note what came of it, and return the note. Never raises."""
    began_at, began = clock.now(), perf_counter()
    done: int | None = None
    try:
        done = job.run()
        outcome = "done"
    except Exception as error:  # Whatever it is, it must not stop the other jobs.
        logger.exception("the job %s failed", job.name)
        outcome = f"failed: {type(error).__name__}"  # Not its words, which may name somebody.
    note = JobRun(
        job=job.name,
        began_at=began_at,
        took_ms=round((perf_counter() - began) * 1000),
        done=done,
        outcome=outcome[:_OUTCOME_CHARS_MAX],
    )
    with (
        engine.connect().execution_options(**TO_WRITE) as connection,
        Session(connection, expire_on_commit=False) as session,
        session.begin(),
    ):
        return session.merge(note)
