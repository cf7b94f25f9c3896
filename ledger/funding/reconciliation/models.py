"""Tables of reconciliations: what arrived, what people said of it, and how far it has got."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class CodeList(Projected):
    """One version of how an organisation codes a pool's accounts."""

    __tablename__ = "pool_code_lists"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    """A `rules.code_maps.CodeMap`, as the log spells it."""
    entry_id: Mapped[UUID]


class Reconciliation(Projected):
    """A statement, and how far its comparison has got."""

    __tablename__ = "pool_reconciliations"
    __table_args__ = (
        CheckConstraint("first_day <= last_day", name="days_in_order"),
        CheckConstraint("signed_by <> prepared_by", name="second_pair_of_eyes"),
        CheckConstraint(
            "signed_by IS NULL OR (prepared_by IS NOT NULL AND log_size IS NOT NULL)",
            name="prepared_before_signed",
        ),
        Index("ix_pool_reconciliations_of", "pool_id", "organisation_id", "source", "last_day"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    organisation_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(String(8))
    first_day: Mapped[date]
    last_day: Mapped[date]
    opening_minor: Mapped[int | None] = mapped_column(BigInteger)
    closing_minor: Mapped[int | None] = mapped_column(BigInteger)
    file_digest: Mapped[str] = mapped_column(String(64))
    lines_digest: Mapped[str] = mapped_column(String(64))
    lines_count: Mapped[int]
    received_at: Mapped[datetime]
    log_size: Mapped[int | None] = mapped_column(BigInteger)
    rules_version: Mapped[int | None]
    codes_version: Mapped[int]
    after_id: Mapped[UUID | None]
    prepared_by: Mapped[UUID | None]
    signed_by: Mapped[UUID | None]
    signed_at: Mapped[datetime | None]
    result_digest: Mapped[str | None] = mapped_column(String(64))
    open_theirs_digest: Mapped[str | None] = mapped_column(String(64))
    open_ours_digest: Mapped[str | None] = mapped_column(String(64))


class MatchSaid(Projected):
    """What a person said of lines that were suggested to belong together."""

    __tablename__ = "pool_matches_said"
    __table_args__ = (CheckConstraint("says IN ('accepted', 'rejected')", name="says"),)

    reconciliation_id: Mapped[UUID] = mapped_column(
        ForeignKey("pool_reconciliations.id"), primary_key=True
    )
    finding: Mapped[str] = mapped_column(String(24), primary_key=True)
    says: Mapped[str] = mapped_column(String(8))
    their_lines: Mapped[list[str]] = mapped_column(JSON)
    our_lines: Mapped[list[str]] = mapped_column(JSON)
    person_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    """In the order of their ids they were said."""


class DifferenceSaid(Projected):
    """Who sees to a difference, and by when; its entry has the words, while they may be kept."""

    __tablename__ = "pool_differences_said"

    reconciliation_id: Mapped[UUID] = mapped_column(
        ForeignKey("pool_reconciliations.id"), primary_key=True
    )
    finding: Mapped[str] = mapped_column(String(24), primary_key=True)
    owner_id: Mapped[UUID]
    due_on: Mapped[date]
    person_id: Mapped[UUID]
    entry_id: Mapped[UUID]
