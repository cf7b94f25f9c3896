"""What becomes of a pool's postings when its agreement changes, or ends, meanwhile."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.agreements import service as agreements_service
from ledger.agreements.rules.fund import ApprovalStep
from ledger.agreements.rules.terms import Terms
from ledger.core import clock
from ledger.core.work import unit_of_work
from ledger.funding.queries import transactions
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import RankTooLow
from ledger.funding.service import approvals, budget, corrections, money, pools, spending
from ledger.funding.service.budget import OfAnotherPeriod
from ledger.funding.terms import FundNotInForce
from tests.conftest import NOW
from tests.given import agreements
from tests.given.funding import (
    GivenPool,
    accrued,
    allocated,
    held,
    pool,
    posted,
    proposed,
    received,
)

ORDERS = [("commitment", None, "host finance lead")]


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=days))


def amended(given: GivenPool, terms: Terms) -> None:
    """Bring a second version into force, signed by all."""
    people = [agreements.signatory(at=one) for one in given.partners]
    with unit_of_work(people[0]) as work:
        agreements_service.amend(work, given.agreement_id, terms=terms)
    with unit_of_work(people[0]) as work:
        agreements_service.propose(work, given.agreement_id)
    for person in people:
        agreements.signed(given.agreement_id, person)


def from_today(given: GivenPool, *steps: tuple[str, int | None, str]) -> Terms:
    """Return terms that begin today, with these steps of approval."""
    terms = agreements.fund_terms(*given.partners)
    assert terms.fund is not None
    today = clock.civil_date(clock.now())
    said = tuple(ApprovalStep(movement=m, up_to_minor=u, approver=a) for m, u, a in steps)
    due = tuple(replace(one, first_day=today) for one in terms.fund.contributions)
    return replace(
        terms, starts_on=today, fund=replace(terms.fund, approvals=said, contributions=due)
    )


def ordered(given: GivenPool) -> UUID:
    _, outcome = posted(
        given.manager, spending.commit, given.id, scheme_id=given.schemes[0],
        provider_id=given.provider, amount_minor=10_00, reference="Order",
    )  # fmt: skip
    assert outcome.waiting
    return outcome.transaction_id


def versions(session: Session, given: GivenPool, ids: Sequence[UUID]) -> list[int]:
    session.rollback()
    return [transactions.transaction(session, given.view, one).agreement_version for one in ids]


def test_what_waits_is_approved_by_whom_the_agreement_names_now(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = pool(steps=ORDERS)
    allocated(given, first=100_00)
    early, late = ordered(given), ordered(given)
    posted(given.approver, approvals.approve, early)
    later(monkeypatch, 2)
    amended(given, from_today(given, ("commitment", None, "host chief finance officer")))
    later(monkeypatch, 4)
    with pytest.raises(RankTooLow):
        posted(given.approver, approvals.approve, late)
    assert held(session, given, Head.COMMITTED, given.schemes[0]) == 10_00


def test_nothing_new_is_promised_once_the_agreement_has_ended(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = pool(steps=ORDERS)
    allocated(given, first=100_00)
    received(given, 50_00)
    accrued(given, 20_00)
    order, payment = ordered(given), proposed(given, 20_00)
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(year=2050))
    posted(
        given.manager, pools.open_period, given.id,
        first_day=date(2050, 1, 1), last_day=date(2050, 12, 31),
    )  # fmt: skip
    with pytest.raises(FundNotInForce):
        posted(given.approver, approvals.approve, order)
    with pytest.raises(FundNotInForce):
        posted(
            given.manager, budget.vire, given.id, from_scheme_id=given.schemes[0],
            to_scheme_id=given.schemes[1], amount_minor=1, reference="Board",
        )  # fmt: skip
    posted(given.approver, approvals.approve, payment)  # What is owed is paid.
    assert held(session, given, Head.CASH) == 30_00


def test_each_transaction_names_the_version_that_counts_for_its_day(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = pool()
    allocated(given, first=100_00)
    before = accrued(given, 1_00)
    later(monkeypatch, 2)
    amended(given, from_today(given))
    later(monkeypatch, 4)
    today = accrued(given, 1_00)
    dated_back = accrued(given, 1_00, effective_on=NOW.date())
    undone = posted(given.manager, corrections.reverse, given.id, before, reference="Wrong")
    due = posted(
        given.manager, money.fall_due, given.id, partner_id=given.partners[0],
        amount_minor=1, reference="Quarter 1", effective_on=NOW.date(),
    )  # fmt: skip
    ids = [before, today, dated_back, undone.transaction_id, due.transaction_id]
    assert versions(session, given, ids) == [1, 2, 1, 1, 1]


def test_a_contribution_is_budget_of_its_own_year(session: Session) -> None:
    given = pool(contributions=False)
    days = {"first_day": date(2025, 1, 1), "last_day": date(2025, 12, 31)}
    posted(given.manager, pools.open_period, given.id, **days)
    agree = {"key": "C1"}
    with pytest.raises(OfAnotherPeriod, match="2026-01-01"):
        posted(
            given.manager, budget.agree_contribution, given.id, **agree,
            effective_on=date(2025, 12, 31),
        )  # fmt: skip
    posted(given.manager, budget.agree_contribution, given.id, **agree)
