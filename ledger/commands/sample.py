"""``ledger sample``: the demonstration's data, and how to be rid of it."""

import click
from flask import current_app
from flask.cli import with_appcontext

from ledger.core import clock
from ledger.core.db import db
from ledger.sample import emptying
from ledger.settings import Settings


@click.group("sample")
def group() -> None:
    """The sample partnership that a demonstration shows."""


@group.command("empty")
@click.option(
    "--also-added", is_flag=True, help="Put people and patients aside that were added by hand."
)
@click.option("--yes", is_flag=True, help="Do not ask before doing it.")
@with_appcontext
def empty(*, also_added: bool, yes: bool) -> None:
    """Put the sample aside before real use, and begin with a fresh database.

    A log is never emptied, so the new one needs another name and key: first set
    LEDGER_LOG_ORIGIN and LEDGER_SIGNING_SEED anew, and LEDGER_DEMONSTRATION=off. Refuses if
    what is here is no sample. Nothing is deleted; it says where the sample has gone.
    """
    settings: Settings = current_app.extensions["settings"]
    emptying.check(db.session(), settings, also_added=also_added)
    if not yes:
        click.confirm("Put the sample aside and begin with an empty service?", abort=True)
    done = emptying.put_aside(settings, now=clock.now())
    click.echo(f"the sample is in {done.aside}, read-only; its log still verifies there")
    click.echo(f"{done.fresh} is new and empty, with the log {settings.log_origin}")
    click.echo("set the service up with: ledger directory found --help")
