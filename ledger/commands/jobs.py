"""``ledger jobs``: what time brings, listed and run by hand."""

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from ledger import background
from ledger.core import scheduler
from ledger.core.db import db
from ledger.core.scheduler import JobRun


@click.group("jobs")
def group() -> None:
    """What time brings. A serving process runs each job when it is due."""


@group.command("list")
@with_appcontext
def list_all() -> None:
    """Print each job, how often it is due, when it last began and what came of it."""
    runs = {run.job: run for run in db.session.scalars(select(JobRun))}
    for job in background.jobs():
        run = runs.get(job.name)
        last = (
            f"last {run.began_at:%Y-%m-%d %H:%M:%S} UTC, {run.took_ms} ms, {run.outcome}"
            if run
            else "never run"
        )
        click.echo(f"{job.name}: every {job.every}, {last}")


@group.command("run")
@click.argument("name")
@with_appcontext
def run_one(name: str) -> None:
    """Run the job NAME now, due or not. What is done already is not done again."""
    found = {job.name: job for job in background.jobs()}
    if name not in found:
        raise click.ClickException(f"there is no such job: give one of {', '.join(found)}")
    note = scheduler.carry_out(db.engine, found[name])
    if note.done is None:
        raise click.ClickException(f"{name} {note.outcome}; the application log says why")
    click.echo(f"{name}: {note.done} done in {note.took_ms} ms")
