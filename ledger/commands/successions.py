"""``ledger successions``: organisations that take another's place, by an operator."""

from datetime import datetime
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.commands.directory import OPERATOR, organisation_named
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory.succession import queries, service
from ledger.directory.succession.rules import SetAsideReason, SuccessionKind


@click.group("successions")
def group() -> None:
    """Mergers and successions of organisations, each by an order and from a day."""


@group.command("record")
@click.argument("predecessor")
@click.argument("successor")
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in SuccessionKind]))
@click.option("--from", "effective_on", required=True, type=click.DateTime(["%Y-%m-%d"]))
@click.option("--order", required=True, help="Title and number of the order.")
@click.option("--check", is_flag=True, help="Only say what would move.")
@with_appcontext
def record(
    *,
    predecessor: str,
    successor: str,
    kind: str,
    effective_on: datetime,
    order: str,
    check: bool,
) -> None:
    """Record that SUCCESSOR takes the place of PREDECESSOR (ODS codes, or ids) from a day on.

    Agreements, patients' choices, lists and care relationships follow by themselves. Roles end
    the day before: move them with `ledger successions move-roles`. Authority to sign, money,
    pools and seats do not move.
    """
    before, after = organisation_named(predecessor), organisation_named(successor)
    day = effective_on.date()
    with unit_of_work(OPERATOR) as work:
        moves = service.preview(work, predecessor_id=before, successor_id=after, effective_on=day)
    click.echo(
        f"{moves.patients} patients, {moves.care} care relationships and {moves.teams} teams"
        f" follow; {moves.roles} roles end the day before"
    )
    if check:
        return
    with unit_of_work(OPERATOR) as work:
        service.succeed(
            work,
            predecessor_id=before,
            successor_id=after,
            kind=SuccessionKind(kind),
            effective_on=day,
            order=order,
        )
    click.echo(f"recorded: from {day} {successor} stands in the place of {predecessor}")


@group.command("set-aside")
@click.argument("predecessor")
@click.option("--reason", required=True, type=click.Choice([each.value for each in SetAsideReason]))
@with_appcontext
def set_aside(*, predecessor: str, reason: str) -> None:
    """Record that nobody takes the place of PREDECESSOR after all; its roles last as before."""
    with unit_of_work(OPERATOR) as work:
        service.set_aside(
            work,
            predecessor_id=organisation_named(predecessor),
            reason=SetAsideReason(reason),
        )
    click.echo("set aside")


@group.command("move-roles")
@click.argument("predecessor")
@click.option("--membership", "chosen", multiple=True, type=click.UUID, help="Only this role.")
@with_appcontext
def move_roles(*, predecessor: str, chosen: tuple[UUID, ...]) -> None:
    """Give people the roles at the successor that ended at PREDECESSOR: all, or those named."""
    with unit_of_work(OPERATOR) as work:
        moved = service.move_roles(
            work,
            predecessor_id=organisation_named(predecessor),
            membership_ids=chosen or None,
        )
    click.echo(f"{moved.moved} moved, {moved.left} there already or over")


@group.command("show")
@click.argument("organisation")
@with_appcontext
def show(*, organisation: str) -> None:
    """Say what ORGANISATION was called, whose place it took, and who takes its place."""
    at = organisation_named(organisation)
    for name in queries.names_of(db.session(), at):
        click.echo(f"{name.from_at:%Y-%m-%d}  called {name.name}")
    for one in queries.predecessors(db.session(), at):
        click.echo(f"{one.effective_on}  took the place of {one.predecessor}: {one.order}")
    for one in queries.successors(db.session(), at):
        click.echo(f"{one.effective_on}  {one.successor} takes its place: {one.order}")
