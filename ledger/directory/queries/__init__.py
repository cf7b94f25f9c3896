"""Reads of the directory that other areas and the edges may use. All return values."""

from ledger.directory.queries.actors import (
    Door,
    MembershipView,
    PersonState,
    actor_for,
    memberships,
    person_state,
)
from ledger.directory.queries.care import (
    PatientRoster,
    care_relationship,
    hold_person,
    hold_roster,
    roster,
)
from ledger.directory.queries.history import (
    DeclarationView,
    NoticedView,
    declarations,
    noticed,
)
from ledger.directory.queries.organisations import (
    InstallationView,
    OrganisationView,
    installation,
    organisation,
    organisation_by_code,
    organisations,
    resource,
    search_organisations,
)
from ledger.directory.queries.patients import (
    PatientRow,
    linked_patient,
    linked_person,
    patient_by_nhs_number,
    patient_exists,
    patient_identities,
    patients_of,
)
from ledger.directory.queries.people import (
    StaffMember,
    person_by_email,
    person_names,
    staff,
)

__all__ = [
    "DeclarationView",
    "Door",
    "InstallationView",
    "MembershipView",
    "NoticedView",
    "OrganisationView",
    "PatientRoster",
    "PatientRow",
    "PersonState",
    "StaffMember",
    "actor_for",
    "care_relationship",
    "declarations",
    "hold_person",
    "hold_roster",
    "installation",
    "linked_patient",
    "linked_person",
    "memberships",
    "noticed",
    "organisation",
    "organisation_by_code",
    "organisations",
    "patient_by_nhs_number",
    "patient_exists",
    "patient_identities",
    "patients_of",
    "person_by_email",
    "person_names",
    "person_state",
    "resource",
    "roster",
    "search_organisations",
    "staff",
]
