"""Commands that take in whole files: every row, or none and a list of what is wrong."""

from dataclasses import replace
from uuid import UUID

from ledger.core.authority import Resource
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.entries import OrganisationRenamed, PatientEnrolled
from ledger.directory.models import Enrolment, Organisation, Patient, PatientLookup
from ledger.directory.projection import fingerprints
from ledger.directory.rules import imports as files
from ledger.directory.rules.organisations import OrganisationDetails, parent_code
from ledger.directory.rules.tables import Faults
from ledger.directory.service.bulk import Outcome, Progress, rows_by, silently
from ledger.directory.service.held import installation, of_organisation
from ledger.directory.service.organisations import registration
from ledger.directory.service.patients import record_registration


def import_organisations(
    work: UnitOfWork, *, content: bytes, progress: Progress = silently
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
    known = rows_by(work, Organisation.ods_code, codes, Organisation.id, Organisation.name)
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
    work: UnitOfWork, *, organisation_id: UUID, content: bytes, progress: Progress = silently
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
    known = rows_by(
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
    ours = rows_by(
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


def _register(work: UnitOfWork, details: OrganisationDetails, ids: dict[str, UUID]) -> UUID:
    entry = registration(details, parent_id=ids.get(parent_code(details) or ""))
    work.record(entry)
    return entry.organisation_id
