"""What needs every process to stand still finds out whether one does not."""

from dataclasses import replace
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from flask import Flask
from sqlalchemy import Engine

from ledger.app import create_app
from ledger.commands.keys import group
from ledger.core import presence
from ledger.core.db import db
from ledger.core.presence import StillServing
from ledger.settings import BadSettings
from tests.databases import settings_for


def _is_alone(engine: Engine) -> bool:
    try:
        with presence.alone(engine):
            return True
    except StillServing:
        return False


def _becomes(engine: Engine, *, alone: bool) -> bool:
    """Say whether it comes to that within ten seconds: locks come, and go, with connections."""
    end_s = monotonic() + 10
    while _is_alone(engine) is not alone and monotonic() < end_s:
        sleep(0.01)
    return _is_alone(engine) is alone


def test_nobody_is_alone_while_a_process_serves(app: Flask) -> None:
    engine, stops = db.engine, [Event(), Event()]
    threads = [Thread(target=presence.serving, args=(engine, stop)) for stop in stops]
    assert _is_alone(engine)
    for thread in threads:
        thread.start()
    assert _becomes(engine, alone=False)
    stops[0].set()
    threads[0].join(10)
    assert _becomes(engine, alone=False), "the other still serves"
    stops[1].set()
    threads[1].join(10)
    assert _becomes(engine, alone=True)


def test_the_master_key_is_not_replaced_under_a_process_that_serves(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Event()
    thread = Thread(target=presence.serving, args=(db.engine, stop))
    thread.start()
    assert _becomes(db.engine, alone=False)
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, master_key_previous=b"o" * 32)
    result = app.test_cli_runner().invoke(group, ["rewrap"])
    stop.set()
    thread.join(10)
    assert result.exit_code == 1
    assert "still serves this database" in result.output


def test_a_checkpoint_store_is_never_the_ledgers_own_database() -> None:
    url = "postgresql+psycopg://a:b@db.example:5432/ledger"
    same = settings_for(url, checkpoint_store="postgresql://c:d@db.example/ledger")
    with pytest.raises(BadSettings, match="own database"):
        create_app(same)
