"""Commands that take in rosters from files: who is in which team, and who cares for whom."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ledger.core import privacy
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.models import Care, Enrolment, PatientLookup, PersonLookup, TeamMembership
from ledger.directory.rules import imports as files
from ledger.directory.rules import names
from ledger.directory.rules.imports import CareRow
from ledger.directory.rules.tables import Faults
from ledger.directory.service.bulk import Outcome, Progress, rows_by, silently
from ledger.directory.service.care import (
    AlreadyInTeam,
    begin_care,
    form_team,
    join_team,
    member_ids,
)
from ledger.directory.service.held import installation, of_organisation
from ledger.directory.succession.queries import standing_ids


def import_teams(
    work: UnitOfWork, *, organisation_id: UUID, content: bytes, progress: Progress = silently
) -> Outcome:
    """Take in who is in which of an organisation's teams. Teams that are new are formed.

    Raises:
        NotFounded: the service is not set up.
        NotFound: there is no such organisation.
        UnreadableTable, RowsRefused: nothing was imported.
    """
    founded = installation(work)
    work.authorise(Permission.PATIENT_REGISTER, on=of_organisation(work, organisation_id))
    table = files.read_teams(content, today=work.today, demonstration=founded.demonstration)
    rows = [(row.line, files.team_of(row)) for row in table.insist()]
    staff = _staff_of(work, organisation_id, [row.email for _, row in rows])
    faults = Faults()
    _strangers([(line, row.email) for line, row in rows], staff, faults)
    faults.refuse()
    teams = _teams(work, organisation_id, [row.team for _, row in rows])
    known = {
        (row.team_id, row.person_id, row.from_on)
        for row in work.session.scalars(
            select(TeamMembership).where(TeamMembership.team_id.in_(set(teams.values())))
        )
    }
    outcome = Outcome()
    # In the order of people's ids: two imports at once wait for each other, and not in a ring.
    for done, (line, row) in enumerate(
        sorted(rows, key=lambda pair: staff[pair[1].email]), start=1
    ):
        team_id, person_id = teams[names.key(row.team)], staff[row.email]
        if (team_id, person_id, row.period.from_on) in known:
            outcome = replace(outcome, unchanged=outcome.unchanged + 1)
        else:
            try:
                join_team(work, team_id=team_id, person_id=person_id, period=row.period)
            except AlreadyInTeam as error:
                faults.add(line, "from and until", f"they are in this team then: {error.detail}")
            outcome = replace(outcome, added=outcome.added + 1)
        progress(done, len(rows))
    faults.refuse()
    return outcome


def import_care(
    work: UnitOfWork, *, organisation_id: UUID, content: bytes, progress: Progress = silently
) -> Outcome:
    """Take in an organisation's roster: which team or person looks after which patient.

    Teams that are new are formed. What is there already with the same first day is left.

    Raises:
        NotFounded: the service is not set up.
        NotFound: there is no such organisation.
        UnreadableTable, RowsRefused: nothing was imported.
    """
    founded = installation(work)
    work.authorise(Permission.PATIENT_REGISTER, on=of_organisation(work, organisation_id))
    table = files.read_care(content, today=work.today, demonstration=founded.demonstration)
    rows = [(row.line, files.care_of(row)) for row in table.insist()]
    patients = _patients_of(work, organisation_id, [row for _, row in rows])
    staff = _staff_of(work, organisation_id, [row.email for _, row in rows if row.email])
    faults = Faults()
    for line, row in rows:
        if row.nhs_number not in patients:
            faults.add(line, "NHS number", "no such patient is on this organisation's list")
    _strangers([(line, row.email) for line, row in rows if row.email], staff, faults)
    faults.refuse()
    teams = _teams(work, organisation_id, [row.team for _, row in rows if row.team])
    known = _relationships(work, organisation_id, patients.values())
    outcome = Outcome()
    # In the order of the patients' ids: two imports at once wait for each other, and not in a ring.
    for done, (_, row) in enumerate(
        sorted(rows, key=lambda pair: patients[pair[1].nhs_number]), start=1
    ):
        patient_id = patients[row.nhs_number]
        team_id = teams[names.key(row.team)] if row.team else None
        person_id = staff[row.email] if row.email else None
        same = (patient_id, team_id, person_id, row.period.from_on)
        if same in known:
            outcome = replace(outcome, unchanged=outcome.unchanged + 1)
        else:
            known.add(same)
            begin_care(
                work,
                patient_id=patient_id,
                organisation_id=organisation_id,
                period=row.period,
                team_id=team_id,
                person_id=person_id,
            )
            outcome = replace(outcome, added=outcome.added + 1)
        progress(done, len(rows))
    return outcome


def _patients_of(
    work: UnitOfWork, organisation_id: UUID, rows: Sequence[CareRow]
) -> dict[str, UUID]:
    """Return the patients on the organisation's list, by NHS number."""
    prints = {row.nhs_number: privacy.lookup_hmac("nhs-number", row.nhs_number) for row in rows}
    known = rows_by(work, PatientLookup.nhs_number_hmac, prints.values(), PatientLookup.subject_id)
    ours = rows_by(
        work,
        Enrolment.patient_id,
        [row.subject_id for row in known.values()],
        Enrolment.patient_id,
        only=Enrolment.organisation_id.in_(standing_ids(work.session, organisation_id, work.today)),
    )
    return {
        number: known[mark].subject_id
        for number, mark in prints.items()
        if mark in known and known[mark].subject_id in ours
    }


def _staff_of(work: UnitOfWork, organisation_id: UUID, emails: Iterable[str]) -> dict[str, UUID]:
    """Return the people of the organisation, by address."""
    prints = {email: privacy.lookup_hmac("e-mail", email) for email in emails}
    known = rows_by(work, PersonLookup.email_hmac, prints.values(), PersonLookup.subject_id)
    members = member_ids(work, organisation_id)
    return {
        email: known[mark].subject_id
        for email, mark in prints.items()
        if mark in known and known[mark].subject_id in members
    }


def _strangers(found: Iterable[tuple[int, str]], staff: dict[str, UUID], faults: Faults) -> None:
    for line, email in found:
        if email not in staff:
            faults.add(line, "e-mail", "nobody with this address is at this organisation")


def _teams(work: UnitOfWork, organisation_id: UUID, wanted: Iterable[str]) -> dict[str, UUID]:
    """Return teams by their name as it is compared, formed if they are new."""
    return {
        key: form_team(work, organisation_id=organisation_id, name=name)
        for key, name in {names.key(name): name for name in wanted}.items()
    }


def _relationships(
    work: UnitOfWork, organisation_id: UUID, patient_ids: Iterable[UUID]
) -> set[tuple[Any, ...]]:
    wanted = set(patient_ids)
    rows = work.session.execute(
        select(Care.patient_id, Care.team_id, Care.person_id, Care.from_on).where(
            Care.organisation_id == organisation_id
        )
    )
    return {tuple(row) for row in rows if row.patient_id in wanted}
