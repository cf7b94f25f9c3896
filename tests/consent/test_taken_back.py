"""Everybody who was named is told that a patient shares less, and says that they know."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.consent import service
from ledger.consent.queries.taken_back import SHARES_LESS
from ledger.core.actor import Role
from ledger.core.errors import NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.messages import audience
from ledger.messages.rules.alerts import RULES
from ledger.messages.service.acknowledging import acknowledge
from ledger.messages.taken_back import WITHIN, parties_told
from tests.conftest import NOW
from tests.consent.conftest import Partnership
from tests.given import consent as given
from tests.given.directory import member, organisation


def test_a_party_is_told_and_says_that_it_knows(session: Session, partnership: Partnership) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    assert parties_told(session, p.patient, consent_id, now=NOW) == ()
    with unit_of_work(p.patient) as work:
        entry_id = service.withdraw(work, consent_id).entry_id
    entry = session.scalars(select(LogEntry).where(LogEntry.id == entry_id)).one()
    assert audience.concerned(session, [entry]) == {entry_id: frozenset({p.council})}
    (told,) = parties_told(session, p.patient, consent_id, now=NOW)
    assert (told.organisation_id, told.acknowledged_at, told.overdue) == (p.council, None, False)
    (late,) = parties_told(session, p.patient, consent_id, now=NOW + WITHIN)
    assert late.overdue

    officer = member(Role.PRIVACY_OFFICER, at=p.council)
    with unit_of_work(officer) as work:
        acknowledge(work, entry_id=entry_id)
    (known,) = parties_told(session, p.patient, consent_id, now=NOW + timedelta(days=9))
    assert known.acknowledged_at == NOW
    assert not known.overdue
    for stranger in (officer, member(Role.PRIVACY_OFFICER, at=organisation())):
        with pytest.raises(NotFound):
            parties_told(session, stranger, consent_id, now=NOW)


def test_nobody_else_is_told_and_of_a_no_nobody(session: Session, partnership: Partnership) -> None:
    p = partnership
    yes = given.granted(p.patient, p.agreement_id, to=p.council)
    no = given.dissented(p.patient, organisation_ids=frozenset({p.council}))
    given.withdrawn(p.patient, no)
    entries = session.scalars(select(LogEntry).where(LogEntry.kind.startswith("consent."))).all()
    assert audience.concerned(session, entries) == {}
    given.withdrawn(p.patient, yes)
    stranger = member(Role.PRIVACY_OFFICER)
    newest = session.scalars(select(LogEntry.id).order_by(LogEntry.position.desc()).limit(1)).one()
    with pytest.raises(NotFound), unit_of_work(stranger) as work:
        acknowledge(work, entry_id=newest)


def test_every_way_to_share_less_is_told_of() -> None:
    kinds = {f"consent.{event}" for event in SHARES_LESS}
    assert kinds <= set(RULES)
