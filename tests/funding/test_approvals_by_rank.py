"""Approval by amount and rank, from the agreement to the posting, and back from the log."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.replay import replay
from ledger.funding.queries import pools, proposals, transactions
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import ApprovedAlready, RankTooLow
from ledger.funding.service import approvals, budget, bundles, corrections, spending
from ledger.funding.service.posting import Outcome
from tests.beginnings import begins_with
from tests.conftest import NOW
from tests.given import directory
from tests.given.funding import GivenPool, allocated, held, pool, posted

STEPS = (
    ("commitment", 10_00, "pool manager"),
    ("commitment", 50_00, "host finance lead"),
    ("commitment", None, "host chief finance officer"),
    ("virement", 10_00, "two host finance leads"),
    ("virement", None, "every partner's chief finance officer"),
)


def scene() -> GivenPool:
    made = pool(steps=STEPS)
    allocated(made, first=500_00, second=100_00)
    return made


beginning = begins_with(scene)


def committed(given: GivenPool, amount_minor: int) -> Outcome:
    _, outcome = posted(
        given.manager,
        spending.commit,
        given.id,
        scheme_id=given.schemes[0],
        provider_id=given.provider,
        amount_minor=amount_minor,
        reference="Order",
    )
    return outcome


def vired(given: GivenPool, amount_minor: int) -> Outcome:
    return posted(
        given.manager,
        budget.vire,
        given.id,
        from_scheme_id=given.schemes[0],
        to_scheme_id=given.schemes[1],
        amount_minor=amount_minor,
        reference="Board 2",
    )


def test_the_manager_commits_within_a_limit_and_others_beyond_it(
    session: Session, given: GivenPool, tmp_path: Path
) -> None:
    assert not committed(given, 10_00).waiting
    larger, largest = committed(given, 50_00), committed(given, 50_01)
    assert larger.waiting
    assert largest.waiting
    assert held(session, given, Head.COMMITTED, given.schemes[0]) == 10_00
    posted(given.approver, approvals.approve, larger.transaction_id)
    with pytest.raises(RankTooLow):
        posted(given.approver, approvals.approve, largest.transaction_id)
    chief = directory.member(Role.CHIEF_FINANCE_OFFICER, at=given.partners[0])
    posted(chief, approvals.approve, largest.transaction_id)
    assert held(session, given, Head.COMMITTED, given.schemes[0]) == 110_01
    assert {one.provider_id for one in pools.commitments(session, given.view)} == {given.provider}

    bundle_id, started = posted(
        given.manager,
        bundles.start,
        given.id,
        scheme_id=given.schemes[0],
        parts_minor={given.provider: 20_00},
        episodes=2,
        reference="Bundle",
    )
    assert started.waiting
    posted(given.approver, approvals.approve, started.transaction_id)
    posted(given.manager, bundles.done, given.id, bundle_id=bundle_id, episodes=1, reference="Done")
    undone = posted(
        given.manager, corrections.reverse, given.id, larger.transaction_id, reference="Not needed"
    )
    assert undone.waiting
    posted(given.approver, approvals.approve, undone.transaction_id)

    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    session.rollback()
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []


def test_two_people_of_the_host_and_then_every_chief(session: Session, given: GivenPool) -> None:
    small, large = vired(given, 10_00), vired(given, 10_01)
    assert posted(given.approver, approvals.approve, small.transaction_id).waiting
    with pytest.raises(ApprovedAlready):
        posted(given.approver, approvals.approve, small.transaction_id)
    assert not posted(given.leads[0], approvals.approve, small.transaction_id).waiting
    chiefs = [directory.member(Role.CHIEF_FINANCE_OFFICER, at=one) for one in given.partners]
    for chief in chiefs[:2]:
        assert posted(chief, approvals.approve, large.transaction_id).waiting
    with pytest.raises(RankTooLow):
        posted(given.leads[2], approvals.approve, large.transaction_id)
    (waiting,) = proposals.waiting(session, given.view)
    assert {one.rank for one in waiting.approvals} == {Role.CHIEF_FINANCE_OFFICER}
    assert not posted(chiefs[2], approvals.approve, large.transaction_id).waiting
    assert held(session, given, Head.AVAILABLE, given.schemes[1]) == 120_01


def test_an_overspend_is_authorised_from_the_day_the_last_partner_agreed(
    session: Session, given: GivenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"scheme_id": given.schemes[0], "amount_minor": 5_00, "reference": "Board 6"}
    outcome = posted(given.manager, budget.authorise_overspend, given.id, **said)
    for days, lead in enumerate(given.leads):
        monkeypatch.setattr(clock, "now", lambda days=days: NOW + timedelta(days=days))
        posted(lead, approvals.approve, outcome.transaction_id)
    shown = transactions.transaction(session, given.view, outcome.transaction_id)
    assert shown.effective_on == NOW.date() + timedelta(days=2)
