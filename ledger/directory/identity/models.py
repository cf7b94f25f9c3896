"""Tables of whose a record is. Only the directory's own modules touch them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Enum, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected, Sealed
from ledger.directory.identity.rules import Act, Ground


def _words(kind: type) -> Enum:
    return Enum(kind, native_enum=False, length=32, values_callable=lambda e: [m.value for m in e])


class IdentityProposal(Projected):
    """What somebody proposed about two records, and whether another confirmed it."""

    __tablename__ = "identity_proposals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    act: Mapped[Act] = mapped_column(_words(Act))
    surviving_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    superseded_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    ground: Mapped[Ground] = mapped_column(_words(Ground))
    organisation_id: Mapped[UUID | None] = mapped_column(index=True)
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    entry_id: Mapped[UUID]
    settled_at: Mapped[datetime | None]
    confirmed: Mapped[bool | None]


class PatientJoin(Projected):
    """A join that stands. Each record is superseded once at most."""

    __tablename__ = "patient_joins"

    superseded_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    surviving_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    entry_id: Mapped[UUID]
    joined_at: Mapped[datetime]


class PatientRecord(Projected):
    """The root of each record of a patient who has several, the root included."""

    __tablename__ = "patient_records"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    root_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)


class PatientDoubt(Projected):
    """A record that somebody suspects to hold two people, while they do."""

    __tablename__ = "patient_doubts"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    entry_id: Mapped[UUID]
    organisation_id: Mapped[UUID | None] = mapped_column(index=True)
    raised_at: Mapped[datetime]


class RestrictedLink(Sealed):
    """How a restricted link is found, by who has the right to it: by keyed fingerprints alone."""

    __tablename__ = "restricted_links"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    """The link's own id, whose key its two ends are sealed under."""
    entry_id: Mapped[UUID]
    old_hmac: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    new_hmac: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
