"""Reads of organisations. All of them are public."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.directory.models import Installation, Organisation
from ledger.directory.rules.organisations import OrganisationKind
from ledger.directory.succession.queries import successions


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """An organisation as anybody may see it."""

    id: UUID
    name: str
    ods_code: str | None
    kind: OrganisationKind
    parent_id: UUID | None
    town: str | None
    postcode: str | None


@dataclass(frozen=True, slots=True)
class InstallationView:
    """Who hosts this, and whether it is a demonstration, which every page must say."""

    host_id: UUID
    demonstration: bool


def installation(session: Session) -> InstallationView | None:
    """Return what was founded here; None if nothing was yet."""
    row = session.get(Installation, 1)
    if row is None:
        return None
    host_id = successions(session).current(row.host_id, clock.today())
    return InstallationView(host_id, row.demonstration)


def host(session: Session) -> UUID | None:
    """Return which organisation runs this for the others; None before it is set up."""
    founded = installation(session)
    return None if founded is None else founded.host_id


def resource(session: Session, organisation_id: UUID) -> Resource:
    """Return what a decision about something of an organisation depends on."""
    founded = installation(session)
    now = successions(session).current(organisation_id, clock.today())
    return Resource(
        organisation_ids=frozenset({now}),
        host_id=founded.host_id if founded else None,
    )


def organisation(session: Session, organisation_id: UUID) -> OrganisationView:
    """Return one organisation.

    Raises:
        NotFound: there is no such organisation.
    """
    row = session.get(Organisation, organisation_id)
    if row is None:
        raise NotFound("no such organisation")
    return _view(row)


def organisations(session: Session, ids: Iterable[UUID]) -> dict[UUID, OrganisationView]:
    """Return organisations by their ids; those that do not exist are left out."""
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(set(ids))))
    return {row.id: _view(row) for row in rows}


def organisation_by_code(session: Session, ods_code: str) -> OrganisationView | None:
    """Return the organisation with an ODS code."""
    code = ods_code.strip().upper()
    row = session.scalar(select(Organisation).where(Organisation.ods_code == code))
    return None if row is None else _view(row)


def search_organisations(
    session: Session,
    *,
    containing: str = "",
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> Sequence[OrganisationView]:
    """Return organisations whose name contains some words, by name.

    *after* is the name and the id of the last one of the page before.
    """
    query = select(Organisation).order_by(Organisation.name, Organisation.id).limit(limit)
    if words := containing.strip():
        query = query.where(Organisation.name.icontains(words, autoescape=True))
    if after is not None:
        name, last = after
        further = (Organisation.name > name) | (
            (Organisation.name == name) & (Organisation.id > last)
        )
        query = query.where(further)
    return [_view(row) for row in session.scalars(query)]


def _view(row: Organisation) -> OrganisationView:
    return OrganisationView(
        row.id, row.name, row.ods_code, row.kind, row.parent_id, row.town, row.postcode
    )
