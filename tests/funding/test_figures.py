"""Why a number is this number: added up to its end, page by page, each posting proved."""

from typing import Any

import pytest
from flask import Flask

from audit import ProofError, Receipt
from ledger.api.funding_figure_schemas import FigureOut, PaperOut
from ledger.api.openapi import document
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.funding.rules.figures import FIGURES
from tests.directory.conftest import ActAs
from tests.given.funding import GivenPool, accrued


def test_a_figure_is_added_up_to_its_end(
    act_as: ActAs, busy: GivenPool, readers: dict[str, Actor]
) -> None:
    client, base = act_as(readers["partner lead"]), f"/pools/{busy.id}/figures"
    for key, figure in FIGURES.items():
        found = client.get(f"/api/v1{base}/{key}").json
        assert found is not None
        assert client.get(f"{base}/{key}").status_code == 200, key
        if figure.heads is not None:
            legs = found["postings"]
            assert (legs[-1]["running_minor"] if legs else 0) == found["amount_minor"], key
            assert sum(one["amount_minor"] for one in found["months"]) == found["amount_minor"]
        if figure.shared is None and found["parts"]:
            summed = sum(one["sign"] * one["amount_minor"] for one in found["parts"])
            assert summed == found["amount_minor"], key
        march = client.get(f"/api/v1{base}/{key}?from=2026-03-01&to=2026-03-31").json
        assert march is not None
        if march["opening_minor"] is not None:
            moved = march["opening_minor"] + march["amount_minor"] + march["settled_minor"]
            assert moved == march["closing_minor"]
    first, second = busy.partners[:2]
    for ask, status in (
        (f"share-of-cash?of={second}", 200),
        (f"share-of-cash?of={first}", 404),
        (f"agreed?of={first}", 200),
        (f"agreed?of={busy.provider}", 404),
        ("nonsense", 404),
        ("agreed?of=x", 422),
        ("agreed?from=2026-13-01", 422),
        ("agreed?size=-1", 422),
        ("agreed?after=x", 422),
    ):
        assert client.get(f"/api/v1{base}/{ask}").status_code == status, ask


def test_pages_of_postings_go_on_where_the_last_ended(act_as: ActAs, busy: GivenPool) -> None:
    client = act_as(busy.approver)
    address = f"/api/v1/pools/{busy.id}/figures/available?limit=1"
    seen: list[dict[str, Any]] = []
    amount = 0
    while address:
        page = client.get(address)
        assert page.json is not None
        amount = page.json["amount_minor"]
        assert page.json["before_minor"] == (seen[-1]["running_minor"] if seen else 0)
        seen += page.json["postings"]
        links = page.headers.get("Link", "")
        address = links[1 : links.index(">")] if links else ""
    assert len(seen) > 2
    assert seen[-1]["running_minor"] == amount


def test_each_posting_is_proved(app: Flask, act_as: ActAs, busy: GivenPool) -> None:
    verifier = app.extensions["signers"]["ledger"].verifier()
    client = act_as(busy.leads[1])
    found = client.get(f"/api/v1/pools/{busy.id}/figures/cash").json
    assert found is not None
    for one in found["postings"]:
        base = f"/api/v1/pools/{busy.id}/transactions/{one['transaction_id']}"
        receipt = Receipt.from_text(client.get(f"{base}/receipt").text)
        assert receipt.index == one["index"]
        body = client.get(f"{base}/entry").data
        assert one["transaction_id"].encode() in body
        assert receipt.verify(body, verifier).size > receipt.index
        with pytest.raises(ProofError):
            receipt.verify(body.replace(b"1", b"2", 1), verifier)


def test_programs_are_told_what_figures_and_papers_are(app: Flask) -> None:
    paths = document(app)["paths"]
    root = "/api/v1/pools/{pool_id}"
    for path, out in (
        (f"{root}/figures/{{key}}", "FigureOut"),
        (f"{root}/statements/{{partner_id}}.{{form}}", "PaperOut"),
        (f"{root}/statements/all.{{form}}", "PaperOut"),
        (f"{root}/journal-list.{{form}}", "PaperOut"),
        (f"{root}/journal-sample.{{form}}", "PaperOut"),
    ):
        said = paths[path]["get"]
        assert "size" in {one["name"] for one in said["parameters"] if "name" in one}
        assert out in str(said["responses"]["200"])


def test_what_is_answered_is_what_was_said(act_as: ActAs, busy: GivenPool) -> None:
    client = act_as(busy.approver)
    root = f"/api/v1/pools/{busy.id}"
    for path, schema in (
        ("figures/spending?from=2026-01-01&to=2026-12-31", FigureOut),
        ("figures/share-of-cash", FigureOut),
        ("statements/all.json", PaperOut),
        ("journal-list.json", PaperOut),
    ):
        assert schema().validate(client.get(f"{root}/{path}").json or {}) == {}


def test_a_transaction_says_which_entry_it_is(act_as: ActAs, busy: GivenPool) -> None:
    client = act_as(busy.approver)
    found = client.get(f"/api/v1/pools/{busy.id}/figures/spending").json
    assert found is not None
    legs = found["postings"]
    address = f"/pools/{busy.id}/transactions/{legs[0]['transaction_id']}"
    page = client.get(address, headers={"Accept": "text/html"}).text
    assert f"entry number {legs[0]['index']:,} of the log" in page
    assert f"{address}/receipt" in page
    later = accrued(busy, 5)
    db.session.rollback()
    fresh = client.get(f"/pools/{busy.id}/transactions/{later}", headers={"Accept": "text/html"})
    assert "has no number in the log yet" in fresh.text
    every = client.get(f"/pools/{busy.id}/transactions", headers={"Accept": "text/html"}).text
    assert "journal-list.xlsx" in every
