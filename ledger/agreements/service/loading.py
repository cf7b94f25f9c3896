"""What the commands load, and how: the agreement's row first, then its version."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.agreements.models import (
    Agreement,
    AgreementParty,
    AgreementsEpoch,
    AgreementSignature,
    AgreementVersion,
)
from ledger.agreements.rules.lifecycle import Command, State, after
from ledger.core.errors import Conflict, NotFound
from ledger.core.work import UnitOfWork

_NUMBER_MAX: Final = 2**31 - 1  # What the column holds; SQLite's driver fails beyond 2^63.


class NothingStands(Conflict):
    """A command on the version in force, where none is."""

    slug = "no-version-in-force"
    title = "No version of this agreement is in force"


class NothingOpen(Conflict):
    """A command on the version being negotiated, where none is."""

    slug = "no-version-open"
    title = "No version of this agreement is being negotiated"


def load(work: UnitOfWork, agreement_id: UUID) -> Agreement:
    """Return an agreement, locked. Raises `NotFound` if there is none."""
    return work.load(Agreement, agreement_id)


def load_version(work: UnitOfWork, agreement_id: UUID, number: int) -> AgreementVersion:
    """Return a version of an agreement that is locked already.

    Raises:
        NotFound: there is none of that number.
    """
    key = (agreement_id, number)
    known = 0 < number <= _NUMBER_MAX
    version = work.session.get(AgreementVersion, key, populate_existing=True) if known else None
    if version is None:
        raise NotFound("no such version of this agreement")
    return version


def load_standing(work: UnitOfWork, agreement: Agreement) -> AgreementVersion:
    """Return the version that stands, and lock what it covers.

    Raises:
        NothingStands: none does.
    """
    if agreement.standing is None:
        raise NothingStands("look at its versions: it has not begun, or it has ended")
    lock_covered(work)
    return load_version(work, agreement.id, agreement.standing)


def lock_covered(work: UnitOfWork) -> None:
    """Lock what all agreements cover: whoever decides by it waits until this is done."""
    work.load(AgreementsEpoch, 1)


def load_open(work: UnitOfWork, agreement: Agreement) -> AgreementVersion:
    """Return the version that is being negotiated. Raises `NothingOpen` if none is."""
    if agreement.open is None:
        raise NothingOpen("draft a new version first")
    return load_version(work, agreement.id, agreement.open)


def leaving(work: UnitOfWork, agreement_id: UUID) -> dict[UUID, date]:
    """Return the parties that have given notice, and the first day on which each is none."""
    party = AgreementParty
    rows = work.session.execute(
        select(party.organisation_id, party.leaves_on).where(
            party.agreement_id == agreement_id, party.leaves_on.is_not(None)
        )
    )
    return {row.organisation_id: row.leaves_on for row in rows}


def signed_by(work: UnitOfWork, version: AgreementVersion) -> frozenset[UUID]:
    """Return the organisations that have signed a version."""
    row = AgreementSignature
    return frozenset(
        work.session.scalars(
            select(row.organisation_id).where(
                row.agreement_id == version.agreement_id, row.version == version.number
            )
        )
    )


def allows(version: AgreementVersion, command: Command) -> None:
    """Check that the state of a version allows a command. Raises `NotInThisState`."""
    after(State(version.state), command)
