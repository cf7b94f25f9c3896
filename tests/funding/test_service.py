"""Pools through their commands: what is posted, what waits, and what is refused."""

from fractions import Fraction
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.core.trail import LogEntry
from ledger.funding.queries import pools as pool_queries
from ledger.funding.queries import transactions
from ledger.funding.queries.statements import statement_now
from ledger.funding.rules.chart import Head
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.service import budget, money, pools, spending
from ledger.funding.service.budget import AgreedAlready
from ledger.funding.service.money import MoreThanAgreed
from ledger.funding.service.pools import AddedAlready, PoolOpenAlready
from ledger.funding.service.spending import AnotherCommitment
from tests.given import directory
from tests.given.funding import (
    FIRST_DAY,
    GivenPool,
    accrued,
    allocated,
    held,
    paid,
    pool,
    posted,
    received,
)


def test_the_money_of_a_year_goes_round_and_the_statement_adds_up(
    session: Session, given: GivenPool
) -> None:
    allocated(given, first=500_000_00, second=300_000_00)
    received(given, 150_000_00)
    commitment_id, _ = posted(
        given.manager,
        spending.commit,
        given.id,
        scheme_id=given.schemes[0],
        provider_id=given.provider,
        amount_minor=100_000_00,
        reference="Contract 7",
    )
    accrued(given, 40_000_01, commitment_id=commitment_id)
    posted(
        given.manager,
        spending.release,
        given.id,
        commitment_id=commitment_id,
        amount_minor=9_999_99,
    )
    paid(given, 40_000_01)

    said = statement_now(session, given.view)
    first = said.schemes[given.schemes[0]]
    assert (said.agreed_minor, said.unallocated_minor) == (1_200_000_00, 400_000_00)
    assert (first.budget_minor, first.available_minor) == (500_000_00, 409_999_99)
    assert (first.committed_minor, first.spent_minor) == (50_000_00, 40_000_01)
    assert said.cash_minor == 109_999_99
    assert [line.spent_minor for line in said.partners.values()] == [20_000_00, 13_333_34, 6_666_67]
    (commitment,) = pool_queries.commitments(session, given.view)
    assert commitment.state.open_minor == 50_000_00


def test_contributions_are_those_of_the_agreement_and_counted_once(
    session: Session, given: GivenPool
) -> None:
    page = transactions.transactions(session, given.view, limit=10)
    assert [view.amount_minor for view in reversed(page)] == [600_000_00, 400_000_00, 200_000_00]
    assert {view.agreement_version for view in page} == {1}
    assert all(view.clause[0].isdigit() for view in page)
    assert {posting.source for view in page for posting in view.postings} == {
        "NHS minimum contribution"
    }

    with pytest.raises(AgreedAlready):
        posted(given.manager, budget.agree_contribution, given.id, key="C1")
    with pytest.raises(NotFound, match="C1, C2, C3"):
        posted(given.manager, budget.agree_contribution, given.id, key="C9")


def test_an_amount_is_divided_to_the_penny_and_the_weights_are_kept(
    session: Session, given: GivenPool
) -> None:
    weights = {given.schemes[0]: Fraction("934219.035"), given.schemes[1]: Fraction("637079.421")}
    posted(
        given.manager,
        budget.divide,
        given.id,
        total_minor=100_000_01,
        weights=weights,
        basis="Need-weighted population",
        reference="Board 2",
    )

    first, second = (held(session, given, Head.AVAILABLE, one) for one in given.schemes)
    assert (first, second) == (59_455_23, 40_544_78)
    (newest, *_) = transactions.transactions(session, given.view, limit=1)
    assert newest.basis == "Need-weighted population"
    body = session.scalars(select(LogEntry.body).where(LogEntry.id == newest.entry_id)).one()
    assert b'"weight":"186843807/200"' in body


def test_a_partner_is_not_asked_for_more_than_it_agreed(given: GivenPool) -> None:
    received(given, 599_999_99)
    with pytest.raises(MoreThanAgreed, match=r"£0\.01"):
        received(given, 2)
    with pytest.raises(BeyondLimit, match="more would be received than is owed"):
        posted(
            given.manager,
            money.receive,
            given.id,
            partner_id=given.partners[1],
            amount_minor=1,
            reference="Bank line",
        )


