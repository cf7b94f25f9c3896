"""After an adoption or a change of gender nothing leads from the old record to the new."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from ledger.consent import queries as consents
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.identity.doubting import raise_doubt
from ledger.directory.identity.restricted import NotOneRecord, begin_anew, read_link
from ledger.directory.identity.rules import NoEvidence
from ledger.directory.rules.imports import Identity
from ledger.directory.service.numbers import NumberTaken
from tests.beginnings import begins_with
from tests.given.access import Scene, scene
from tests.given.directory import member, nhs_number, patient
from tests.given.identity_of_records import Two, officers

BORN = date(1948, 3, 1)


beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


@pytest.fixture
def two(here: Scene) -> Two:
    return officers(here.trust)


def anew(here: Scene, by: Actor, number: str = "") -> tuple[UUID, str]:
    number = number or nhs_number()
    identity = Identity(name="Ivo Moss", date_of_birth=BORN, nhs_number=number)
    with unit_of_work(by) as work:
        return begin_anew(work, patient_id=here.patient_id, identity=identity), number


def test_no_entry_and_no_log_line_names_both(
    here: Scene, two: Two, caplog: pytest.LogCaptureFixture
) -> None:
    identity = queries.patient_identities(db.session(), [here.patient_id])[here.patient_id]
    assert identity is not None
    here.grant()
    caplog.set_level(0)
    new_id, number = anew(here, two[0])
    bodies = [bytes(one) for one in db.session().scalars(select(LogEntry.body))]
    old, new = str(here.patient_id).encode(), str(new_id).encode()
    assert not [one for one in bodies if old in one and new in one]
    for digits in (number, identity.nhs_number):
        assert not [one for one in bodies if digits.encode() in one]
        assert digits not in caplog.text
    assert not [
        one
        for one in caplog.records
        if str(here.patient_id) in str(one.__dict__) and str(new_id) in str(one.__dict__)
    ]


def test_the_old_number_and_the_old_record_find_nothing(here: Scene, two: Two) -> None:
    identity = queries.patient_identities(db.session(), [here.patient_id])[here.patient_id]
    assert identity is not None
    here.grant()
    new_id, number = anew(here, two[0])
    assert queries.patient_by_nhs_number(db.session(), identity.nhs_number) is None
    assert queries.patient_by_nhs_number(db.session(), number) == new_id
    for by in (here.clinician, two[1]):
        with unit_of_work(by) as work:
            assert (
                service.find_patient(
                    work, nhs_number=identity.nhs_number, date_of_birth=identity.date_of_birth
                )
                is None
            )
    own = queries.actor_for(db.session(), here.patient.id, None)
    for by in (here.clinician, two[1], own):
        with pytest.raises(NotFound):
            consents.of_patient(db.session(), by, here.patient_id, now=clock.now())
    assert not queries.patient_exists(db.session(), here.patient_id)


def test_to_who_asks_the_old_record_is_as_one_that_never_was(here: Scene, two: Two) -> None:
    here.grant()
    anew(here, two[0])
    for purpose in ("TREAT", "HRESCH", "BTG"):
        closed = here.ask(purpose=purpose)
        absent = here.ask(purpose=purpose, patient_id=uuid4())
        assert (closed.decision.told, closed.permits) == (absent.decision.told, absent.permits)


def test_care_sign_in_and_consents_go_on_in_the_new_record(here: Scene, two: Two) -> None:
    here.grant()
    assert here.ask(purpose="HRESCH").permits
    new_id, _ = anew(here, two[0])
    assert here.ask(patient_id=new_id).permits
    assert here.ask(purpose="HRESCH", patient_id=new_id).permits
    own = queries.actor_for(db.session(), here.patient.id, None)
    assert own.patient_id == new_id
    (carried,) = consents.of_patient(db.session(), own, new_id, now=clock.now())
    assert carried.decided_at.microsecond == carried.decided_at.minute == 0


def test_the_link_is_read_by_who_has_the_right_and_a_reason(here: Scene, two: Two) -> None:
    new_id, _ = anew(here, two[0])
    for end in (here.patient_id, new_id):
        with unit_of_work(two[1]) as work:
            assert read_link(work, patient_id=end, reason="a court order") == (
                here.patient_id,
                new_id,
            )
    for by in (member(Role.PRIVACY_OFFICER), here.clinician):
        with pytest.raises((NotFound, Forbidden)), unit_of_work(by) as work:
            read_link(work, patient_id=new_id, reason="curious")
    with pytest.raises(NoEvidence), unit_of_work(two[1]) as work:
        read_link(work, patient_id=new_id, reason=" ")
    stranger, _ = patient(at=here.trust)
    with pytest.raises(NotFound), unit_of_work(two[1]) as work:
        read_link(work, patient_id=stranger, reason="a court order")


def test_what_cannot_be_begun_anew(here: Scene, two: Two) -> None:
    number = nhs_number()
    patient(at=here.trust, number=number)
    with pytest.raises(NumberTaken):
        anew(here, two[0], number)
    with pytest.raises((NotFound, Forbidden)):
        anew(here, here.clinician)
    with pytest.raises((NotFound, Forbidden)):
        anew(here, member(Role.STEWARD, at=here.trust))
    with unit_of_work(two[0]) as work:
        raise_doubt(work, patient_id=here.patient_id, evidence="two dates of birth")
    with pytest.raises(NotOneRecord):
        anew(here, two[0])
