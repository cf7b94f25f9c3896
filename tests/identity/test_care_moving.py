"""Who looks after a patient, put right where it was recorded for another."""

from uuid import UUID

import pytest
from flask import Flask

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.identity.care_moving import CareOver, CareSamePatient, move_care
from ledger.directory.rules.care import CareSource, DeclaredReason
from tests.given.access import Scene, scene
from tests.given.directory import cared_for, member, patient
from tests.given.identity_of_records import Two, joined, officers


@pytest.fixture
def here(app: Flask) -> Scene:
    return scene(cared_for=False)


@pytest.fixture
def two(here: Scene) -> Two:
    return officers(here.trust)


def test_from_the_moment_it_is_moved_it_is_the_other_patients(here: Scene, two: Two) -> None:
    care_id = cared_for(here.patient_id, by=here.clinician)
    right_id, _ = patient(at=here.trust)
    assert here.ask().permits
    assert not here.ask(patient_id=right_id).permits
    with unit_of_work(two[0]) as work:
        moved_id = move_care(work, care_id, right_patient_id=right_id)
    assert not here.ask().permits
    assert here.ask(patient_id=right_id).permits
    with pytest.raises(CareOver), unit_of_work(two[0]) as work:
        move_care(work, care_id, right_patient_id=right_id)
    assert moved_id != care_id


def test_what_was_declared_is_declared_for_the_right_patient_and_reviewed(
    here: Scene, two: Two
) -> None:
    right_id, _ = patient(at=here.trust)
    words = "They came by ambulance"
    with unit_of_work(here.clinician) as work:
        care_id = service.declare_care(
            work, patient_id=here.patient_id, reason=DeclaredReason.AMBULANCE, words=words
        )
    with unit_of_work(two[0]) as work:
        moved_id = move_care(work, care_id, right_patient_id=right_id)
    found = {one.id: one for one in queries.declarations(db.session(), here.trust)}
    assert found[moved_id].patient_id == right_id
    assert found[moved_id].words == words
    assert found[moved_id].reviewed_at is None
    roster = queries.roster(db.session(), right_id)
    assert roster is not None
    assert [one.source for one in roster.relationships] == [CareSource.DECLARED]
    bodies = db.session().query(LogEntry.body).all()
    assert not [body for (body,) in bodies if words.encode() in body]


def elsewhere(here: Scene) -> Actor:
    return member(Role.PRIVACY_OFFICER)


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)  # Rules, not SQL.
@pytest.mark.parametrize("what", ["one patient", "nobody", "stranger", "clinician", "none"])
def test_what_cannot_be_moved(what: str, here: Scene, two: Two) -> None:
    care_id = cared_for(here.patient_id, by=here.clinician)
    right_id, _ = patient(at=here.trust)
    if what == "one patient":
        joined(here.patient_id, right_id, two)
    by = {"stranger": elsewhere(here), "clinician": here.clinician}.get(what, two[0])
    refusal = CareSamePatient if what == "one patient" else NotFound
    with pytest.raises((refusal, Forbidden)), unit_of_work(by) as work:
        move_care(
            work,
            UUID(int=1) if what == "none" else care_id,
            right_patient_id=UUID(int=2) if what == "nobody" else right_id,
        )
