"""What was brought in from a file, published by two partners, and read by anybody."""

import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from ledger.cli import Ledger
from ledger.core import publishing, sequencer
from ledger.core.db import db
from ledger.directory.queries import organisations
from ledger.directory.queries.holders import email_of
from ledger.funding.service import budget, pools
from tests.given import directory, funding
from tests.given.funding import GivenPool, posted
from tests.journeys.conftest import DESKTOP, PHONE, Server, assert_accessible, picture

pytestmark = pytest.mark.real_time

SCHEMES = ("Reablement", "Equipment", "Home care", "Carers", "Telecare")
SORTS = ("Third party payments", "Transfer payments", "Supplies and services")
PAYMENTS = 3000


@pytest.fixture
def providers(server: Server) -> dict[str, UUID]:
    return {f"Provider {number}": directory.organisation() for number in range(3)}


@pytest.fixture
def given(providers: dict[str, UUID]) -> GivenPool:
    made = funding.pool()
    for title in SCHEMES[2:]:
        posted(made.manager, pools.add_scheme, made.id, title=title)
    for provider in providers.values():
        posted(made.manager, pools.add_provider, made.id, provider_id=provider)
    shares = {one.id: 200_000_00 for one in made.view.schemes}
    posted(made.manager, budget.allocate, made.id, amounts_minor=shares, reference="B")
    db.session.rollback()
    return made


def paid(count: int) -> bytes:
    """Return a file of payments: five schemes of which one is one provider's, one of three rows."""
    lines = ["payment_date,service,category,supplier,transaction_no,amount_gbp"]
    for n in range(count):
        scheme = SCHEMES[4] if n < 3 else SCHEMES[n % 4]
        who = 0 if scheme == "Carers" else (n // 4) % 3
        lines.append(
            f"2026-{1 + n % 6:02}-{1 + n % 28:02},{scheme},{SORTS[n % 3]},Provider {who},"
            f"T-{n:05},{n % 97 + 1}.{n % 100:02}"
        )
    return "\n".join([*lines, ""]).encode()


def run(app: Flask, *command: object) -> str:
    said = app.test_cli_runner().invoke(Ledger(), [str(one) for one in command])
    assert said.exit_code == 0, (said.output, said.exception)
    db.session.remove()
    return said.output


def sequenced(app: Flask) -> None:
    sequencer.drain(db.engine, app.extensions["signers"])
    publishing.publish_now(db.engine)


def published(app: Flask, given: GivenPool, file: Path, mapping: Path) -> None:
    def email(person_id: UUID) -> str:
        return email_of(db.session(), person_id) or ""

    manager, approver = email(given.manager.id), email(given.approver.id)
    first, second = (email(one.id) for one in given.leads[:2])
    at = ("--pool", given.id)
    sequenced(app)
    said = run(
        *(app, "payments", "import", file, *at, "--for", manager),
        *("--approved-by", approver, "--mapping", mapping, "--yes"),
    )
    assert f"Posted {PAYMENTS:,} payments" in said
    sequenced(app)
    days = ("--first-day", "2026-01-01", "--last-day", "2026-06-30")
    asked = run(app, "publications", "ask", *at, "--for", first, *days)
    run(app, "publications", "agree", asked.split()[1].rstrip("."), *at, "--for", second)


def test_anybody_reads_what_was_spent(
    given: GivenPool,
    providers: dict[str, UUID],
    server: Server,
    new_page: Callable[..., Page],
    tmp_path: Path,
) -> None:
    file, mapping = tmp_path / "paid.csv", tmp_path / "mapping.json"
    file.write_bytes(paid(PAYMENTS))
    mapping.write_text(json.dumps({"providers": {key: str(one) for key, one in providers.items()}}))
    published(server.app, given, file, mapping)
    names = [one.name for one in organisations(db.session(), set(providers.values())).values()]
    for page in (new_page(PHONE), new_page(DESKTOP)):
        page.goto(f"/public/pools/{given.id}/spend")
        picture(page, "public-spend")
        expect(page.get_by_text(f"in {PAYMENTS:,} payments due")).to_be_visible()
        expect(page.get_by_text("Reablement").first).to_be_visible()
        assert not page.get_by_text("Carers").count()
        assert not page.get_by_text("Telecare").count()
        assert all(page.get_by_text(name).first.is_visible() for name in names)
        assert_accessible(page)
        picture(page, "public-spend")
