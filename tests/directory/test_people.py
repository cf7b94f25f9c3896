"""Organisations, people and roles: as commands, and as what others may ask."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.errors import Forbidden, NotFound
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.entries import Assurance, EndReason
from ledger.directory.rules.memberships import RoleAlreadyEnded, RoleAlreadyHeld
from ledger.directory.rules.organisations import (
    OdsCodeTaken,
    OrganisationDetails,
    OrganisationKind,
)
from ledger.directory.service.people import InvitationAlreadyAccepted
from tests.given.directory import SYSTEM, another_role, member, organisation, patient

TODAY = date(2026, 3, 2)
TRUST = OrganisationDetails(name="Northmoor Trust", kind=OrganisationKind.TRUST, ods_code="DM1")


def test_what_is_founded_is_founded_once(session: Session) -> None:
    assert queries.installation(session) is None
    with unit_of_work(SYSTEM) as work:
        host = service.found(work, details=TRUST, demonstration=True)

    founded = queries.installation(session)
    assert founded is not None
    assert (founded.host_id, founded.demonstration) == (host, True)
    assert queries.organisation(session, host).ods_code == "DM1"
    with pytest.raises(service.AlreadyFounded), unit_of_work(SYSTEM) as work:
        service.found(work, details=TRUST, demonstration=False)


def test_an_ods_code_is_one_organisations(session: Session) -> None:
    organisation(ods_code="DM1")
    with pytest.raises(OdsCodeTaken, match="DM1"), unit_of_work(SYSTEM) as work:
        service.register_organisation(work, details=TRUST)


def test_a_renamed_organisation_is_found_by_its_code(session: Session) -> None:
    trust = organisation(ods_code="DM1")
    with unit_of_work(SYSTEM) as work:
        service.rename_organisation(work, organisation_id=trust, name="Southmoor Trust")
    found = queries.organisation_by_code(session, " dm1 ")
    assert found is not None
    assert found.name == "Southmoor Trust"
    assert [each.id for each in queries.search_organisations(session, containing="MOOR")] == [trust]


def test_somebody_invited_acts_in_the_role_they_were_given(session: Session) -> None:
    trust = organisation()
    steward = member(Role.STEWARD, at=trust)
    with unit_of_work(steward) as work:
        invited = service.invite(
            work, name="Ada", email="Ada@trust.example", organisation_id=trust, role=Role.CLINICIAN
        )

    assert invited.needs_invitation
    assert queries.person_by_email(session, "ada@TRUST.example") == invited.person_id
    assert queries.person_names(session, [invited.person_id]) == {invited.person_id: "Ada"}
    actor = queries.actor_for(session, invited.person_id, None)
    assert (actor.roles, actor.organisation_id) == (frozenset({Role.CLINICIAN}), trust)
    ada = next(m for m in queries.staff(session, trust) if m.person_id == invited.person_id)
    assert (ada.email, ada.accepted) == ("ada@trust.example", False)


def test_somebody_who_is_here_gets_the_role_and_no_new_way_in(session: Session) -> None:
    trust, council = organisation(), organisation()
    with unit_of_work(SYSTEM) as work:
        first = service.invite(
            work, name="Ada", email="ada@x.example", organisation_id=trust, role=Role.CLINICIAN
        )
        service.accept_invitation(work, person_id=first.person_id)
        service.accept_invitation(work, person_id=first.person_id)
        again = service.invite(
            work, name="A.", email="ada@x.example", organisation_id=council, role=Role.SIGNATORY
        )

    assert again.person_id == first.person_id
    assert not again.needs_invitation
    assert queries.person_names(session, [first.person_id]) == {first.person_id: "Ada"}
    with pytest.raises(InvitationAlreadyAccepted), unit_of_work(SYSTEM) as work:
        service.invite_again(work, person_id=first.person_id, organisation_id=trust)


def test_no_organisation_gets_a_way_in_as_somebody_of_another(session: Session) -> None:
    """Who holds an invitation chooses the password: with another's, they would be that person."""
    trust, council = organisation(), organisation()
    patient_id, _ = patient(at=trust)
    with unit_of_work(member(Role.STEWARD, at=trust)) as work:
        service.unlink(work, patient_id=patient_id, reason=EndReason.MISTAKE)
        as_patient = service.invite_patient(
            work, patient_id=patient_id, email="iris@x.example", assurance=Assurance.IN_PERSON
        )
        service.invite(
            work, name="Ada", email="ada@x.example", organisation_id=trust, role=Role.AUDITOR
        )
    assert as_patient.needs_invitation

    for email in ("ada@x.example", "iris@x.example"):
        with unit_of_work(member(Role.STEWARD, at=council)) as work:
            theirs = service.invite(
                work, name="A.", email=email, organisation_id=council, role=Role.CLINICIAN
            )
        assert not theirs.needs_invitation
        with (
            pytest.raises(InvitationAlreadyAccepted),
            unit_of_work(member(Role.STEWARD, at=council)) as work,
        ):
            service.invite_again(work, person_id=theirs.person_id, organisation_id=council)


