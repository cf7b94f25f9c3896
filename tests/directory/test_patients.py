"""Patients: registered, found, linked, erased; and who they are is in no open place."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from audit import Record
from ledger.core import privacy
from ledger.core.actor import Actor, Role
from ledger.core.db import Base, Sealed, db, sort_of
from ledger.core.errors import Forbidden, NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.entries import Assurance, EndReason, PatientLookedUp
from ledger.directory.rules.imports import Identity
from ledger.directory.rules.nhs_number import NotAnNhsNumber, WrongRange
from ledger.directory.rules.organisations import OrganisationDetails, OrganisationKind
from ledger.directory.service.patients import AlreadyLinked, IdentityMismatch
from tests.given.directory import SYSTEM, another_role, member, organisation, patient

NUMBER = "9990000018"
BORN = date(1948, 3, 1)
IRIS = Identity(name="Iris Moss", date_of_birth=BORN, nhs_number=NUMBER)


def register(at: UUID, identity: Identity = IRIS) -> UUID:
    with unit_of_work(SYSTEM) as work:
        return service.register_patient(work, organisation_id=at, identity=identity)


def find(actor: Actor, number: str = NUMBER, born: date = BORN) -> UUID | None:
    with unit_of_work(actor) as work:
        return service.find_patient(work, nhs_number=number, date_of_birth=born)


def looked_up(session: Session) -> list[tuple[UUID | None, bool]]:
    kind = PatientLookedUp.kind
    bodies = session.scalars(
        select(LogEntry.body).where(LogEntry.kind == kind).order_by(LogEntry.position)
    )
    entries = [Record.from_bytes(body).entry for body in bodies]
    return [(e.patient_id, e.answered) for e in entries if isinstance(e, PatientLookedUp)]


def test_a_registered_patient_is_found_by_number_and_date_of_birth(session: Session) -> None:
    trust = organisation()
    patient_id = register(trust)
    clinician = member(Role.CLINICIAN, at=trust)

    assert find(clinician) == patient_id
    assert find(clinician, "999 000 0018") == patient_id
    assert queries.patient_by_nhs_number(session, NUMBER) == patient_id
    assert queries.patient_identities(session, [patient_id]) == {patient_id: IRIS}
    assert [row.identity for row in queries.patients_of(session, trust)] == [IRIS]


def test_every_look_up_is_recorded_and_the_absent_and_the_hidden_look_the_same(
    session: Session,
) -> None:
    trust, council = organisation(), organisation()
    patient_id = register(trust)
    stranger = member(Role.STEWARD, at=council)

    assert find(stranger) is None
    assert find(stranger, born=date(1948, 3, 2)) is None
    assert find(member(Role.STEWARD, at=trust)) == patient_id
    assert looked_up(session) == [(patient_id, False), (None, False), (patient_id, True)]


def test_who_looks_nobody_up_is_refused_and_a_number_that_is_none_is_not_asked(
    session: Session,
) -> None:
    trust = organisation()
    with pytest.raises(Forbidden):
        find(member(Role.AUDITOR, at=trust))
    with pytest.raises(NotAnNhsNumber):
        find(member(Role.CLINICIAN, at=trust), "9990000019")
    assert looked_up(session) == []


def test_a_patient_whom_two_organisations_register_has_one_record(session: Session) -> None:
    trust, council = organisation(), organisation()
    steward = member(Role.STEWARD, at=council)
    patient_id = register(trust)
    assert find(steward) is None

    assert register(council) == patient_id
    assert register(council) == patient_id
    assert find(steward) == patient_id
    wrong = Identity(name="Iris Moss", date_of_birth=date(1984, 3, 1), nhs_number=NUMBER)
    with pytest.raises(IdentityMismatch) as refused:
        register(council, wrong)
    assert NUMBER not in str(refused.value)


def test_a_demonstration_takes_no_real_patient_and_a_real_service_no_made_up_one(
    session: Session,
) -> None:
    trust = organisation()
    real = Identity(name="Iris Moss", date_of_birth=BORN, nhs_number="9434765919")
    with pytest.raises(WrongRange):
        register(trust, real)


def test_a_real_installation_takes_real_patients_only(session: Session) -> None:
    details = OrganisationDetails(name="Northmoor", kind=OrganisationKind.TRUST)
    with pytest.raises(service.NotFounded):
        with unit_of_work(SYSTEM) as work:
            at = service.register_organisation(work, details=details)
        register(at)
    with unit_of_work(SYSTEM) as work:
        at = service.found(work, details=details, demonstration=False)
    with pytest.raises(WrongRange):
        register(at)
    register(at, Identity(name="Iris Moss", date_of_birth=BORN, nhs_number="9434765919"))


def test_a_link_makes_a_record_ones_own_until_it_is_undone(session: Session) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust)
    assert actor.roles == {Role.PATIENT}
    assert queries.linked_patient(session, actor.id) == patient_id
    assert queries.linked_person(session, patient_id) == actor.id

    steward = member(Role.STEWARD, at=trust)
    with unit_of_work(steward) as work:
        service.unlink(work, patient_id=patient_id, reason=EndReason.MISTAKE)
    assert queries.actor_for(session, actor.id, None) == Actor.person(actor.id)
    with pytest.raises(NotFound), unit_of_work(steward) as work:
        service.unlink(work, patient_id=patient_id, reason=EndReason.MISTAKE)


def test_a_record_and_a_sign_in_are_linked_once(session: Session) -> None:
    trust = organisation()
    steward = member(Role.STEWARD, at=trust)
    (first, actor), (second, _) = patient(at=trust), patient(at=trust)
    for patient_id in (first, second):
        with pytest.raises(AlreadyLinked), unit_of_work(steward) as work:
            service.link(
                work, person_id=actor.id, patient_id=patient_id, assurance=Assurance.IN_PERSON
            )


def test_nobody_links_themselves_nor_a_patient_they_may_not_know_of(session: Session) -> None:
    trust, council = organisation(), organisation()
    patient_id = register(trust)
    ours, theirs = member(Role.STEWARD, at=trust), member(Role.STEWARD, at=council)
    for actor, error in [(ours, Forbidden), (theirs, NotFound)]:
        with pytest.raises(error), unit_of_work(actor) as work:
            service.link(
                work, person_id=ours.id, patient_id=patient_id, assurance=Assurance.IN_PERSON
            )


def test_erasing_leaves_nothing_by_which_a_patient_is_found_or_known(session: Session) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust, number=NUMBER, born_on=BORN)
    clinician = member(Role.CLINICIAN, at=trust)
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=trust)) as work:
        service.erase(work, patient_id=patient_id)

    assert find(clinician) is None
    assert queries.patient_by_nhs_number(session, NUMBER) is None
    assert queries.patient_identities(session, [patient_id]) == {patient_id: None}
    assert queries.person_names(session, [actor.id]) == {actor.id: None}
    assert not queries.patient_exists(session, patient_id)
    keys = select(privacy.SubjectKey).where(
        privacy.SubjectKey.subject_id.in_([patient_id, actor.id])
    )
    assert session.scalars(keys).all() == []
    for table in Base.metadata.sorted_tables:
        if sort_of(table.name) is Sealed:
            rows = session.execute(select(table).where(table.c.subject_id == patient_id))
            assert rows.all() == []
    with pytest.raises(NotFound), unit_of_work(SYSTEM) as work:
        service.erase(work, patient_id=patient_id)


def test_somebody_who_works_here_too_stays_when_their_record_is_erased(session: Session) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust, name="Iris Moss")
    another_role(actor, Role.CLINICIAN, at=trust)
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=trust)) as work:
        service.erase(work, patient_id=patient_id)

    assert queries.person_names(session, [actor.id]) == {actor.id: "Iris Moss"}


def test_the_erased_can_be_registered_anew_and_are_somebody_else(session: Session) -> None:
    trust = organisation()
    before = register(trust)
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=trust)) as work:
        service.erase(work, patient_id=before)
    assert register(trust) != before


def test_nothing_in_the_open_part_of_the_log_says_who_anybody_is(session: Session) -> None:
    trust = organisation()
    patient(at=trust, number=NUMBER, name="Iris Moss-Example", born_on=BORN)
    find(member(Role.CLINICIAN, at=trust, name="Ada Sample"))

    bodies = b"\n".join(session.scalars(select(LogEntry.body)))
    for word in (NUMBER, "Iris", "Moss", "1948-03-01", "Ada", "demonstration.example"):
        assert word.encode() not in bodies
    with db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = connection.execute(text(f"SELECT * FROM {table.name}")).all()
            assert NUMBER not in str(rows)
            assert "Iris" not in str(rows)
