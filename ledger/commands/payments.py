"""``ledger payments``: what councils and trusts paid, brought in as a file."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.commands.acting import acting_for
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.money import format_minor
from ledger.core.work import unit_of_work
from ledger.funding.imports import background as importing
from ledger.funding.imports import queries
from ledger.funding.imports.models import PaymentUpload
from ledger.funding.imports.queries import ImportView
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from ledger.funding.queries import pools

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_PREPARES = (Role.POOL_MANAGER, Role.FINANCE_LEAD)
_APPROVES = (Role.CHIEF_FINANCE_OFFICER, Role.FINANCE_LEAD)


@click.group("payments")
def group() -> None:
    """What was paid out of a pooled fund, from a file."""


@group.command("import")
@click.argument("file", type=_FILE)
@click.option("--pool", "pool_id", required=True, type=click.UUID, help="Which pool: its id.")
@click.option("--for", "maker", required=True, help="E-mail of the pool manager who prepares it.")
@click.option("--approved-by", help="E-mail of the second person, a finance lead, who approves.")
@click.option("--mapping", type=_FILE, help="JSON: what to read otherwise than guessed.")
@click.option("--yes", is_flag=True, help="Send it without asking, if every row is right.")
@click.option("--dry-run", is_flag=True, help="Only say what is in the file; keep nothing.")
@with_appcontext
def import_(
    *,
    file: Path,
    pool_id: UUID,
    maker: str,
    approved_by: str | None,
    mapping: Path | None,
    yes: bool,
    dry_run: bool,
) -> None:
    """Bring in FILE, a CSV with a row for each payment: all of it, or nothing.

    It needs a day, an amount and the payment's number; service, category and supplier are read
    if they are there. What the columns are taken for is shown first. Wrong rows are listed by
    line and column, and then nothing is sent. Payments that repeat others are found.

    Without --approved-by it waits for a second person, who approves it on the pool's page. The
    log says that an operator did so for them. The exit code is 0 if it was sent or posted, 1 if
    something in the file is wrong.
    """
    content = file.read_bytes()
    preparing = acting_for(maker, pool_id, _PREPARES)
    with unit_of_work(preparing) as work:
        import_id = imports.upload(work, pool_id, content=content)
    if mapping is not None:
        with unit_of_work(preparing) as work:
            said: dict[str, Any] = json.loads(mapping.read_text())
            imports.correct(work, import_id, said=said)
    with click.progressbar(length=content.count(b"\n"), label="Reading") as bar:
        importing.read(import_id, progress=lambda done: bar.update(done - bar.pos))
        bar.update((bar.length or 0) - bar.pos)
    found = _found(preparing, pool_id, import_id)
    sound = _say(found)
    if dry_run or not sound or not (yes or click.confirm("Send these payments?")):
        with unit_of_work(preparing) as work:
            imports.discard(work, import_id)
        if sound:
            click.echo("Nothing was sent.")
            return
        raise click.ClickException("nothing was sent: put this right, or use --mapping")
    with unit_of_work(preparing) as work:
        import_batches.send(work, import_id)
    if approved_by is None:
        click.echo(f"Sent. Import {import_id} waits for a second person.")
        return
    with unit_of_work(acting_for(approved_by, pool_id, _APPROVES)) as work:
        last = import_batches.approve(work, import_id)
    if not last:
        click.echo(f"Approved. Import {import_id} waits for others still.")
        return
    _post(import_id, found)


def _post(import_id: UUID, found: ImportView) -> None:
    click.echo("Posting every payment at once ...")
    began = clock.now()
    made = importing.post(import_id)
    took = (clock.now() - began).total_seconds()
    if not made:
        why = db.session().get_one(PaymentUpload, import_id).problem
        raise click.ClickException(
            f"it was not posted. {why}. Then try again on its page, or drop it"
        )
    rows = found.report["rows"] if found.report else 0
    click.echo(f"Posted {rows:,} payments in {made:,} transactions, {took:.1f} s.")


def _found(actor: Actor, pool_id: UUID, import_id: UUID) -> ImportView:
    session = db.session()
    return queries.import_of(session, pools.pool(session, actor, pool_id), import_id)


def _say(found: ImportView) -> bool:
    """Say what is in a file; return whether all of it can be sent."""
    file, guesses = queries.file_of(db.session(), found.id)
    for one in guesses:
        column = found.mapping.columns.get(one.part)
        if column is not None:
            click.echo(f"{one.part.value}: from the column {file.headings[column]}")
    report = found.report
    if report is None:
        click.echo(found.problem)
        return False
    click.echo(f"{report['rows']:,} payments, {format_minor(report['total_minor'])}")
    for title in report["new_schemes"]:
        click.echo(f"new scheme: {title}")
    for first, last in report["new_periods"]:
        click.echo(f"new period: {first} to {last}")
    for line, column, detail in report["faults"][:20]:
        click.echo(f"  line {line}, {column}: {detail}")
    for line, where in report["duplicates"][:20]:
        click.echo(f"  line {line}: the same number, day and amount as {where}")
    wrong, again = report["fault_count"], report["duplicate_count"]
    if wrong or again:
        click.echo(f"{wrong:,} things are wrong; {again:,} payments look like others")
    return not (wrong or again)
