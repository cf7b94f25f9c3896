"""``ledger erasure``: erase somebody, and have the database forget what was deleted."""

from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import create_engine

from ledger.core import sweeping
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import service
from ledger.settings import Settings


@click.group("erasure")
def group() -> None:
    """Erase somebody, and have the database forget what was deleted."""


@group.command("of")
@click.argument("sort", type=click.Choice(["patient", "person"]))
@click.argument("subject_id", type=click.UUID)
@click.confirmation_option(prompt="For ever, and nobody can undo it. Erase?")
@with_appcontext
def erase(sort: str, subject_id: UUID) -> None:
    """Make everything private of a patient or a person unreadable, and end their way in.

    A retention hold refuses it; what the law exempts is kept until its period is over. Run
    `ledger erasure sweep` afterwards.
    """
    with unit_of_work(Actor.system("operator")) as work:
        if sort == "patient":
            service.erase(work, patient_id=subject_id)
        else:
            service.erase_person(work, person_id=subject_id)
    click.echo(f"erased {sort} {subject_id}; now run: ledger erasure sweep")


@group.command("sweep")
@with_appcontext
def sweep() -> None:
    """Rewrite what an erasure deleted from, so that no free page or dead row still has it.

    Run it as the owner (LEDGER_DATABASE_OWNER_URL), at a quiet hour: tables are locked while
    they are written anew. What starts with LEFT is for you to do; backups, replicas and archived
    logs must expire, or `ledger keys rewrap` makes the keys in them worthless.
    """
    settings: Settings = current_app.extensions["settings"]
    db.session.remove()
    db.engine.dispose()
    engine = create_engine(settings.owner_url)
    try:
        for said in sweeping.sweep(engine):
            click.echo(said)
    finally:
        engine.dispose()
