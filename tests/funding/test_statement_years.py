"""Statements over two years with an overspend that nobody has taken yet, here and on a copy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, delete, insert, select
from sqlalchemy.orm import Session

from ledger.core.db import TO_WRITE, LogTable, db, writing
from ledger.core.replay import replay
from ledger.core.trail import EntrySubject, Leaf, LogEntry, LogFrontier, TreeNode
from ledger.core.work import unit_of_work
from ledger.funding.papers import FORMS, write
from ledger.funding.papers.statement import statement_paper
from ledger.funding.queries.as_of import log_size, sums_at
from ledger.funding.queries.partner_statements import stated
from ledger.funding.rules.books import Sum
from ledger.funding.service import approvals, budget, pools, shares, spending
from tests.conftest import Sequenced
from tests.databases import running
from tests.funding.test_statement import adds_up
from tests.given.funding import GivenPool, accrued, allocated, pool, posted, received

JANUARY = datetime(2027, 1, 20, 9, 30, tzinfo=UTC)
AUTHORISED, TAKEN = 100_01, 33_34


@dataclass(frozen=True)
class Told:
    """A pool with two years, of which the first has £66.67 authorised that nobody took."""

    given: GivenPool
    years: tuple[Any, Any]
    size: int


@pytest.fixture
def told(session: Session, sequenced: Sequenced) -> Told:
    given = pool()
    allocated(given, first=300_000_00, second=1_000_03)
    for partner, amount in enumerate((150_000_01, 33_333_33, 7)):
        received(given, amount, partner=partner)
    accrued(given, 300_040_01)
    outcome = posted(
        given.manager,
        budget.authorise_overspend,
        given.id,
        scheme_id=given.schemes[0],
        amount_minor=AUTHORISED,
        reference="Board 6",
    )
    for lead in given.leads:
        posted(lead, approvals.approve, outcome.transaction_id)
    posted(given.manager, shares.share_overspend, given.id, amount_minor=TAKEN, reference="B 7")
    days = {"first_day": date(2027, 1, 1), "last_day": date(2027, 12, 31)}
    posted(given.manager, pools.open_period, given.id, **days)
    _in_january(
        given,
        spending.accrue,
        scheme_id=given.schemes[1],
        provider_id=given.provider,
        amount_minor=777_77,
        reference="Invoice of January",
    )
    sequenced()
    session.rollback()
    first, second = given.view.periods
    return Told(given, (first, second), log_size(session))


def _in_january(given: GivenPool, command: Callable[..., Any], **said: Any) -> None:
    with unit_of_work(given.manager, now=JANUARY) as work:
        command(work, given.id, **said)


def test_the_host_holds_what_no_partner_has_taken(session: Session, told: Told) -> None:
    view, size = told.given.view, told.size
    said = [stated(session, view, size=size, period_id=one.id) for one in told.years]
    agreed = [{one.key: one for one in each.lines}["agreed"] for each in said]
    assert [one.host_minor for one in agreed] == [AUTHORISED - TAKEN, 0]
    assert sum(agreed[0].partners_minor.values()) == 1_200_000_00 + TAKEN
    spending_of = [{one.key: one for one in each.lines}["share-of-spending"] for each in said]
    assert [one.pool_minor for one in spending_of] == [300_040_01, 777_77]
    for partner in view.partner_ids:
        owed = {one.key: one for one in said[1].lines}["owed"].partners_minor[partner]
        assert owed >= 0


def test_the_year_before_is_the_statement_of_that_year(session: Session, told: Told) -> None:
    first, second = (
        stated(session, told.given.view, size=told.size, period_id=one.id) for one in told.years
    )
    assert first.before is None
    assert second.previous is not None
    assert second.before == {one.key: one for one in first.lines}


def test_each_year_adds_up_at_every_size(session: Session, told: Told) -> None:
    view, found = told.given.view, 0
    for size in range(2, told.size + 1):
        sums: list[Sum] = list(sums_at(session, told.given.id, size))
        if sums:
            adds_up(sums, view, session, size)
            found += 1
    assert found > 10
    sums = list(sums_at(session, told.given.id, told.size))
    for year in told.years:
        adds_up(sums, view, session, told.size, period_id=year.id)


def papers(session: Session, told: Told) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for year in told.years:
        said = stated(session, told.given.view, size=told.size, period_id=year.id)
        for partner in (None, *told.given.partners):
            paper = statement_paper(said, partner)
            made |= {f"{year.id} {partner} {form}": write(paper, form) for form in FORMS}
    return made


def test_papers_made_on_a_replayed_copy_have_the_same_bytes(
    session: Session, told: Told, tmp_path: Path
) -> None:
    here = papers(session, told)
    session.rollback()
    url = f"sqlite:///{tmp_path / 'copy.sqlite3'}"
    copy = create_engine(url)
    assert replay(db.engine, copy).differences == []
    _copy_log(copy)
    copy.dispose()
    with running(url):
        assert log_size(db.session()) == told.size
        assert papers(db.session(), told) == here


def _copy_log(copy: Engine) -> None:
    """Bring the log itself along, which a replay reads and does not write."""
    with (
        writing(LogTable),
        db.engine.connect() as live,
        copy.connect().execution_options(**TO_WRITE) as there,
        there.begin(),
    ):
        for model in (LogEntry, EntrySubject, Leaf, TreeNode, LogFrontier):
            table = model.__table__
            there.execute(delete(table)) if model is LogFrontier else None  # type: ignore[arg-type]
            rows = [dict(row) for row in live.execute(select(table)).mappings()]
            if rows:
                there.execute(insert(table), rows)  # type: ignore[arg-type]
