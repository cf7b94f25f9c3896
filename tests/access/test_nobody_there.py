"""Version 0 is of who is not there, and of who never changed: decisions tell them apart."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.access import replaying, service
from ledger.access.answers import Answered
from ledger.access.desk import desk
from ledger.access.index import Index
from ledger.access.models import AccessAlert
from ledger.access.past import decided
from ledger.access.replaying import Finding
from ledger.agreements import service as agreements
from ledger.agreements.rules.leaving import Ground
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import service as people
from tests.databases import NewDatabase, running
from tests.given import directory
from tests.given.access import Scene, scene


def asked_while(
    app: Flask, here: Scene, meanwhile: Callable[[], None], patch: pytest.MonkeyPatch
) -> Answered:
    """Ask, and have something happen between deciding and committing."""
    recorded = desk(db.session())._recorded
    submit = recorded.submit

    def first(item: Any) -> Any:
        with app.app_context():
            meanwhile()
        return submit(item)

    patch.setattr(recorded, "submit", first)
    with app.app_context():
        return service.evaluate(db.session(), here.clinician, here.question(), now=clock.now())


def test_who_was_erased_while_it_was_decided_is_not_there(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = scene(cared_for=False)
    before = here.ask().decision.known
    assert before.roster is not None
    assert (before.roster.version, before.choices.version if before.choices else 0) == (0, 0)
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.council)

    def erased() -> None:
        with unit_of_work(officer) as work:
            people.erase(work, patient_id=here.patient_id)

    answered = asked_while(app, here, erased, monkeypatch)
    assert answered.decision.known.roster is None
    db.session.rollback()
    assert decided(db.session(), answered.entry_id).entry.patient_id is None


def test_the_versions_alone_do_not_tell_nobody_from_somebody_who_never_changed(
    app: Flask, session: Session
) -> None:
    here, index = scene(cared_for=False), Index()
    question = here.question()
    nobody = here.question(patient_id=here.clinician.id)  # No patient has this id.
    for one, there in ((question, True), (nobody, False)):
        current = index.current(session, [one])
        known = index.known(session, one, clock.now(), current.of(one))
        assert (known.roster is not None) is there
        assert current.of(one).roster == 0
        assert current.is_what(known, one)
    other = index.known(session, nobody, clock.now())
    assert not index.current(session, [question]).is_what(other, question)


def test_who_has_no_role_yet_is_somebody_all_the_same(app: Flask, session: Session) -> None:
    here = scene()
    current = Index().current(session, [here.question()])
    current.people[here.clinician.id] = 0
    known = Index().known(session, here.question(), clock.now(), current.of(here.question()))
    assert known.person is not None


def test_decisions_about_nobody_can_be_decided_again(app: Flask, session: Session) -> None:
    here = scene()
    answered = here.ask(patient_id=here.clinician.id)
    session.rollback()
    (found,) = replaying.replayed(session, [decided(session, answered.entry_id)])
    assert found.finding is Finding.SAME, found


@pytest.mark.real_time
def test_two_services_that_meet_the_same_at_once_both_answer(
    postgresql_databases: NewDatabase,
) -> None:
    url = postgresql_databases()
    met = Barrier(2, timeout=20)
    with running(url) as one, running(url) as other:
        with one.app_context():
            here = scene()
            with unit_of_work(directory.member(Role.PRIVACY_OFFICER, at=here.trust)) as work:
                until = clock.civil_date(clock.now()) + timedelta(days=5)
                agreements.suspend(work, here.agreement_id, ground=Ground.BREACH, to=until)

        def ask(app: Flask) -> bool:
            with app.app_context():
                recorded = desk(db.session())._recorded
                settle, tries = recorded._settle, []

                def together(session: Session, batch: Sequence[Any]) -> Any:
                    session.scalar(select(func.count()).select_from(AccessAlert))
                    tries.append(1)
                    if len(tries) == 1:
                        met.wait()  # Both see that nothing was raised yet.
                    return settle(session, batch)

                recorded._settle = together  # type: ignore[misc]
                return here.ask().permits

        with ThreadPoolExecutor(2) as threads:
            assert list(threads.map(ask, (one, other))) == [True, True]
        with one.app_context():
            assert db.session().scalar(select(func.count()).select_from(AccessAlert)) == 1
