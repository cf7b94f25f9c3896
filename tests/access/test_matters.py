"""What patients ask and complain of: who answers, by when, and what comes of it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from ledger.access import service as looking
from ledger.access.breaches import queries as breaches
from ledger.access.keeping import settling
from ledger.access.keeping.rules import Ground
from ledger.access.matters import queries, schedule, service
from ledger.access.matters.rules import (
    OPEN_MAX,
    MatterAcknowledged,
    MatterAnswered,
    MatterOpen,
    MatterUnanswered,
    MatterWithoutWords,
    Outcome,
    OwnMatter,
    Sort,
    TooManyMatters,
    check_room,
)
from ledger.access.models import Override
from ledger.access.rules.overrides import OverrideOver
from ledger.access.rules.words import OverrideReason
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.work import unit_of_work
from ledger.directory import queries as people
from tests.beginnings import begins_with
from tests.given import directory
from tests.given.access import Scene, scene

beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


@pytest.fixture
def officer(here: Scene) -> Actor:
    return directory.member(Role.PRIVACY_OFFICER, at=here.trust)


def raised(here: Scene, look_id: UUID, *, by: Actor | None = None, words: str = "Why?") -> UUID:
    with unit_of_work(by or here.patient) as work:
        return service.raise_matter(
            work,
            patient_id=here.patient_id,
            look_id=look_id,
            sort=Sort.COMPLAINT,
            words=words,
        )


def answered(matter_id: UUID, by: Actor, outcome: Outcome = Outcome.EXPLAINED) -> None:
    with unit_of_work(by) as work:
        service.answer(work, matter_id, outcome=outcome, words="She was on the ward with you.")


def seen(actor: Actor, matter_id: UUID) -> queries.MatterView:
    return queries.matter(db.session(), actor, matter_id)


def broken(here: Scene) -> UUID:
    with unit_of_work(here.clinician) as work:
        return looking.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.UNCONSCIOUS,
            reason="Found on the floor.",
        ).id


def test_a_complaint_from_asking_to_the_answer_and_back(here: Scene, officer: Actor) -> None:
    matter_id = raised(here, here.ask().entry_id, words="I do not know her.")
    (waiting,) = queries.waiting(db.session(), officer)
    assert waiting.id == matter_id
    assert waiting.answer_by == clock.civil_date(clock.now()) + timedelta(days=28)
    with unit_of_work(officer) as work:
        service.acknowledge(work, matter_id)
    with pytest.raises(MatterAcknowledged), unit_of_work(officer) as work:
        service.acknowledge(work, matter_id)
    answered(matter_id, officer)
    with pytest.raises(MatterAnswered):
        answered(matter_id, officer)
    told = seen(here.patient, matter_id)
    assert [(one.kind, one.words) for one in told.steps] == [
        ("raised", "I do not know her."),
        ("acknowledged", None),
        ("answered", "She was on the ward with you."),
    ]
    assert told.outcome is Outcome.EXPLAINED
    with unit_of_work(here.patient) as work:
        service.reopen(work, matter_id, words="She was not.")
    assert seen(officer, matter_id).answered_at is None
    with pytest.raises(MatterUnanswered), unit_of_work(here.patient) as work:
        service.reopen(work, matter_id, words="Again.")


def test_it_is_nobody_elses_to_read_or_answer(here: Scene, officer: Actor) -> None:
    matter_id = raised(here, here.ask().entry_id)
    _, other_patient = directory.patient()
    elsewhere = directory.member(Role.PRIVACY_OFFICER, at=here.council)
    for stranger in (other_patient, elsewhere, here.clinician):
        with pytest.raises(NotFound):
            seen(stranger, matter_id)
        with pytest.raises(NotFound), unit_of_work(stranger) as work:
            service.acknowledge(work, matter_id)
        with pytest.raises(NotFound), unit_of_work(stranger) as work:
            service.reopen(work, matter_id, words="Mine?")
        assert not queries.waiting(db.session(), stranger)
    with pytest.raises(NotFound), unit_of_work(other_patient) as work:
        service.raise_matter(
            work,
            patient_id=here.patient_id,
            look_id=here.ask().entry_id,
            sort=Sort.QUESTION,
            words="Who?",
        )
    with pytest.raises(NotFound):
        raised(here, UUID(int=7))
    theirs = scene()
    with pytest.raises(NotFound):
        raised(here, theirs.ask().entry_id)


def test_what_waits_is_not_raised_twice_and_is_said_in_words(here: Scene, officer: Actor) -> None:
    look_id = here.ask().entry_id
    for nothing in ("", "  ", "x" * 2001):
        with pytest.raises(MatterWithoutWords):
            raised(here, look_id, words=nothing)
    matter_id = raised(here, look_id)
    with pytest.raises(MatterOpen):
        raised(here, look_id)
    with pytest.raises(MatterWithoutWords), unit_of_work(officer) as work:
        service.answer(work, matter_id, outcome=Outcome.EXPLAINED, words=" ")
    answered(matter_id, officer)
    raised(here, look_id)
    with pytest.raises(TooManyMatters):
        check_room(same_look=False, waiting=OPEN_MAX)


def test_what_is_about_an_officer_goes_to_the_services_own(here: Scene, officer: Actor) -> None:
    doctor_too = directory.another_role(here.clinician, Role.PRIVACY_OFFICER, at=here.trust)
    matter_id = raised(here, here.ask().entry_id)
    host_id = people.host(db.session())
    assert host_id is not None
    if host_id != here.trust:
        with pytest.raises(NotFound):
            seen(officer, matter_id)
    assert not queries.waiting(db.session(), doctor_too)
    theirs = directory.member(Role.PRIVACY_OFFICER, at=host_id)
    assert seen(theirs, matter_id).owner_id == host_id
    answered(matter_id, theirs)


def test_nobody_answers_what_they_asked(here: Scene) -> None:
    """A patient who is the privacy officer, too: two hats are one person."""
    both = directory.another_role(here.patient, Role.PRIVACY_OFFICER, at=here.trust)
    directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    matter_id = raised(here, here.ask().entry_id)
    with pytest.raises(OwnMatter):
        answered(matter_id, replace(both, patient_id=here.patient_id))


def test_upheld_finds_the_broken_glass_without_cause(here: Scene, officer: Actor) -> None:
    override_id = broken(here)
    matter_id = raised(here, here.ask(purpose="BTG").entry_id)
    answered(matter_id, officer, Outcome.UPHELD)
    row = db.session().get_one(Override, override_id, populate_existing=True)
    assert row.justified is False
    assert row.reviewer_id == officer.id
    assert not breaches.waiting(db.session(), officer)


def test_upheld_without_a_broken_glass_is_a_possible_breach(here: Scene, officer: Actor) -> None:
    look_id = here.ask().entry_id
    answered(raised(here, look_id), officer, Outcome.UPHELD)
    (found,) = breaches.waiting(db.session(), officer)
    assert found.consent_id is None
    assert found.due_at - found.found_at == timedelta(hours=72)
    assert breaches.breach(db.session(), officer, found.id).entry_ids == (look_id,)


def test_what_was_refused_is_upheld_without_a_breach(here: Scene, officer: Actor) -> None:
    here.dissent()
    answered(raised(here, here.ask().entry_id), officer, Outcome.UPHELD)
    assert not breaches.waiting(db.session(), officer)


def test_a_day_that_passes_is_escalated_once(
    here: Scene, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    matter_id = raised(here, here.ask().entry_id)
    host_id = people.host(db.session())
    assert host_id is not None
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=3))
    assert schedule.run() == 0  # The third day is still in time.
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=4))
    assert schedule.run() == 1
    assert schedule.run() == 0
    theirs = directory.member(Role.PRIVACY_OFFICER, at=host_id)
    assert matter_id in {one.id for one in queries.waiting(db.session(), theirs)}
    answered(matter_id, theirs)


def test_a_broken_glass_that_is_not_told_cannot_be_asked_about(here: Scene, officer: Actor) -> None:
    override_id = broken(here)
    look_id = here.ask(purpose="BTG").entry_id
    with unit_of_work(officer) as work:
        settling.withhold_telling(
            work,
            override_id,
            ground=Ground.ABUSE,
            ends_at=clock.now() + timedelta(days=5),
            words="He reads her post.",
        )
    with pytest.raises(NotFound):
        raised(here, look_id)


def test_who_broke_the_glass_ends_it(here: Scene) -> None:
    override_id = broken(here)
    assert here.ask(purpose="BTG").permits
    colleague = directory.member(Role.CLINICIAN, at=here.trust)
    with pytest.raises(NotFound), unit_of_work(colleague) as work:
        looking.end_override(work, override_id)
    with unit_of_work(here.clinician) as work:
        looking.end_override(work, override_id)
    assert not here.ask(purpose="BTG").permits
    with pytest.raises(OverrideOver), unit_of_work(here.clinician) as work:
        looking.end_override(work, override_id)
