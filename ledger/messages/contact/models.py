"""The sealed table of safe contacts. Only this package touches it."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Sealed


class SafeContact(Sealed):
    """That a patient chose where they are told; the entry says where. No row: as usual."""

    __tablename__ = "safe_contacts"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID]
