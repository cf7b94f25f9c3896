"""``ledger opt-outs``: the copy of the national register of those who opted out."""

from datetime import datetime
from pathlib import Path

import click
from flask.cli import with_appcontext

from ledger.access.keeping import queries, registers
from ledger.access.keeping.rules import Lists
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.work import unit_of_work

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("opt-outs")
def group() -> None:
    """Who opted out of planning and research, as the national register has it."""


@group.command("import")
@click.argument("file", type=_FILE)
@click.option(
    "--lists",
    required=True,
    type=click.Choice([each.value for each in Lists]),
    help="Whom FILE names: all who opted out, or those upheld by the central service.",
)
@click.option("--checked-at", required=True, help="When the register was asked: ISO 8601, zone.")
@with_appcontext
def import_(*, file: Path, lists: str, checked_at: str) -> None:
    """Take in FILE, NHS numbers one a line. It replaces the copy before; all or nothing."""
    try:
        checked = datetime.fromisoformat(checked_at)
    except ValueError as error:
        raise click.UsageError(f"--checked-at: {checked_at} is no moment") from error
    if checked.tzinfo is None:
        raise click.UsageError("--checked-at needs a time zone, such as Z")
    content = file.read_bytes()
    with click.progressbar(length=1, label="Recording") as bar:

        def more(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        with unit_of_work(Actor.system("operator")) as work:
            done = registers.import_register(
                work, content=content, lists=Lists(lists), checked_at=checked, progress=more
            )
    click.echo(
        f"copy {done.n}: {done.listed:,} listed, {done.unknown:,} of them nobody's here; "
        f"{done.opted_out:,} here have opted out, {done.changed:,} changed"
    )


@group.command("show")
@with_appcontext
def show() -> None:
    """Say which copy counts, and when it was checked."""
    found = queries.register(db.session())
    if found is None:
        click.echo("no copy of the register is loaded: planning and research need an express yes")
        return
    click.echo(f"copy {found.n}, checked {found.checked_at:%Y-%m-%d %H:%M} UTC")
