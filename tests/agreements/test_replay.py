"""A life of agreements, rebuilt from the log alone."""

from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine

from ledger.agreements import service
from ledger.agreements.rules.leaving import Ground
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.replay import replay
from ledger.core.work import unit_of_work
from ledger.governance import service as governance
from ledger.governance.rules import StakeholderClass
from tests.conftest import NOW
from tests.given import agreements as given
from tests.given.directory import SYSTEM, member, organisation

TODAY = NOW.date()


def test_replay_equals_live(app: Flask, tmp_path: Path) -> None:
    trust, council, board = organisation(), organisation(), organisation()
    first = given.active(trust, council, board)
    ann, bob = given.signatory(at=trust), given.signatory(at=council)
    with unit_of_work(ann) as work:
        service.amend(work, first, terms=given.terms(trust, council, board, title="Wider"))
    with unit_of_work(ann) as work:
        service.redraft(work, first, terms=given.terms(trust, council, board, notice_days=30))
    with unit_of_work(ann) as work:
        service.propose(work, first)
    for actor in (ann, bob, given.signatory(at=board)):
        given.signed(first, actor)
    with unit_of_work(bob) as work:
        service.suspend(work, first, ground=Ground.DISPUTE, to=TODAY, words="Ask us why.")
    with unit_of_work(bob) as work:
        service.withdraw(work, first, leaves_on=TODAY + timedelta(days=30))
    fund = given.active(trust, council, given=given.fund_terms(trust, council))
    with unit_of_work(ann) as work:
        service.link(work, fund, linked_id=first)
    elsewhere = [given.flow("F1", trust, council, purpose="CAREMGT")]
    declined = given.proposed(given.terms(trust, council, flows=elsewhere), by=ann)
    with unit_of_work(bob) as work:
        service.decline(work, declined, number=1, words="No.")
    ended = given.active(trust, council, given=given.terms(trust, council, flows=elsewhere))
    with unit_of_work(bob) as work:
        service.terminate(work, ended, ground=Ground.BREACH)
    with unit_of_work(SYSTEM, now=NOW + timedelta(days=2)) as work:
        assert service.lapse(work) == 1
    with unit_of_work(SYSTEM, now=NOW + timedelta(days=2000)) as work:
        assert service.lapse(work) == 2
    steward = member(Role.STEWARD, at=board)
    with unit_of_work(steward) as work:
        body = governance.establish(work, host_id=board, name="Board", reference="Allocates.")
    with unit_of_work(steward) as work:
        seat = governance.create_seat(work, body, stakeholder=StakeholderClass.PAYER, title="Payer")
    with unit_of_work(steward) as work:
        governance.appoint(work, seat, person_id=ann.id, first_day=TODAY)
    with unit_of_work(steward) as work:
        governance.vacate(work, seat, last_day=TODAY)
    db.session.remove()

    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []
    assert report.rows["agreement_lines"] > 0
    assert report.rows["agreements_epoch"] == 1
    assert report.rows["seat_terms"] == 1
