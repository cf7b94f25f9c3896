"""``ledger log``: check, replay and hand out the audit log."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from audit.__main__ import main as verify_alone
from audit.progress import Progress
from ledger.commands import log_check, log_export
from ledger.commands.log_keeping import COMMANDS
from ledger.commands.log_publish import publish
from ledger.core import log_names, receipts, replay
from ledger.core.db import db, snapshot
from ledger.core.signers import Signers
from ledger.core.trail import LOGS, LogFrontier

_log = click.option(
    "--log", type=click.Choice(LOGS), default="ledger", show_default=True, help="Which log."
)


@click.group("log")
def group() -> None:
    """The audit log: check it, replay it, and hand out what others check by themselves."""


@group.command("key")
@_log
@click.option(
    "--next",
    "following",
    is_flag=True,
    help="Of the next shard of the access log: give it to witnesses before it begins.",
)
@with_appcontext
def key(log: str, *, following: bool) -> None:
    """Print the public keys that check this log's signatures. Give them to whoever asks."""
    signers: Signers = current_app.extensions["signers"]
    if following and log != log_names.SHARDED:
        raise click.UsageError("only the access log is cut into shards: add --log access")
    if following:
        coming = signers[log_names.next_shard(db.session())]
        click.echo("\n".join(str(verifier) for verifier in coming.verifiers()))
        return
    tree = log_names.open_tree(db.session(), log)
    for one in log_names.given_out(db.session(), tree, signers[tree].verifiers()):
        click.echo(one)


@group.command("replay")
@click.argument("url", required=False)
@with_appcontext
def replay_all(url: str | None) -> None:
    """Rebuild the ledger's state from its log, in an empty database, and compare.

    Without URL the copy is a temporary file. With it, an empty database that you own;
    it is left there to be looked at. Exits 0 when they agree, and 1 when they do not,
    naming each row that differs. What is erased cannot be rebuilt, and is no difference.
    """
    with snapshot(db.engine) as session:
        rows = [session.get(LogFrontier, log) for log in LOGS]
        progress = Progress("replaying", sum(row.size for row in rows if row))
    with _copy(url) as copy:
        try:
            report = replay.replay(db.engine, copy, advance=progress.advance)
        except replay.NotEmpty as error:
            raise click.ClickException(f"{error}. Give the URL of an empty one.") from error
        finally:
            progress.close()
    for table, count in report.rows.items():
        click.echo(f"{table}: {count} rows")
    if report.erased:
        click.echo(f"{len(report.erased)} entries have private fields that are erased")
    for entry_id, private_group in report.unexplained:
        click.echo(f"UNEXPLAINED {entry_id}: no entry says what destroyed its {private_group}")
    for difference in report.differences:
        click.echo(f"DIFFERS {difference}")
    if report.differences:
        raise click.ClickException(
            f"{len(report.differences)} differences: the ledger is not what its log says"
        )
    click.echo(f"equal: {report.entries} entries make exactly this state")


@contextmanager
def _copy(url: str | None) -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="ledger-replay-") as folder:
        try:
            engine = create_engine(url or f"sqlite:///{folder}/copy.sqlite3")
        except (ArgumentError, NoSuchModuleError) as error:
            raise click.BadParameter(f"not the URL of a database: {error}") from error
        try:
            yield engine
        finally:
            engine.dispose()


@group.command("receipt")
@click.argument("entry_id", type=click.UUID)
@with_appcontext
def receipt(entry_id: UUID) -> None:
    """Print the receipt of an entry: the proof that it is in the log, for ever."""
    with snapshot(db.engine) as session:
        click.echo(receipts.receipt_of(session, entry_id).to_text(), nl=False)


@group.command("verify", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def verify(arguments: tuple[str, ...]) -> None:
    """Check a bundle, as `python -m audit verify` does. Needs no database."""
    raise SystemExit(verify_alone(["verify", *arguments]))


for _command in (*log_check.COMMANDS, *COMMANDS, *log_export.COMMANDS):
    group.add_command(_command)


group.add_command(publish)
