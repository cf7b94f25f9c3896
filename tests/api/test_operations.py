"""Alive, ready, and how it is doing."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from ledger.core import clock
from ledger.core.db import db
from tests.conftest import NOW, Sequenced
from tests.core.given import register_organisation


def test_the_process_answers(app: Flask) -> None:
    assert app.test_client().get("/healthz").json == {"status": "ok"}


def test_ready_when_database_revision_and_sequencer_are(app: Flask, sequenced: Sequenced) -> None:
    register_organisation()
    waiting = (app.test_client().get("/readyz").json or {})["parts"]["sequencer"]
    assert waiting == {"ok": True, "waiting": 1, "lag_s": 0.0}

    sequenced()

    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    parts = (answer.json or {})["parts"]
    assert parts["sequencer"]["waiting"] == 0
    assert parts["revision"]["is"] == parts["revision"]["needs"]


def test_not_ready_when_nobody_sequences(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    register_organisation()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=5))

    answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert (answer.json or {})["parts"]["sequencer"]["ok"] is False


def test_not_ready_at_another_revision(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.api.operations.needed_revision", lambda: "9999")
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert (answer.json or {})["parts"]["revision"]["needs"] == "9999"


def test_not_ready_without_its_database(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise db_error

    try:
        db.session.execute(text("SELECT * FROM nowhere"))
    except Exception as error:  # noqa: BLE001  (any driver's)
        db_error = error
    db.session.rollback()
    monkeypatch.setattr(db.session, "execute", refuse)

    answer = app.test_client().get("/readyz")

    assert answer.status_code == 503
    assert (answer.json or {})["parts"] == {"database": {"ok": False}}


def test_metrics_count_by_pattern_and_name_nobody(app: Flask) -> None:
    client = app.test_client()
    client.get("/static/app.css")
    client.get("/Ada/Lovelace")

    found = client.get("/metrics").text

    assert 'ledger_requests_total{method="GET",route="/static/<name>",status="200"}' in found
    assert 'route="(no such route)"' in found
    assert "ledger_sequencer_lag_seconds" in found
    assert "Lovelace" not in found
