"""What tests of messages share: somebody who keeps endpoints, and a program that listens."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from ledger.core.actor import Actor
from ledger.core.db import TO_WRITE, db
from ledger.messages import queue
from ledger.messages.delivering import Deliverer
from tests.messages.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as one:
        yield one


@pytest.fixture
def deliver(app: Flask, sequenced: Callable[[], None]) -> Callable[[], None]:
    """Index what is committed, queue it and send what is due, until nothing is."""
    deliverer = Deliverer(db.engine, app.app_context, source="https://test.example", private=True)

    def run() -> None:
        db.session.rollback()
        sequenced()
        with db.engine.connect().execution_options(**TO_WRITE) as connection:
            while queue.fill(connection):
                pass
        while True:
            with ThreadPoolExecutor(4) as pool:
                if not deliverer.send(pool):
                    return

    return run


@pytest.fixture
def act_as(app: Flask) -> Callable[[Actor], FlaskClient]:
    """Return a client for whom somebody is signed in."""
    app.config["WTF_CSRF_ENABLED"] = False
    app.testing = False  # Errors are answered, as they are in use.
    acting: list[Actor] = []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: setattr(g, "actor", acting[0]))

    def sign_in(actor: Actor) -> FlaskClient:
        acting[:] = [actor]
        return app.test_client()

    return sign_in
