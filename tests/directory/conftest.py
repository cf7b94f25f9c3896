"""Clients that are signed in as somebody, without signing in: that is tried elsewhere."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from ledger.core.actor import Actor

ActAs = Callable[[Actor], FlaskClient]


@pytest.fixture
def act_as(app: Flask) -> ActAs:
    app.config["WTF_CSRF_ENABLED"] = False
    app.testing = False  # Errors are answered, as they are in use.
    acting: list[Actor] = []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: setattr(g, "actor", acting[0]))

    def sign_in(actor: Actor) -> FlaskClient:
        acting[:] = [actor]
        return app.test_client()

    return sign_in


def form(**fields: str) -> dict[str, str]:
    """A form as a page sends it: with a fresh one-time token."""
    return {"once": uuid4().hex, **fields}
