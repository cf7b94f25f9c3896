"""A pool's pages in words: plain values, without a page around them."""

from datetime import date, timedelta
from html import unescape
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.funding.queries import owing, promises, schedule, spending
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.promises import PromiseState
from ledger.funding.queries.schedule import InstalmentState, InstalmentView
from ledger.funding.queries.statements import statement_now
from ledger.funding.rules.chart import Head
from ledger.funding.service import approvals, budget, instalments, money
from ledger.funding.service import spending as spend
from ledger.web.funding_lines import Money
from ledger.web.pool_commitment_words import CommitmentsPage
from ledger.web.pool_schedule import SchedulePage
from ledger.web.pool_scheme_words import KnownScheme, SchemePage
from ledger.web.pool_words import Known, PoolPage
from ledger.web.pool_year import forecast_minor
from tests.beginnings import begins_with
from tests.given.funding import GivenPool, accrued, allocated, paid, pool, posted, received

TODAY = date(2026, 7, 1)


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=500_00, second=200_00)
    received(made, 400_00)
    accrued(made, 530_00)
    paid(made, 100_00)
    return made


beginning = begins_with(scene)


def names(view: PoolView, given: GivenPool) -> dict[UUID, str]:
    partners = {one: f"Partner {n}" for n, one in enumerate(view.partner_ids, 1)}
    return {**partners, given.provider: "Provider"} | {one.id: one.label for one in view.schemes}


def known(session: Session, given: GivenPool) -> Known:
    return Known(
        said=statement_now(session, given.view),
        sources=spending.by_source(session, given.view),
        debts=owing.debts(session, given.view),
        by_day=spending.spent_by_day(session, given.view),
        names=names(given.view, given),
        today=clock.civil_date(clock.now()),
    )


def page_of(session: Session, given: GivenPool) -> PoolPage:
    return PoolPage.of(
        given.view, known(session, given), lambda name, *_: f"#{name}", lambda one: f"/{one}"
    )


def test_what_was_put_in_and_what_is_left(session: Session, given: GivenPool) -> None:
    page = page_of(session, given)

    assert [one.value for one in page.put_in.figures] == ["£1,200,000.00", "£400.00", "£400.00"]
    assert page.put_in.rows[0][0] == "Partner 1"
    texts = [cell["text"] for cell in page.put_in.rows[0][1:] if isinstance(cell, dict)]
    assert texts == ["£600,000.00", "£400.00", "£400.00", "£0.00"]
    assert page.put_in.figures[0].href == "#agreed"
    assert len(page.put_in.source_rows) == 3
    assert page.scheme_rows[0][1:] == ["£500.00", "£0.00", "£530.00", "−£30.00"]


def test_the_parts_of_what_is_left_add_up_to_all_there_is(
    session: Session, given: GivenPool
) -> None:
    said = statement_now(session, given.view)
    parts = page_of(session, given).left.rows
    amounts = [str(row[1]).replace("£", "").replace(",", "").replace("−", "-") for row in parts]
    assert sum(round(float(one) * 100) for one in amounts) == said.agreed_minor
    assert "£1,200,000.00" in page_of(session, given).left.sum_words


def test_who_owes_whom_with_the_way_it_goes_and_since_when(
    session: Session, given: GivenPool
) -> None:
    page = page_of(session, given)
    today = clock.civil_date(clock.now())
    [debt] = owing.debts(session, given.view)
    assert (debt.account.head, debt.amount_minor, debt.since) == (Head.PAYABLE, -430_00, today)
    assert page.owed.sentences[0].startswith("The pool owes Provider £430.00: goods and services")
    assert page.owed.rows == [["Provider", "£0.00", "£430.00", "The pool owes it £430.00"]]
    assert page.owed.chart is not None
    assert "The pool owes Provider £430.00" in unescape(page.owed.chart)


@pytest.mark.parametrize("read_first", [1, 2, 50])
def test_what_was_owed_first_is_paid_first(
    session: Session, monkeypatch: pytest.MonkeyPatch, read_first: int
) -> None:
    monkeypatch.setattr(owing, "FIRST_READ", read_first)
    made = pool()
    allocated(made, first=900_00)
    days = [date(2026, 1, 5), date(2026, 1, 20), date(2026, 2, 5)]
    for one in days:
        accrued(made, 100_00, effective_on=one)
    received(made, 300_00)
    paid(made, 150_00)
    [debt] = [one for one in owing.debts(session, made.view) if one.other == made.provider]
    assert (debt.amount_minor, debt.since) == (-150_00, days[1])


def test_a_forecast_is_the_pace_of_the_days_so_far(given: GivenPool) -> None:
    [period] = given.view.periods  # All of 2026: 365 days.
    assert forecast_minor(100_00, period, date(2026, 1, 1)) is None
    assert forecast_minor(73_00, period, date(2026, 3, 14)) == 365_00
    assert forecast_minor(73_00, period, date(2027, 1, 9)) == 73_00


