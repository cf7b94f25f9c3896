"""Tables of the consent area. Only this package's own modules touch them.

None of them says what exactly is shared or withheld: that is private, and read with the
patient's key from the entry that a version points to.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Enum, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.consent.rules.choices import Source
from ledger.consent.rules.lifecycle import Event, Reason, Status
from ledger.consent.rules.model import Capacity, Effect, Kind
from ledger.core.db import Projected


def _words(kind: type) -> Enum:
    return Enum(kind, native_enum=False, length=32, values_callable=lambda e: [m.value for m in e])


class PatientState(Projected):
    """How often a patient's consents have changed. Whoever decides by them holds this row."""

    __tablename__ = "patient_consent_states"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    changed_at: Mapped[datetime]


class Consent(Projected):
    """Something a patient has said, as it is now."""

    __tablename__ = "consents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(index=True)
    agreement_id: Mapped[UUID | None] = mapped_column(index=True)
    kind: Mapped[Kind] = mapped_column(_words(Kind))
    category: Mapped[str] = mapped_column(String(500))
    controller: Mapped[str | None] = mapped_column(String(500))
    grantor: Mapped[str] = mapped_column(String(80))
    capacity: Mapped[Capacity] = mapped_column(_words(Capacity))
    status: Mapped[Status] = mapped_column(_words(Status))
    number: Mapped[int]
    """Of the newest version."""
    events: Mapped[int]
    """How many there are."""
    order: Mapped[int] = mapped_column("log_order")
    """Its place among the patient's consents: the patient's state when it was recorded."""
    decided_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    source: Mapped[Source] = mapped_column(_words(Source))


class ConsentVersion(Projected):
    """One version of a consent: written once."""

    __tablename__ = "consent_versions"

    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consents.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID]
    """The entry whose private fields hold the terms; of a refusal, the refusal."""
    base: Mapped[Effect | None] = mapped_column(_words(Effect))
    purposes: Mapped[list[str]] = mapped_column(JSON)
    parties: Mapped[list[str]] = mapped_column(JSON)
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    notice: Mapped[dict[str, str | int] | None] = mapped_column(JSON(none_as_null=True))


class ConsentEvent(Projected):
    """Something that happened to a consent: written once."""

    __tablename__ = "consent_events"

    consent_id: Mapped[UUID] = mapped_column(ForeignKey("consents.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event: Mapped[Event] = mapped_column(_words(Event))
    at: Mapped[datetime]
    reason: Mapped[Reason] = mapped_column(_words(Reason))
    source: Mapped[Source] = mapped_column(_words(Source))
    actor: Mapped[str] = mapped_column(String(80))
    entry_id: Mapped[UUID]


class Quarantine(Projected):
    """A consent from elsewhere that waits for a person."""

    __tablename__ = "consent_quarantine"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(index=True)
    """Whose member of staff or program brought it: they look at it."""
    doubts: Mapped[list[str]] = mapped_column(JSON)
    entry_id: Mapped[UUID]
    received_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    """When its sender was last asked what was meant."""
    closed_at: Mapped[datetime | None]
    consent_id: Mapped[UUID | None]


class JoinedRecord(Projected):
    """Two records are one patient's: what is said in the first is said in the second too."""

    __tablename__ = "joined_records"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)
    other_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[int]
    """From after this place in the order, which is the same in both from then on."""


class DoubtedRecord(Projected):
    """Somebody suspects that the record holds two people."""

    __tablename__ = "doubted_records"

    patient_id: Mapped[UUID] = mapped_column(primary_key=True)


class SettledConflict(Projected):
    """The patient stands by a yes that another of their records spoke against."""

    __tablename__ = "settled_conflicts"

    consent_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID]
    at_order: Mapped[int]
