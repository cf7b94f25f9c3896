"""``ledger publications``: deciding that everybody may see what a pool spent."""

from datetime import datetime
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.commands.acting import acting_for
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.funding.publication import service as publication
from ledger.funding.publication.queries import publications

_POOL = click.option("--pool", "pool_id", required=True, type=click.UUID, help="Its id.")
_FOR = click.option("--for", "email", required=True, help="E-mail of a finance lead or chief.")
_DAY = click.DateTime(["%Y-%m-%d"])
_PUBLISHES = (Role.FINANCE_LEAD, Role.CHIEF_FINANCE_OFFICER)


@click.group("publications")
def group() -> None:
    """What everybody may see of the spending of pools."""


@group.command("list")
@_POOL
@with_appcontext
def list_(*, pool_id: UUID) -> None:
    """List what is published of a pool, and what is asked to be."""
    for one in publications(db.session(), pool_id):
        state = f"published at log size {one.log_size}" if one.published_at else "asked"
        click.echo(f"{one.id}  {one.first_day}..{one.last_day}  {state}")


@group.command("ask")
@_POOL
@_FOR
@click.option("--first-day", type=_DAY, required=True)
@click.option("--last-day", type=_DAY, required=True)
@with_appcontext
def ask(*, pool_id: UUID, email: str, first_day: datetime, last_day: datetime) -> None:
    """Ask, for somebody of a partner, that the spending of some days be published."""
    actor = acting_for(email, pool_id, _PUBLISHES, of_any_partner=True)
    with unit_of_work(actor) as work:
        publication_id = publication.ask(
            work, pool_id, first_day=first_day.date(), last_day=last_day.date()
        )
    click.echo(f"Asked: {publication_id}. Somebody of another partner has to agree.")


@group.command("agree")
@click.argument("publication_id", type=click.UUID)
@_POOL
@_FOR
@with_appcontext
def agree(*, publication_id: UUID, pool_id: UUID, email: str) -> None:
    """Agree, for somebody of another partner, that it is published."""
    actor = acting_for(email, pool_id, _PUBLISHES, of_any_partner=True)
    with unit_of_work(actor) as work:
        publication.agree(work, publication_id)
    click.echo(f"Published. Everybody can see it: /public/pools/{pool_id}/spend")
