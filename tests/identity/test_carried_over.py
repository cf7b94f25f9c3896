"""What goes on in a record that is begun anew, and what erasing it reaches."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import create_engine, select

from ledger.access.keeping import standing as keeping
from ledger.access.keeping.queries import standings
from ledger.access.keeping.rules import RecusalReason
from ledger.access.rules.words import Consent, Standing
from ledger.consent import queries as consents
from ledger.consent import service as commands
from ledger.consent.marks import service as marks
from ledger.consent.marks.queries import Marks
from ledger.consent.marks.queries import marks as marks_of
from ledger.consent.queries.standing import said_no_since
from ledger.consent.rules.model import Capacity
from ledger.consent.service.granting import Said
from ledger.core.actor import Role
from ledger.core.authority import Resource
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.privacy import SubjectKey
from ledger.core.replay import replay
from ledger.core.work import unit_of_work
from ledger.directory import service
from ledger.directory.acting import service as acting
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.queries import life, speakers
from ledger.directory.acting.rules import PowerEnd, PowerKind
from ledger.directory.identity.restricted import begin_anew
from ledger.directory.rules.imports import Identity
from tests.beginnings import begins_with
from tests.conftest import Sequenced
from tests.given import acting as powers
from tests.given.access import Scene, scene
from tests.given.directory import SYSTEM, member, nhs_number
from tests.given.identity_of_records import Two, officers

beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


@pytest.fixture
def two(here: Scene) -> Two:
    return officers(here.trust)


def anew(here: Scene, two: Two, *power_ids: UUID) -> UUID:
    identity = Identity(name="Ivo Moss", date_of_birth=date(1948, 3, 1), nhs_number=nhs_number())
    with unit_of_work(two[0]) as work:
        return begin_anew(work, patient_id=here.patient_id, identity=identity, power_ids=power_ids)


def opted_out(patient_id: UUID, *, said: bool = True) -> None:
    with unit_of_work(SYSTEM) as work:
        work.authorise(Permission.OPT_OUT_IMPORT, on=Resource())
        changed = {patient_id: said}
        marks.note_opt_outs(work, changed, register=1, progress=lambda _done, _of: None)


def test_an_opt_out_goes_on_whatever_a_copy_of_the_register_says_of_the_new_number(
    here: Scene, two: Two
) -> None:
    opted_out(here.patient_id)
    with unit_of_work(here.patient) as work:
        marks.choose_hiding(work, here.patient_id, hidden=True)
    new_id = anew(here, two)
    assert marks_of(db.session(), new_id) == Marks(opted_out=True, hidden=True)
    opted_out(new_id, said=False)
    assert marks_of(db.session(), new_id).opted_out
    assert consents.standing(db.session(), new_id).marks.opted_out


def test_an_emergency_refusal_goes_on_and_so_does_a_no_that_a_parent_said(
    here: Scene, two: Two
) -> None:
    here.dissent("BTG")
    other = powers.acts_for(here.patient_id, at=here.trust, kind=PowerKind.OTHER)
    with unit_of_work(other) as work:
        commands.dissent(
            work,
            patient_id=here.patient_id,
            choice=here.choice("TREAT"),
            said=Said(capacity=Capacity.OTHER),
        )
    new_id = anew(here, two)
    for purpose in ("BTG", "TREAT"):
        asked = here.ask(purpose=purpose, patient_id=new_id)
        assert asked.decision.facts.consent is Consent.DENY, purpose
    said = consents.standing(db.session(), new_id).consents
    assert {one.grantor.key for one in said} == {"patient"}


def test_what_others_refused_for_an_emergency_does_not_become_the_patients_refusal(
    here: Scene, two: Two
) -> None:
    other = powers.acts_for(here.patient_id, at=here.trust, kind=PowerKind.OTHER)
    with unit_of_work(other) as work:
        commands.dissent(
            work,
            patient_id=here.patient_id,
            choice=here.choice("ETREAT"),
            said=Said(capacity=Capacity.OTHER),
        )
    new_id = anew(here, two)
    asked = here.ask(purpose="ETREAT", patient_id=new_id)
    assert asked.decision.facts.consent is Consent.DENY
    breaking = here.ask(purpose="BTG", patient_id=new_id)
    assert breaking.decision.facts.consent is not Consent.DENY


def test_a_yes_of_the_same_day_is_older_than_the_no_that_goes_on(here: Scene, two: Two) -> None:
    here.dissent("TREAT")
    (no,) = consents.standing(db.session(), here.patient_id).consents
    new_id = anew(here, two)
    assert said_no_since(db.session(), new_id, no.decided_at - timedelta(seconds=1))


def test_a_finding_goes_on_and_a_power_only_where_it_was_said_to(here: Scene, two: Two) -> None:
    powers.found(here.patient_id, Capable.LACKS_CAPACITY, at=here.trust)
    power_id, person_id = powers.power(here.patient_id, at=here.trust, kind=PowerKind.ATTORNEY)
    powers.power(here.patient_id, at=here.trust, kind=PowerKind.OTHER)
    new_id = anew(here, two, power_id)
    found = speakers(db.session(), new_id)
    assert [one.person_id for one in found.powers] == [person_id]
    assert not life(db.session(), new_id).decides(found.life.findings[-1].at)
    assert not powers.may_act(person_id, new_id), "a second person looks at the evidence again"
    with unit_of_work(member(Role.STEWARD, at=here.trust)) as work:
        acting.verify(work, power_id=found.powers[0].id)
    assert powers.may_act(person_id, new_id)


def test_a_power_that_is_over_does_not_go_on(here: Scene, two: Two) -> None:
    power_id, _ = powers.power(here.patient_id, at=here.trust, kind=PowerKind.OTHER)
    with unit_of_work(two[0]) as work:
        acting.end(work, power_id=power_id, reason=PowerEnd.COURT)
    with pytest.raises(NotFound):
        anew(here, two, power_id)


def test_who_stepped_aside_has_for_the_new_record_too(here: Scene, two: Two) -> None:
    with unit_of_work(here.clinician) as work:
        keeping.recuse(
            work,
            person_id=here.clinician.id,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason=RecusalReason.FAMILY,
            words="a cousin",
        )
    new_id = anew(here, two)
    assert (here.clinician.id, new_id) in standings(db.session()).recused
    assert here.ask(patient_id=new_id).decision.facts.standing is Standing.RECUSED


def test_erasing_the_new_record_reaches_the_old(
    here: Scene, two: Two, sequenced: Sequenced, tmp_path: Path
) -> None:
    opted_out(here.patient_id)
    here.grant()
    new_id = anew(here, two)
    with unit_of_work(two[0]) as work:
        service.erase(work, patient_id=new_id)
    db.session().rollback()
    keys = set(db.session().scalars(select(SubjectKey.subject_id)))
    assert not keys & {here.patient_id, new_id}
    sequenced()
    report = replay(db.engine, create_engine(f"sqlite:///{tmp_path / 'copy'}"))
    assert not report.differences
