"""Acting for a patient: recorded, verified, suspended, ended; by whom, and by whom not."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, LedgerError, NotFound
from ledger.core.replay import replay
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import service as directory
from ledger.directory.acting import findings, queries, service, views
from ledger.directory.acting.ages import ADULT_AT, birthday
from ledger.directory.acting.basis import Basis
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.rules import (
    BadFinding,
    OverOneself,
    PatientDied,
    PowerAlreadyHeld,
    PowerEnd,
    PowerKind,
    PowerStateWrong,
    Scope,
    SuspendReason,
    VerifiedByRecorder,
)
from ledger.directory.queries import person_names
from tests.conftest import Sequenced
from tests.given import acting as given
from tests.given.directory import cared_for, member, organisation, patient

pytestmark = pytest.mark.usefixtures("app")


def child(at: UUID, years: int = 9) -> UUID:
    today = clock.civil_date(clock.now())
    return patient(at=at, born_on=today.replace(year=today.year - years, day=1))[0]


def test_a_parent_acts_and_their_power_is_narrowed_to_its_scope() -> None:
    trust = organisation()
    patient_id = child(trust)
    mother = given.acts_for(patient_id, at=trust, scope={Scope.READ})
    assert mother.roles == {Role.PROXY}
    assert mother.proxy_for == {patient_id}
    assert mother.scopes is not None
    assert "consent:read" in mother.scopes
    assert "consent:grant" not in mother.scopes
    assert "access:history" not in mother.scopes


def test_an_attorney_acts_after_a_second_person_and_only_while_capacity_is_lacking() -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    recorder = member(Role.STEWARD, at=trust)
    with unit_of_work(recorder) as work:
        power_id, invited = service.record_power(
            work,
            patient_id=patient_id,
            name="Ada Moss",
            email="ada.moss@demonstration.example",
            kind=PowerKind.ATTORNEY,
            basis=Basis.ATTORNEY_OR_DEPUTY,
            scope=frozenset(Scope),
            from_on=work.today,
            until_on=None,
            evidence="Registered LPA seen",
        )
    assert invited.needs_invitation
    with pytest.raises(VerifiedByRecorder), unit_of_work(recorder) as work:
        service.verify(work, power_id=power_id)
    given.found(patient_id, Capable.LACKS_CAPACITY, at=trust)
    assert not given.may_act(invited.person_id, patient_id)
    with unit_of_work(member(Role.STEWARD, at=trust)) as work:
        service.verify(work, power_id=power_id)
    assert given.may_act(invited.person_id, patient_id)
    with pytest.raises(PowerStateWrong), unit_of_work(member(Role.STEWARD, at=trust)) as work:
        service.verify(work, power_id=power_id)
    given.found(patient_id, Capable.HAS_CAPACITY, at=trust)
    assert not given.may_act(invited.person_id, patient_id)


def test_suspended_resumed_and_ended() -> None:
    trust = organisation()
    patient_id = child(trust)
    power_id, person_id = given.power(patient_id, at=trust)
    officer = member(Role.SAFEGUARDING_LEAD)
    with unit_of_work(officer) as work:
        service.suspend(work, power_id=power_id, reason=SuspendReason.SAFEGUARDING, words="Fear")
    assert not given.may_act(person_id, patient_id)
    with pytest.raises(PowerStateWrong), unit_of_work(officer) as work:
        service.suspend(work, power_id=power_id, reason=SuspendReason.DISPUTE, words="Again")
    for role in (Role.SAFEGUARDING_LEAD, Role.PRIVACY_OFFICER):  # Elsewhere, and not who did it.
        with pytest.raises(Forbidden), unit_of_work(member(role)) as work:
            service.resume(work, power_id=power_id, words="It is a family matter")
    assert not given.may_act(person_id, patient_id)
    with unit_of_work(officer) as work:
        service.resume(work, power_id=power_id, words="Unfounded")
    assert given.may_act(person_id, patient_id)
    with unit_of_work(given.acting(person_id, patient_id)) as work:
        service.end(work, power_id=power_id, reason=PowerEnd.DISCLAIMED)
    assert not given.may_act(person_id, patient_id)
    with pytest.raises(PowerStateWrong), unit_of_work(member(Role.STEWARD, at=trust)) as work:
        service.end(work, power_id=power_id, reason=PowerEnd.REVOKED)


def test_a_patient_ends_a_helpers_power_and_not_an_attorneys() -> None:
    trust = organisation()
    patient_id, me = patient(at=trust)
    helper, person_id = given.power(patient_id, at=trust, kind=PowerKind.HELPER)
    attorney, _ = given.power(patient_id, at=trust, kind=PowerKind.ATTORNEY)
    assert given.acting(person_id, patient_id).roles == {Role.ADVOCATE}
    with unit_of_work(me) as work:
        service.end(work, power_id=helper, reason=PowerEnd.NO_LONGER_NEEDED)
    assert not given.may_act(person_id, patient_id)
    with pytest.raises(Forbidden), unit_of_work(me) as work:
        service.end(work, power_id=attorney, reason=PowerEnd.REVOKED)


def test_one_parent_cannot_end_the_others_power() -> None:
    trust = organisation()
    patient_id = child(trust)
    hers, _ = given.power(patient_id, at=trust)
    father = given.acts_for(patient_id, at=trust)
    with pytest.raises(NotFound), unit_of_work(father) as work:
        service.end(work, power_id=hers, reason=PowerEnd.REVOKED)


def test_nobody_records_a_power_for_themselves_or_twice() -> None:
    trust = organisation()
    patient_id = child(trust)
    given.power(patient_id, at=trust, email="one@demonstration.example")
    with pytest.raises(PowerAlreadyHeld):
        given.power(patient_id, at=trust, email="one@demonstration.example")
    own, _ = patient(at=trust)
    row = member(Role.STEWARD, at=trust)
    with pytest.raises((OverOneself, LedgerError)), unit_of_work(row) as work:
        service.record_power(
            work,
            patient_id=own,
            name="Me",
            email=_email(row),
            kind=PowerKind.HELPER,
            basis=Basis.PATIENT_CONSENT,
            scope={Scope.READ},
            from_on=work.today,
            until_on=None,
            evidence="None",
        )


def _email(actor: Actor) -> str:
    name = person_names(db.session(), [actor.id])[actor.id]
    assert name
    return f"{name.lower().replace(' ', '.')}@demonstration.example"


def test_strangers_learn_nothing_of_a_power() -> None:
    trust = organisation()
    power_id, _ = given.power(child(trust), at=trust)
    elsewhere = member(Role.STEWARD)
    commands: list[Callable[[UnitOfWork], None]] = [
        lambda work: service.verify(work, power_id=power_id),
        lambda work: service.end(work, power_id=power_id, reason=PowerEnd.REVOKED),
    ]
    for command in commands:
        with pytest.raises(NotFound), unit_of_work(elsewhere) as work:
            command(work)


def test_death_ends_every_power_and_is_recorded_once() -> None:
    trust = organisation()
    patient_id = child(trust)
    _, person_id = given.power(patient_id, at=trust)
    steward = member(Role.STEWARD, at=trust)
    with pytest.raises(BadFinding), unit_of_work(steward) as work:
        findings.record_death(work, patient_id=patient_id, died_on=work.today + timedelta(days=1))
    with unit_of_work(steward) as work:
        findings.record_death(work, patient_id=patient_id, died_on=work.today)
    assert not given.may_act(person_id, patient_id)
    with pytest.raises(PatientDied), unit_of_work(steward) as work:
        findings.record_death(work, patient_id=patient_id, died_on=work.today)
    with pytest.raises(PatientDied):
        given.power(patient_id, at=trust)


def test_only_who_cares_records_capacity_in_the_words_of_the_age() -> None:
    trust = organisation()
    patient_id = child(trust, 14)
    stranger, clinician = member(Role.CLINICIAN, at=trust), member(Role.CLINICIAN, at=trust)
    cared_for(patient_id, by=clinician)

    def record(who: Actor, finding: Capable) -> None:
        with unit_of_work(who) as work:
            findings.record_capacity(
                work,
                patient_id=patient_id,
                finding=finding,
                found_on=work.today,
                review_on=work.today + timedelta(days=30),
                words="Sharing",
            )

    with pytest.raises(LedgerError):
        record(stranger, Capable.COMPETENT)
    with pytest.raises(BadFinding, match="Gillick"):
        record(clinician, Capable.LACKS_CAPACITY)
    parent, _ = given.power(patient_id, at=trust), None
    assert given.may_act(parent[1], patient_id)
    record(clinician, Capable.COMPETENT)
    assert not given.may_act(parent[1], patient_id)
    found = views.capacity(db.session(), patient_id)
    assert found is not None
    assert found.words == "Sharing"


def test_p16_the_sixteenth_birthday_ends_it_at_the_instant(session: Session) -> None:
    trust = organisation()
    born = date(2012, 3, 29)
    patient_id, _ = patient(at=trust, born_on=born)
    _, person_id = given.power(patient_id, at=trust)
    at = datetime.combine(birthday(born, 16), time(), tzinfo=clock.zone())
    just = timedelta(microseconds=1)
    assert queries.acting(session, person_id, patient_id, at - just)
    assert queries.acting(session, person_id, patient_id, at) is None
    found = queries.speakers(session, patient_id)
    assert found.life.adult_from == datetime.combine(
        birthday(born, ADULT_AT), time(), tzinfo=clock.zone()
    )


def test_replay_and_erasure(session: Session, sequenced: Sequenced, app: Flask) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    power_id, person_id = given.power(patient_id, at=trust, kind=PowerKind.ATTORNEY)
    given.found(patient_id, Capable.LACKS_CAPACITY, at=trust)
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=trust)) as work:
        service.suspend(work, power_id=power_id, reason=SuspendReason.DISPUTE, words="Court")
        service.resume(work, power_id=power_id, words="Settled")
    other = child(trust)
    given.power(other, at=trust)
    with unit_of_work(member(Role.STEWARD, at=trust)) as work:
        findings.record_death(work, patient_id=other, died_on=work.today)
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=trust)) as work:
        directory.erase(work, patient_id=patient_id)
        directory.erase_person(work, person_id=person_id)
    sequenced()
    copy = create_engine("sqlite://")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []
    for table in ("powers", "power_steps", "capacity_findings", "deaths"):
        assert report.rows[table]
    kept = views.capacity(session, patient_id)
    assert kept is not None
    assert kept.words is None
    shown = views.powers_over(session, patient_id, clock.now(), with_evidence=True)
    assert [(one.person, one.evidence) for one in shown] == [(None, None)]
