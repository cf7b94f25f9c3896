"""A client that is signed in as whoever a test says."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, g

from ledger.core.actor import Actor

ClientOf = Callable[[Actor | None], Any]


@pytest.fixture
def client_of(app: Flask) -> ClientOf:
    """Return a client that is signed in as the given actor."""
    who: list[Actor | None] = [None]

    def signed_in() -> None:
        if who[0] is not None:
            g.actor = who[0]

    app.before_request(signed_in)

    def make(actor: Actor | None) -> Any:
        who[0] = actor
        return app.test_client()

    return make
