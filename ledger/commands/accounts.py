"""``ledger account``: how people sign in, for whoever runs the service."""

from uuid import UUID

import click
from flask import current_app
from flask.cli import with_appcontext

from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.directory import queries as directory
from ledger.edge import accounts, forgetting


@click.group("account")
def group() -> None:
    """How people sign in: invitations, sessions, local accounts."""


@group.command("invite")
@click.argument("email")
@with_appcontext
def invite(email: str) -> None:
    """Print an address at which somebody of the directory chooses anew how they sign in.

    For whoever has lost their password. It works once, and for three days; until then they
    may go on as they were. Make sure that you give it to them and nobody else.
    """
    person_id = directory.person_by_email(db.session(), email)
    if person_id is None:
        raise NotFound("nobody in the directory has that e-mail address")
    token = accounts.invite(person_id, email)
    click.echo(f"{current_app.extensions['settings'].public_url}/invitation/{token}")


@group.command("end-sessions")
@click.argument("person_id", type=click.UUID)
@with_appcontext
def end_sessions(person_id: UUID) -> None:
    """Sign a person out everywhere, and end what they have given to programs."""
    click.echo(f"ended {forgetting.sign_out_everywhere(person_id)} sessions")


@group.command("close")
@click.argument("person_id", type=click.UUID)
@with_appcontext
def close(person_id: UUID) -> None:
    """Take away every way in which a person signs in. The directory still knows them."""
    forgetting.forget_sign_in(person_id)
    click.echo(f"closed {person_id}")
