"""The one decision, from the commands that users call to the entry in the access log."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.access import queries, service
from ledger.access.answers import Answered, as_json
from ledger.access.entries import AccessDecided
from ledger.access.rules.words import Outcome, Reason
from ledger.agreements import service as agreements
from ledger.agreements.rules.leaving import Ground
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import service as directory_service
from ledger.directory.entries import EndReason
from ledger.vocabulary.categories import Category
from tests.beginnings import begins_with
from tests.given import directory
from tests.given.access import Scene, scene

beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


def entry_of(answered: Answered) -> Record[AccessDecided]:
    body = db.session().scalar(select(LogEntry.body).where(LogEntry.id == answered.entry_id))
    assert body is not None
    record = Record.from_bytes(body)
    assert isinstance(record.entry, AccessDecided)
    return record  # type: ignore[return-value]


def outcome(answered: Answered) -> tuple[str, str]:
    return answered.decision.verdict.outcome, answered.decision.verdict.reason


def test_care_goes_by_implied_consent_and_the_log_says_what_it_saw(here: Scene) -> None:
    answered = here.ask()

    assert answered.permits
    assert outcome(answered) == (Outcome.DEFAULT_PERMIT, Reason.IMPLIED_CARE)
    record = entry_of(answered)
    assert record.actor == here.clinician.ref
    assert record.about == (f"patient:{here.patient_id}", f"person:{here.clinician.id}")
    entry = record.entry
    assert (entry.agreement_id, entry.agreement_version) == (here.agreement_id, 1)
    assert entry.regime == "care/1"
    assert entry.lines[0].startswith("access.csv:")
    assert (entry.saw.consents, entry.saw.roster > 0, entry.saw.person > 0) == (0, True, True)


def test_the_answer_flips_the_moment_consent_is_withdrawn(here: Scene) -> None:
    asked = {"purpose": "HRESCH"}
    assert outcome(here.ask(**asked)) == (Outcome.DEFAULT_DENY, Reason.REGISTER_ABSENT)

    consent_id = here.grant()
    granted = here.ask(**asked)
    assert outcome(granted) == (Outcome.PERMIT, Reason.CONSENTED)
    assert entry_of(granted).entry.consents[0].consent_id == consent_id

    here.withdraw(consent_id)
    assert outcome(here.ask(**asked)) == (Outcome.DEFAULT_DENY, Reason.REGISTER_ABSENT)


def test_guarded_data_needs_consent_even_for_care(here: Scene) -> None:
    asked = {"category": Category.SEXUAL_HEALTH}
    assert outcome(here.ask(**asked)) == (Outcome.DEFAULT_DENY, Reason.NO_CONSENT)
    consent_id = here.grant("TREAT", categories=frozenset({Category.SEXUAL_HEALTH}))
    assert here.ask(**asked).permits
    here.withdraw(consent_id)
    assert not here.ask(**asked).permits


def test_a_no_stops_care_too_and_says_that_information_is_withheld(here: Scene) -> None:
    no = here.dissent()
    answered = here.ask()
    assert outcome(answered) == (Outcome.DENY, Reason.REFUSED)
    assert "withheld" in as_json(answered)["context"]["reason_user"]["en"]

    here.withdraw(no)
    assert here.ask().permits


def test_care_does_not_stop_for_a_suspended_agreement_and_research_does(here: Scene) -> None:
    here.grant()
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    today = clock.civil_date(clock.now())
    with unit_of_work(officer) as work:
        until = today + timedelta(days=5)
        agreements.suspend(work, here.agreement_id, ground=Ground.BREACH, to=until)

    care, research = here.ask(), here.ask(purpose="HRESCH")

    assert outcome(care) == (Outcome.DEFAULT_PERMIT, Reason.CARE_GOES_ON)
    assert entry_of(care).entry.alerts == ("agreement-suspended",)
    assert outcome(research) == (Outcome.DEFAULT_DENY, Reason.AGREEMENT_SUSPENDED)

    here.ask()
    session = db.session()
    (alert,) = queries.alerts(session, officer)
    assert (alert.alert, alert.raised_on) == ("agreement-suspended", today)
    assert (alert.organisation_id, alert.holder_id) == (here.trust, here.council)
    other_side = directory.member(Role.PRIVACY_OFFICER, at=here.council)
    assert queries.alerts(session, other_side) == [alert]
    assert queries.alerts(session, here.clinician) == []
    assert queries.alerts(session, directory.member(Role.PRIVACY_OFFICER)) == []


def test_a_role_that_ends_ends_access(here: Scene) -> None:
    assert here.ask().permits
    steward = directory.member(Role.STEWARD, at=here.trust)
    with unit_of_work(steward) as work:
        assert here.clinician.membership_id
        directory_service.end_role(
            work, membership_id=here.clinician.membership_id, reason=EndReason.LEFT
        )
    answered = service.evaluate(db.session(), here.client(), here.question(), now=clock.now())
    assert outcome(answered) == (Outcome.DEFAULT_DENY, Reason.NO_ROLE)


def test_nobody_looks_at_their_own_record_as_staff(here: Scene) -> None:
    own = directory.another_role(here.patient, Role.CLINICIAN, at=here.trust)
    question = replace(here.question(), person_id=own.id)
    answered = service.evaluate(db.session(), own, question, now=clock.now())
    assert outcome(answered) == (Outcome.DEFAULT_DENY, Reason.RECUSED)


def test_a_stranger_is_told_the_same_of_a_patient_and_of_nobody(app: Flask) -> None:
    here = scene(cared_for=False)
    here.dissent()
    told = []
    for patient_id in (here.patient_id, uuid4(), None):
        answer = as_json(here.ask(patient_id=patient_id))
        assert answer["context"].pop("entry_id")
        told.append(answer)
    assert told[0] == told[1] == told[2]
    assert told[0]["context"]["reason_code"] == "not-available"


def test_who_may_not_ask_is_refused_and_that_is_recorded(here: Scene, session: Session) -> None:
    elsewhere = directory.organisation()
    for actor in (
        directory.member(Role.CLINICIAN, at=here.trust),
        directory.another_role(here.clinician, Role.CLINICIAN, at=elsewhere),
        here.client(organisation_id=elsewhere),
        replace(here.client(), scopes=frozenset({"log:read"}), key=str(uuid4())),
        replace(here.client(), roles=frozenset[Role](), key=str(uuid4())),
        here.patient,
        directory.member(Role.AUDITOR, at=here.trust),
    ):
        with pytest.raises(Forbidden):
            service.evaluate(session, actor, here.question(), now=clock.now())
        newest = select(LogEntry.kind, LogEntry.actor).order_by(LogEntry.position.desc())
        assert session.execute(newest.limit(1)).one() == ("authority.refused", actor.ref)
    assert session.scalar(select(LogEntry.id).where(LogEntry.kind == AccessDecided.kind)) is None


def test_a_program_asks_for_people_of_its_organisation_and_about_data_that_it_holds(
    here: Scene,
) -> None:
    for organisation_id in (here.trust, here.council):
        client = here.client(organisation_id=organisation_id)
        answered = service.evaluate(db.session(), client, here.question(), now=clock.now())
        record = entry_of(answered)
        assert record.actor == client.ref
        assert record.on_behalf_of == here.clinician.ref
        assert record.org == organisation_id


def test_patients_see_who_looked_and_why_and_strangers_do_not(
    here: Scene, session: Session
) -> None:
    consent_id = here.grant()
    here.ask()
    here.ask(purpose="HRESCH")

    newest, older = queries.looked(session, here.patient, here.patient_id)

    assert (newest.purpose, newest.allowed, newest.consent_ids) == (
        "HRESCH",
        True,
        (consent_id,),
    )
    assert newest.words == "You have agreed to this."
    assert older.person_id == here.clinician.id
    assert older.roles == {Role.CLINICIAN}
    assert queries.looked(session, here.patient, here.patient_id, before=newest.position) == [older]
    for other in (here.clinician, directory.patient()[1]):
        with pytest.raises(NotFound):
            queries.looked(session, other, here.patient_id)


def test_one_request_is_one_unit_of_work_of_several_decisions(here: Scene) -> None:
    questions = [here.question(), here.question(category=Category.LETTERS)]
    answers = service.evaluate_all(db.session(), here.clinician, questions, now=clock.now())
    records = [entry_of(each) for each in answers]
    assert records[0].work == records[1].work
    assert [r.entry.category for r in records] == ["medicines", "letters"]
