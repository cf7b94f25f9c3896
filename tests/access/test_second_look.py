"""Withholding takes a second person for long; a review that nobody does is somebody's to do."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.access import overdue, queries, service
from ledger.access.keeping import queries as keeping
from ledger.access.keeping import settling
from ledger.access.keeping.rules import AlreadyStanding, Ground
from ledger.access.rules.overrides import OverrideOwnReview
from ledger.access.rules.words import OverrideReason
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.errors import Invalid, NotFound
from ledger.core.work import unit_of_work
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


def broken(here: Scene) -> UUID:
    with unit_of_work(here.clinician) as work:
        return service.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.SAFEGUARDING,
            reason="Bruises.",
        ).id


def withhold(override_id: UUID, by: Actor, *, days: int) -> datetime:
    until = clock.now() + timedelta(days=days)
    with unit_of_work(by) as work:
        settling.withhold_telling(
            work, override_id, ground=Ground.ABUSE, ends_at=until, words="Post is opened."
        )
    return until


def confirm(override_id: UUID, by: Actor, words: str = "I agree.") -> None:
    with unit_of_work(by) as work:
        settling.confirm_withholding(work, override_id, words=words)


def is_withheld(session: Session, here: Scene, at: datetime) -> bool:
    return bool(keeping.withheld(session, here.patient_id, at))


def test_one_person_withholds_for_some_days_and_two_for_longer(
    here: Scene, officer: Actor, session: Session
) -> None:
    override_id = broken(here)
    until = withhold(override_id, officer, days=60)
    alone = clock.now() + timedelta(days=14)
    assert is_withheld(session, here, alone - timedelta(minutes=1))
    assert not is_withheld(session, here, alone)
    session.expire_all()
    colleague = directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    outsider = directory.member(Role.PRIVACY_OFFICER)
    with pytest.raises(OverrideOwnReview):
        confirm(override_id, officer)
    with pytest.raises(NotFound):
        confirm(override_id, outsider)
    with pytest.raises(Invalid):
        confirm(override_id, colleague, " ")
    confirm(override_id, colleague)
    session.expire_all()
    assert is_withheld(session, here, until - timedelta(minutes=1))
    assert not is_withheld(session, here, until)
    with pytest.raises(AlreadyStanding):
        confirm(override_id, colleague)
    withhold(override_id, colleague, days=60)  # Decided anew, it takes somebody else again.
    session.expire_all()
    assert not is_withheld(session, here, alone)


def test_what_ends_soon_needs_one_person_and_nothing_is_confirmed_once_over(
    here: Scene, officer: Actor, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    override_id = broken(here)
    until = withhold(override_id, officer, days=5)
    assert is_withheld(session, here, until - timedelta(minutes=1))
    assert not is_withheld(session, here, until)
    session.rollback()
    monkeypatch.setattr(clock, "now", lambda: until)
    with pytest.raises(NotFound):
        confirm(override_id, directory.member(Role.PRIVACY_OFFICER, at=here.trust))


def test_a_review_that_nobody_does_in_time_is_noted_once(
    here: Scene, officer: Actor, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(here)
    reviewed = broken(here)
    with unit_of_work(officer) as work:
        service.review_override(work, reviewed, justified=True, finding="Right.")
    assert overdue.run() == 0
    later = clock.now() + timedelta(days=3, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert overdue.run() == 1
    assert overdue.run() == 0
    assert len(queries.overrides(session, officer)) == 2
