"""Reads of what is kept: for decisions as values with a version, for people as lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.access.keeping.models import (
    ConflictMet,
    Epoch,
    OptOutRegister,
    Recusal,
    Suspension,
    Withholding,
)
from ledger.access.keeping.projection import REGISTER, STANDING
from ledger.access.models import Override
from ledger.directory.queries import records_of

REGISTER_EPOCH: Final = select(Epoch.n).where(Epoch.of == REGISTER)
STANDING_EPOCH: Final = select(Epoch.n).where(Epoch.of == STANDING)
"""Parts of the statement by which every group of decisions asks for versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutCopy:
    """A copy of the opt-out register. Who opted out by it, each patient's own marks say.

    Attributes:
        n: Its number, from 1.
        checked_at: When the register was asked. About who was registered here after that it
            says nothing, however much later the copy was imported.
        imported_at: From when it counts.
    """

    n: int
    checked_at: datetime
    imported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """Who has stepped aside, and who is suspended. Nothing changes while *n* stands.

    Attributes:
        recused: Person and patient.
        people: Person and the organisation that they act for.
        organisations: All of whose people, and programs, are suspended.
    """

    n: int
    recused: frozenset[tuple[UUID, UUID]] = frozenset()
    people: frozenset[tuple[UUID, UUID]] = frozenset()
    organisations: frozenset[UUID] = frozenset()


NOBODY: Final = Standings(n=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictView:
    """Something that decisions met and that a privacy officer has to look at."""

    id: UUID
    patient_id: UUID
    organisation_id: UUID
    met: str
    purpose: str
    raised_at: datetime


def epochs(session: Session) -> tuple[int, int]:
    """Return the number of the copy of the register, and how often standing has changed."""
    found = {row.of: row.n for row in session.execute(select(Epoch.of, Epoch.n))}
    return found.get(REGISTER, 0), found.get(STANDING, 0)


def register(session: Session, n: int | None = None) -> OptOutCopy | None:
    """Return the copy of the register that counts, or the one numbered *n*; None if none is."""
    query = select(OptOutRegister.n, OptOutRegister.checked_at, OptOutRegister.imported_at)
    query = query.where(OptOutRegister.n == n) if n else query.order_by(OptOutRegister.n.desc())
    row = session.execute(query.limit(1)).first()
    if row is None:
        return None
    return OptOutCopy(n=row.n, checked_at=row.checked_at, imported_at=row.imported_at)


def standings(session: Session) -> Standings:
    """Return who has stepped aside or is suspended now."""
    n = epochs(session)[1]  # First: what changes after it makes its number old, not wrong.
    recused = session.execute(select(Recusal.person_id, Recusal.patient_id)).all()
    rows = session.execute(select(Suspension.person_id, Suspension.organisation_id)).all()
    return Standings(
        n=n,
        recused=frozenset((row.person_id, row.patient_id) for row in recused),
        people=frozenset((r.person_id, r.organisation_id) for r in rows if r.person_id),
        organisations=frozenset(r.organisation_id for r in rows if r.person_id is None),
    )


def conflicts(
    session: Session, organisation_id: UUID, *, limit: int = 50
) -> Sequence[ConflictView]:
    """Return what waits at an organisation, the oldest first. Whoever calls this may review."""
    row = ConflictMet
    found = session.scalars(
        select(row)
        .where(row.organisation_id == organisation_id, row.closed_at.is_(None))
        .order_by(row.raised_at, row.id)
        .limit(limit)
    )
    return [
        ConflictView(
            id=each.id,
            patient_id=each.patient_id,
            organisation_id=each.organisation_id,
            met=each.met,
            purpose=each.purpose,
            raised_at=each.raised_at,
        )
        for each in found
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithholdingView:
    """A dated decision that a patient is not told of a broken glass.

    Attributes:
        asked_until: To when it counts once a second person confirms it; None where none has to.
    """

    override_id: UUID
    ground: str
    decided_by: UUID
    decided_at: datetime
    ends_at: datetime
    asked_until: datetime | None


def withholdings(session: Session, organisation_id: UUID, at: datetime) -> list[WithholdingView]:
    """Return what an organisation keeps from patients at a moment; what ends first comes first.

    Whoever calls this may review.
    """
    row = Withholding
    found = session.scalars(
        select(row)
        .join(Override, Override.id == row.override_id)
        .where(Override.organisation_id == organisation_id, row.ends_at > at)
        .order_by(row.ends_at, row.override_id)
        .limit(100)
    )
    return [
        WithholdingView(
            override_id=each.override_id,
            ground=each.ground,
            decided_by=each.decided_by,
            decided_at=each.decided_at,
            ends_at=each.ends_at,
            asked_until=_unconfirmed(each),
        )
        for each in found
    ]


def _unconfirmed(row: Withholding) -> datetime | None:
    longer = row.asked_until is not None and row.asked_until > row.ends_at
    return row.asked_until if longer and row.confirmed_by is None else None


def withheld(session: Session, patient_id: UUID, at: datetime) -> frozenset[UUID]:
    """Return the broken glass that a patient is not told of at a moment."""
    row = Withholding
    found = select(row.override_id).where(
        row.patient_id.in_(records_of(session, patient_id)), row.ends_at > at
    )
    return frozenset(session.scalars(found))
