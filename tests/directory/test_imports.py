"""Whole files: every row, or none."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.errors import Forbidden, NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.rules.organisations import OrganisationKind
from ledger.directory.rules.tables import RowsRefused
from ledger.directory.service import Outcome
from tests.given.directory import SYSTEM, member, nhs_number, organisation, patient

TODAY = date(2026, 3, 2)


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LogEntry)) or 0


def test_all_real_organisations_come_in_once(session: Session, real_data: Path) -> None:
    content = (real_data / "organisations" / "nhs_organisations.csv").read_bytes()
    seen: list[tuple[int, int]] = []
    with unit_of_work(SYSTEM) as work:
        outcome = service.import_organisations(
            work, content=content, progress=lambda done, of: seen.append((done, of))
        )

    assert outcome == Outcome(added=623)
    assert seen[-1] == (623, 623)
    site = queries.organisation_by_code(session, "RGT01")
    trust = queries.organisation_by_code(session, "RGT")
    assert site
    assert trust
    assert site.parent_id == trust.id
    assert (site.kind, trust.kind) == (OrganisationKind.SITE, OrganisationKind.TRUST)
    assert count(session) == 623

    renamed = content.replace(b"WEST LONDON NHS TRUST", b"WESTERN LONDON NHS TRUST")
    with unit_of_work(SYSTEM) as work:
        again = service.import_organisations(work, content=renamed)
    assert again == Outcome(changed=1, unchanged=622)


def test_patients_come_in_once_and_a_wrong_row_keeps_all_out(session: Session) -> None:
    trust, council = organisation(), organisation()
    one, two = nhs_number(), nhs_number()
    content = f"name,NHS number,date of birth\nIris Moss,{one},1948-03-01\nJo Fern,{two},2/4/1990\n"
    steward = member(Role.STEWARD, at=trust)
    before = count(session)
    with pytest.raises(RowsRefused), unit_of_work(steward) as work:
        service.import_patients(
            work, organisation_id=trust, content=f"{content}X,{one},2001-01-01\n".encode()
        )
    assert count(session) == before

    with unit_of_work(steward) as work:
        outcome = service.import_patients(work, organisation_id=trust, content=content.encode())
    assert outcome == Outcome(added=2)
    with unit_of_work(steward) as work:
        outcome = service.import_patients(work, organisation_id=trust, content=content.encode())
    assert outcome == Outcome(unchanged=2)
    with unit_of_work(member(Role.STEWARD, at=council)) as work:
        outcome = service.import_patients(work, organisation_id=council, content=content.encode())
    assert outcome == Outcome(changed=2)

    wrong = content.replace("1948", "1949").encode()
    with pytest.raises(RowsRefused) as refused, unit_of_work(steward) as work:
        service.import_patients(work, organisation_id=trust, content=wrong)
    assert refused.value.faults[0].field == "line 2, NHS number and date of birth"
    with pytest.raises(Forbidden), unit_of_work(steward) as work:
        service.import_patients(work, organisation_id=council, content=content.encode())


def test_a_roster_comes_in_with_its_teams_and_says_what_it_does_not_know(
    session: Session,
) -> None:
    trust = organisation()
    clinician = member(Role.CLINICIAN, at=trust)
    (staff,) = (m for m in queries.staff(session, trust) if m.person_id == clinician.id)
    number, strange = nhs_number(), nhs_number()
    patient_id, _ = patient(at=trust, number=number)
    patient(number=strange)
    content = (
        "NHS number,team,e-mail,from,until\n"
        f"{number},Falls,,2026-01-01,\n"
        f"{number},falls,,2026-02-01,2026-12-31\n"
        f"{number},,{staff.email},2026-01-01,\n"
    )
    before = count(session)
    with pytest.raises(RowsRefused) as refused, unit_of_work(SYSTEM) as work:
        service.import_care(
            work,
            organisation_id=trust,
            content=f"{content}{strange},,,2026-01-01,\n{number},,no@body.example,2026-01-01,\n".encode(),
        )
    assert [f.field for f in refused.value.faults] == ["line 5, NHS number", "line 6, e-mail"]
    assert count(session) == before

    for expected in (Outcome(added=3), Outcome(unchanged=3)):
        with unit_of_work(SYSTEM) as work:
            outcome = service.import_care(work, organisation_id=trust, content=content.encode())
        assert outcome == expected
    found = queries.care_relationship(
        session, patient_id=patient_id, organisation_id=trust, person_id=clinician.id, on=TODAY
    )
    assert found
    assert found.person_id == clinician.id
    assert count(session) == before + 4
    with pytest.raises(NotFound), unit_of_work(SYSTEM) as work:
        service.import_care(work, organisation_id=patient_id, content=content.encode())


def test_who_is_in_a_team_comes_in_and_cares_for_its_patients(session: Session) -> None:
    trust = organisation()
    clinician = member(Role.CLINICIAN, at=trust)
    (staff,) = (m for m in queries.staff(session, trust) if m.person_id == clinician.id)
    number = nhs_number()
    patient_id, _ = patient(at=trust, number=number)
    roster = f"NHS number,team,from\n{number},Falls,2026-01-01\n".encode()
    content = f"team,e-mail,from,until\nfalls,{staff.email},2026-01-01,2026-12-31\n"
    with unit_of_work(SYSTEM) as work:
        service.import_care(work, organisation_id=trust, content=roster)
    for expected in (Outcome(added=1), Outcome(unchanged=1)):
        with unit_of_work(SYSTEM) as work:
            outcome = service.import_teams(work, organisation_id=trust, content=content.encode())
        assert outcome == expected
    found = queries.care_relationship(
        session, patient_id=patient_id, organisation_id=trust, person_id=clinician.id, on=TODAY
    )
    assert found is not None

    before = count(session)
    wrong = f"{content}falls,{staff.email},2026-06-01,\nfalls,no@body.example,2026-06-01,\n"
    for text, where in [
        (wrong, "line 4, e-mail"),
        (wrong.replace("falls,no@body.example,2026-06-01,\n", ""), "line 3, from and until"),
    ]:
        with pytest.raises(RowsRefused) as refused, unit_of_work(SYSTEM) as work:
            service.import_teams(work, organisation_id=trust, content=text.encode())
        assert [fault.field for fault in refused.value.faults] == [where]
    assert count(session) == before
