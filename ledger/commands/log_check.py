"""``ledger log check``: everything that the log says, computed again from its entries."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from audit import Checkpoint, NoteError, Verifier
from audit.note import read_any
from audit.policy import Policy
from audit.progress import Progress
from ledger.core import check, heads, log_names, log_recovery
from ledger.core.check import resuming, rows
from ledger.core.check.report import Report
from ledger.core.db import db, snapshot
from ledger.core.trail import LOGS, LogFrontier

_ADVICE: Final = (
    "Keep this database as it is, stop the sequencer, and compare it with a backup and with "
    "checkpoints that others have kept; docs/runbook.md says how."
)


@click.command("check")
@click.option(
    "--kept",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with an older checkpoint, best one that somebody else has kept.",
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file to keep how far it came; entries that it covers are not read again.",
)
@click.option("--all-heads", is_flag=True, help="Recompute every committed map, not the newest.")
@with_appcontext
def check_all(kept: Path | None, resume: Path | None, *, all_heads: bool) -> None:
    """Recompute both logs from their entries, and compare all that is stored beside them.

    Leaves, tree, checkpoints of all names and keys, published notes and cosignatures, chains and
    committed heads, columns, private groups, texts, rows that name entries, the checkpoint
    store. All of it is checked, whatever is found on the way.

    Exits 0 when all agree, 1 when something does not, saying what and where, and 2 when it is
    used wrongly. What is in the database can be changed consistently by whoever has the signing
    key too: only a checkpoint that was kept elsewhere (--kept) tells then.

    With --resume an interrupted check goes on where it was. It trusts that rows which an earlier
    run has found in order have not changed since: check without it, too, from time to time.
    """
    progressed = _progressed(resume)
    wrong = 0
    with _saving(progressed), snapshot(db.engine) as session:
        kept_of, older = (None, None) if kept is None else _kept(session, kept)
        for log in _trees(session):
            wrong += _check_tree(session, log, older if log == kept_of else None, progressed)
        wrong += _say(rows.guarded("blobs", partial(check.check_blobs, session)))
        committed = partial(heads.disagreements, session, every=all_heads)
        wrong += _say(rows.guarded("committed heads", committed))
        wrong += _say(rows.guarded("rows that name entries", partial(rows.check_rows, session)))
        wrong += _say(rows.guarded("the log's tables", partial(rows.check_own_tables, session)))
        signers = current_app.extensions["signers"]
        store = partial(log_recovery.faults, session, signers)
        wrong += _say(rows.guarded("the checkpoint store", lambda: iter(store())))
    if wrong:
        raise click.ClickException(f"{wrong} things do not agree. {_ADVICE}")
    click.echo("everything agrees")


def _check_tree(
    session: Session, log: str, kept: Checkpoint | None, progressed: resuming.Progressed | None
) -> int:
    row = session.get(LogFrontier, log)
    progress = Progress(f"checking {log}", row.size if row else 0)
    found: list[Report] = []

    def run() -> Iterator[str]:
        report = check.check(
            session,
            log,
            current_app.extensions["signers"][log].verifier(),
            kept=kept,
            witnesses=_witnesses(),
            advance=progress.advance,
            mark=progressed.marks.get(log) if progressed else None,
            keep=progressed.keep if progressed else lambda _tree, _mark: None,
        )
        found.append(report)
        yield from (f"{log}: {fault}" for fault in report.faults)

    faults = list(rows.guarded(f"{log}: the tree", run))
    progress.close()
    for report in found:
        _sum_up(report)
    return _say(faults) + sum(report.more for report in found)


def _sum_up(report: Report) -> None:
    log = report.log
    click.echo(
        f"{log}: {report.size} entries, {report.pending} waiting, "
        f"{report.checkpoints} checkpoints agree, root {report.root.hex()}"
    )
    if report.resumed_at:
        click.echo(f"{log}: an earlier run has checked the first {report.resumed_at} entries")
    if report.earlier:
        click.echo(
            f"{log}: {report.earlier} checkpoints that were signed under an earlier name agree too"
        )
    if report.published:
        click.echo(f"{log}: {report.published} published checkpoints agree")
    if report.kept:
        click.echo(f"{log}: continues the checkpoint that was kept")
    if report.more:
        click.echo(f"{log}: {report.more} more things are wrong than are listed here")


def _progressed(path: Path | None) -> resuming.Progressed | None:
    try:
        return None if path is None else resuming.Progressed(path)
    except resuming.NoProgressFile as error:
        raise click.BadParameter(str(error), param_hint="--resume") from error


@contextmanager
def _saving(progressed: resuming.Progressed | None) -> Iterator[None]:
    """Write down how far it came, however it ends."""
    try:
        yield
    finally:
        if progressed is not None:
            progressed.save()


def _witnesses() -> list[Verifier]:
    policy: Policy | None = current_app.extensions["witness_policy"]
    return [one.verifier for one in policy.witnesses] if policy else []


def _trees(session: Session) -> list[str]:
    return [tree for log in LOGS for tree in log_names.trees(session, log)]


def _kept(session: Session, file: Path) -> tuple[str, Checkpoint]:
    """Return which tree a kept checkpoint is of, and what it says; past names and keys count."""
    for tree in _trees(session):
        past = log_names.verifiers(log_names.keys_of(session, tree))
        now = current_app.extensions["signers"][tree].verifier()
        try:
            text, _ = read_any(file.read_bytes().decode(), [now, *past])
            return tree, Checkpoint.from_text(text)
        except (NoteError, UnicodeDecodeError):
            continue
    raise click.ClickException(f"{file} is not a checkpoint that this service's keys have signed")


def _say(faults: Iterable[str]) -> int:
    said = 0
    for fault in faults:
        click.echo(f"WRONG {fault}")
        said += 1
    return said


COMMANDS: Final = (check_all,)
