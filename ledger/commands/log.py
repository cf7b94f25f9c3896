"""``ledger log``: check, replay and hand out the audit log."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session

from audit import Checkpoint, NoteError
from audit.__main__ import main as verify_alone
from audit.ed25519 import Ed25519Verifier
from audit.note import read_any
from audit.progress import Progress
from ledger.commands import log_export
from ledger.commands.log_keeping import COMMANDS
from ledger.commands.log_publish import publish
from ledger.core import check, heads, log_names, log_recovery, receipts, replay
from ledger.core.db import db, snapshot
from ledger.core.signers import Signers
from ledger.core.trail import LOGS, LogFrontier

_log = click.option(
    "--log", type=click.Choice(LOGS), default="ledger", show_default=True, help="Which log."
)


@click.group("log")
def group() -> None:
    """The audit log: check it, replay it, and hand out what others check by themselves."""


def _key(log: str) -> Ed25519Verifier:
    verifier: Ed25519Verifier = current_app.extensions["signers"][log].verifier()
    return verifier


@group.command("key")
@_log
@with_appcontext
def key(log: str) -> None:
    """Print the public keys that check this log's signatures. Give them to whoever asks."""
    signers: Signers = current_app.extensions["signers"]
    tree = log_names.open_tree(db.session(), log)
    for one in log_names.given_out(db.session(), tree, signers[tree].verifiers()):
        click.echo(one)


@group.command("check")
@click.option(
    "--kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with an older checkpoint, best one that somebody else has kept.",
)
@with_appcontext
def check_all(kept: Path | None) -> None:
    """Recompute both logs from their entries: leaves, tree, checkpoints, chains, texts.

    Exits 0 when all agree, and 1 when something does not, saying what and where. What is
    in the database can be changed consistently by whoever has the signing key too: only
    a checkpoint that was kept elsewhere (--kept) tells then.
    """
    wrong = 0
    with snapshot(db.engine) as session:
        kept_of, older = (None, None) if kept is None else _kept(session, kept)
        for log in _trees(session):
            row = session.get(LogFrontier, log)
            progress = Progress(f"checking {log}", row.size if row else 0)
            held = older if log == kept_of else None
            report = check.check(session, log, _key(log), kept=held, advance=progress.advance)
            progress.close()
            click.echo(
                f"{log}: {report.size} entries, {report.pending} waiting, "
                f"{report.checkpoints} checkpoints agree, root {report.root.hex()}"
            )
            if report.earlier:
                click.echo(
                    f"{log}: {report.earlier} checkpoints that were signed under an earlier name "
                    "agree too"
                )
            if report.kept:
                click.echo(f"{log}: continues the checkpoint that was kept")
            wrong += _say(report.faults)
        wrong += _say(list(check.check_blobs(session)))
        wrong += _say(list(heads.disagreements(session)))
    wrong += _say(log_recovery.faults(db.session(), current_app.extensions["signers"]))
    if wrong:
        raise click.ClickException(
            f"{wrong} things do not agree. Keep this database as it is, stop the sequencer, "
            "and compare it with a backup and with checkpoints that others have kept."
        )
    click.echo("everything agrees")


def _trees(session: Session) -> list[str]:
    return [tree for log in LOGS for tree in log_names.trees(session, log)]


def _kept(session: Session, file: Path) -> tuple[str, Checkpoint]:
    """Return which tree a kept checkpoint is of, and what it says; past names and keys count."""
    for tree in _trees(session):
        past = log_names.verifiers(log_names.keys_of(session, tree))
        try:
            text, _ = read_any(file.read_bytes().decode(), [_key(tree), *past])
            return tree, Checkpoint.from_text(text)
        except (NoteError, UnicodeDecodeError):
            continue
    raise click.ClickException(f"{file} is not a checkpoint that this service's keys have signed")


def _say(faults: list[str]) -> int:
    for fault in faults:
        click.echo(f"WRONG {fault}")
    return len(faults)


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


for _command in (*COMMANDS, *log_export.COMMANDS):
    group.add_command(_command)


group.add_command(publish)
