"""Tables of returns: what was filled in, who signed, what was reminded of."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class PoolReturn(Projected):
    """A return of a pool, and how far it has got."""

    __tablename__ = "pool_returns"
    __table_args__ = (
        UniqueConstraint("pool_id", "kind", "first_day", "version", name="uq_pool_returns_version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    entry_id: Mapped[UUID]
    form: Mapped[str] = mapped_column(String(32))
    form_version: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str] = mapped_column(String(8))
    number: Mapped[int] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(SmallInteger)
    year_first_day: Mapped[date]
    first_day: Mapped[date]
    last_day: Mapped[date]
    due_on: Mapped[date]
    replaces: Mapped[UUID | None]
    opened_at: Mapped[datetime]
    stage: Mapped[str] = mapped_column(String(16))
    round: Mapped[int] = mapped_column(SmallInteger)
    log_size: Mapped[int | None]
    digest: Mapped[str | None] = mapped_column(String(64))
    preparer_id: Mapped[UUID | None]
    completed_entry_id: Mapped[UUID | None]


class ReturnAnswer(Projected):
    """What somebody wrote into a cell. Each answer stays; the last one counts."""

    __tablename__ = "pool_return_answers"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    return_id: Mapped[UUID] = mapped_column(ForeignKey("pool_returns.id"), index=True)
    cell: Mapped[str] = mapped_column(String(200))
    value: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(64))


class ReturnSignature(Projected):
    """That somebody signed a return in one of its rounds; one human being once."""

    __tablename__ = "pool_return_signatures"
    __table_args__ = (
        UniqueConstraint(
            "return_id", "round", "person_id", name="uq_pool_return_signatures_person"
        ),
    )

    return_id: Mapped[UUID] = mapped_column(ForeignKey("pool_returns.id"), primary_key=True)
    round: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(String(16), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    signed_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class ReturnSentBackRow(Projected):
    """That a signatory wanted something changed, in which round, and where."""

    __tablename__ = "pool_return_sendings_back"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    return_id: Mapped[UUID] = mapped_column(ForeignKey("pool_returns.id"), index=True)
    round: Mapped[int] = mapped_column(SmallInteger)
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID]
    reason: Mapped[str] = mapped_column(String(32))
    cells: Mapped[list[Any]] = mapped_column(JSON)
    sent_at: Mapped[datetime]


class ReturnReminder(Projected):
    """That a return was reminded of: once before it is due, once after."""

    __tablename__ = "pool_return_reminders"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    overdue: Mapped[bool] = mapped_column(primary_key=True)
