"""What organisations were called, and what they were, as of a size of the log."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.core.as_said import said_of
from ledger.directory.entries import OrganisationRegistered, OrganisationRenamed
from ledger.directory.rules.organisations import OrganisationKind


@dataclass(frozen=True, slots=True)
class OrganisationThen:
    """An organisation as the log had described it by a size."""

    id: UUID
    name: str
    kind: OrganisationKind
    ods_code: str | None


def organisations_then(
    session: Session, ids: Iterable[UUID], *, size: int
) -> dict[UUID, OrganisationThen]:
    """Return organisations as the first *size* entries describe them; others are left out."""
    found: dict[UUID, OrganisationThen] = {}
    for one in sorted(set(ids)):
        kinds = (OrganisationRegistered, OrganisationRenamed)
        for _, record in said_of(session, f"organisation:{one}", kinds, size=size):
            said = record.entry
            if isinstance(said, OrganisationRegistered) and said.organisation_id == one:
                found[one] = OrganisationThen(one, said.name, said.organisation_kind, said.ods_code)
            elif isinstance(said, OrganisationRenamed) and one in found:
                was = found[one]
                found[one] = OrganisationThen(one, said.name, was.kind, was.ods_code)
    return found
