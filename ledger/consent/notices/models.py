"""The table of the library of notices."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class NoticeText(Projected):
    """A text of a notice: written once, then at most retired."""

    __tablename__ = "consent_notices"

    notice_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    format: Mapped[str] = mapped_column(String(16), primary_key=True)
    organisation_id: Mapped[UUID]
    title: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    authored_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
