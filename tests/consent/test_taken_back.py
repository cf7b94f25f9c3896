"""Everybody who was named is told that a patient shares less, and says that they know."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.consent import service
from ledger.consent.queries.taken_back import SHARES_LESS
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.errors import NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.messages import audience
from ledger.messages.overdue import note_overdue
from ledger.messages.rules.alerts import RULES
from ledger.messages.service.acknowledging import acknowledge
from ledger.messages.taken_back import parties_told
from ledger.vocabulary.categories import Category
from tests.conftest import NOW
from tests.consent.conftest import Partnership
from tests.given import consent as given
from tests.given.directory import member, organisation
from tests.given.succession import succeeded


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
    (late,) = parties_told(session, p.patient, consent_id, now=NOW + timedelta(days=3))
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


def test_who_is_late_is_noted_once_and_alerted(
    session: Session, partnership: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = partnership
    officer = member(Role.PRIVACY_OFFICER, at=p.council)
    known, forgotten = (given.granted(p.patient, p.agreement_id, to=p.council) for _ in range(2))
    given.withdrawn(p.patient, known)
    given.withdrawn(p.patient, forgotten)
    both = select(LogEntry.id).where(LogEntry.kind == "consent.withdrawn")
    first, _ = session.scalars(both.order_by(LogEntry.position)).all()
    with unit_of_work(officer) as work:
        acknowledge(work, entry_id=first)

    def noted(after: timedelta) -> int:
        monkeypatch.setattr(clock, "now", lambda: NOW + after)
        return note_overdue()

    assert [noted(timedelta(days=d)) for d in (0, 2, 3, 4, 60)] == [0, 0, 1, 0, 0]
    row = session.scalars(
        select(LogEntry).where(LogEntry.kind == "message.acknowledgement-overdue")
    ).one()
    assert row.actor == "system:clock"
    assert audience.concerned(session, [row]) == {row.id: frozenset({p.council})}
    assert RULES[row.kind].roles == {Role.PRIVACY_OFFICER}


def test_who_took_a_partys_place_is_told_in_its_stead(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    yes = given.granted(p.patient, p.agreement_id, to=p.council)
    with unit_of_work(p.patient) as work:
        entry_id = service.narrow(
            work,
            yes,
            choice=given.choice(p.council, categories=frozenset({Category.CARE_PLAN})),
        ).entry_id
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=p.council)) as work:
        acknowledge(work, entry_id=entry_id)
    after = organisation("Council of the whole county")
    succeeded(p.council, by=after)
    with unit_of_work(p.patient) as work:
        entry_id = service.withdraw(work, yes).entry_id
    session.rollback()
    entry = session.scalars(select(LogEntry).where(LogEntry.id == entry_id)).one()
    assert audience.concerned(session, [entry]) == {entry_id: frozenset({after})}
    narrowed, withdrawn = parties_told(session, p.patient, yes, now=NOW)
    assert {narrowed.organisation_id, withdrawn.organisation_id} == {after}
    assert narrowed.acknowledged_at == NOW  # By the predecessor, which holds for who follows it.
    assert withdrawn.acknowledged_at is None
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=after)) as work:
        acknowledge(work, entry_id=entry_id)
    assert parties_told(session, p.patient, yes, now=NOW)[1].acknowledged_at == NOW


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
