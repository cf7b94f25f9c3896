"""Corrections and periods: undone once, dated where it is open, and the past stays as it was."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.funding.queries import balances, transactions
from ledger.funding.queries import pools as pool_queries
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.commitments import NotThatMuchOpen
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.rules.periods import PeriodRefused
from ledger.funding.rules.postings import AlreadyReversed, NotReversible
from ledger.funding.service import approvals, budget, corrections, pools, spending
from ledger.funding.service.days import NotYet, PeriodNotOpen
from ledger.funding.service.pools import ClosedAlready
from tests.given.funding import (
    FIRST_DAY,
    GivenPool,
    accrued,
    allocated,
    held,
    paid,
    posted,
    received,
)


def test_a_contribution_that_was_reversed_may_be_agreed_again(
    given: GivenPool, session: Session
) -> None:
    (newest, *_) = transactions.transactions(session, given.view, limit=1)
    posted(given.manager, corrections.reverse, given.id, newest.id, reference="Wrong day")
    posted(given.manager, budget.agree_contribution, given.id, key="C3")
    assert held(session, given, Head.UNALLOCATED) == 1_200_000_00


def test_a_transaction_is_reversed_exactly_once_and_a_repeat_says_so(
    session: Session, given: GivenPool
) -> None:
    allocated(given, first=100_00)
    (allocation, *_) = transactions.transactions(session, given.view, limit=1)
    outcome = posted(given.manager, corrections.reverse, given.id, allocation.id, reference="Error")
    assert held(session, given, Head.AVAILABLE, given.schemes[0]) == 0
    undone = transactions.transaction(session, given.view, allocation.id)
    assert undone.reversed_by == outcome.transaction_id
    with pytest.raises(AlreadyReversed, match=str(outcome.transaction_id)):
        posted(given.manager, corrections.reverse, given.id, allocation.id, reference="Error")
    with pytest.raises(NotReversible):
        posted(given.manager, corrections.reverse, given.id, outcome.transaction_id, reference="x")


def test_reversing_respects_limits_and_commitments(session: Session, given: GivenPool) -> None:
    allocated(given, first=100_00)
    (allocation, *_) = transactions.transactions(session, given.view, limit=1)
    commitment_id, commitment = posted(
        given.manager,
        spending.commit,
        given.id,
        scheme_id=given.schemes[0],
        provider_id=given.provider,
        amount_minor=60_00,
        reference="Order",
    )
    with pytest.raises(BeyondLimit):
        posted(given.manager, corrections.reverse, given.id, allocation.id, reference="x")
    invoice = accrued(given, 10_00, commitment_id=commitment_id)
    with pytest.raises(NotThatMuchOpen):
        posted(
            given.manager, corrections.reverse, given.id, commitment.transaction_id, reference="x"
        )
    posted(given.manager, corrections.reverse, given.id, invoice, reference="x")
    posted(given.manager, corrections.reverse, given.id, commitment.transaction_id, reference="x")
    assert held(session, given, Head.AVAILABLE, given.schemes[0]) == 100_00
    (one,) = pool_queries.commitments(session, given.view)
    assert one.state.committed_minor == one.state.open_minor == 0


def test_undoing_a_payment_needs_a_second_person_too(session: Session, given: GivenPool) -> None:
    allocated(given, first=100_00)
    received(given, 100_00)
    accrued(given, 50_00)
    payment = paid(given, 50_00)
    outcome = posted(given.manager, corrections.reverse, given.id, payment, reference="Bounced")
    again = posted(given.manager, corrections.reverse, given.id, payment, reference="Bounced")
    assert outcome.waiting
    assert held(session, given, Head.CASH) == 50_00
    posted(given.approver, approvals.approve, outcome.transaction_id)
    assert held(session, given, Head.CASH) == 100_00
    with pytest.raises(AlreadyReversed):
        posted(given.approver, approvals.approve, again.transaction_id)


def test_a_closed_period_takes_nothing_and_a_correction_names_the_day(
    session: Session, given: GivenPool
) -> None:
    allocated(given, first=100_00)
    invoice = accrued(given, 10_00, effective_on=date(2026, 1, 31))
    with pytest.raises(PeriodRefused, match="2026-01-01"):
        posted(
            given.manager,
            pools.open_period,
            given.id,
            first_day=date(2025, 4, 1),
            last_day=FIRST_DAY,
        )
    year = posted(
        given.manager,
        pools.open_period,
        given.id,
        first_day=date(2025, 1, 1),
        last_day=date(2025, 12, 31),
    )
    late = accrued(given, 5_00, effective_on=date(2025, 12, 31))
    posted(given.manager, pools.close_period, given.id, year)
    with pytest.raises(ClosedAlready):
        posted(given.manager, pools.close_period, given.id, year)
    with pytest.raises(PeriodNotOpen, match="closed"):
        accrued(given, 5_00, effective_on=date(2025, 12, 31))
    with pytest.raises(PeriodNotOpen, match="open one first"):
        accrued(given, 5_00, effective_on=date(2024, 12, 31))
    with pytest.raises(NotYet):
        accrued(given, 5_00, effective_on=date(2026, 3, 3))
    outcome = posted(given.manager, corrections.reverse, given.id, late, reference="Not ours")
    undone = transactions.transaction(session, given.view, outcome.transaction_id)
    assert (undone.effective_on, undone.relates_to) == (date(2026, 3, 2), date(2025, 12, 31))
    outcome = posted(given.manager, corrections.reverse, given.id, invoice, reference="Not ours")
    assert transactions.transaction(session, given.view, outcome.transaction_id).relates_to is None


def test_what_was_held_at_a_moment_never_changes(
    session: Session, given: GivenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, account = clock.now(), Account(head=Head.UNALLOCATED).id_in(given.id)
    then = []
    for day in range(4):
        moment = start + timedelta(days=day)
        monkeypatch.setattr(clock, "now", lambda at=moment: at)
        posted(
            given.manager,
            budget.set_reserve,
            given.id,
            amount_minor=1_00,
            reference="Board",
            effective_on=date(2026, 2, 1),
        )
        then.append((moment, balances.balance(session, account)))
        for moment, amount_minor in then:
            assert balances.balance_at(session, account, moment) == amount_minor
    assert balances.balance_at(session, account, start - timedelta(seconds=1)) == 0
