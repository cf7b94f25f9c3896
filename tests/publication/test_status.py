"""Anybody sees what the log has published, and who vouches for it."""

from datetime import timedelta

import pytest
from flask import Flask

from ledger.core import sequencer
from ledger.core.db import db
from ledger.core.publishing import Publisher
from ledger.core.witnessing import Witnesses
from ledger.web.log_status import ago
from tests.conftest import NOW, Sequenced
from tests.core.given import register_organisation
from tests.publication.witnesses import FAULTS, TIMEOUT_S, Stand, policy, serving


def test_the_page_says_who_has_cosigned_and_who_has_not(app: Flask) -> None:
    client = app.test_client()
    assert "Nothing yet" in client.get("/log").text
    key = app.extensions["signers"]["ledger"].verifier()
    good, bad = Stand("good.example", keys=[key]), Stand("bad.example", FAULTS["fails"][0])
    register_organisation()
    sequencer.drain(db.engine, app.extensions["signers"])
    with serving([good, bad]):
        rules = app.extensions["witness_policy"] = policy([good, bad], 1)
        witnesses = Witnesses(db.engine, rules, timeout_s=TIMEOUT_S)
        shown = Publisher(db.engine, every_s=0, idle_every_s=0, cosigners=witnesses)
        assert shown.publish_due("ledger", at=NOW)
    db.session.rollback()

    page = client.get("/log").text
    assert str(key) in page
    assert page.count("less than a minute ago") == 2
    assert "It has never cosigned." in page
    answer = client.get("/log/status.json").json
    assert answer is not None
    ledger, access = answer["logs"]
    assert (ledger["tree"], ledger["size"], access["size"]) == ("ledger", 1, None)
    said = {one["name"]: one["cosigned_at"] for one in ledger["witnesses"]}
    assert said == {"good.example": NOW.isoformat(), "bad.example": None}

    metrics = client.get("/metrics").text
    assert 'ledger_published_entries{log="ledger"} 1.0' in metrics
    success = "ledger_witness_last_success_timestamp_seconds"
    assert f'{success}{{log="ledger",witness="bad.example"}} 0.0' in metrics
    row = 'ledger_witness_failures_in_a_row{log="ledger",witness="bad.example"}'
    assert f"{row} 1.0" in metrics
    assert 'ledger_witness_lag_entries{log="ledger",witness="bad.example"} 1.0' in metrics
    assert 'ledger_witness_lag_entries{log="ledger",witness="good.example"} 0.0' in metrics


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "less than a minute ago"),
        (59, "less than a minute ago"),
        (60, "1 minute ago"),
        (7300, "2 hours ago"),
        (90000, "1 day ago"),
    ],
)
def test_how_long_ago_is_said_roughly(seconds: int, said: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == said


def test_what_never_changes_may_be_kept_for_ever(app: Flask, sequenced: Sequenced) -> None:
    client = app.test_client()
    for _ in range(3):
        register_organisation()
    sequenced()
    for address, cached in (("tile/0/000.p/3", "immutable"), ("checkpoint", "max-age=5")):
        answer = client.get(f"/log/{address}")
        assert cached in answer.headers["Cache-Control"]
        tag = {"If-None-Match": answer.headers["ETag"]}
        again = client.get(f"/log/{address}", headers=tag)
        assert (again.status_code, again.data) == (304, b"")
    register_organisation()
    sequencer.drain(db.engine, app.extensions["signers"])
    db.session.rollback()
    assert client.get("/log/tile/0/000.p/4").status_code == 404, "signed, and not yet published"
    sequenced()
    db.session.rollback()
    assert client.get("/log/tile/0/000.p/4").status_code == 200
    assert client.get("/log/tile/0/000.p/3").status_code == 200, "as it was published before"
    for nothing in ("nolog/checkpoint", "nolog/key", "access-7/key", "nolog/tile/0/000.p/1"):
        assert client.get(f"/log/{nothing}").status_code == 404
