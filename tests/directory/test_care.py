"""Who looks after whom: rosters, teams, and what somebody declares."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.errors import Forbidden, NotFound
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.entries import EndReason
from ledger.directory.rules.care import CareSource, DeclarationWithoutReason, DeclaredReason
from ledger.directory.rules.periods import Period
from ledger.directory.service.care import AlreadyInTeam
from tests.given.directory import SYSTEM, cared_for, member, organisation, patient

TODAY = date(2026, 3, 2)
EVER = Period(date(2026, 1, 1))


def cares(session: Session, actor: Actor, patient_id: UUID, on: date = TODAY) -> bool:
    assert actor.organisation_id
    found = queries.care_relationship(
        session,
        patient_id=patient_id,
        organisation_id=actor.organisation_id,
        person_id=actor.id,
        on=on,
    )
    return found is not None


def version(session: Session, patient_id: UUID) -> int:
    found = queries.roster(session, patient_id)
    assert found
    return found.version


def test_a_person_a_team_or_everybody_looks_after_a_patient(session: Session) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    ada, ben, eve = (member(Role.CLINICIAN, at=trust) for _ in range(3))
    with unit_of_work(SYSTEM) as work:
        team_id = service.form_team(work, organisation_id=trust, name="Falls  team")
        assert service.form_team(work, organisation_id=trust, name="falls team") == team_id
        service.join_team(work, team_id=team_id, person_id=ben.id, period=EVER)
    assert [cares(session, who, patient_id) for who in (ada, ben, eve)] == [False] * 3

    with unit_of_work(SYSTEM) as work:
        who = {"patient_id": patient_id, "organisation_id": trust}
        service.begin_care(work, person_id=ada.id, period=EVER, **who)
        service.begin_care(work, team_id=team_id, period=EVER, **who)
    assert [cares(session, who, patient_id) for who in (ada, ben, eve)] == [True, True, False]

    with unit_of_work(SYSTEM) as work:
        service.begin_care(work, patient_id=patient_id, organisation_id=trust, period=EVER)
    assert cares(session, eve, patient_id)
    assert not cares(session, member(Role.CLINICIAN), patient_id)


def test_care_and_teams_end_and_the_versions_say_so(session: Session) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    ada = member(Role.CLINICIAN, at=trust)
    relationship_id = cared_for(patient_id, by=ada, from_on=date(2026, 1, 1))
    before = version(session, patient_id)
    with unit_of_work(SYSTEM) as work:
        assert queries.hold_roster(work, patient_id) == before
        service.end_care(work, relationship_id=relationship_id, reason=EndReason.DISCHARGED)

    assert not cares(session, ada, patient_id)
    assert cares(session, ada, patient_id, on=TODAY - timedelta(1))
    assert version(session, patient_id) == before + 1

    with unit_of_work(SYSTEM) as work:
        team_id = service.form_team(work, organisation_id=trust, name="Falls")
        joined = service.join_team(work, team_id=team_id, person_id=ada.id, period=EVER)
        service.begin_care(
            work, patient_id=patient_id, organisation_id=trust, team_id=team_id, period=EVER
        )
    assert cares(session, ada, patient_id)
    state = queries.person_state(session, ada.id)
    assert state
    assert state.teams_on(TODAY) == {team_id}
    with pytest.raises(AlreadyInTeam), unit_of_work(SYSTEM) as work:
        service.join_team(work, team_id=team_id, person_id=ada.id, period=EVER)
    with unit_of_work(SYSTEM) as work:
        assert queries.hold_person(work, ada.id) == state.version
        service.leave_team(work, team_membership_id=joined, reason=EndReason.LEFT)
    assert not cares(session, ada, patient_id)


def test_a_roster_is_of_ones_own_patients_staff_and_teams(session: Session) -> None:
    trust, council = organisation(), organisation()
    patient_id, _ = patient(at=trust)
    theirs = member(Role.CLINICIAN, at=council)
    with unit_of_work(SYSTEM) as work:
        team_id = service.form_team(work, organisation_id=council, name="Falls")
    for what in (
        {"organisation_id": council},
        {"organisation_id": trust, "person_id": theirs.id},
        {"organisation_id": trust, "team_id": team_id},
    ):
        with pytest.raises(NotFound), unit_of_work(SYSTEM) as work:
            service.begin_care(work, patient_id=patient_id, period=EVER, **what)
    with pytest.raises(Forbidden), unit_of_work(member(Role.STEWARD, at=council)) as work:
        service.begin_care(work, patient_id=patient_id, organisation_id=trust, period=EVER)


def test_what_is_declared_holds_a_week_and_gives_its_reason(session: Session) -> None:
    patient_id, _ = patient()
    locum = member(Role.CLINICIAN)
    with unit_of_work(locum) as work:
        service.declare_care(
            work, patient_id=patient_id, reason=DeclaredReason.LOCUM, words="Covering tonight"
        )

    assert cares(session, locum, patient_id)
    assert cares(session, locum, patient_id, on=TODAY + timedelta(6))
    assert not cares(session, locum, patient_id, on=TODAY + timedelta(7))
    found = queries.roster(session, patient_id)
    assert found
    assert found.relationships[0].source is CareSource.DECLARED


@pytest.mark.parametrize("words", ["", "  ", "x" * 501])
def test_a_declaration_without_a_reason_in_words_is_none(session: Session, words: str) -> None:
    patient_id, _ = patient()
    with pytest.raises(DeclarationWithoutReason), unit_of_work(member(Role.CLINICIAN)) as work:
        service.declare_care(work, patient_id=patient_id, reason=DeclaredReason.COVER, words=words)


def test_nobody_declares_that_they_care_for_themselves(session: Session) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust)
    with unit_of_work(SYSTEM) as work:
        service.give_role(work, person_id=actor.id, organisation_id=trust, role=Role.CLINICIAN)
    (membership,) = queries.memberships(session, actor.id)
    at_work = queries.actor_for(session, actor.id, membership.id)
    with pytest.raises(Forbidden), unit_of_work(at_work) as work:
        service.declare_care(
            work, patient_id=patient_id, reason=DeclaredReason.COVER, words="It is me"
        )
