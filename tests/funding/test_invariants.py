"""The twenty things that always hold of a pool, and which test would fail if one did not.

Those that no other test holds are here: the order of independent events, one key sent twice
at once, the last pound spent twice at once, and the faults that other ledgers have had.
"""

import ast
from collections.abc import Callable
from datetime import date
from pathlib import Path
from threading import Barrier, Thread
from typing import Final

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.funding.queries import balances, proposals, transactions
from ledger.funding.queries.statements import statement_now
from ledger.funding.rules.chart import Head
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.rules.postings import AlreadyReversed
from ledger.funding.service import approvals, budget, corrections, money, pools, shares, spending
from ledger.funding.service.approvals import NotWaiting
from tests.directory.conftest import ActAs
from tests.given.funding import (
    GivenPool,
    accrued,
    allocated,
    held,
    paid,
    pool,
    posted,
    proposed,
    received,
)
from tests.given.races import at_once

HELD_BY: Final = {
    1: "test_attacks: unbalanced, balanced_across_books; test_random_years: teardown",
    2: "test_random_years: teardown, check_replay",
    3: "test_corrections: test_what_was_held_at_a_moment_never_changes",
    4: "test_random_years: both; test_attacks: more_than_there_is",
    5: "test_random_years: sums_hold",
    6: "test_random_years: sums_hold",
    7: "test_random_years: sums_hold; test_invariants: test_a_risk_share_is_asked_for_once",
    8: "test_random_years: sums_hold; test_events: test_a_commitment_gives_no_more_than_is_open",
    9: "test_corrections: test_a_transaction_is_reversed_exactly_once_and_a_repeat_says_so",
    10: "test_api: test_the_same_key_posts_once; test_invariants: test_one_key_sent_twice_at_once",
    11: "test_sharing: test_not_a_penny_is_lost_and_nobody_is_a_penny_off",
    12: "test_payment_rules: test_the_final_run_posts_the_difference,"
    " test_a_settlement_is_capped_nothing_inside_the_corridor_and_shared_whole",
    13: "test_payment_rules: test_lines_sum_to_the_gross_and_pots_to_what_is_withheld",
    14: "test_payment_rules: test_earned_and_unearned_are_the_pot",
    15: "test_corrections: test_a_closed_period_takes_nothing_and_a_correction_names_the_day;"
    " test_attacks: a_day_in_a_closed_period",
    16: "test_thresholds: test_the_agreements_table; test_attacks: without_the_last_partner",
    17: "test_approvals: test_budget_never_crosses_a_ring_fence; test_random_years: vire",
    18: "test_export: test_hledger_accepts_it_and_refuses_a_penny_more;"
    " test_worked_year: test_a_year_of_two_pools",
    19: "test_invariants: test_the_order_of_independent_events_does_not_matter",
    20: "test_service: test_the_money_of_a_year_goes_round_and_the_statement_adds_up",
}
"""Of each number, the modules of this folder and the functions in them that hold it."""


def test_each_invariant_names_tests_that_are_there() -> None:
    assert sorted(HELD_BY) == list(range(1, 21))
    said = {
        path.stem: {
            node.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef)
        }
        for path in Path(__file__).parent.glob("*.py")
    }
    said["test_attacks"] |= said["attacks"] | said["attacks_on_approvals"]
    for each in HELD_BY.values():
        for part in each.split("; "):
            module, _, names = part.partition(": ")
            assert set(names.split(", ")) <= said[module], part


def test_the_order_of_independent_events_does_not_matter(session: Session) -> None:
    ends = set()
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)):
        given = pool()
        events: list[Callable[[], object]] = [
            lambda given=given: allocated(given, second=70_00),  # type: ignore[misc]
            lambda given=given: received(given, 40_00, partner=1),  # type: ignore[misc]
            lambda given=given: accrued(given, 25_00),  # type: ignore[misc]
            lambda given=given: received(given, 90_00, partner=2),  # type: ignore[misc]
        ]
        for which in order:
            events[which]()
        names = {one: n for n, one in enumerate((*given.partners, *given.schemes, given.provider))}
        now = balances.balances(session, given.id)
        ends.add(frozenset((a.head, names.get(a.of), n) for a, n in now.items()))  # type: ignore[arg-type]
        session.rollback()
    assert len(ends) == 1


