"""Overspends as they stand: since when, who was told, what is planned, how they are resolved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from audit.values import from_json
from ledger.core.errors import NotFound
from ledger.funding.models import PoolTransaction, Proposal
from ledger.funding.overspend.caps import spend_of
from ledger.funding.overspend.entries import StepTaken
from ledger.funding.overspend.models import (
    ActionPlan,
    EarlyWarning,
    OverspendClock,
    PlanAcceptance,
    Resolution,
)
from ledger.funding.overspend.rules.days import Action, Cause, State, state
from ledger.funding.overspend.waterfalls import Covering, covering
from ledger.funding.payment_tables import Overspend
from ledger.funding.queries.balances import balances
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.postings import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """An action plan, and who accepts it."""

    id: UUID
    actions: tuple[Action, ...]
    given_at: datetime
    accepted_by: frozenset[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step of a resolution: *standing* is waiting, posted or dropped."""

    step: StepTaken
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionView:
    """How an overspend is being covered."""

    id: UUID
    overspent_minor: int
    uncovered_minor: int
    steps: tuple[StepView, ...]
    shares: tuple[Share, ...]
    shares_posted: bool
    begun_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OverspendView:
    """An overspend of one scheme. Days are None until the partners have been told.

    Attributes:
        transaction_id: The liability that took the scheme beyond its budget.
        overspent_minor: By how much now; 0 once it is over.
    """

    pool_id: UUID
    scheme_id: UUID
    transaction_id: UUID
    effective_on: date
    started_at: datetime
    ended_at: datetime | None
    overspent_minor: int
    noted_at: datetime | None
    notice_by: date | None
    plan_by: date | None
    explained_at: datetime | None
    cause: Cause | None
    plan: PlanView | None
    resolution: ResolutionView | None
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningView:
    """An early warning: what was forecast when it was raised."""

    id: UUID
    scheme_id: UUID
    forecast_minor: int
    budget_minor: int
    raised_at: datetime
    cleared_at: datetime | None


def overspends(session: Session, pool: PoolView) -> Sequence[OverspendView]:
    """Return the overspends of a pool: those that run first, then the newest."""
    row, clock = Overspend, OverspendClock
    rows = session.execute(
        select(row, clock, PoolTransaction.effective_on)
        .join(PoolTransaction, PoolTransaction.id == row.transaction_id)
        .outerjoin(
            clock,
            and_(clock.scheme_id == row.scheme_id, clock.transaction_id == row.transaction_id),
        )
        .where(row.pool_id == pool.id)
        .order_by(row.ended_at.is_not(None), row.started_at.desc(), row.scheme_id)
    ).all()
    held = balances(session, pool.id)
    return [_view(session, pool, held, *one) for one in rows]


def overspend(session: Session, pool: PoolView, scheme_id: UUID) -> OverspendView:
    """Return a scheme's overspend, or its last one. Raises `NotFound` if it had none."""
    found = [one for one in overspends(session, pool) if one.scheme_id == scheme_id]
    if not found:
        raise NotFound("this scheme was never beyond its budget")
    return found[0]


def to_resolve(session: Session, pool: PoolView, one: OverspendView, today: date) -> Covering:
    """Return who is to cover an overspend that runs. Raises `NotFound` if it is over."""
    if one.overspent_minor <= 0:
        raise NotFound("this scheme is within its budget")
    spend = spend_of(session, one.transaction_id)
    return covering(session, pool, one.scheme_id, one.overspent_minor, today=today, spend=spend)


def warnings(session: Session, pool: PoolView) -> Sequence[WarningView]:
    """Return the early warnings of a pool: those that stand first, then the newest."""
    row = EarlyWarning
    found = session.scalars(
        select(row)
        .where(row.pool_id == pool.id)
        .order_by(row.cleared_at.is_not(None), row.raised_at.desc(), row.id)
    )
    return [
        WarningView(
            id=one.id,
            scheme_id=one.scheme_id,
            forecast_minor=one.forecast_minor,
            budget_minor=one.budget_minor,
            raised_at=one.raised_at,
            cleared_at=one.cleared_at,
        )
        for one in found
    ]


def _view(
    session: Session,
    pool: PoolView,
    held: dict[Account, int],
    *found: Any,
) -> OverspendView:
    row, clock, effective_on = found
    plan = _plan(session, row)
    ended = row.ended_at is not None
    accepted = plan is not None and set(pool.partner_ids) <= plan.accepted_by
    available_minor = held.get(Account(head=Head.AVAILABLE, of=row.scheme_id), 0)
    return OverspendView(
        pool_id=pool.id,
        scheme_id=row.scheme_id,
        transaction_id=row.transaction_id,
        effective_on=effective_on,
        started_at=row.started_at,
        ended_at=row.ended_at,
        overspent_minor=0 if ended else max(0, -available_minor),
        noted_at=clock.noted_at if clock else None,
        notice_by=clock.notice_by if clock else None,
        plan_by=clock.plan_by if clock else None,
        explained_at=clock.explained_at if clock else None,
        cause=Cause(clock.cause) if clock and clock.cause else None,
        plan=plan,
        resolution=_resolution(session, row),
        state=state(ended=ended, planned=plan is not None, accepted=accepted),
    )


def _plan(session: Session, row: Overspend) -> PlanView | None:
    newest = (
        select(ActionPlan)
        .where(
            ActionPlan.scheme_id == row.scheme_id, ActionPlan.transaction_id == row.transaction_id
        )
        .order_by(ActionPlan.given_at.desc(), ActionPlan.id.desc())
    )
    plan = session.scalar(newest.limit(1))
    if plan is None:
        return None
    by = select(PlanAcceptance.organisation_id).where(PlanAcceptance.plan_id == plan.id)
    return PlanView(
        id=plan.id,
        actions=tuple(from_json(Action, one) for one in plan.actions),
        given_at=plan.given_at,
        accepted_by=frozenset(session.scalars(by)),
    )


def _resolution(session: Session, row: Overspend) -> ResolutionView | None:
    newest = (
        select(Resolution)
        .where(Resolution.scheme_id == row.scheme_id, Resolution.begun_at >= row.started_at)
        .order_by(Resolution.begun_at.desc(), Resolution.id.desc())
    )
    if row.ended_at is not None:
        newest = newest.where(Resolution.begun_at <= row.ended_at)
    found = session.scalar(newest.limit(1))
    if found is None:
        return None
    steps = [from_json(StepTaken, one) for one in found.steps]
    ids = [one.transaction_id for one in steps]
    rows = session.execute(select(Proposal.id, Proposal.state).where(Proposal.id.in_(ids)))
    standing = {one.id: one.state for one in rows}
    return ResolutionView(
        id=found.id,
        overspent_minor=found.overspent_minor,
        uncovered_minor=found.uncovered_minor,
        steps=tuple(
            StepView(step=one, standing=standing.get(one.transaction_id, "posted")) for one in steps
        ),
        shares=tuple(from_json(Share, one) for one in found.shares),
        shares_posted=session.get(PoolTransaction, found.id) is not None,
        begun_at=found.begun_at,
    )
