"""``ledger statements``: statements of a pool, as functions of a size of the log."""

from pathlib import Path
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.core.as_said import log_size
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.funding.papers import FORMS, write
from ledger.funding.papers.statement import statement_paper
from ledger.funding.queries import pools
from ledger.funding.queries.partner_statements import stated

_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group("statements")
def group() -> None:
    """Statements of pooled funds: the same size of the log gives the same bytes."""


@group.command("make")
@click.option("--pool", "pool_id", required=True, type=click.UUID, help="Of which pool: its id.")
@click.option(
    "--partner", "partner_id", type=click.UUID, help="Of which partner; all of them, if not given."
)
@click.option(
    "--period", "period_id", type=click.UUID, help="For which year; the newest, if not given."
)
@click.option("--at-size", type=click.IntRange(min=0), help="As of this size of the log; now.")
@click.option(
    "--form",
    type=click.Choice(sorted(FORMS)),
    default="json",
    show_default=True,
    help="In which form.",
)
@click.option("--out", type=_OUT, help="The file to write; its own name, if not given.")
@with_appcontext
def make(
    *,
    pool_id: UUID,
    partner_id: UUID | None,
    period_id: UUID | None,
    at_size: int | None,
    form: str,
    out: Path | None,
) -> None:
    """Write the statement of a partner, or of all side by side, as of a size of the log.

    Whoever has the log's entries below that size, anywhere and at any time, gets the same
    bytes. Prints the name of the file, the size and the root of the tree that it is of.
    """
    session = db.session()
    pool = pools.any_pool(session, pool_id)
    if partner_id is not None and partner_id not in pool.partner_ids:
        raise NotFound("no such partner in this pool")
    size = log_size(session) if at_size is None else at_size
    said = stated(session, pool, size=size, period_id=period_id)
    paper = statement_paper(said, partner_id)
    file = out or Path(f"{paper.name}.{form}")
    file.write_bytes(write(paper, form))
    click.echo(f"{file}: log size {size}, tree root {said.root}")
