"""The state of consents is what the log says, and what a withdrawal's answer promises holds."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.consent import queries, service
from ledger.consent.rules import Data, Outcome, Request, evaluate
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Conflict
from ledger.core.replay import replay
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.consent.conftest import Partnership
from tests.consent.fhir.examples import a_consent, body
from tests.given import consent as given
from tests.given.directory import member


def ask(session: Session, p: Partnership) -> Outcome:
    found = queries.standing(session, p.patient_id)
    request = Request(
        subject=p.patient_id,
        actors=frozenset({f"organisation:{p.council}"}),
        action="access",
        purpose="TREAT",
        at=found.instant(clock.now()),
        data=Data(),
    )
    return evaluate(found.consents, request).outcome


def test_replay_gives_the_same_consents(session: Session, partnership: Partnership) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    less = given.choice(p.council, categories=frozenset({Category.CARE_PLAN}))
    with unit_of_work(p.patient) as work:
        service.narrow(work, consent_id, choice=less)
    given.dissented(p.patient)
    given.withdrawn(p.patient, consent_id)
    officer = member(Role.PRIVACY_OFFICER, at=p.trust)
    for consent in (a_consent(status="draft"), a_consent({"type": "deny"})):
        with unit_of_work(officer) as work:
            service.import_fhir(work, body=body(consent), patient_id=p.patient_id)
    copy = create_engine("sqlite://")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []
    assert report.rows["consents"] == 3
    assert report.rows["consent_events"] == 5


def test_p6_an_evaluation_that_starts_after_the_withdrawals_answer_sees_it(
    app: Flask, partnership: Partnership
) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)

    def asker(after: Callable[[], None]) -> Outcome:
        with app.app_context():
            after()
            try:
                return ask(db.session(), p)
            finally:
                db.session.remove()

    answered = Barrier(5, timeout=30)
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(asker, answered.wait) for _ in range(4)]  # type: ignore[arg-type]
        given.withdrawn(p.patient, consent_id)
        db.session.remove()
        answered.wait()
        assert {one.result() for one in waiting} == {Outcome.NOT_APPLICABLE}


def test_two_who_take_the_same_consent_back_at_once_do_it_once(
    app: Flask, partnership: Partnership
) -> None:
    p = partnership
    consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
    db.session.remove()
    together = Barrier(2, timeout=30)

    def taker() -> str:
        with app.app_context():
            together.wait()
            try:
                with unit_of_work(p.patient) as work:
                    service.withdraw(work, consent_id)
            except Conflict as refused:
                return refused.slug
            finally:
                db.session.remove()
            return "withdrawn"

    with ThreadPoolExecutor(2) as threads:
        said = sorted(one.result() for one in [threads.submit(taker) for _ in range(2)])
    assert said == ["consent-already-withdrawn", "withdrawn"]


def test_two_first_statements_at_once_are_both_counted_or_one_is_refused(
    app: Flask, partnership: Partnership
) -> None:
    p = partnership
    db.session.remove()
    together = Barrier(2, timeout=30)

    def speaker(purpose: str) -> str:
        with app.app_context():
            together.wait()
            try:
                given.dissented(p.patient, purposes=frozenset({purpose}))
            except Conflict as refused:
                return refused.slug
            finally:
                db.session.remove()
            return "said"

    with ThreadPoolExecutor(2) as threads:
        said = [one.result() for one in [threads.submit(speaker, c) for c in ("TREAT", "HRESCH")]]
    count = said.count("said")
    assert count >= 1
    assert set(said) <= {"said", "consent-changed-meanwhile"}
    assert queries.standing(db.session(), p.patient_id).version == count
    assert len(queries.standing(db.session(), p.patient_id).consents) == count
