"""Tables of powers, findings and deaths. Only the directory's own modules touch them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Enum, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected
from ledger.directory.acting.basis import Basis
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.rules import PowerEnd, PowerKind, Step, SuspendReason


def _words(kind: type) -> Enum:
    return Enum(kind, native_enum=False, length=32, values_callable=lambda e: [m.value for m in e])


class PowerRow(Projected):
    """One person may act for one patient."""

    __tablename__ = "powers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    """Whose member of staff recorded it: they look after it."""
    power: Mapped[PowerKind] = mapped_column(_words(PowerKind))
    basis: Mapped[Basis] = mapped_column(_words(Basis))
    scope: Mapped[list[str]] = mapped_column(JSON)
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    recorded_by: Mapped[str] = mapped_column(String(80))
    """Who answers for it, as the log spells them."""
    verified_by: Mapped[str | None] = mapped_column(String(80))
    end_reason: Mapped[PowerEnd | None] = mapped_column(_words(PowerEnd))
    entry_id: Mapped[UUID]
    """The entry whose private fields say what evidence was seen."""


class PowerStep(Projected):
    """Something that happened to a power: written once."""

    __tablename__ = "power_steps"

    power_id: Mapped[UUID] = mapped_column(ForeignKey("powers.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[Step] = mapped_column(_words(Step))
    reason: Mapped[SuspendReason | None] = mapped_column(_words(SuspendReason))
    at: Mapped[datetime]
    entry_id: Mapped[UUID]


class CapacityFinding(Projected):
    """What a clinician found about a patient's capacity: written once."""

    __tablename__ = "capacity_findings"
    __table_args__ = (UniqueConstraint("patient_id", "n"),)

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    n: Mapped[int]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    finding: Mapped[Capable] = mapped_column(_words(Capable))
    found_on: Mapped[date]
    review_on: Mapped[date]
    at: Mapped[datetime]


class Death(Projected):
    """A patient has died. The day is private, and read from the entry."""

    __tablename__ = "deaths"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    entry_id: Mapped[UUID]
    recorded_at: Mapped[datetime]
