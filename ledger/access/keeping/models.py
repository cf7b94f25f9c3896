"""Tables of what is kept. Only this package touches them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class Epoch(Projected):
    """How often the register was imported, or who stands aside has changed."""

    __tablename__ = "access_epochs"

    of: Mapped[str] = mapped_column(String(16), primary_key=True)
    n: Mapped[int]


class OptOutRegister(Projected):
    """One copy of the register, by number: its counts and its day, and nobody on it."""

    __tablename__ = "opt_out_registers"

    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID]
    lists: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    listed: Mapped[int]
    unknown: Mapped[int]
    opted_out: Mapped[int]
    changed: Mapped[int]
    checked_at: Mapped[datetime]
    imported_at: Mapped[datetime]


class Recusal(Projected):
    """This person does not look at this patient as staff."""

    __tablename__ = "access_recusals"

    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    organisation_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    """The entry whose private part says why."""
    recorded_at: Mapped[datetime]


class Suspension(Projected):
    """Nobody of an organisation sees anything; or, with *person_id*, one person acting for it."""

    __tablename__ = "access_suspensions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(index=True)
    person_id: Mapped[UUID | None]
    entry_id: Mapped[UUID]
    recorded_at: Mapped[datetime]


class ConflictMet(Projected):
    """What decisions met about a patient, once until it is settled."""

    __tablename__ = "access_conflicts"
    __table_args__ = (Index("ix_access_conflicts_waiting", "organisation_id", "closed_at"),)

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    """Who holds the data: their privacy officers look at it."""
    met: Mapped[str] = mapped_column(String(32), primary_key=True)
    id: Mapped[UUID] = mapped_column(index=True)
    """Of the decision that met it first."""
    purpose: Mapped[str] = mapped_column(String(64))
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Withholding(Projected):
    """The patient is not told of a broken glass until a moment."""

    __tablename__ = "access_withholdings"

    override_id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(index=True)
    ground: Mapped[str] = mapped_column(String(32))
    entry_id: Mapped[UUID]
    decided_by: Mapped[UUID]
    decided_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """Sooner than was asked, until a second person has confirmed it."""
    asked_until: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
