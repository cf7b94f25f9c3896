"""Doubt, misfiled consents, and what was seen because of them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from ledger.access.breaches import queries as breaches
from ledger.access.breaches.service import TO_NOTIFY, BreachAlreadySettled, settle
from ledger.access.rules.words import Consent
from ledger.consent import queries as consents
from ledger.consent import service as commands
from ledger.consent.rules.choices import Source
from ledger.consent.rules.lifecycle import IllegalTransition, Status
from ledger.consent.service.correcting import (
    NothingContradicts,
    SamePatient,
    misfiled,
    stand_by,
)
from ledger.consent.service.granting import OlderThanANo, Said
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.work import unit_of_work
from ledger.directory import queries
from ledger.directory.identity.doubting import raise_doubt, settle_doubt
from ledger.directory.identity.rules import AlreadyInDoubt, NotInDoubt, Outcome
from tests.beginnings import begins_with
from tests.given.access import Scene, scene
from tests.given.consent import dissented
from tests.given.directory import member, patient
from tests.given.identity_of_records import Two, joined, officers

RESEARCH = {"purpose": "HRESCH"}


beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


@pytest.fixture
def two(here: Scene) -> Two:
    return officers(here.trust)


@pytest.fixture
def other(here: Scene) -> tuple[UUID, Actor]:
    return patient(at=here.trust)


def agreed(here: Scene, by: Actor) -> UUID:
    assert by.patient_id is not None
    with unit_of_work(by) as work:
        return commands.grant(
            work, patient_id=by.patient_id, agreement_id=here.agreement_id, choice=here.choice()
        ).consent_id


def test_in_doubt_research_stops_and_care_goes_on(here: Scene, two: Two) -> None:
    here.grant()
    assert here.ask(**RESEARCH).permits
    with unit_of_work(two[0]) as work:
        raise_doubt(work, patient_id=here.patient_id, evidence="two dates of birth")
    answered = here.ask(**RESEARCH)
    assert not answered.permits
    assert answered.decision.facts.consent is Consent.INDETERMINATE
    assert here.ask().permits
    with unit_of_work(two[1]) as work:
        settle_doubt(
            work, patient_id=here.patient_id, outcome=Outcome.ONE_PERSON, evidence="a typing error"
        )
    assert here.ask(**RESEARCH).permits


def test_a_no_that_is_in_doubt_is_a_no(here: Scene, two: Two) -> None:
    here.dissent()
    with unit_of_work(two[0]) as work:
        raise_doubt(work, patient_id=here.patient_id, evidence="two dates of birth")
    assert here.ask().decision.facts.consent is Consent.DENY


def test_a_doubt_is_raised_and_settled_once_by_who_may(here: Scene, two: Two) -> None:
    def doubt(by: Actor) -> None:
        with unit_of_work(by) as work:
            raise_doubt(work, patient_id=here.patient_id, evidence="two dates of birth")

    def settled(by: Actor) -> None:
        with unit_of_work(by) as work:
            settle_doubt(
                work, patient_id=here.patient_id, outcome=Outcome.PUT_RIGHT, evidence="moved"
            )

    with pytest.raises(NotInDoubt):
        settled(two[0])
    doubt(two[0])
    with pytest.raises(AlreadyInDoubt):
        doubt(two[1])
    with pytest.raises(NotFound):
        doubt(member(Role.PRIVACY_OFFICER))
    with pytest.raises((NotFound, Forbidden)):
        doubt(here.clinician)
    settled(two[1])


def test_a_yes_against_the_no_of_another_record_is_in_doubt_until_the_patient_stands_by_it(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    yes = here.grant()
    no = agreed(here, other[1])
    with unit_of_work(other[1]) as work:
        commands.withdraw(work, no)
    assert here.ask(**RESEARCH).permits
    joined(here.patient_id, other[0], two)
    assert here.ask(**RESEARCH).decision.facts.consent is Consent.INDETERMINATE
    own = queries.actor_for(db.session(), here.patient.id, None)
    with unit_of_work(own) as work:
        stand_by(work, yes)
    assert here.ask(**RESEARCH).permits
    with pytest.raises(NothingContradicts), unit_of_work(own) as work:
        stand_by(work, yes)


def test_a_misfiled_consent_goes_to_the_right_patient_with_its_day_and_terms(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    said = here.grant()
    before = _listed(here.patient, here.patient_id)[0]
    with unit_of_work(two[0]) as work:
        found = misfiled(work, said, right_patient_id=other[0])
    wrong = _listed(here.patient, here.patient_id)[0]
    right = _listed(other[1], other[0])[0]
    assert wrong.status is Status.ENTERED_IN_ERROR
    assert right.id == found.consent_id
    assert right.status is Status.ACTIVE
    assert right.decided_at == before.decided_at
    assert right.terms == before.terms
    assert right.party_ids == before.party_ids
    assert not here.ask(**RESEARCH).permits
    assert here.ask(**RESEARCH, patient_id=other[0]).permits


def test_what_was_seen_by_it_is_listed_with_an_owner_and_a_clock(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    said = here.grant()
    seen = here.ask(**RESEARCH)
    here.ask()  # Care goes on without it.
    with unit_of_work(two[0]) as work:
        misfiled(work, said, right_patient_id=other[0])
    (waits,) = breaches.waiting(db.session(), two[1])
    assert waits.decisions == 1
    assert waits.due_at - waits.found_at == TO_NOTIFY
    whole = breaches.breach(db.session(), two[1], waits.id)
    assert whole.entry_ids == (seen.entry_id,)
    assert breaches.of_patient(db.session(), here.patient_id)[0].id == waits.id
    with pytest.raises(NotFound):
        breaches.breach(db.session(), member(Role.PRIVACY_OFFICER), waits.id)
    with unit_of_work(two[1]) as work:
        settle(work, waits.id, notified=False, finding="a low risk; both were told")
    with pytest.raises(BreachAlreadySettled), unit_of_work(two[1]) as work:
        settle(work, waits.id, notified=True, finding="again")
    assert breaches.waiting(db.session(), two[1]) == ()


def test_what_cannot_be_moved(here: Scene, two: Two, other: tuple[UUID, Actor]) -> None:
    yesterday = Said(source=Source.PAPER, decided_at=clock.now() - timedelta(days=1))
    with unit_of_work(here.patient) as work:
        said = commands.grant(
            work,
            patient_id=here.patient_id,
            agreement_id=here.agreement_id,
            choice=here.choice(),
            said=yesterday,
        ).consent_id

    def moved(to: UUID | None, by: Actor = two[0], consent_id: UUID = said) -> None:
        with unit_of_work(by) as work:
            misfiled(work, consent_id, right_patient_id=to)

    with pytest.raises(SamePatient):
        moved(here.patient_id)
    with pytest.raises(NotFound):
        moved(uuid4())
    with pytest.raises(NotFound):
        moved(other[0], consent_id=uuid4())
    with pytest.raises((NotFound, Forbidden)):
        moved(other[0], by=here.clinician)
    dissented(other[1])
    with pytest.raises(OlderThanANo):
        moved(other[0])
    moved(None)
    with pytest.raises(IllegalTransition):
        moved(None)


def _listed(by: Actor, patient_id: UUID) -> tuple[consents.ConsentView, ...]:
    return consents.of_patient(db.session(), by, patient_id, now=clock.now())
