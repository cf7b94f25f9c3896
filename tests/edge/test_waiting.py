"""``Prefer: wait``: the answer comes when the log has signed what the command recorded."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from uuid import UUID

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import event

from ledger.core import receipts, sequencer
from ledger.core.db import db
from ledger.core.inclusion import WAITERS_MAX, Inclusion
from ledger.edge.waiting import seconds_preferred
from tests.core.given import STEWARD, register_organisation, register_patient
from tests.databases import NewDatabase, running

pytestmark = pytest.mark.real_time
BODY = {"name": "Eastmoor Council", "kind": "council"}
PLACE = "/api/v1/organisations"


def client_of(app: Flask) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: setattr(g, "actor", STEWARD))
    return app.test_client()


@contextmanager
def sequencing(app: Flask) -> Iterator[None]:
    stop = Event()
    options = {"every_ms": 50, "stop": stop}
    arguments = (db.engine, app.extensions["signers"])
    thread = Thread(target=sequencer.run, args=arguments, kwargs=options)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["wait=5"], 5),
        (["Wait = 7"], 7),
        (['respond-async, wait="3"; why=not'], 3),
        (["return=minimal", "wait=2"], 2),
        (["wait=1, wait=9"], 1),
        (["wait"], 0),
        (["wait=-1"], 0),
        (["wait=soon"], 0),
        (["await=5"], 0),
        ([], 0),
    ],
)
def test_the_preference_is_read_as_rfc_7240_says(headers: list[str], seconds: int) -> None:
    assert seconds_preferred(headers) == seconds


def test_a_command_is_answered_when_the_log_has_signed_it(app: Flask) -> None:
    client = client_of(app)
    headers = {"Prefer": "wait=10", "Idempotency-Key": "one"}
    with sequencing(app):
        answer = client.post(PLACE, json=BODY, headers=headers)
        again = client.post(PLACE, json=BODY, headers=headers)

    assert answer.status_code == 201, answer.json
    assert answer.headers["Preference-Applied"] == "wait"
    receipt = next(one for one in answer.headers.getlist("Link") if 'rel="log-receipt"' in one)
    entry_id = UUID(receipt.split("/")[-2])
    db.session.rollback()
    made = receipts.receipt_of(db.session(), entry_id)
    assert made.index == int(answer.headers["Log-Index"]), "it has its receipt at once"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == answer.json
    assert again.headers["Log-Index"] == answer.headers["Log-Index"]


def test_an_entry_that_is_not_signed_in_time_is_no_error(app: Flask) -> None:
    client = client_of(app)
    began = monotonic()
    answer = client.post(PLACE, json=BODY, headers={"Prefer": "wait=1"})
    assert 0.9 < monotonic() - began < 5
    assert answer.status_code == 201
    assert "Preference-Applied" not in answer.headers
    assert 'rel="log-entry"' in answer.headers["Link"]

    began = monotonic()
    plain = client.post(PLACE, json={**BODY, "name": "Another"})
    refused = client.post(PLACE, json={}, headers={"Prefer": "wait=5"})
    read = client.get(PLACE, headers={"Prefer": "wait=5"})
    assert (plain.status_code, refused.status_code, read.status_code) == (201, 422, 200)
    assert monotonic() - began < 1, "who asks for nothing, or records nothing, waits for nothing"


def test_nobody_waits_longer_than_the_setting_says(new_database: NewDatabase) -> None:
    with running(new_database(), wait_max_s=1) as app:
        began = monotonic()
        answer = client_of(app).post(PLACE, json=BODY, headers={"Prefer": "wait=9999"})
        assert answer.status_code == 201
        assert monotonic() - began < 5


def test_however_many_wait_one_thread_looks_and_only_so_many_may(app: Flask) -> None:
    organisation_id = register_organisation()
    ids = [
        register_patient(organisation_id, nhs_number=number)[1]
        for number in ("9990000018", "9990000026")
    ]
    asked: list[str] = []
    inclusion = Inclusion(db.engine)
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(str(given[2])))
    with ThreadPoolExecutor(WAITERS_MAX + 1) as threads:
        waiting = [threads.submit(inclusion.wait, ids, seconds=1.0) for _ in range(WAITERS_MAX)]
        while len(inclusion._waiters) < WAITERS_MAX:
            Event().wait(0.005)
        assert inclusion.wait(ids, seconds=30) is None, "one too many is answered at once"
        assert [one.result() for one in waiting] == [None] * WAITERS_MAX
    assert len([one for one in asked if "entries" in one]) < 40, "one look for all, 20 a second"

    sequencer.drain(db.engine, app.extensions["signers"])
    found = inclusion.wait(ids, seconds=5)
    assert found == {ids[0]: 1, ids[1]: 2}
