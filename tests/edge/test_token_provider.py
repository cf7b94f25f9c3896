"""A program's token says by which provider its person signed in, and opens no other door."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import g

from ledger.core.actor import Role
from ledger.core.policy import Permission
from ledger.edge import doors, identity, provider_links
from ledger.edge.oauth.tokens import AccessToken, InvalidToken
from tests.databases import NewDatabase
from tests.edge.asking import BACK, GRANTS, code, exchange, register
from tests.edge.browsing import Browser
from tests.edge.provider import CLIENT_ID, Provider, provider
from tests.given import directory as given
from tests.given.identity import bearer
from tests.journeys.conftest import Server, serving


@pytest.fixture
def national() -> Iterator[Provider]:
    with provider() as made:
        yield made


@pytest.fixture
def server(new_database: NewDatabase, national: Provider) -> Iterator[Server]:
    one = {
        "slug": "national",
        "name": "National Sign-in",
        "issuer": national.url,
        "client_id": CLIENT_ID,
        "client_secret": "s" * 32,
        "roles": ["auditor"],
        "level": "low",
    }
    bound = json.dumps([one])
    with serving(new_database(), oidc_providers=bound, local_level="high") as server:
        yield server


def test_a_token_opens_no_door_that_its_givers_provider_does_not(
    server: Server, browser: Browser, national: Provider
) -> None:
    auditor = given.member(Role.AUDITOR)
    provider_links.link(national.url, "somebody", auditor.id)
    there = browser.get("/sign-in/national", follow=False).headers["Location"]
    browser.get(browser.cookies.get(there, allow_redirects=False).headers["Location"])
    client_id, secret = register(
        name="Reader",
        organisation_id=given.organisation(),
        scopes=["log:read"],
        grant_types=GRANTS,
        redirect_uris=[BACK],
    )
    program = (str(client_id), secret or "")
    access_token = exchange(server, program, code(browser, program)).json()["access_token"]
    with server.app.test_request_context("/api/v1/x", headers=bearer(access_token)):
        identity.identify()
        proof, _ = identity._proof()
        actor = g.actor
    assert proof.iss == server.url, "we are who said so in the token"
    assert proof.provider == national.url
    assert Permission.LOG_READ in actor.unproven, "a weak sign-in stays weak in a program's hands"
    door = doors.of_token(proof)
    assert (door.as_patient, door.roles) == (False, frozenset({Role.AUDITOR}))


def test_what_somebody_gave_as_a_patient_makes_no_one_staff(server: Server) -> None:
    auditor = given.member(Role.AUDITOR)  # Whose record was linked when they gave it.
    token = AccessToken(
        client_id=str(uuid4()),
        person_id=auditor.id,
        membership_id=None,
        organisation_id=None,
        roles=frozenset(),
        scopes=frozenset({"log:read"}),
        audience=(server.url,),
        authentication=None,
        grant_id=uuid4(),
        token_id="t-1",
        ends_at=0,
    )
    with pytest.raises(InvalidToken), server.app.test_request_context("/api/v1/x"):
        identity.actor_of(token)
