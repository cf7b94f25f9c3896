"""The sealed table of marks. Only this package touches it."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Sealed


class PatientMark(Sealed):
    """What is known of one patient; no row is: nothing."""

    __tablename__ = "patient_marks"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    opted_out: Mapped[bool]
    hidden: Mapped[bool]
