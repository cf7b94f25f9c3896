"""What is read, taken away and said for one patient, whichever of their records it is about."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import pytest

from ledger.access.past import newest
from ledger.access.replaying import Finding, replayed
from ledger.consent import queries as consents
from ledger.consent import service as commands
from ledger.consent.queries import stopping
from ledger.consent.rules.model import Capacity, Kind
from ledger.consent.service.granting import Said
from ledger.core import clock, exports, heads
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.filters import Filter
from ledger.core.reading import EntryView, open_entry, search_own
from ledger.core.work import unit_of_work
from ledger.directory import queries
from ledger.directory.acting import service as acting
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.queries import life
from ledger.directory.acting.rules import PowerAlreadyHeld, PowerKind, SuspendReason
from ledger.directory.acting.views import capacity, powers_over
from tests.beginnings import begins_with
from tests.conftest import Sequenced
from tests.given import acting as powers
from tests.given.access import Scene, scene
from tests.given.consent import dissented
from tests.given.directory import cared_for, patient
from tests.given.identity_of_records import Two, joined, officers, separated

beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


@pytest.fixture
def two(here: Scene) -> Two:
    return officers(here.trust)


@pytest.fixture
def other(here: Scene) -> tuple[UUID, Actor]:
    """The same human being, registered twice."""
    return patient(at=here.trust)


def own(here: Scene) -> Actor:
    """Return the patient as they are signed in now."""
    return queries.actor_for(db.session(), here.patient.id, None)


def test_the_trail_of_both_is_ones_own_and_both_chains_leave(
    here: Scene, two: Two, other: tuple[UUID, Actor], sequenced: Sequenced
) -> None:
    subject = f"patient:{other[0]}"
    with unit_of_work(here.patient) as work:
        assert not search_own(work, which=Filter(log="ledger", subject=subject), limit=9).entries
    joined(here.patient_id, other[0], two)
    sequenced()
    heads.commit_all(db.engine, by=Actor.system("clock"))
    sequenced()
    found: Sequence[EntryView] = ()
    for by in (own(here), queries.actor_for(db.session(), other[1].id, None)):
        with unit_of_work(by) as work:
            found = search_own(work, which=Filter(log="ledger", subject=subject), limit=99).entries
        assert "directory.patient-registered" in {one.kind for one in found}
        for one in (found[0], found[-1]):
            with unit_of_work(by) as work:
                assert open_entry(work, one.id).id == one.id
        for patient_id in (here.patient_id, other[0]):
            which = Filter(log="ledger", subject=f"patient:{patient_id}")
            with unit_of_work(by) as work:
                taken = exports.announce(work, which=which, recipient="me")
            assert taken.chain is not None
            assert taken.rows == taken.chain.links, "nothing of it is left out"
    stranger = patient(at=here.trust)[1]
    with pytest.raises(Forbidden), unit_of_work(stranger) as work:
        exports.announce(work, which=Filter(log="ledger", subject=subject), recipient="me")
    with pytest.raises(NotFound), unit_of_work(stranger) as work:
        open_entry(work, found[0].id)


def test_what_was_joined_by_mistake_is_read_no_more(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    joined(here.patient_id, other[0], two)
    separated(here.patient_id, other[0], two)
    which = Filter(log="ledger", subject=f"patient:{other[0]}")
    with unit_of_work(own(here)) as work:
        found = search_own(work, which=which, limit=99).entries
    assert all(f"patient:{here.patient_id}" in one.about() for one in found)


def test_a_power_over_either_record_is_one_over_the_patient(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    _, person_id = powers.power(other[0], at=here.trust, kind=PowerKind.OTHER)
    joined(here.patient_id, other[0], two)
    assert powers.may_act(person_id, here.patient_id)
    by = powers.acting(person_id, other[0])
    assert by.proxy_for == {here.patient_id}
    with unit_of_work(by) as work:
        commands.dissent(
            work,
            patient_id=other[0],
            choice=here.choice("TREAT"),
            said=Said(capacity=Capacity.OTHER),
        )
    assert not here.ask().permits
    listed = consents.of_patient(db.session(), by, here.patient_id, now=clock.now())
    assert len(listed) == 1
    for one in (here.patient_id, other[0]):
        assert [row.holds for row in powers_over(db.session(), one, clock.now())] == [True]


def test_a_power_that_is_feared_over_one_record_stills_all_of_that_persons(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    email = "relative@demonstration.example"
    (_, person_id), (power_id, _) = (
        powers.power(one, at=here.trust, kind=PowerKind.OTHER, email=email)
        for one in (here.patient_id, other[0])
    )
    joined(here.patient_id, other[0], two)
    assert powers.may_act(person_id, here.patient_id)
    with unit_of_work(two[0]) as work:
        acting.suspend(work, power_id=power_id, reason=SuspendReason.SAFEGUARDING, words="a fear")
    assert not powers.may_act(person_id, here.patient_id)
    assert not any(row.holds for row in powers_over(db.session(), here.patient_id, clock.now()))
    with pytest.raises(PowerAlreadyHeld):
        powers.power(here.patient_id, at=here.trust, kind=PowerKind.OTHER, email=email)


def test_a_finding_in_either_record_is_about_the_patient(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    powers.found(other[0], Capable.LACKS_CAPACITY, at=here.trust)
    joined(here.patient_id, other[0], two)
    for one in (here.patient_id, other[0]):
        assert not life(db.session(), one).decides(clock.now())
        found = capacity(db.session(), one)
        assert found is not None
        assert found.finding is Capable.LACKS_CAPACITY
    assert not consents.standing(db.session(), here.patient_id).circumstances.decides_at(
        clock.now()
    )


def test_pages_skip_none_of_two_that_are_at_one_place_in_the_order(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    """Each record counted by itself before the join: both have a first, and both a second."""
    said = {dissented(by) for by in (here.patient, other[1], here.patient, other[1])}
    joined(here.patient_id, other[0], two)
    by, found, before = own(here), set[UUID](), None
    for _ in range(4):
        (one,) = consents.of_patient(
            db.session(), by, here.patient_id, now=clock.now(), before=before, limit=1
        )
        found.add(one.id)
        before = one.order, one.id
    assert found == said


def test_stopping_everything_reaches_what_was_agreed_in_either(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    here.grant()
    joined(here.patient_id, other[0], two)
    assert len(stopping.live(db.session(), other[0], Kind.CONSENT)) == 1


def test_decisions_before_and_after_a_join_are_decided_again_as_they_were(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    here.ask()
    dissented(other[1])
    here.ask(patient_id=other[0])
    joined(here.patient_id, other[0], two)
    assert not here.ask().permits
    powers.found(other[0], Capable.LACKS_CAPACITY, at=here.trust)
    by = powers.acts_for(other[0], at=here.trust, kind=PowerKind.ATTORNEY)
    with unit_of_work(by) as work:
        commands.grant(
            work,
            patient_id=here.patient_id,
            agreement_id=here.agreement_id,
            choice=here.choice(),
            said=Said(capacity=Capacity.ATTORNEY),
        )
    here.ask(purpose="HRESCH")
    here.ask(purpose="HRESCH", patient_id=other[0])
    separated(here.patient_id, other[0], two)
    assert here.ask().permits
    db.session().rollback()
    (past,) = newest(db.session(), 10)
    assert len(past) == 6
    assert [one.finding for one in replayed(db.session(), past)] == [Finding.SAME] * 6


def test_what_a_parent_agreed_to_is_decided_again_as_it_was(here: Scene) -> None:
    """Whether a parent speaks hangs on a birthday, which is private: it is opened for this."""
    child_id, _ = patient(at=here.council, born_on=date(2018, 5, 1))
    by = powers.acts_for(child_id, at=here.council)
    with unit_of_work(by) as work:
        commands.grant(
            work,
            patient_id=child_id,
            agreement_id=here.agreement_id,
            choice=here.choice(),
            said=Said(capacity=Capacity.PARENT),
        )
    cared_for(child_id, by=here.clinician)
    assert here.ask(purpose="HRESCH", patient_id=child_id).permits
    db.session().rollback()
    (past,) = newest(db.session(), 1)
    assert [one.finding for one in replayed(db.session(), past)] == [Finding.SAME]
