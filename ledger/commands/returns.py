"""``ledger returns``: a pool's returns, made again from the log."""

from pathlib import Path
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.funding.queries import pools
from ledger.funding.returns import queries as returns
from ledger.funding.returns.document import as_json, digest
from ledger.funding.returns.files import FILES
from ledger.funding.returns.sources import told


@click.group("returns")
def group() -> None:
    """Returns of pools, made again from the log."""


@group.command("recompute")
@click.argument("return_id", type=click.UUID)
@click.option("--log-size", type=click.IntRange(min=0), help="Not the size that was submitted.")
@click.option("--as", "form", type=click.Choice([*FILES]), default="json", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the file here.")
@with_appcontext
def recompute(*, return_id: UUID, log_size: int | None, form: str, out: Path | None) -> None:
    """Make a return again from the log. Exit 1 if it is not what was submitted."""
    session = db.session()
    pool = pools.pool(session, Actor.system("operator"), returns.pool_of(session, return_id))
    one = returns.one_return(session, pool, return_id)
    size = log_size if log_size is not None else one.log_size
    if size is None:
        raise click.ClickException("it was never submitted: name a --log-size")
    shown = told(session, pool, returns.row_of(session, pool, return_id), size)
    made = digest(as_json(one, shown))
    if out is not None:
        out.write_bytes(FILES[form][0](one, shown))
    click.echo(f"{made}  {one.kind} {one.number or ''} {one.first_day} log size {size}")
    if one.digest is not None and size == one.log_size:
        if made != one.digest:
            raise click.ClickException(f"what was submitted is {one.digest}")
        click.echo("the same as was submitted")
