"""``ledger log export`` and ``commit-heads``: what leaves, and what makes it complete."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from ledger.core import bundles, exports, heads, listings, log_names, receipts
from ledger.core.actor import Actor
from ledger.core.db import db, snapshot
from ledger.core.exports import Export, Form
from ledger.core.filters import Filter
from ledger.core.trail import LOGS
from ledger.core.work import unit_of_work

_MOMENT: Final = click.DateTime(["%Y-%m-%dT%H:%M:%S%z"])


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--for", "recipient", default="", help="Who gets it, in words; kept beside the log.")
@click.option("--for-org", "recipient_id", type=click.UUID, help="Who gets it: an organisation.")
@click.option(
    "--form",
    type=click.Choice([str(form) for form in Form]),
    default=str(Form.BUNDLE),
    show_default=True,
    help="A bundle proves what it holds; a table is only read.",
)
@click.option(
    "--log", type=click.Choice(LOGS), default="ledger", show_default=True, help="Which log."
)
@click.option("--tree", help="Which shard of the access log, if not the open one.")
@click.option("--subject", help="Only entries about this subject, as patient:<id>.")
@click.option("--actor", help="Only entries by this actor, as person:<id>.")
@click.option("--kind", help="Only entries of this kind, or of this area.")
@click.option("--org", type=click.UUID, help="Only entries by this organisation.")
@click.option("--since", type=_MOMENT, help="From this moment on.")
@click.option("--before", type=_MOMENT, help="Before this moment.")
@click.option("--outcome", help="Only decisions with this outcome; several with commas.")
@click.option("--purpose", help="Only for this purpose, as a code; several with commas.")
@click.option("--reason", help="Only for this reason, as a code; several with commas.")
@with_appcontext
def export(
    file: Path,
    recipient: str,
    recipient_id: UUID | None,
    form: str,
    tree: str | None,
    **conditions: Any,
) -> None:
    """Write entries to FILE, recorded with who gets them.

    A bundle is checked by `python -m audit verify FILE`, alone. Without conditions it holds
    the whole log, so that nothing can be missing from it; with --subject the chain of one
    subject, and the proof that it is complete up to the last `commit-heads`. Moments are like
    2026-03-01T00:00:00+0000.
    """
    if file.exists():
        raise click.ClickException(f"{file} is there already; give another name")
    if not recipient and recipient_id is None:
        raise click.UsageError("say who gets it: --for or --for-org")
    which = Filter(**conditions)
    with unit_of_work(Actor.system("operator")) as work:
        announced = exports.announce(
            work,
            which=which,
            recipient=recipient,
            recipient_id=recipient_id,
            form=Form(form),
            tree=tree,
        )
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        with snapshot(db.engine) as session, unfinished.open("xb") as out:
            _write(session, announced, out)
        unfinished.replace(file)  # So that FILE is whole or not there.
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    click.echo(f"{announced.rows} entries up to size {announced.size}, for {announced.recipient}")
    if announced.form is Form.BUNDLE:
        for line in _how_to_check(file, announced):
            click.echo(line)


def _write(session: Session, announced: Export, out: Any) -> None:
    signers, settings = (current_app.extensions[name] for name in ("signers", "settings"))
    demonstration: bool = settings.demonstration
    if announced.form is Form.CSV:
        out.writelines(listings.csv_pieces(session, announced, demonstration=demonstration))
    elif announced.form is Form.JSONL:
        out.writelines(listings.jsonl_pieces(session, announced, demonstration=demonstration))
    else:
        bundles.write(
            session,
            announced,
            out,
            key=signers[announced.tree].verifier(),
            ledger_key=signers["ledger"].verifier(),
            demonstration=demonstration,
        )


def _how_to_check(file: Path, announced: Export) -> Iterator[str]:
    signers = current_app.extensions["signers"]
    note = receipts.checkpoint_of(db.session(), announced.tree, announced.size).note
    now = signers[announced.tree].verifier()
    key = log_names.key_that_signed(db.session(), announced.tree, note, now)
    if announced.chain is not None:
        left_out = announced.chain.links - announced.rows
        yield (
            f"complete up to size {announced.chain.heads_size}: the log committed there to where "
            f"every chain ends; {left_out} more entries of it are in it by their hashes"
        )
    command = f"python -m audit verify {file} --key '{key}'"
    if announced.chain is not None and announced.tree != "ledger":
        command += f" --heads-key '{signers['ledger'].verifier()}'"
    yield f"check it with: {command}"


@click.command("commit-heads")
@with_appcontext
def commit_heads() -> None:
    """Commit to where the chain of every subject ends now, in every log.

    The service does this by itself (LEDGER_HEADS_EVERY_MINUTES). A bundle about a subject is
    proved complete up to the last time. Where nothing changed, nothing is recorded.
    """
    done = heads.commit_all(db.engine, by=Actor.system("operator"))
    for one in done:
        click.echo(
            f"{one.tree}: {one.map.subjects} chains up to size {one.checkpoint.size}, "
            f"root {one.map.root.hex()}"
        )
    if not done:
        click.echo("nothing changed since the last time")


COMMANDS: Final = (export, commit_heads)
