"""The sealed table of marks. Only this package touches it."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Sealed


class PatientMark(Sealed):
    """What is known of one patient; no row is: nothing."""

    __tablename__ = "patient_marks"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    opt_out_entry_id: Mapped[UUID | None]
    """The entry that noted that they have opted out; none: they have not."""
    carried_entry_id: Mapped[UUID | None]
    """The entry that carried an opt-out over from another number; none: there was none."""
    hiding_entry_id: Mapped[UUID | None]
    """The entry by which they chose to hide; none: they have not."""
