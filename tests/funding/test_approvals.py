"""The second pair of eyes: who may approve what, and what is posted when they have."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.funding.queries import proposals, transactions
from ledger.funding.queries.statements import statement_now
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import (
    ApprovedAlready,
    MakerApproves,
    NobodyActs,
    SpeaksForNobodyHere,
)
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.service import approvals, budget, money, pools
from ledger.funding.service.approvals import NotWaiting
from ledger.funding.service.budget import RingFenced
from ledger.funding.service.shares import MoreThanAuthorised, share_overspend
from tests.given import directory
from tests.given.funding import (
    GivenPool,
    accrued,
    allocated,
    held,
    posted,
    proposed,
    received,
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
