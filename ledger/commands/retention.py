"""``ledger retention``: what falls due, and what is held."""

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from ledger.core import clock
from ledger.core.db import db
from ledger.directory.retention import queries
from ledger.directory.retention.models import RetentionHold


@click.group("retention")
def group() -> None:
    """How long things are kept. policies/retention.csv says so; two people dispose."""


@group.command("due")
@with_appcontext
def due() -> None:
    """Count the private values whose period is over, by class. Changes nothing."""
    for each in queries.count_due(db.session(), today=clock.today()):
        its = each.retention_class
        click.echo(
            f"{its.name}: {each.parts} parts of {each.subjects} subjects due "
            f"({its.period} from {its.runs}; {its.source})"
        )


@group.command("holds")
@with_appcontext
def holds() -> None:
    """List the holds that stand: what, why, since when, and when to look at them again."""
    rows = select(RetentionHold).where(RetentionHold.lifted_at.is_(None))
    for row in db.session.scalars(rows.order_by(RetentionHold.placed_at)):
        again = f", look again on {row.review_on}" if row.review_on else ""
        click.echo(f"{row.id} {row.subject}: {row.reason}, since {row.placed_at:%Y-%m-%d}{again}")
