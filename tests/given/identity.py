"""Sign-ins and tokens for any test.

account(actor, "a.steward")       the actor has a local account of that name, and PASSWORD
signed_in(app, actor)             a test client in whose session the actor has just signed in
program(organisation_id, ...)     a registered program: its client id and secret
token(app, program)               an access token by client credentials
bearer(token)                     the header that carries it
"""

from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.work import unit_of_work
from ledger.edge import accounts, sessions
from ledger.edge.oauth import clients
from ledger.edge.sessions import Authentication

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, slots=True)
class Program:
    """A registered program."""

    client_id: str
    secret: str


def account(person: Actor | UUID, username: str, password: str = PASSWORD) -> None:
    """Open a local account by an invitation, as its owner does."""
    person_id = person.id if isinstance(person, Actor) else person
    accounts.set_password(accounts.invite(person_id, username), password)


def signed_in(app: Flask, actor: Actor, *, minutes_ago: int = 0) -> FlaskClient:
    """Return a browser in which *actor* signed in, in the role they act in."""
    issuer = app.extensions["settings"].public_url
    proof = Authentication(
        iss=issuer,
        sub=str(actor.id),
        acr="urn:care-ledger:acr:password",
        amr=("pwd",),
        auth_time=int(clock.now().timestamp()) - minutes_ago * 60,
    )
    with app.test_request_context():
        sessions.begin(actor.id, proof, provider="local", membership_id=actor.membership_id)
        cookie = sessions.browser().new_token
    assert cookie is not None
    client = app.test_client()
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
    return client


def program(organisation_id: UUID, *scopes: str) -> Program:
    """Register a program of an organisation, for client credentials."""
    with unit_of_work(Actor.system("tests")) as work:
        client_id, secret = clients.register(
            work,
            name="Demonstration program",
            organisation_id=organisation_id,
            scopes=scopes or ("access:ask",),
        )
    assert secret is not None
    return Program(str(client_id), secret)


def token(app: Flask, given: Program, **asked: str) -> str:
    """Return an access token of a program."""
    answer = app.test_client().post(
        "/oauth/token",
        data={"grant_type": "client_credentials", **asked},
        auth=(given.client_id, given.secret),
    )
    assert answer.status_code == 200, answer.text
    found: str = answer.get_json()["access_token"]
    return found


def bearer(access_token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"Authorization": f"Bearer {access_token}"}
