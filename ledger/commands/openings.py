"""``ledger opening``: starting a pool in the middle of a year, from a trial balance."""

from pathlib import Path
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.commands.acting import acting_for
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Invalid
from ledger.core.money import format_minor
from ledger.core.work import unit_of_work
from ledger.funding.opening import queries as openings
from ledger.funding.opening import service as opening
from ledger.funding.queries import pools
from ledger.funding.rules.chart import Book

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("opening")
def group() -> None:
    """The position that a pool starts from which was run elsewhere before."""


@group.command("template")
@click.argument("pool_id", type=click.UUID)
@with_appcontext
def template(pool_id: UUID) -> None:
    """Print an empty trial balance of a pool: a row for whatever may be said of it."""
    pool = pools.any_pool(db.session(), pool_id)
    today = clock.today()
    click.echo(openings.template(db.session(), pool, on=today).decode(), nl=False)


@group.command("propose")
@click.argument("file", type=_FILE)
@click.option("--pool", "pool_id", required=True, type=click.UUID, help="Which pool: its id.")
@click.option("--for", "maker", required=True, help="E-mail of who prepares it.")
@click.option("--reference", required=True, help="What the paper is called.")
@click.option("--yes", is_flag=True, help="Send it without asking, if both books balance.")
@click.option("--dry-run", is_flag=True, help="Only say what would be posted; keep nothing.")
@with_appcontext
def propose(
    *, file: Path, pool_id: UUID, maker: str, reference: str, yes: bool, dry_run: bool
) -> None:
    """Propose that a pool starts from FILE, a trial balance as CSV.

    What it would post is shown first, in both books. Every partner must then approve it on the
    pool's page. The exit code is 1 if a row is wrong or a book does not balance.
    """
    content, actor = (
        file.read_bytes(),
        acting_for(maker, pool_id, (Role.POOL_MANAGER, Role.FINANCE_LEAD)),
    )
    try:
        found = opening.preview(actor, pool_id, content=content)
    except Invalid as refused:
        for fault in refused.faults:
            click.echo(f"  {fault.field}: {fault.detail}", err=True)
        raise
    currency = pools.any_pool(db.session(), pool_id).currency
    for book in Book:
        for leg in found.book(book):
            of = leg.account.of or ""
            click.echo(
                f"{leg.account.head:<24} {of!s:<36} {format_minor(leg.amount_minor, currency):>18}"
            )
    if found.problem is not None:
        raise click.ClickException(f"it cannot be sent: {found.problem}")
    if dry_run or not (yes or click.confirm("Send it to every partner?")):
        click.echo("Nothing was sent.")
        return
    with unit_of_work(actor) as work:
        came = opening.propose_from_file(work, pool_id, content=content, reference=reference)
    click.echo(f"Sent. Proposal {came.transaction_id} waits for every partner.")
