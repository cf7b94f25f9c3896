"""``ledger migrate``: the shape of the database."""

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import create_engine

from ledger.core import log_keeping, rulesets
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.migrate import knows, newest, revision_of, upgrade
from ledger.core.work import unit_of_work
from ledger.settings import Settings


@click.command("migrate")
@click.option("--check", is_flag=True, help="Only say whether it is needed; exit 1 if so.")
@with_appcontext
def group(*, check: bool) -> None:
    """Bring the database to this program's revision, as its owner.

    Uses LEDGER_DATABASE_OWNER_URL if it is set. A new database also gets its first
    ruleset, from policies/. Running it again changes nothing.
    """
    settings: Settings = current_app.extensions["settings"]
    if check:
        before = _revision(settings)
        if not knows(before):
            raise click.ClickException(too_new(before))
        if before != newest():
            raise click.ClickException(
                f"at {before or 'nothing'}, needs {newest()}: ledger migrate"
            )
        click.echo(f"at {before}")
        return
    for said in bring_to_newest(settings):
        click.echo(said)


def bring_to_newest(settings: Settings) -> list[str]:
    """Migrate, and bring the first ruleset into force; return what was done, in words."""
    before = _revision(settings)
    if not knows(before):
        raise click.ClickException(too_new(before))
    upgrade(settings.owner_url)
    done = [f"at {newest()}" if before == newest() else f"{before or 'nothing'} -> {newest()}"]
    if rulesets.newest(db.session()) is None:
        with unit_of_work(Actor.system("installer")) as work:
            ruleset = rulesets.activate(work)
        done.append(f"ruleset {ruleset.digest[:12]} is in force")
    with unit_of_work(Actor.system("installer")) as work:
        log_keeping.open_log(work, current_app.extensions["signers"])
    return done


def too_new(revision: str | None) -> str:
    """Say that this program is older than the database."""
    return (
        f"the database is at revision {revision}, which this program, at {newest()}, does not "
        "know: run the newer program that made it, or restore a backup from before"
    )


def _revision(settings: Settings) -> str | None:
    engine = create_engine(settings.owner_url)
    try:
        return revision_of(engine)
    finally:
        engine.dispose()
