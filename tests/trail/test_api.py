"""The trail over HTTP: searched, opened, proved and taken away; and static reads of the log."""

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from audit import Checkpoint, Receipt, Tile
from audit.ed25519 import Ed25519Verifier
from audit.note import read
from audit.tiles import from_bundle
from audit.verify import verify
from ledger.core import heads
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.ids import new_id
from tests.conftest import Sequenced
from tests.core.given import register_organisation
from tests.trail.given import AUDITOR, Known, partnership

ClientOf = Callable[[Actor | None], Any]


@pytest.fixture
def known(app: Flask, sequenced: Sequenced) -> Known:
    found = partnership(app)
    sequenced()
    return found


def patient_of(known: Known) -> Actor:
    return Actor.person(new_id(), roles=frozenset({Role.PATIENT}), patient_id=known.patient_id)


def test_an_auditor_searches_page_by_page(client_of: ClientOf, known: Known) -> None:
    client = client_of(AUDITOR)
    query = {"kind": "directory", "since": "2026-03-02T09:30:00Z", "limit": 3}

    first = client.get("/api/v1/log/entries", query_string=query)
    assert first.status_code == 200, first.json
    more = first.headers["Link"].split(">")[0].removeprefix("<")
    second = client.get(more)

    ids = [item["id"] for answer in (first, second) for item in answer.json["items"]]
    indexes = [item["index"] for answer in (first, second) for item in answer.json["items"]]
    assert (len(set(ids)), indexes) == (4, [3, 2, 1, 0])
    assert "Link" not in second.headers
    assert first.json["items"][0]["entry"]["kind"] == "directory.patient-registered"
    assert client.get("/api/v1/log/entries?kind=trail.read").json["items"][0]["index"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("subject=9990000018", "subject"),
        ("actor=nobody", "actor"),
        ("kind=UPPER", "kind"),
        ("org=1", "/org"),
        ("since=yesterday", "/since"),
        ("since=2026-01-01T00:00:00", "/since"),
        ("log=other", "/log"),
        ("nonsense=1", "/nonsense"),
        ("limit=0", "limit"),
        ("after=forged", "after"),
    ],
)
def test_a_bad_question_is_answered_with_its_field(
    client_of: ClientOf, known: Known, query: str, field: str
) -> None:
    answer = client_of(AUDITOR).get(f"/api/v1/log/entries?{query}")

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert [fault["field"] for fault in answer.json["errors"]] == [field]


def test_a_patient_opens_their_own_entry_and_checks_its_receipt(
    app: Flask, client_of: ClientOf, known: Known
) -> None:
    client = client_of(patient_of(known))
    address = f"/api/v1/log/entries/{known.entry_id}"

    opened = client.get(address).json
    body = client.get(f"{address}/bytes").data
    receipt = client.get(opened["receipt"])

    assert opened["index"] == 2
    assert receipt.content_type.startswith("text/plain")
    key = Ed25519Verifier.parse(client.get("/log/key").text.strip())
    assert Receipt.from_text(receipt.text).verify(body, key).size == 4
    assert client.get("/api/v1/log/entries").status_code == 403
    assert client.post("/api/v1/log/bundles", json={"recipient": "Me"}).status_code == 403


def test_what_somebody_may_not_see_does_not_exist(client_of: ClientOf, known: Known) -> None:
    stranger = Actor.person(new_id(), roles=frozenset({Role.PATIENT}), patient_id=new_id())
    client = client_of(stranger)
    for suffix in ("", "/bytes", "/receipt"):
        theirs = client.get(f"/api/v1/log/entries/{known.entry_id}{suffix}")
        nothing = client.get(f"/api/v1/log/entries/{new_id()}{suffix}")
        assert theirs.status_code == nothing.status_code == 404
        assert theirs.json["detail"] == nothing.json["detail"]


def test_an_entry_of_a_moment_ago_has_no_receipt_yet(client_of: ClientOf, app: Flask) -> None:
    known = partnership(app)
    answer = client_of(AUDITOR).get(f"/api/v1/log/entries/{known.entry_id}/receipt")
    assert (answer.status_code, "ask again" in answer.json["detail"]) == (409, True)


