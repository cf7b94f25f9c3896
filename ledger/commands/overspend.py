"""``ledger overspend``: who would pay if a scheme of a pool went beyond its budget."""

from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.money import format_minor, parse_minor
from ledger.directory import queries as directory
from ledger.funding.overspend.rules.waterfall import Cover
from ledger.funding.overspend.waterfalls import Covering, covering
from ledger.funding.queries import pools

WORDS = {
    Cover.UNALLOCATED: "not allocated",
    Cover.UNDERSPEND: "not going to be needed by",
    Cover.RESERVE: "risk reserve",
    Cover.UNCOMMITTED: "not committed by",
    Cover.SHARE: "borne by",
}


@click.group("overspend")
def group() -> None:
    """Overspends of pools."""


@group.command("simulate")
@click.option("--pool", "pool_id", required=True, type=click.UUID, help="The pool's id.")
@click.option("--scheme", required=True, help="The scheme's title, or its id.")
@click.option("--amount", required=True, help="By how much in all, such as 1234.56.")
@click.option("--log-size", type=click.IntRange(min=1), help="As of which size of the log.")
@with_appcontext
def simulate(*, pool_id: UUID, scheme: str, amount: str, log_size: int | None) -> None:
    """Print who would cover an overspend, in order, by which clause. Nothing is posted."""
    session = db.session()
    try:
        pool = pools.pool(session, Actor.system("command"), pool_id)
        found = [one for one in pool.schemes if scheme in {one.title, one.label, str(one.id)}]
        if len(found) != 1:
            known = ", ".join(one.label for one in pool.schemes)
            raise click.ClickException(f"name one scheme of this pool, with its place: {known}")
        said = covering(
            session,
            pool,
            found[0].id,
            parse_minor(amount),
            today=clock.today(),
            size=log_size,
        )
    except LedgerError as error:
        raise click.ClickException(error.detail) from error
    names = {one.id: one.label for one in pool.schemes}
    partners = directory.organisations(session, pool.partner_ids).values()
    names |= {one.id: one.name for one in partners}
    for line in _lines(said, names, pool.currency):
        click.echo(line)


def _lines(found: Covering, names: dict[UUID, str], currency: str) -> list[str]:
    def money(amount_minor: int) -> str:
        return format_minor(amount_minor, currency)

    said = found.said
    lines = [
        f"{money(draw.amount_minor):>16}  {WORDS[draw.cover]}"
        f"{' ' + names.get(draw.of, 'a partner') if draw.of else ''}, clause {draw.clause}"
        for draw in said.draws
    ]
    lines.append(f"{money(said.uncovered_minor):>16}  covered by nobody")
    for partner, beyond_minor in said.capped_minor.items():
        name = names.get(partner, "a partner")
        lines.append(f"{money(beyond_minor):>16}  of it is beyond the cap of {name}")
    if found.why_no_rule:
        lines.append(f"No rule shares it: {found.why_no_rule}.")
    lines.append(f"As of {found.on}" + (f", log size {found.size}" if found.size else ""))
    return lines
