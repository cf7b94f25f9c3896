"""Tables of the grounds of payments, and of what is undone by itself."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class PoolEvidence(Projected):
    """That some bytes are kept as the grounds of a pool's payments."""

    __tablename__ = "pool_evidence"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str] = mapped_column(String(200))
    kept_at: Mapped[datetime]
    entry_id: Mapped[UUID]


class CorrectedMonth(Projected):
    """That a transaction corrected a month that was paid for by head, and by which roster."""

    __tablename__ = "pool_corrected_months"
    __table_args__ = (Index("ix_pool_corrected_months_of", "scheme_id", "month"),)

    transaction_id: Mapped[UUID] = mapped_column(
        ForeignKey("pool_transactions.id"), primary_key=True
    )
    month: Mapped[date] = mapped_column(primary_key=True)
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"))
    roster_digest: Mapped[str] = mapped_column(String(64))


class PoolReversal(Projected):
    """That a transaction is to be reversed on a day; it was, if there is its reversal."""

    __tablename__ = "pool_reversals"

    transaction_id: Mapped[UUID] = mapped_column(
        ForeignKey("pool_transactions.id"), primary_key=True
    )
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    due_on: Mapped[date] = mapped_column(index=True)