def test_a_bundle_is_downloaded_and_verifies(
    app: Flask, client_of: ClientOf, known: Known, sequenced: Sequenced
) -> None:
    client = client_of(AUDITOR)
    for condition in ({}, {"subject": f"patient:{known.patient_id}"}):
        answer = client.post("/api/v1/log/bundles", json={"recipient": "The Board", **condition})
        assert (answer.status_code, answer.content_type) == (200, "application/zip")
        found = verify(BytesIO(answer.data), app.extensions["signers"]["ledger"].verifier())
        assert found.statement.entries == (1 if condition else 4)
        assert (found.completeness is not None) == bool(condition)
        heads.commit_all(db.engine, by=Actor.system("clock"))
        sequenced()

    for body, field in (
        ({}, "recipient"),
        ({"recipient": ""}, "recipient"),
        ({"recipient": "A", "kind": "?"}, "kind"),
    ):
        answer = client.post("/api/v1/log/bundles", json=body)
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json["errors"]] == [field]


def test_anybody_reads_checkpoint_key_and_hashes(
    app: Flask, client_of: ClientOf, sequenced: Sequenced
) -> None:
    client = client_of(None)
    for nothing in ("checkpoint", "tile/0/000", "tile/0/000.p/1"):
        assert client.get(f"/log/{nothing}").status_code == 404
    for _ in range(258):
        register_organisation()
    sequenced()

    note = client.get("/log/checkpoint")
    key = Ed25519Verifier.parse(client.get("/log/key").text.strip())
    checkpoint = Checkpoint.from_text(read(note.text, key))
    assert (checkpoint.origin, checkpoint.size) == ("test.example/log", 258)
    assert "max-age=5" in note.headers["Cache-Control"]

    full, rest = client.get("/log/tile/0/000"), client.get("/log/tile/0/001.p/2")
    assert (len(full.data), len(rest.data)) == (8192, 64)
    assert "immutable" in full.headers["Cache-Control"]
    assert client.get("/log/tile/0/001.p/1").data == rest.data[:32]
    top = client.get("/log/tile/1/000.p/1").data
    right = sha256(b"\x01" + rest.data).digest()
    assert sha256(b"\x01" + top + right).digest() == checkpoint.root

    for nothing in (
        "0/001",
        "0/001.p/3",
        "0/002",
        "1/000.p/2",
        "2/000",
        "0/1",
        "64/000",
        "0/x",
        "00/000",
    ):
        answer = client.get(f"/log/tile/{nothing}")
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert client.get("/log/tile/entries/000").status_code == 401
    assert client.get("/log/access/checkpoint").status_code == 404
    assert client.get("/log/access/key").text != client.get("/log/key").text


def test_entry_bundles_are_for_auditors_and_reading_them_is_recorded(
    client_of: ClientOf, known: Known
) -> None:
    assert client_of(patient_of(known)).get("/log/tile/entries/000.p/4").status_code == 403
    client = client_of(AUDITOR)
    answer = client.get("/log/tile/entries/000.p/4")

    assert len(from_bundle(answer.data)) == 4
    assert "private" in answer.headers["Cache-Control"]
    newest = client.get("/api/v1/log/entries?kind=trail.read").json["items"][0]["entry"]
    assert newest["data"] == {
        "filters": ["log=ledger", f"tile={Tile(None, 0, 4)}"],
        "rows": 4,
    }


def test_tables_are_streamed_and_recorded(client_of: ClientOf, known: Known) -> None:
    client = client_of(AUDITOR)
    for form, media_type in (("csv", "text/csv"), ("jsonl", "application/jsonl")):
        sent = {"recipient": "The Board", "form": form, "kind": "directory"}
        answer = client.post("/api/v1/log/exports", json=sent)
        assert answer.status_code == 200
        assert answer.content_type.startswith(media_type)
        assert len(answer.text.splitlines()) == (5 if form == "csv" else 4)
        items = client.get("/api/v1/log/entries?kind=trail.exported&limit=1").json["items"]
        assert (items[0]["entry"]["v"], items[0]["entry"]["data"]["form"]) == (2, form)
        assert "Board" not in answer.text


def test_a_patient_searches_and_takes_what_is_their_own(
    client_of: ClientOf, known: Known, sequenced: Sequenced
) -> None:
    roles = frozenset({Role.PATIENT})
    client = client_of(Actor.person(new_id(), roles=roles, patient_id=known.patient_id))
    answer = client.get("/api/v1/log/mine")
    assert [item["id"] for item in answer.json["items"]] == [str(known.entry_id)]
    heads.commit_all(db.engine, by=Actor.system("clock"))
    sequenced()
    mine = {"recipient": "Myself", "subject": f"patient:{known.patient_id}"}
    answer = client.post("/api/v1/log/bundles", json=mine)
    assert verify(BytesIO(answer.data)).completeness is not None
    theirs = {"recipient": "Myself", "subject": f"patient:{new_id()}"}
    assert client.post("/api/v1/log/bundles", json=theirs).status_code == 403
