"""Commands that take in whole files: every row, or none and a list of what is wrong."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from ledger.core import privacy
from ledger.core.authority import Resource
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.entries import OrganisationRenamed, PatientEnrolled
from ledger.directory.models import (
    Care,
    Enrolment,
    Organisation,
    Patient,
    PatientLookup,
    PersonLookup,
)
from ledger.directory.projection import fingerprints
from ledger.directory.rules import imports as files
from ledger.directory.rules import names
from ledger.directory.rules.imports import CareRow
from ledger.directory.rules.organisations import OrganisationDetails, parent_code
from ledger.directory.rules.tables import Faults
from ledger.directory.service.care import begin_care, form_team, member_ids
from ledger.directory.service.held import installation, of_organisation
from ledger.directory.service.organisations import registration
from ledger.directory.service.patients import record_registration

_AT_ONCE: Final = 500  # Values in one query: SQLite takes at most 32,766, and plans slowly.

Progress = Callable[[int, int], None]
"""Called with how many rows are done, of how many."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did.

    Attributes:
        added: Rows that were new.
        changed: Rows that changed what was there: a name, or one list more for a patient.
        unchanged: Rows of which all was there already.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def _silently(_done: int, _of: int) -> None:
    pass


def import_organisations(
    work: UnitOfWork, *, content: bytes, progress: Progress = _silently
) -> Outcome:
    """Add the organisations of a CSV file, by their ODS codes; a known one gets its new name.

    Raises:
        UnreadableTable, RowsRefused: nothing was imported.
    """
    work.authorise(Permission.ORGANISATION_REGISTER, on=Resource())
    all_details = [files.organisation_of(row) for row in files.read_organisations(content).insist()]
    # A site comes after the trust that it belongs to.
    all_details.sort(key=lambda details: parent_code(details) is not None)
    codes = {code for d in all_details for code in (d.ods_code, parent_code(d)) if code}
    known = _found(work, Organisation.ods_code, codes, Organisation.id, Organisation.name)
    ids = {code: row.id for code, row in known.items()}
    outcome = Outcome()
    for done, details in enumerate(all_details, start=1):
        there = known.get(details.ods_code or "")
        work.authorise(Permission.ORGANISATION_REGISTER, on=Resource())
        if there is None:
            ids[details.ods_code or ""] = _register(work, details, ids)
            outcome = replace(outcome, added=outcome.added + 1)
        elif there.name != details.name:
            work.load(Organisation, there.id)
            work.record(OrganisationRenamed(organisation_id=there.id, name=details.name))
            outcome = replace(outcome, changed=outcome.changed + 1)
        else:
            outcome = replace(outcome, unchanged=outcome.unchanged + 1)
        progress(done, len(all_details))
    return outcome


def import_patients(
    work: UnitOfWork, *, organisation_id: UUID, content: bytes, progress: Progress = _silently
) -> Outcome:
    """Put the patients of a CSV file on an organisation's list, with new records as needed.

    Raises:
        NotFounded: the service is not set up.
        NotFound: there is no such organisation.
        UnreadableTable, RowsRefused: nothing was imported.
    """
    founded = installation(work)
    resource = of_organisation(work, organisation_id)
    work.authorise(Permission.PATIENT_REGISTER, on=resource)
    table = files.read_patients(content, today=work.today, demonstration=founded.demonstration)
    rows = [(row.line, files.identity_of(row)) for row in table.insist()]
    prints = {line: fingerprints(who.nhs_number, str(who.date_of_birth)) for line, who in rows}
    known = _found(
        work,
        PatientLookup.nhs_number_hmac,
        [number for number, _ in prints.values()],
        PatientLookup.subject_id,
        PatientLookup.identity_hmac,
    )
    faults = Faults()
    for line, _ in rows:
        number, whole = prints[line]
        if number in known and known[number].identity_hmac != whole:
            detail = "they do not belong together: check both with the patient"
            faults.add(line, "NHS number and date of birth", detail)
    faults.refuse()
    ours = _found(
        work,
        Enrolment.patient_id,
        [row.subject_id for row in known.values()],
        Enrolment.patient_id,
        only=Enrolment.organisation_id == organisation_id,
    )
    work.authorise(Permission.PATIENT_REGISTER, on=resource, records=len(rows))
    outcome = Outcome()
    for done, (line, identity) in enumerate(rows, start=1):
        there = known.get(prints[line][0])
        if there is None:
            record_registration(work, organisation_id=organisation_id, identity=identity)
            outcome = replace(outcome, added=outcome.added + 1)
        elif there.subject_id not in ours:
            work.load(Patient, there.subject_id, to_change=False)
            enrolled = PatientEnrolled(patient_id=there.subject_id, organisation_id=organisation_id)
            work.record(enrolled)
            outcome = replace(outcome, changed=outcome.changed + 1)
        else:
            outcome = replace(outcome, unchanged=outcome.unchanged + 1)
        progress(done, len(rows))
    return outcome


def import_care(
    work: UnitOfWork, *, organisation_id: UUID, content: bytes, progress: Progress = _silently
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
    staff = _staff_of(work, organisation_id, [row for _, row in rows])
    faults = Faults()
    for line, row in rows:
        if row.nhs_number not in patients:
            faults.add(line, "NHS number", "no such patient is on this organisation's list")
        if row.email is not None and row.email not in staff:
            faults.add(line, "e-mail", "nobody with this address is at this organisation")
    faults.refuse()
    teams = {
        key: form_team(work, organisation_id=organisation_id, name=name)
        for key, name in {names.key(row.team): row.team for _, row in rows if row.team}.items()
    }
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


def _register(work: UnitOfWork, details: OrganisationDetails, ids: dict[str, UUID]) -> UUID:
    entry = registration(details, parent_id=ids.get(parent_code(details) or ""))
    work.record(entry)
    return entry.organisation_id


def _patients_of(
    work: UnitOfWork, organisation_id: UUID, rows: Sequence[CareRow]
) -> dict[str, UUID]:
    """Return the patients on the organisation's list, by NHS number."""
    prints = {row.nhs_number: privacy.lookup_hmac("nhs-number", row.nhs_number) for row in rows}
    known = _found(work, PatientLookup.nhs_number_hmac, prints.values(), PatientLookup.subject_id)
    ours = _found(
        work,
        Enrolment.patient_id,
        [row.subject_id for row in known.values()],
        Enrolment.patient_id,
        only=Enrolment.organisation_id == organisation_id,
    )
    return {
        number: known[mark].subject_id
        for number, mark in prints.items()
        if mark in known and known[mark].subject_id in ours
    }


def _staff_of(work: UnitOfWork, organisation_id: UUID, rows: Sequence[CareRow]) -> dict[str, UUID]:
    """Return the people of the organisation, by address."""
    prints = {row.email: privacy.lookup_hmac("e-mail", row.email) for row in rows if row.email}
    known = _found(work, PersonLookup.email_hmac, prints.values(), PersonLookup.subject_id)
    members = member_ids(work, organisation_id)
    return {
        email: known[mark].subject_id
        for email, mark in prints.items()
        if mark in known and known[mark].subject_id in members
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


def _found(
    work: UnitOfWork,
    by: InstrumentedAttribute[Any],
    values: Iterable[Any],
    *columns: InstrumentedAttribute[Any],
    only: Any = True,
) -> dict[Any, Any]:
    """Return rows of *columns* by the value of the column *by*."""
    wanted = sorted(set(values))
    found: dict[Any, Any] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        query = select(by.label("by"), *columns).where(by.in_(some))
        if only is not True:
            query = query.where(only)
        found.update({row.by: row for row in work.session.execute(query)})
    return found