def test_stewards_invite_into_their_own_organisation_and_the_hosts_into_any(
    session: Session,
) -> None:
    host, trust, council = organisation(), organisation(), organisation()
    hosts, ours = member(Role.STEWARD, at=host), member(Role.STEWARD, at=trust)
    for actor, at, allowed in [
        (hosts, council, True),
        (ours, trust, True),
        (ours, council, False),
        (member(Role.CLINICIAN, at=trust), trust, False),
    ]:
        email = f"{uuid4().hex}@x.example"
        if allowed:
            with unit_of_work(actor) as work:
                service.invite(
                    work, name="Ada", email=email, organisation_id=at, role=Role.CLINICIAN
                )
        else:
            with pytest.raises(Forbidden), unit_of_work(actor) as work:
                service.invite(
                    work, name="Ada", email=email, organisation_id=at, role=Role.CLINICIAN
                )


def test_nobody_gives_or_ends_a_role_of_their_own(session: Session) -> None:
    trust = organisation()
    steward = member(Role.STEWARD, at=trust)
    with pytest.raises(Forbidden), unit_of_work(steward) as work:
        service.give_role(work, person_id=steward.id, organisation_id=trust, role=Role.FINANCE_LEAD)
    assert steward.membership_id
    with pytest.raises(Forbidden), unit_of_work(steward) as work:
        service.end_role(work, membership_id=steward.membership_id, reason=EndReason.LEFT)


def test_with_two_roles_one_acts_in_the_chosen_one(session: Session) -> None:
    trust, council = organisation(), organisation()
    clinician = member(Role.CLINICIAN, at=trust)
    signatory = another_role(clinician, Role.SIGNATORY, at=council)

    assert signatory.roles == {Role.SIGNATORY}
    assert signatory.organisation_id == council
    assert signatory.held == {Role.CLINICIAN, Role.SIGNATORY}  # What is denied to one counts.
    by_default = replace(clinician, held=signatory.held)
    assert queries.actor_for(session, clinician.id, None) == by_default
    assert queries.actor_for(session, clinician.id, uuid4()) == by_default
    assert len(queries.memberships(session, clinician.id, on=TODAY)) == 2
    with pytest.raises(RoleAlreadyHeld):
        another_role(clinician, Role.SIGNATORY, at=council)


def test_a_role_that_ends_at_once_is_over_at_once(session: Session) -> None:
    trust = organisation()
    clinician, steward = member(Role.CLINICIAN, at=trust), member(Role.STEWARD, at=trust)
    before = queries.person_state(session, clinician.id)
    assert clinician.membership_id
    assert before
    assert before.roles_on(trust, TODAY) == {Role.CLINICIAN}
    with unit_of_work(steward) as work:
        service.end_role(work, membership_id=clinician.membership_id, reason=EndReason.LEFT)

    after = queries.actor_for(session, clinician.id, clinician.membership_id)
    assert after == Actor.person(clinician.id)
    state = queries.person_state(session, clinician.id)
    assert state
    assert state.version == before.version + 1
    with pytest.raises(RoleAlreadyEnded), unit_of_work(steward) as work:
        service.end_role(work, membership_id=clinician.membership_id, reason=EndReason.LEFT)


def test_a_role_holds_to_the_end_of_its_last_day(session: Session) -> None:
    trust = organisation()
    clinician = member(Role.CLINICIAN, at=trust)
    assert clinician.membership_id
    friday = TODAY + timedelta(4)
    with unit_of_work(SYSTEM) as work:
        service.end_role(
            work,
            membership_id=clinician.membership_id,
            reason=EndReason.CHANGED_DUTIES,
            until_on=friday,
        )
    for on, roles in [(friday, {Role.CLINICIAN}), (friday + timedelta(1), frozenset())]:
        assert queries.actor_for(session, clinician.id, None, on=on).roles == roles


def test_somebody_who_is_patient_and_clinician_is_each_in_turn_and_always_themselves(
    session: Session,
) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust)
    at_work = another_role(actor, Role.CLINICIAN, at=trust)

    assert actor.roles == {Role.PATIENT}
    assert actor.patient_id == at_work.patient_id == patient_id
    assert at_work.roles == {Role.CLINICIAN}
    now_staff = frozenset({Role.CLINICIAN})
    assert queries.actor_for(session, actor.id, None) == replace(actor, held=now_staff)


def test_strangers_and_the_erased_are_nobody(session: Session) -> None:
    clinician = member(Role.CLINICIAN)
    privacy = member(Role.PRIVACY_OFFICER)
    with unit_of_work(privacy) as work:
        service.erase_person(work, person_id=clinician.id)

    assert queries.person_names(session, [clinician.id, uuid4()]) == {clinician.id: None}
    assert queries.person_state(session, clinician.id) is None
    for person_id in (clinician.id, uuid4()):
        with pytest.raises(NotFound):
            queries.actor_for(session, person_id, None)
