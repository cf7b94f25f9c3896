"""What somebody must hear when they next sign in: that their way in was changed, and when."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core import clock
from ledger.core.db import Operational
from ledger.core.ids import new_id
from ledger.edge.operational import changing


class Happened(StrEnum):
    """What a notice tells. Never rename one."""

    LINK_ISSUED = "link-issued"
    RECOVERED = "recovered"
    CODES_MADE = "codes-made"


class SignInNotice(Operational):
    """One thing to tell a person. Deleted when it was told."""

    __tablename__ = "sign_in_notices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(index=True)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(32))


def add(person_id: UUID, what: Happened) -> None:
    """Have a person told, when they next sign in."""
    with changing() as work:
        work.add(SignInNotice(id=new_id(), person_id=person_id, at=clock.now(), what=what))


def take(person_id: UUID) -> tuple[tuple[datetime, Happened], ...]:
    """Return what a person has to hear, the oldest first, once."""
    with changing() as work:
        mine = select(SignInNotice).where(SignInNotice.person_id == person_id)
        rows = work.scalars(mine.order_by(SignInNotice.at, SignInNotice.id)).all()
        for row in rows:
            work.delete(row)
        return tuple((row.at, Happened(row.what)) for row in rows)


def forget(person_id: UUID) -> None:
    """Tell a person nothing any more."""
    with changing() as work:
        work.execute(delete(SignInNotice).where(SignInNotice.person_id == person_id))
