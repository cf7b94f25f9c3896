"""``ledger log publish``: the log as files, for any web server or object store."""

import signal
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Final

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from audit.policy import Policy
from ledger.core import clock, log_names, published
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.db import db, snapshot
from ledger.core.entries import TrailExported
from ledger.core.errors import LedgerError
from ledger.core.log_directory import LogDirectory
from ledger.core.log_files import InUse
from ledger.core.policy import Permission
from ledger.core.published import PublishedCheckpoint
from ledger.core.witnessing import witness_lines
from ledger.core.work import unit_of_work

_LOOK_EVERY_S: Final = 1.0
_RECORD_EVERY: Final = timedelta(days=1)


@click.command("publish")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--log", "tree", default="ledger", show_default=True, help="Which tree.")
@click.option("--watch", is_flag=True, help="Go on, whenever a checkpoint is published.")
@click.option("--entries", is_flag=True, help="The entries too, which are not public; needs --for.")
@click.option("--for", "recipient", help="Who gets the entries; recorded in the log.")
@with_appcontext
def publish(
    directory: Path, tree: str, *, watch: bool, entries: bool, recipient: str | None
) -> None:
    """Publish a log in DIRECTORY, to be served by any web server or copied to an object store.

    Only what is new is written, and the checkpoint last, so that at every moment the directory
    verifies: python -m audit verify DIRECTORY --key KEY. Copy tiles before the checkpoint, too.

    Hashes and checkpoints are public. Entries are not: with --entries they lie in tile/entries,
    readable for this user's group alone, and that they leave is recorded (with --watch, each
    day again).
    """
    if entries and not (recipient or "").strip():
        raise click.UsageError("--entries needs --for: say who gets them")
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        out = LogDirectory(directory, tree)
    except (InUse, OSError) as error:
        raise click.ClickException(f"cannot publish in {directory}: {error}") from error
    try:
        _publish(out, tree, stop, watch=watch, recipient=recipient if entries else None)
    except LedgerError as error:
        raise click.ClickException(f"{error.title}: {error.detail}") from error
    except OSError as error:
        raise click.ClickException(f"cannot write in {directory}: {error.strerror}") from error
    finally:
        out.close()


def _publish(
    out: LogDirectory, tree: str, stop: Event, *, watch: bool, recipient: str | None
) -> None:
    done: PublishedCheckpoint | None = None
    recorded_at = None
    while not stop.is_set():
        with Session(db.engine) as session:
            shown = published.newest(session, tree)
        if shown is None and not watch:
            raise click.ClickException(
                f"nothing is published of {tree} yet: `ledger serve` does that, every few seconds"
            )
        if shown is not None and (done is None or (shown.size, shown.at) > (done.size, done.at)):
            now = clock.now()
            if recipient and (recorded_at is None or now - recorded_at >= _RECORD_EVERY):
                _record(shown, recipient, watch=watch)
                recorded_at = now
            with snapshot(db.engine) as session:
                written = out.publish(
                    session,
                    shown,
                    now_s=now.timestamp(),
                    entries=recipient is not None,
                    beside=_beside(session, tree),
                )
            click.echo(
                f"{tree}: {written.size} entries; {written.tiles} tiles and {written.bundles} "
                f"bundles written, {written.dropped} dropped"
            )
            done = shown
        if not watch:
            return
        stop.wait(_LOOK_EVERY_S)


def _record(shown: PublishedCheckpoint, recipient: str, *, watch: bool) -> None:
    """Record that entries leave, before they do. What follows later is in the same record."""
    with unit_of_work(Actor.system("operator")) as work:
        work.authorise(Permission.LOG_EXPORT, on=Resource())
        work.record(
            TrailExported(
                tree=shown.log,
                filters=(f"log={shown.log}", "directory", *(["continuing"] if watch else [])),
                rows=shown.size,
                size=shown.size,
                until=shown.at,
                recipient=recipient.strip(),
            )
        )


def _beside(session: Session, tree: str) -> dict[str, str]:
    """Return the files that go with the tiles: the keys, and the policy to check by."""
    signer = current_app.extensions["signers"][tree]
    keys = log_names.given_out(session, tree, signer.verifiers())
    policy: Policy | None = current_app.extensions["witness_policy"]
    logs = "".join(f"log {key}\n" for key in keys)
    return {
        "key": "".join(f"{key}\n" for key in keys),
        "policy": logs + (witness_lines(policy) if policy else "quorum none\n"),
    }
