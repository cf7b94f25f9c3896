"""Pools through their commands: what is posted, what waits, and what is refused."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.errors import Conflict, Forbidden, Invalid, NotFound
from ledger.core.trail import LogEntry
from ledger.funding.queries import balances, proposals, transactions
from ledger.funding.queries import pools as pool_queries
from ledger.funding.queries.statements import statement_now
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.commitments import NotThatMuchOpen
from ledger.funding.rules.controls import (
    ApprovedAlready,
    MakerApproves,
    NobodyActs,
    SpeaksForNobodyHere,
)
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.rules.periods import PeriodRefused
from ledger.funding.rules.postings import AlreadyReversed, NotReversible
from ledger.funding.service import approvals, budget, corrections, money, pools, spending
from ledger.funding.service.approvals import NotWaiting
from ledger.funding.service.budget import AgreedAlready, RingFenced
from ledger.funding.service.money import MoreThanAgreed
from ledger.funding.service.pools import AddedAlready, ClosedAlready, PoolOpenAlready
from ledger.funding.service.posting import NotYet, PeriodNotOpen
from ledger.funding.service.shares import MoreThanAuthorised, share_overspend
from ledger.funding.service.spending import AnotherCommitment
from tests.given import directory
from tests.given.funding import (
    FIRST_DAY,
    GivenPool,
    accrued,
    allocated,
    paid,
    pool,
    posted,
    proposed,
    received,
)


@pytest.fixture
def given(session: Session) -> GivenPool:
    return pool()


def held(session: Session, given: GivenPool, head: Head, of: UUID | None = None) -> int:
    return balances.balance(session, Account(head=head, of=of).id_in(given.id))


def newest_kind(session: Session) -> str:
    return session.scalars(select(LogEntry.kind).order_by(LogEntry.position.desc())).first() or ""


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


def test_a_contribution_that_was_reversed_may_be_agreed_again(
    given: GivenPool, session: Session
) -> None:
    (newest, *_) = transactions.transactions(session, given.view, limit=1)
    posted(given.manager, corrections.reverse, given.id, newest.id, reference="Wrong day")
    posted(given.manager, budget.agree_contribution, given.id, key="C3")
    assert held(session, given, Head.UNALLOCATED) == 1_200_000_00


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
    assert newest_kind(session) == "funding.expenditure-accrued"
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


def test_a_payment_waits_for_another_human_being(session: Session, given: GivenPool) -> None:
    allocated(given, first=100_00)
    received(given, 100_00)
    accrued(given, 50_00)
    transaction_id = proposed(given, 50_00)
    assert held(session, given, Head.CASH) == 100_00
    (waiting,) = proposals.waiting(session, given.view)
    assert waiting.transaction.transaction_id == transaction_id

    maker_as_lead = directory.another_role(given.manager, Role.FINANCE_LEAD, at=given.partners[0])
    with pytest.raises(MakerApproves):
        posted(maker_as_lead, approvals.approve, transaction_id)
    with pytest.raises(SpeaksForNobodyHere):
        posted(given.leads[1], approvals.approve, transaction_id)
    assert held(session, given, Head.CASH) == 100_00

    assert not posted(given.approver, approvals.approve, transaction_id).waiting
    assert held(session, given, Head.CASH) == 50_00
    with pytest.raises(NotWaiting, match="nothing was changed"):
        posted(given.leads[0], approvals.approve, transaction_id)
    assert proposals.waiting(session, given.view) == []


def test_a_program_acting_for_the_maker_is_the_maker(given: GivenPool) -> None:
    allocated(given, first=100_00)
    received(given, 100_00)
    accrued(given, 50_00)
    transaction_id = proposed(given, 50_00)
    facts = {"roles": frozenset({Role.FINANCE_LEAD}), "organisation_id": given.partners[0]}
    program = Actor.client(uuid4(), on_behalf_of=given.manager.ref, **facts)
    with pytest.raises(MakerApproves):
        posted(program, approvals.approve, transaction_id)
    with pytest.raises(NobodyActs):
        posted(replace(program, on_behalf_of=None), approvals.approve, transaction_id)


def test_no_more_is_paid_than_is_owed_and_held_even_if_two_payments_wait(given: GivenPool) -> None:
    allocated(given, first=100_00)
    received(given, 60_00)
    accrued(given, 80_00)
    with pytest.raises(BeyondLimit, match="than is owed"):
        proposed(given, 81_00)
    one, two = proposed(given, 40_00), proposed(given, 40_00)
    posted(given.approver, approvals.approve, one)
    with pytest.raises(BeyondLimit, match="cash"):
        posted(given.approver, approvals.approve, two)
    received(given, 20_00)
    posted(given.approver, approvals.approve, two)


def test_a_proposal_may_be_dropped(session: Session, given: GivenPool) -> None:
    allocated(given, first=100_00)
    received(given, 100_00)
    accrued(given, 50_00)
    for actor in (given.manager, given.approver):
        transaction_id = proposed(given, 50_00)
        posted(actor, approvals.drop, transaction_id, reference="Paid by the trust")
        with pytest.raises(NotWaiting):
            posted(given.approver, approvals.approve, transaction_id)
    assert held(session, given, Head.CASH) == 100_00


def test_the_reserve_is_released_when_every_partner_has_approved(
    session: Session, given: GivenPool
) -> None:
    posted(given.manager, budget.set_reserve, given.id, amount_minor=50_00, reference="Board 3")
    outcome = posted(
        given.manager,
        budget.release_reserve,
        given.id,
        scheme_id=given.schemes[0],
        amount_minor=20_00,
        reference="Board 4",
    )
    for lead in given.leads[:2]:
        assert posted(lead, approvals.approve, outcome.transaction_id).waiting
    with pytest.raises(ApprovedAlready):
        posted(given.leads[0], approvals.approve, outcome.transaction_id)
    assert held(session, given, Head.RESERVE) == 50_00
    assert not posted(given.leads[2], approvals.approve, outcome.transaction_id).waiting
    assert held(session, given, Head.RESERVE) == 30_00
    assert held(session, given, Head.AVAILABLE, given.schemes[0]) == 20_00


def test_budget_never_crosses_a_ring_fence(session: Session, given: GivenPool) -> None:
    allocated(given, first=100_00)
    fenced = posted(given.manager, pools.add_scheme, given.id, title="Grants", ring_fenced=True)
    move = {"from_scheme_id": given.schemes[0], "amount_minor": 10_00, "reference": "Board 5"}
    with pytest.raises(RingFenced):
        posted(given.manager, budget.vire, given.id, to_scheme_id=fenced, **move)
    outcome = posted(given.manager, budget.vire, given.id, to_scheme_id=given.schemes[1], **move)
    posted(given.leads[1], approvals.approve, outcome.transaction_id)
    assert held(session, given, Head.AVAILABLE, given.schemes[1]) == 10_00


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


def test_an_authorised_overspend_is_shared_by_the_agreements_rule(
    session: Session, given: GivenPool
) -> None:
    outcome = posted(
        given.manager,
        budget.authorise_overspend,
        given.id,
        scheme_id=given.schemes[0],
        amount_minor=100_01,
        reference="Board 6",
    )
    for lead in given.leads:
        posted(lead, approvals.approve, outcome.transaction_id)
    shared = {"reference": "Board 7"}
    with pytest.raises(MoreThanAuthorised, match=r"£100\.01"):
        posted(given.manager, share_overspend, given.id, amount_minor=100_02, **shared)
    posted(given.manager, share_overspend, given.id, amount_minor=100_01, **shared)

    owed = [held(session, given, Head.RECEIVABLE, one) for one in given.partners]
    assert owed == [50_00, 33_34, 16_67]
    assert held(session, given, Head.FUNDING_OVERSPEND) == 0
    said = statement_now(session, given.view)
    assert [line.agreed_minor - owed[n] for n, line in enumerate(said.partners.values())] == [
        600_000_00,
        400_000_00,
        200_000_00,
    ]
    (newest,) = transactions.transactions(session, given.view, limit=1)
    assert newest.basis == "Share rule S1: pro-rata"
    posted(
        given.manager,
        money.receive,
        given.id,
        partner_id=given.partners[1],
        amount_minor=33_34,
        reference="Bank line",
    )
