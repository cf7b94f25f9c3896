"""A pool's life, rebuilt from the log alone, triggers and all."""

from datetime import date
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.core.db import db
from ledger.core.replay import replay
from ledger.funding.queries import transactions
from ledger.funding.rules.events import Event
from ledger.funding.service import approvals, budget, corrections, pools, spending
from tests.given.funding import accrued, allocated, paid, pool, posted, proposed, received


def test_replay_equals_live(session: Session, tmp_path: Path) -> None:
    given = pool()
    allocated(given, first=500_00, second=100_00)
    received(given, 400_00)
    commitment_id, _ = posted(
        given.manager,
        spending.commit,
        given.id,
        scheme_id=given.schemes[0],
        provider_id=given.provider,
        amount_minor=100_00,
        reference="Contract",
    )
    invoice = accrued(given, 120_00, commitment_id=commitment_id)
    posted(given.manager, corrections.reverse, given.id, invoice, reference="Wrong")
    accrued(given, 80_00, commitment_id=commitment_id)
    posted(
        given.manager, spending.release, given.id, commitment_id=commitment_id, amount_minor=5_00
    )
    paid(given, 70_00)
    posted(given.manager, approvals.drop, proposed(given, 10_00))
    outcome = posted(
        given.manager,
        budget.authorise_overspend,
        given.id,
        scheme_id=given.schemes[1],
        amount_minor=10_00,
        reference="Board",
    )
    for lead in given.leads:
        posted(lead, approvals.approve, outcome.transaction_id)
    last_year = {"first_day": date(2025, 1, 1), "last_day": date(2025, 12, 31)}
    period_id = posted(given.manager, pools.open_period, given.id, **last_year)
    posted(given.manager, pools.close_period, given.id, period_id)

    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    session.rollback()
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []
    assert report.rows["pool_postings"] > 30
    assert report.rows["pool_transactions"] == report.rows["pool_seals"]
    events = {one.event for one in transactions.every_transaction(session, given.view)}
    assert Event.OVERSPEND_AUTHORISED in events
