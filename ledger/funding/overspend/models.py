"""Tables about overspends: their days and plans, caps lifted, resolutions, early warnings.

The clock itself, since when and until when a scheme was beyond its budget, is
`payment_tables.Overspend`: the postings move it.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected


class OverspendClock(Projected):
    """That people were told of an overspend, and by when they have to do what."""

    __tablename__ = "pool_overspend_clocks"

    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"), primary_key=True)
    transaction_id: Mapped[UUID] = mapped_column(
        ForeignKey("pool_transactions.id"), primary_key=True
    )
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    told_minor: Mapped[int] = mapped_column(BigInteger)
    """The largest overspend that people were told of."""
    noted_at: Mapped[datetime]
    notice_by: Mapped[date]
    plan_by: Mapped[date]
    explained_at: Mapped[datetime | None]
    cause: Mapped[str | None] = mapped_column(String(16))
    notice_reminders: Mapped[int] = mapped_column(SmallInteger)
    plan_reminders: Mapped[int] = mapped_column(SmallInteger)


class ActionPlan(Projected):
    """What is going to be done about an overspend; the newest one counts."""

    __tablename__ = "pool_action_plans"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"))
    transaction_id: Mapped[UUID]
    actions: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    given_at: Mapped[datetime]


class PlanAcceptance(Projected):
    """That a partner accepts a plan."""

    __tablename__ = "pool_plan_acceptances"

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("pool_action_plans.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    accepted_at: Mapped[datetime]


class CapLift(Projected):
    """That one partner's finance chief agrees to a higher cap for a scheme's overspends."""

    __tablename__ = "pool_cap_lifts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"), index=True)
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID]
    up_to_minor: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[UUID]
    agreed_at: Mapped[datetime]


class Resolution(Projected):
    """How an overspend is being covered: transactions that were posted, or wait."""

    __tablename__ = "pool_resolutions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"), index=True)
    overspent_minor: Mapped[int] = mapped_column(BigInteger)
    uncovered_minor: Mapped[int] = mapped_column(BigInteger)
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    shares: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """What each partner bears, with its weight, as the log spells it; empty if nobody does."""
    shares_clause: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    begun_at: Mapped[datetime]


class EarlyWarning(Projected):
    """That a scheme is forecast to go beyond its budget, until it is not."""

    __tablename__ = "pool_early_warnings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"))
    forecast_minor: Mapped[int] = mapped_column(BigInteger)
    budget_minor: Mapped[int] = mapped_column(BigInteger)
    raised_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]
