"""What becomes of an agreement in force: leaving, suspending, ending, amending, and money."""

import contextlib
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.agreements import queries, service
from ledger.agreements.rules.leaving import AlreadyLeaving, Ground, NoticeTooShort
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.terms import Terms
from ledger.agreements.service.drafting import AnotherIsOpen
from ledger.agreements.service.proposing import LeavingParty, PartyLeftOut
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import Invalid, LedgerError, NotFound
from ledger.core.work import unit_of_work
from tests.conftest import NOW
from tests.given import agreements as given
from tests.given.directory import SYSTEM, organisation

TODAY = NOW.date()


def state(agreement_id: UUID, actor: Actor) -> State:
    return queries.agreement(db.session(), actor, agreement_id).state


class TestLife:
    def test_leaving_takes_notice_and_happens_once(
        self, trust: UUID, council: UUID, bob: Actor
    ) -> None:
        agreement_id = given.active(trust, council)
        with pytest.raises(NoticeTooShort, match="2026-05-31"), unit_of_work(bob) as work:
            service.withdraw(work, agreement_id, leaves_on=TODAY + timedelta(days=89))
        with unit_of_work(bob) as work:
            last_day = service.withdraw(work, agreement_id, leaves_on=TODAY + timedelta(days=90))
        assert last_day == TODAY + timedelta(days=89), "one party alone has no agreement"
        with pytest.raises(AlreadyLeaving), unit_of_work(bob) as work:
            service.withdraw(work, agreement_id, leaves_on=TODAY + timedelta(days=120))

    def test_time_ends_suspensions_and_agreements(
        self, trust: UUID, council: UUID, bob: Actor
    ) -> None:
        agreement_id = given.active(trust, council)
        with unit_of_work(bob) as work:
            service.suspend(work, agreement_id, ground=Ground.DISPUTE, to=TODAY)
        with unit_of_work(SYSTEM) as work:
            assert service.lapse(work) == 0
        with unit_of_work(SYSTEM, now=NOW + timedelta(days=1)) as work:
            assert service.lapse(work) == 1
        assert state(agreement_id, bob) is State.ACTIVE
        with unit_of_work(SYSTEM, now=NOW + timedelta(days=1000)) as work:
            assert service.lapse(work) == 1
        assert state(agreement_id, bob) is State.EXPIRED

    def test_a_breach_ends_it_at_once_and_a_review_does_not(
        self, trust: UUID, council: UUID, bob: Actor
    ) -> None:
        agreement_id = given.active(trust, council)
        with pytest.raises(Invalid), unit_of_work(bob) as work:
            service.terminate(work, agreement_id, ground=Ground.REVIEW)
        with unit_of_work(bob) as work:
            service.terminate(work, agreement_id, ground=Ground.BREACH)
        assert state(agreement_id, bob) is State.TERMINATED

    def test_one_version_is_negotiated_at_a_time(
        self, trust: UUID, council: UUID, ann: Actor
    ) -> None:
        agreement_id = given.active(trust, council)
        with unit_of_work(ann) as work:
            service.amend(work, agreement_id, terms=given.terms(trust, council))
        with pytest.raises(AnotherIsOpen), unit_of_work(ann) as work:
            service.amend(work, agreement_id, terms=given.terms(trust, council))

    def test_nobody_is_voted_out_and_nobody_who_left_is_named(
        self, trust: UUID, council: UUID, ann: Actor, bob: Actor
    ) -> None:
        board = organisation("Westmoor Demonstration Board")
        agreement_id = given.active(trust, council, board)
        soon, late = TODAY + timedelta(days=10), TODAY + timedelta(days=200)
        with unit_of_work(ann) as work:
            service.amend(work, agreement_id, terms=given.terms(trust, board))
        with pytest.raises(PartyLeftOut, match="notice"), unit_of_work(ann) as work:
            service.propose(work, agreement_id)
        with unit_of_work(bob) as work:
            service.withdraw(work, agreement_id, leaves_on=TODAY + timedelta(days=90))
        attempts: list[tuple[Terms, type[LedgerError] | None]] = [
            (given.terms(trust, board, starts_on=soon), PartyLeftOut),
            (given.terms(trust, council, board, starts_on=late), LeavingParty),
            (given.terms(trust, board, starts_on=late), None),
        ]
        for terms, error in attempts:
            with unit_of_work(ann) as work:
                service.redraft(work, agreement_id, terms=terms)
            with contextlib.ExitStack() as stack:
                if error is not None:
                    stack.enter_context(pytest.raises(error))
                work = stack.enter_context(unit_of_work(ann))
                service.propose(work, agreement_id)


class TestPooledFunds:
    def test_money_may_have_begun_before_and_hangs_from_clauses(
        self, trust: UUID, council: UUID, session: Session
    ) -> None:
        agreement_id = given.active(trust, council, given=given.fund_terms(trust, council))
        fund = queries.pooled_fund_terms(session, agreement_id)
        assert fund.first_day == date(2026, 1, 1)
        assert fund.partner_ids == (trust, council)
        assert [c.amount_minor for c in fund.contributions] == [60_000_000, 40_000_000]
        assert set(fund.clauses) == {"C1", "C2", "S1"}
        assert fund.in_force(TODAY)

    def test_suspending_data_does_not_stop_money(
        self, trust: UUID, council: UUID, ann: Actor, session: Session
    ) -> None:
        fund_id = given.active(trust, council, given=given.fund_terms(trust, council))
        data_id = given.active(trust, council)
        with unit_of_work(ann) as work:
            service.link(work, fund_id, linked_id=data_id)
        with unit_of_work(ann) as work:
            service.suspend(work, data_id, ground=Ground.BREACH, to=TODAY)
        fund = queries.pooled_fund_terms(session, fund_id)
        assert queries.linked_ids(session, fund.agreement_id) == {data_id}
        assert fund.in_force(TODAY)
        with pytest.raises(Invalid), unit_of_work(ann) as work:
            service.link(work, data_id, linked_id=fund_id)

    def test_data_sharing_is_no_fund(self, trust: UUID, council: UUID, session: Session) -> None:
        with pytest.raises(NotFound):
            queries.pooled_fund_terms(session, given.active(trust, council))
