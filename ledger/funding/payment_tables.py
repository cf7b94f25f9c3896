"""Tables of payment models, instalments and the overspend clock: beside the postings."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class CapitationMonth(Projected):
    """That a transaction paid for a month by head."""

    __tablename__ = "pool_capitation_months"
    __table_args__ = (Index("ix_pool_capitation_months_of", "scheme_id", "month"),)

    transaction_id: Mapped[UUID] = mapped_column(
        ForeignKey("pool_transactions.id"), primary_key=True
    )
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"))
    run_id: Mapped[UUID]
    month: Mapped[date]
    roster_digest: Mapped[str] = mapped_column(String(64))


class Bundle(Projected):
    """Episodes of care at one price. Its id is that of the commitment it made."""

    __tablename__ = "pool_bundles"
    __table_args__ = (
        CheckConstraint(
            "done >= 0 AND cancelled >= 0 AND done + cancelled <= started", name="episodes"
        ),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("pool_commitments.id"), primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    parts: Mapped[list[dict[str, str | int]]] = mapped_column(JSON)
    """What each provider has of the price of one episode, in order."""
    started: Mapped[int]
    done: Mapped[int]
    cancelled: Mapped[int]

    @property
    def parts_minor(self) -> dict[UUID, int]:
        """What each provider has of the price of one episode."""
        return {UUID(str(one["of"])): int(one["amount_minor"]) for one in self.parts}


class Settlement(Projected):
    """How far the sharing of a year's gain or loss has got."""

    __tablename__ = "pool_settlements"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"))
    run: Mapped[str] = mapped_column(String(16))
    inputs_digest: Mapped[str] = mapped_column(String(64))
    posted: Mapped[dict[str, int]] = mapped_column(JSON)
    """What has been posted for each party so far: nothing by a shadow run."""


class Instalment(Projected):
    """A part of a contribution, and the day on which it falls due."""

    __tablename__ = "pool_instalments"
    __table_args__ = (Index("ix_pool_instalments_due", "due_on", "transaction_id"),)

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    partner_id: Mapped[UUID]
    due_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    transaction_id: Mapped[UUID | None]
    """The transaction that made it due."""


class Overspend(Projected):
    """The clock of an unauthorised overspend: since when, and until when, a scheme was beyond."""

    __tablename__ = "pool_overspends"
    __table_args__ = (Index("ix_pool_overspends_open", "pool_id", "ended_at"),)

    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"), primary_key=True)
    transaction_id: Mapped[UUID] = mapped_column(
        ForeignKey("pool_transactions.id"), primary_key=True
    )
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
