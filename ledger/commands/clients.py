"""``ledger client``: programs that get tokens, and the keys that sign them."""

import json
from pathlib import Path
from typing import Final
from uuid import UUID

import click
from flask.cli import with_appcontext

from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.oauth import client_rules, clients, registration
from ledger.edge.oauth.keys import keyrings

OPERATOR: Final = Actor.system("operator")
_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group("client")
def group() -> None:
    """Programs that act for an organisation, and the keys that sign their tokens."""


@group.command("register")
@click.option("--name", required=True, help="What people call the program.")
@click.option("--organisation", required=True, help="The ODS code of whom it acts for.")
@click.option("--scope", "scopes", multiple=True, required=True, help="A permission; repeat it.")
@click.option(
    "--grant",
    "grant_types",
    multiple=True,
    default=("client_credentials",),
    show_default=True,
    type=click.Choice(client_rules.GRANT_TYPES),
    help="How it comes by tokens; repeat it.",
)
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where people come back to.")
@click.option(
    "--auth",
    "auth_method",
    default="client_secret_basic",
    show_default=True,
    type=click.Choice(client_rules.AUTH_METHODS),
    help="How it proves that it is itself.",
)
@click.option("--jwks", type=_FILE, help="Its public keys (a JWK set), for private_key_jwt.")
@click.option(
    "--fapi",
    is_flag=True,
    help="Hold it to FAPI 2.0: private_key_jwt, pushed requests, tokens bound by DPoP.",
)
@click.option("--pushed-only", is_flag=True, help="It may ask people by pushed requests alone.")
@click.option("--dpop-only", is_flag=True, help="It gets no token that is not bound to its key.")
@with_appcontext
def register(
    *,
    name: str,
    organisation: str,
    scopes: tuple[str, ...],
    grant_types: tuple[str, ...],
    redirect_uris: tuple[str, ...],
    auth_method: str,
    jwks: Path | None,
    fapi: bool,
    pushed_only: bool,
    dpop_only: bool,
) -> None:
    """Register a program. Prints its client id, and its secret, which is not shown again."""
    organisation_id = _organisation_id(organisation)
    try:
        keys = json.loads(jwks.read_text()) if jwks else None
    except ValueError as error:
        raise click.ClickException(f"{jwks} is no JSON: {error}") from error
    with unit_of_work(OPERATOR) as work:
        client_id, secret = clients.register(
            work,
            name=name,
            organisation_id=organisation_id,
            scopes=scopes,
            grant_types=grant_types,
            redirect_uris=redirect_uris,
            auth_method=auth_method,
            jwks=keys,
            profile=client_rules.FAPI if fapi else "",
            pushed_only=pushed_only or fapi,
            dpop_only=dpop_only or fapi,
        )
    click.echo(f"client_id {client_id}")
    if secret:
        click.echo(f"client_secret {secret}")


@group.command("list")
@click.option("--waiting", "of", help="Those that wait for approval, by this ODS code, instead.")
@with_appcontext
def show(*, of: str | None) -> None:
    """List the programs that are registered, or those that registered themselves and wait."""
    found = registration.waiting(_organisation_id(of)) if of else clients.registered()
    for one in found:
        click.echo(f"{one.client_id}  {one.name}: {', '.join(sorted(one.scopes))}")
        if of:
            click.echo(f"  people come back to: {', '.join(one.redirect_uris) or 'nowhere'}")
            click.echo(f"  approve it with --read {registration.fingerprint(one)}")


@group.command("approve")
@click.argument("client_id", type=click.UUID)
@click.option("--organisation", required=True, help="The ODS code of whom it acts for.")
@click.option("--read", required=True, help="What `client list --waiting` shows beside it.")
@with_appcontext
def approve(client_id: UUID, organisation: str, read: str) -> None:
    """Let a program that registered itself do what it asked for, if it asks for that still."""
    organisation_id = _organisation_id(organisation)
    with unit_of_work(OPERATOR) as work:
        known = registration.approve(
            work, client_id=client_id, organisation_id=organisation_id, read=read
        )
    click.echo(f"approved {client_id} {known.name}")


@group.command("close")
@click.argument("client_id", type=click.UUID)
@with_appcontext
def close(client_id: UUID) -> None:
    """End a program's registration, and every token it has, within seconds."""
    with unit_of_work(OPERATOR) as work:
        clients.close(work, client_id)
    click.echo(f"closed {client_id}")


@group.command("rotate-key")
@with_appcontext
def rotate_key() -> None:
    """Make a new key that signs tokens from an hour from now; until then it is published.

    Tokens that the old key signed stay good until they run out.
    """
    click.echo(f"key {keyrings().rotate()} signs in an hour")


def _organisation_id(ods_code: str) -> UUID:
    found = directory.organisation_by_code(db.session(), ods_code)
    if found is None:
        raise NotFound(f"no organisation here has the ODS code {ods_code}")
    return found.id
