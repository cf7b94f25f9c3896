"""Commands of the directory. Each has four steps: load, authorise, check, record."""

from ledger.directory.service.bulk import Outcome, Progress
from ledger.directory.service.care import (
    begin_care,
    end_care,
    form_team,
    join_team,
    leave_team,
)
from ledger.directory.service.clients import (
    close_client,
    may_register_clients,
    register_client,
)
from ledger.directory.service.declarations import declare_care, review_declaration
from ledger.directory.service.erasure import erase, erase_person
from ledger.directory.service.imports import import_organisations, import_patients
from ledger.directory.service.organisations import (
    AlreadyFounded,
    NotFounded,
    found,
    register_organisation,
    rename_organisation,
)
from ledger.directory.service.patients import (
    find_by_number,
    find_patient,
    invite_patient,
    link,
    register_patient,
    unlink,
)
from ledger.directory.service.people import (
    Invited,
    accept_invitation,
    end_role,
    give_role,
    invite,
    invite_again,
)
from ledger.directory.service.recovery import (
    issue_patient_recovery,
    issue_recovery,
    make_recovery_codes,
    recognise_patient,
    record_recovery,
)
from ledger.directory.service.rosters import import_care, import_teams

__all__ = [
    "AlreadyFounded",
    "Invited",
    "NotFounded",
    "Outcome",
    "Progress",
    "accept_invitation",
    "begin_care",
    "close_client",
    "declare_care",
    "end_care",
    "end_role",
    "erase",
    "erase_person",
    "find_by_number",
    "find_patient",
    "form_team",
    "found",
    "give_role",
    "import_care",
    "import_organisations",
    "import_patients",
    "import_teams",
    "invite",
    "invite_again",
    "invite_patient",
    "issue_patient_recovery",
    "issue_recovery",
    "join_team",
    "leave_team",
    "link",
    "make_recovery_codes",
    "may_register_clients",
    "recognise_patient",
    "record_recovery",
    "register_client",
    "register_organisation",
    "register_patient",
    "rename_organisation",
    "review_declaration",
    "unlink",
]
