"""Statements: functions of a log size, whose columns are the pool's, seen by whom they may be."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.replay import replay
from ledger.directory.rules.organisations import OrganisationKind
from ledger.funding.papers import FORMS, Column, Paper, Row, Section, Sort, write
from ledger.funding.papers.statement import statement_paper
from ledger.funding.queries.as_of import log_size, sums_at
from ledger.funding.queries.partner_statements import stated
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.pools import pool as read_pool
from ledger.funding.rules.books import Sum
from ledger.funding.rules.chart import Head
from ledger.web.paper_words import linked
from tests.conftest import NOW, Sequenced
from tests.directory.conftest import ActAs
from tests.funding import worked_year
from tests.given.funding import GivenPool, accrued


def adds_up(
    sums: list[Sum],
    view: PoolView,
    session: Session,
    size: int,
    *,
    period_id: UUID | None = None,
) -> None:
    """Check every line against totals taken from the postings the plain way."""
    said = stated(session, view, size=size, period_id=period_id)
    year = said.period
    in_year = [one for one in sums if year.first_day <= one.effective_on <= year.last_day]
    by_end = [one for one in sums if one.effective_on <= year.last_day]

    def total(of: list[Sum], *heads: Head, settled: bool = True) -> int:
        return sum(
            one.amount_minor
            for one in of
            if one.account.head in heads and (settled or not one.closing)
        )

    income = total(in_year, Head.INCOME, Head.INCOME_RISKSHARE, settled=False)
    spending = total(in_year, Head.EXPENDITURE, settled=False)
    kept = total(by_end, Head.PAYABLE_PARTNER, Head.FUND_BROUGHT_FORWARD, Head.FUND_RINGFENCE)
    owed = total(by_end, Head.RECEIVABLE)
    creditors = total(by_end, Head.PAYABLE, Head.WITHHOLD)
    cash = total(by_end, Head.CASH, Head.DUE_HOST)
    funding = (Head.FUNDING, Head.FUNDING_BROUGHT_FORWARD, Head.FUNDING_OVERSPEND)
    expected = {
        "agreed": -total(in_year, *funding),
        "share-of-spending": spending,
        "net": -income - spending,
        "owed": owed,
        "share-of-cash": cash,
        "share-of-creditors": -creditors,
        "position": owed + cash + creditors + kept,
        "share-of-commitments": total(by_end, Head.COMMITTED),
    }
    by_key = {one.key: one for one in said.lines}
    for key, amount in expected.items():
        assert by_key[key].pool_minor == amount, key
    for one in said.lines:
        assert sum(one.partners_minor.values()) + one.host_minor == one.pool_minor, one.key


def test_partners_and_host_are_the_pool(session: Session, busy: GivenPool) -> None:
    for size in range(2, log_size(session) + 1):
        sums = list(sums_at(session, busy.id, size))
        if sums:
            adds_up(sums, busy.view, session, size)


def test_the_worked_year_adds_up_closed_and_carried(
    session: Session, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 3, 31, 18, tzinfo=UTC))
    told = worked_year.first_pool()
    sequenced()
    session.rollback()
    size = log_size(session)
    view = read_pool(session, told.manager, told.id)
    adds_up(list(sums_at(session, told.id, size)), view, session, size)
    by_key = {one.key: one for one in stated(session, view, size=size).lines}
    assert by_key["net"].pool_minor == 87_493_521  # Carried forward and returned.
    assert by_key["carried-forward"].pool_minor == 43_746_760
    assert by_key["share-of-cash"].pool_minor == 43_746_760


def papers(session: Session, given: GivenPool, size: int) -> dict[str, bytes]:
    said = stated(session, given.view, size=size)
    return {
        f"{partner} {form}": write(statement_paper(said, partner), form)
        for partner in (None, given.partners[0], given.partners[1])
        for form in FORMS
    }


def test_the_same_size_gives_the_same_bytes(
    session: Session,
    sequenced: Sequenced,
    busy: GivenPool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size = log_size(session)
    before = papers(session, busy, size)
    accrued(busy, 99)
    sequenced()
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(year=2027, hour=23))
    session.rollback()
    assert log_size(session) > size
    assert papers(session, busy, size) == before
    assert papers(session, busy, log_size(session)) != before
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    session.rollback()
    assert replay(db.engine, copy).differences == []
    copy.dispose()


def test_a_workbook_has_exact_numbers_and_no_formulas() -> None:
    amounts = [1, -1, 999_999_999_999_999, 10, 16_234_567, 30_01]
    rows = tuple(Row(("=1+1", one, date(2026, 4, 1))) for one in amounts)
    columns = (Column("a", "What"), Column("b", "Amount", Sort.MONEY), Column("c", "Day", Sort.DAY))
    paper = Paper("n", "@title", "GBP", (("Log size", "1"),), (Section("s", "S", columns, rows),))
    sheet = load_workbook(BytesIO(write(paper, "xlsx")))["S"]
    found = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert [Decimal(str(row[1])) * 100 for row in found] == [Decimal(one) for one in amounts]
    assert {cell.data_type for row in sheet.iter_rows(min_row=4, max_col=1) for cell in row} == {
        "s"
    }
    assert sheet["B4"].number_format.startswith("#,##0.00")
    text = write(paper, "csv").decode()
    assert "'=1+1,-0.01,2026-04-01" in text
    assert "'@title" in text
    assert json.loads(write(paper, "json"))["sections"][0]["rows"][2]["cells"][1] == amounts[2]
    assert write(paper, "pdf").startswith(b"%PDF")


SEES = {
    "host lead": (200, 200, 200),
    "partner lead": (404, 200, 404),
    "partner board": (404, 200, 404),
    "partner cfo": (404, 200, 404),
    "auditor": (200, 200, 200),
    "provider lead": (404, 404, 404),
    "clinician": (403, 403, 403),
}
"""Who gets the statement of the first partner, of the second, and of all."""


def test_who_sees_whose(act_as: ActAs, busy: GivenPool, readers: dict[str, Actor]) -> None:
    for who, row in SEES.items():
        client = act_as(readers[who])
        for whose, expected in zip((*busy.partners[:2], "all"), row, strict=True):
            for address in (
                f"/api/v1/pools/{busy.id}/statements/{whose}.csv",
                f"/pools/{busy.id}/statements/{whose}",
            ):
                assert client.get(address).status_code == expected, (who, address)


@pytest.fixture
def client(act_as: ActAs, busy: GivenPool) -> FlaskClient:
    return act_as(busy.approver)


def test_bad_questions_are_refused(client: FlaskClient, busy: GivenPool) -> None:
    base = f"/api/v1/pools/{busy.id}/statements/{busy.partners[0]}"
    assert client.get(f"{base}.docx").status_code == 404
    assert client.get(f"{base}.csv?size=x").status_code == 422
    assert client.get(f"{base}.csv?size=99999999").status_code == 409
    assert client.get(f"{base}.csv?period=x").status_code == 422
    assert client.get(f"{base}.csv?period={UUID(int=5)}").status_code == 404
    assert client.get(f"{base}.csv?size=0").status_code == 404


def test_a_pools_statement_has_no_other_partners_column(
    act_as: ActAs, busy: GivenPool, readers: dict[str, Actor]
) -> None:
    for who, count in (("host lead", 3), ("auditor", 3), ("partner board", 1)):
        said = act_as(readers[who]).get(f"/api/v1/pools/{busy.id}/statement")
        assert len(said.json["partners"]) == count, who  # type: ignore[index]


def test_every_amount_leads_to_the_same_figure(
    session: Session, act_as: ActAs, busy: GivenPool
) -> None:
    client, size = act_as(busy.approver), log_size(session)
    said = stated(session, busy.view, size=size)
    council = replace(
        said,
        organisations={
            one: replace(known, kind=OrganisationKind.COUNCIL)
            for one, known in said.organisations.items()
        },
    )
    for paper in (
        statement_paper(said, None),
        statement_paper(said, busy.partners[1]),
        statement_paper(council, busy.partners[1]),
    ):
        for section in paper.sections:
            for row in section.rows:
                if row.figure is None:
                    continue
                asked = {"size": size, "of": row.of, "from": row.first, "to": row.last}
                given = {name: str(value) for name, value in asked.items() if value is not None}
                address = f"/api/v1/pools/{busy.id}/figures/{row.figure}"
                found = client.get(address, query_string=given).json
                assert found is not None
                assert found["amount_minor"] == row.cells[linked(section, row) or 0], row
