"""``ledger agreements``: what time brings about agreements."""

from typing import Final

import click
from flask.cli import with_appcontext

from ledger.agreements import service
from ledger.core.actor import Actor
from ledger.core.work import unit_of_work

_AT_ONCE: Final = 100


@click.group("agreements")
def group() -> None:
    """Agreements: what no person does."""


@group.command("lapse")
@with_appcontext
def lapse() -> None:
    """Record suspensions that are over, and agreements past their last day.

    What may be shared follows the days by itself; this makes states and readers agree with
    it. Run it each night.
    """
    done = 0
    while True:
        with unit_of_work(Actor.system("clock")) as work:
            found = service.lapse(work, limit=_AT_ONCE)
        done += found
        if found < _AT_ONCE:
            break
    click.echo(f"recorded {done}")
