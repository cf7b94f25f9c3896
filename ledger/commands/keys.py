"""``ledger keys``: replace the master key."""

import click
from flask import current_app
from flask.cli import with_appcontext

from audit.progress import Progress
from ledger.core import presence, rewrapping
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.db import db
from ledger.core.entries import MasterKeyReplaced
from ledger.core.master_key import LocalKey
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.settings import Settings


@click.group("keys")
def group() -> None:
    """The master key, which wraps the keys of private data."""


@group.command("rewrap")
@with_appcontext
def rewrap() -> None:
    """Put every key of private data under a new master key. Stop the service first.

    Give the new key as LEDGER_MASTER_KEY and the old one as LEDGER_MASTER_KEY_PREVIOUS. If it
    is killed, run it again: it goes on where it was, and nothing serves until it has finished.
    Keep the old key, apart, for as long as you keep backups from before; then destroy it.
    """
    settings: Settings = current_app.extensions["settings"]
    if not settings.master_key_previous:
        raise click.ClickException("give the old key as LEDGER_MASTER_KEY_PREVIOUS")
    old, new = LocalKey(settings.master_key_previous), LocalKey(settings.master_key)
    progress = Progress("re-wrapping", rewrapping.size(db.session()))
    db.session.remove()
    try:
        with presence.alone(db.engine):
            report = rewrapping.rotate(
                db.engine, old, new, advance=lambda _, done: progress.advance(done)
            )
    except (rewrapping.CannotRotate, presence.StillServing) as error:
        raise click.ClickException(str(error)) from error
    finally:
        progress.close()
    with unit_of_work(Actor.system("operator")) as work:
        work.authorise(Permission.KEYS_REWRAP, on=Resource())
        entry = MasterKeyReplaced(
            old_key=old.fingerprint, new_key=new.fingerprint, rows=report.done
        )
        work.record(entry)
    click.echo(
        f"{report.done} rows are under master key {new.fingerprint}. Now run "
        "`ledger erasure sweep`, take LEDGER_MASTER_KEY_PREVIOUS away, and start the service."
    )
