"""The application with a few views of our own, to try the shell without any area."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue

from ledger.core.actor import Actor, Role
from ledger.core.ids import new_id
from tests.databases import NewDatabase, running

View = Callable[..., ResponseReturnValue]
Probe = Callable[..., FlaskClient]

SOMEBODY = Actor.person(
    UUID("018f0000-0000-7000-8000-000000000001"),
    roles=frozenset({Role.STEWARD, Role.AUDITOR}),
    organisation_id=new_id(),
)


@pytest.fixture
def probe(new_database: NewDatabase) -> Iterator[Probe]:
    """Make a client of the application with extra views, and somebody signed in."""
    yield from _probes(new_database())


@pytest.fixture
def light_probe(sqlite_databases: NewDatabase) -> Iterator[Probe]:
    """The same on one kind of database, for what has nothing to do with databases."""
    yield from _probes(sqlite_databases())


def _probes(url: str) -> Iterator[Probe]:
    with ExitStack() as stack:

        def make(
            views: dict[str, View] | None = None, actor: Actor | None = None, **config: Any
        ) -> FlaskClient:
            app: Flask = stack.enter_context(running(url))
            app.testing = False  # Errors are answered, as they are in use.
            app.config.update({"WTF_CSRF_ENABLED": False, **config})
            for rule, view in (views or {}).items():
                app.add_url_rule(rule, rule.replace(".", "-"), view, methods=["GET", "POST", "PUT"])

            def signed_in() -> None:
                if actor is not None:
                    g.actor = actor

            app.before_request(signed_in)  # After whatever else finds out who asks.
            return app.test_client()

        yield make