def test_one_key_sent_twice_at_once(app: Flask, act_as: ActAs, given: GivenPool) -> None:
    act_as(given.manager)
    start, codes = Barrier(2), list[int]()
    body = {"amount_minor": 5_00, "reference": "Board 3"}

    def send() -> None:
        start.wait()
        answer = app.test_client().post(
            f"/api/v1/pools/{given.id}/reserve",
            json=body,
            headers={"Idempotency-Key": "the-one-key"},
        )
        codes.append(answer.status_code)

    threads = [Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    db.session.rollback()
    assert sorted(codes) in ([201, 201], [201, 409])
    assert held(db.session(), given, Head.RESERVE) == 5_00


def test_the_last_pound_is_spent_once(app: Flask, given: GivenPool) -> None:
    allocated(given, first=100_00)
    received(given, 60_00)
    accrued(given, 100_00)
    waiting = [proposed(given, 60_00) for _ in range(3)]
    db.session.rollback()
    refused = at_once(
        app,
        *(lambda one=one: posted(given.approver, approvals.approve, one) for one in waiting),
    )
    assert [type(one) for one in refused] == [BeyondLimit, BeyondLimit]
    assert held(db.session(), given, Head.CASH) == 0
    assert len(proposals.waiting(db.session(), given.view)) == 2


def test_a_risk_share_is_asked_for_once(session: Session, given: GivenPool) -> None:
    """It is owed when it is shared: no instalment may ask for it again."""
    said = {"scheme_id": given.schemes[0], "amount_minor": 120_00, "reference": "Board 6"}
    outcome = posted(given.manager, budget.authorise_overspend, given.id, **said)
    for lead in given.leads:
        posted(lead, approvals.approve, outcome.transaction_id)
    posted(given.manager, shares.share_overspend, given.id, amount_minor=120_00, reference="B")
    ask = {"partner_id": given.partners[0], "reference": "Quarter"}
    with pytest.raises(money.MoreThanAgreed):
        posted(given.manager, money.fall_due, given.id, amount_minor=600_000_01, **ask)
    posted(given.manager, money.fall_due, given.id, amount_minor=600_000_00, **ask)
    line = statement_now(session, given.view).partners[given.partners[0]]
    assert line.received_minor + line.owed_minor == line.agreed_minor


# Faults that other ledgers have had.


def test_promises_count_against_a_limit(given: GivenPool) -> None:
    """Six times a thousand on five thousand: elsewhere, holds were not counted."""
    allocated(given, first=5_000_00)
    terms = {"scheme_id": given.schemes[0], "provider_id": given.provider, "reference": "Order"}
    for _ in range(5):
        posted(given.manager, spending.commit, given.id, amount_minor=1_000_00, **terms)
    with pytest.raises(BeyondLimit):
        posted(given.manager, spending.commit, given.id, amount_minor=1_000_00, **terms)


def test_a_repeated_refund_does_not_pay_again(session: Session, given: GivenPool) -> None:
    allocated(given, first=100_00)
    received(given, 100_00)
    accrued(given, 50_00)
    payment = paid(given, 50_00)
    undone = posted(given.manager, corrections.reverse, given.id, payment, reference="Bounced")
    posted(given.approver, approvals.approve, undone.transaction_id)
    assert held(session, given, Head.CASH) == 100_00
    with pytest.raises(AlreadyReversed):
        posted(given.manager, corrections.reverse, given.id, payment, reference="Bounced")
    with pytest.raises(NotWaiting):
        posted(given.approver, approvals.approve, undone.transaction_id)
    assert held(session, given, Head.CASH) == 100_00


def test_an_order_is_counted_once_when_its_invoice_comes(
    session: Session, given: GivenPool
) -> None:
    """Elsewhere an order and its invoice both counted, and the next valid one was refused."""
    allocated(given, first=100_00)
    terms = {"scheme_id": given.schemes[0], "provider_id": given.provider, "reference": "Order"}
    order, _ = posted(given.manager, spending.commit, given.id, amount_minor=60_00, **terms)
    accrued(given, 60_00, commitment_id=order)
    posted(given.manager, spending.commit, given.id, amount_minor=40_00, **terms)
    assert held(session, given, Head.AVAILABLE, given.schemes[0]) == 0


def test_an_invoice_beyond_what_orders_leave_is_told(given: GivenPool) -> None:
    """Elsewhere orders were ignored, and the invoice passed as if there were budget."""
    allocated(given, first=100_00)
    terms = {"scheme_id": given.schemes[0], "provider_id": given.provider}
    posted(given.manager, spending.commit, given.id, amount_minor=80_00, reference="Order", **terms)
    outcome = posted(
        given.manager, spending.accrue, given.id, amount_minor=50_00, reference="Other", **terms
    )
    assert outcome.overspent_minor == 30_00


def test_a_late_expense_does_not_enter_a_closed_period(session: Session, given: GivenPool) -> None:
    last_year = {"first_day": date(2025, 1, 1), "last_day": date(2025, 12, 31)}
    period_id = posted(given.manager, pools.open_period, given.id, **last_year)
    posted(given.manager, pools.close_period, given.id, period_id)
    before = len(list(transactions.every_transaction(session, given.view)))
    with pytest.raises(LedgerError):
        accrued(given, 5_00, effective_on=date(2025, 12, 31))
    with pytest.raises(LedgerError):
        posted(given.manager, pools.close_period, given.id, period_id)
    assert len(list(transactions.every_transaction(session, given.view))) == before