def test_budget_is_not_promised_twice(given: GivenPool) -> None:
    allocated(given, first=5000_00)
    terms = {
        "scheme_id": given.schemes[0],
        "provider_id": given.provider,
        "amount_minor": 1000_00,
        "reference": "Order",
    }
    for _ in range(5):
        posted(given.manager, spending.commit, given.id, **terms)
    with pytest.raises(BeyondLimit, match="commitments counted"):
        posted(given.manager, spending.commit, given.id, **terms)


def test_an_invoice_beyond_the_budget_is_accepted_and_says_so(
    session: Session, given: GivenPool
) -> None:
    allocated(given, first=100_00)
    outcome = posted(
        given.manager,
        spending.accrue,
        given.id,
        scheme_id=given.schemes[0],
        provider_id=given.provider,
        amount_minor=130_00,
        reference="Invoice 9",
    )

    assert outcome.overspent_minor == 30_00
    assert held(session, given, Head.AVAILABLE, given.schemes[0]) == -30_00
    newest = session.scalars(select(LogEntry.kind).order_by(LogEntry.position.desc())).first()
    assert newest == "funding.expenditure-accrued"
    with pytest.raises(BeyondLimit):
        posted(
            given.manager,
            spending.commit,
            given.id,
            scheme_id=given.schemes[0],
            provider_id=given.provider,
            amount_minor=1,
            reference="x",
        )


@pytest.mark.parametrize("command", ["budget", "spending", "money"])
def test_who_may_not_prepare_or_see(session: Session, given: GivenPool, command: str) -> None:
    allocated(given, first=100_00)
    stranger = directory.member(Role.POOL_MANAGER)
    partners_manager = directory.member(Role.POOL_MANAGER, at=given.partners[1])
    auditor = directory.member(Role.AUDITOR)
    for actor in (stranger, partners_manager, auditor):
        with pytest.raises(NotFound if actor is stranger else Forbidden):
            if command == "budget":
                posted(actor, budget.set_reserve, given.id, amount_minor=1, reference="x")
            elif command == "spending":
                posted(
                    actor,
                    spending.accrue,
                    given.id,
                    scheme_id=given.schemes[0],
                    provider_id=given.provider,
                    amount_minor=1,
                    reference="x",
                )
            else:
                posted(
                    actor,
                    money.fall_due,
                    given.id,
                    partner_id=given.partners[0],
                    amount_minor=1,
                    reference="x",
                )
    assert [one.id for one in pool_queries.pools(session, partners_manager)] == [given.id]
    assert [one.id for one in pool_queries.pools(session, auditor)] == [given.id]
    assert pool_queries.pools(session, stranger) == []
    with pytest.raises(NotFound):
        pool_queries.pool(session, stranger, given.id)


def test_what_a_pool_has_once_it_does_not_get_twice(given: GivenPool) -> None:
    with pytest.raises(PoolOpenAlready):
        posted(
            given.manager,
            pools.open_pool,
            agreement_id=given.agreement_id,
            title="x",
            first_day=FIRST_DAY,
            last_day=FIRST_DAY,
        )
    with pytest.raises(AddedAlready):
        posted(given.manager, pools.add_scheme, given.id, title="Reablement")
    with pytest.raises(AddedAlready):
        posted(given.manager, pools.add_provider, given.id, provider_id=given.provider)
    with pytest.raises(Invalid):
        posted(given.manager, pools.add_scheme, given.id, title=" ")
    with pytest.raises(NotFound):
        posted(given.manager, pools.add_provider, given.id, provider_id=uuid4())


def test_accounts_of_another_pool_or_nobody_are_refused(given: GivenPool, session: Session) -> None:
    other = pool()
    allocated(given, first=100_00)
    with pytest.raises(NotFound, match="scheme"):
        accrued(given, 1, scheme_id=other.schemes[0])
    with pytest.raises(NotFound, match="provider"):
        accrued(given, 1, provider_id=other.provider)
    commitment_id, _ = posted(
        given.manager,
        spending.commit,
        given.id,
        scheme_id=given.schemes[0],
        provider_id=given.provider,
        amount_minor=60_00,
        reference="Order",
    )
    with pytest.raises(AnotherCommitment):
        accrued(given, 1, scheme_id=given.schemes[1], commitment_id=commitment_id)
    with pytest.raises(Conflict):
        accrued(other, 1, commitment_id=commitment_id)
