"""Commands on organisations."""

from uuid import UUID

from sqlalchemy import select

from ledger.core.authority import Resource
from ledger.core.errors import Conflict
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.entries import (
    InstallationFounded,
    OrganisationRegistered,
    OrganisationRenamed,
)
from ledger.directory.models import Installation, Organisation
from ledger.directory.rules import names
from ledger.directory.rules.organisations import (
    OdsCodeTaken,
    OrganisationDetails,
    checked,
    parent_code,
)
from ledger.directory.service.held import NotFounded, unless_taken

__all__ = [
    "AlreadyFounded",
    "NotFounded",
    "found",
    "register_organisation",
    "registration",
    "rename_organisation",
]


class AlreadyFounded(Conflict):
    """An installation is founded once. What it is, demonstration or not, never changes."""

    slug = "already-founded"
    title = "This service has already been set up"


def found(work: UnitOfWork, *, details: OrganisationDetails, demonstration: bool) -> UUID:
    """Set the service up: register the organisation that hosts it. Returns its id.

    Raises:
        AlreadyFounded: it was done before.
        Invalid: see `rules.organisations.checked`.
    """
    if work.session.get(Installation, 1) is not None:
        raise AlreadyFounded("it is set up; to begin anew, use an empty database")
    organisation_id = register_organisation(work, details=details)
    work.authorise(Permission.ORGANISATION_REGISTER, on=Resource())
    with unless_taken("setting up"):
        work.record(
            InstallationFounded(organisation_id=organisation_id, demonstration=demonstration)
        )
    return organisation_id


def register_organisation(work: UnitOfWork, *, details: OrganisationDetails) -> UUID:
    """Add an organisation to the directory. Returns its id.

    Raises:
        OdsCodeTaken: an organisation has this code.
        Invalid: see `rules.organisations.checked`.
    """
    work.authorise(Permission.ORGANISATION_REGISTER, on=Resource())
    details = checked(details)
    if details.ods_code and id_by_code(work, details.ods_code):
        raise OdsCodeTaken(f"{details.ods_code} is registered: use that organisation")
    parent = parent_code(details)
    entry = registration(details, parent_id=id_by_code(work, parent) if parent else None)
    with unless_taken("registering an organisation"):
        work.record(entry)
    return entry.organisation_id


def rename_organisation(work: UnitOfWork, *, organisation_id: UUID, name: str) -> None:
    """Give an organisation another name, from now on. The same name changes nothing.

    Raises:
        NotFound: there is no such organisation.
        BadName: see `rules.names.name`.
    """
    row = work.load(Organisation, organisation_id)
    work.authorise(Permission.ORGANISATION_REGISTER, on=Resource())
    name = names.name(name, what="name of an organisation")
    if row.name != name:
        work.record(OrganisationRenamed(organisation_id=organisation_id, name=name))


def registration(details: OrganisationDetails, *, parent_id: UUID | None) -> OrganisationRegistered:
    """Return the fact that an organisation with these *details* was registered."""
    return OrganisationRegistered(
        organisation_id=new_id(),
        name=details.name,
        organisation_kind=details.kind,
        ods_code=details.ods_code,
        parent_id=parent_id,
        town=details.town,
        postcode=details.postcode,
    )


def id_by_code(work: UnitOfWork, ods_code: str) -> UUID | None:
    """Return which organisation has a code."""
    return work.session.scalar(select(Organisation.id).where(Organisation.ods_code == ods_code))
