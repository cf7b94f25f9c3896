"""``ledger reconcile``: what was compared with banks and ledgers, listed and computed again."""

from collections.abc import Iterator
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.money import format_minor
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation.queries import ReconciliationView

OPERATOR = Actor.system("operator")


@click.group("reconcile")
def group() -> None:
    """What pools were compared with: banks and general ledgers."""


@group.command("list")
@with_appcontext
def list_() -> None:
    """List every reconciliation: its id, whose, which days, how far it has got."""
    for pool, one in _every():
        got = "signed" if one.signed_by else "prepared" if one.prepared_by else "open"
        days = f"{one.first_day}..{one.last_day}"
        click.echo(f"{one.id}  {one.source:<6}  {days}  {got:<8}  {pool.title}")


@group.command("show")
@click.argument("reconciliation_id", type=click.UUID)
@with_appcontext
def show(reconciliation_id: UUID) -> None:
    """Show what does not match, and whether it adds up. Fails if it does not."""
    for pool, one in _every():
        if one.id != reconciliation_id:
            continue
        found = queries.result(db.session(), one)
        for each in found.unmatched:
            amount = format_minor(each.by_minor, pool.currency)
            said = "explained" if each.key in found.explained else "not explained"
            click.echo(f"{each.key}  {each.reason:<34} {amount:>18}  {said}")
        click.echo(f"{len(found.matched)} matched, {len(found.unmatched)} not; {found.digest}")
        if not found.proof.holds:
            raise click.ClickException("it does not add up")
        click.echo("It adds up to the penny.")
        return
    raise click.ClickException("there is no such reconciliation")


@group.command("check")
@with_appcontext
def check() -> None:
    """Compute every signed reconciliation again. Fails if one is not what was signed."""
    wrong, right = [], 0
    for _, one in _every():
        if one.signed_by is None:
            continue
        if queries.result(db.session(), one).digest == one.result_digest:
            right += 1
        else:
            wrong.append(one.id)
    for each in wrong:
        click.echo(f"{each} is not what was signed", err=True)
    if wrong:
        raise click.ClickException(f"{len(wrong)} of {len(wrong) + right} differ")
    click.echo(f"{right} signed, each the same when it is computed again")


def _every() -> Iterator[tuple[PoolView, ReconciliationView]]:
    session = db.session()
    for pool in pools.pools(session, OPERATOR):
        for one in queries.reconciliations(session, pool):
            yield pool, one