def test_a_scheme_says_where_its_budget_came_from_and_went(
    session: Session, given: GivenPool
) -> None:
    scheme = given.view.schemes[0]
    facts = KnownScheme(
        line=statement_now(session, given.view).schemes[scheme.id],
        changes=spending.budget_changes(session, given.view, scheme.id),
        by_day=spending.spent_by_day(session, given.view, scheme_id=scheme.id),
        by_nature=spending.spent_by_nature(session, given.view, scheme.id),
        by_provider=spending.spent_by_provider(session, given.view, scheme.id),
        names=names(given.view, given),
        today=clock.civil_date(clock.now()),
    )
    page = SchemePage.of(given.view, scheme, facts, lambda name: f"#{name}")
    assert page.over == "£30.00 beyond its budget"
    [row] = page.history
    assert (row[0], row[3], row[4]) == ("Budget allocated", "£500.00", "£500.00")
    assert page.nature_rows == [["Not said", "£530.00"]]
    assert page.provider_rows == [["Provider", "£530.00"]]
    assert sum(facts.by_provider.values()) == facts.line.spent_minor


def test_commitments_by_state_and_age(session: Session, given: GivenPool) -> None:
    allocated(given, second=1_000_00)
    terms = {"scheme_id": given.schemes[1], "provider_id": given.provider}
    ids = [
        posted(
            given.manager, spend.commit, given.id, amount_minor=100_00, reference=f"O{n}", **terms
        )[0]
        for n in range(3)
    ]
    accrued(given, 40_00, scheme_id=given.schemes[1], commitment_id=ids[1])
    posted(
        given.manager,
        spend.release,
        given.id,
        commitment_id=ids[2],
        amount_minor=100_00,
    )
    found = promises.promises(session, given.view)
    assert {one.reference: one.state for one in found} == {
        "O0": PromiseState.OPEN,
        "O1": PromiseState.PART_SPENT,
        "O2": PromiseState.RELEASED,
    }
    later = clock.civil_date(clock.now()) + timedelta(days=200)
    page = CommitmentsPage.of(found, given.view, names(given.view, given), later)
    assert page.held == "£160.00"
    assert page.age_rows[-1] == ["More than 180 days", "2", "£160.00"]


def instalment(number: int, due_on: date, state: InstalmentState, left: int) -> InstalmentView:
    return InstalmentView(
        key="C1",
        number=number,
        partner_id=UUID(int=1),
        due_on=due_on,
        amount_minor=100_00,
        left_minor=left,
        state=state,
        transaction_id=uuid4(),
    )


def test_instalments_say_how_late_they_are(given: GivenPool) -> None:
    found = [
        instalment(1, date(2026, 4, 1), InstalmentState.RECEIVED, 0),
        instalment(2, date(2026, 6, 1), InstalmentState.PART_RECEIVED, 30_00),
        instalment(3, date(2026, 6, 30), InstalmentState.OWED, 100_00),
        instalment(4, date(2026, 9, 1), InstalmentState.TO_COME, 100_00),
    ]
    page = SchedulePage.of(found, given.view, {}, TODAY)
    states = [row[3]["text"] for row in page.rows if isinstance(row[3], dict)]
    assert states == [
        "Received",
        "Received in part: 30 days late",
        "Due: 1 day late",
        "To come",
    ]
    assert page.month_rows[1] == ["June 2026", "£200.00", "£70.00"]


def test_what_a_partner_pays_counts_for_its_oldest_instalment(
    session: Session, given: GivenPool
) -> None:
    contribution = "C2"
    days = [date(2026, 1, 10), date(2026, 2, 10), date(2026, 12, 10)]
    posted(given.manager, instalments.schedule, given.id, key=contribution, due_on=days)
    posted(given.manager, instalments.bring_due, given.id)
    owed = schedule.instalments(session, given.view, today=date(2026, 11, 1))
    first = owed[0]
    posted(
        given.manager,
        money.receive,
        given.id,
        partner_id=first.partner_id,
        amount_minor=first.amount_minor + 1,
        reference="Bank line 2",
    )
    found = schedule.instalments(session, given.view, today=date(2026, 11, 1))
    assert [one.state for one in found] == [
        InstalmentState.RECEIVED,
        InstalmentState.PART_RECEIVED,
        InstalmentState.TO_COME,
    ]
    assert found[1].late_days(date(2026, 2, 20)) == 10
    assert Money("GBP")(found[1].left_minor) == Money("GBP")(found[1].amount_minor - 1)


def test_a_virement_names_the_other_scheme(session: Session) -> None:
    made = pool(steps=[("virement", 100_00, "pool manager")])
    allocated(made, first=500_00, second=200_00)
    done = posted(
        made.manager,
        budget.vire,
        made.id,
        from_scheme_id=made.schemes[0],
        to_scheme_id=made.schemes[1],
        amount_minor=50_00,
        reference="Board 2",
    )
    posted(made.approver, approvals.approve, done.transaction_id)
    changes = spending.budget_changes(session, made.view, made.schemes[0])
    assert [(one.amount_minor, one.other) for one in changes] == [
        (500_00, None),
        (-50_00, made.schemes[1]),
    ]
