"""The end of a year: soft close, result, what is kept or goes back, what lapses.

In this order: `soft_close`, `close_year`, `carry_forward` and `return_underspend` (or
`draw_fund`) until nothing of the result is left, `lapse`; then the period is closed for good.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ledger.core.errors import Conflict, NotFound
from ledger.core.money import format_minor
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Period, PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.payment_entries import PeriodSoftClosed
from ledger.funding.rules import year_end
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.periods import Stage
from ledger.funding.rules.postings import Postings, Share
from ledger.funding.rules.sharing import share
from ledger.funding.rules.year_end import Cause
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_balances,
    hold_pool,
    new_transaction,
    write,
)


class AtThatStageAlready(Conflict):
    """A period that has been closed that far."""

    slug = "period-at-that-stage-already"
    title = "This period has been closed that far already"


class StillPromised(Conflict):
    """Commitments that are open, or an overspend that nobody covered, at the end of a year."""

    slug = "still-promised"
    title = "Something is still open at the end of this year"


class NoResultYet(Conflict):
    """What becomes of a result is said once there is one."""

    slug = "no-result-yet"
    title = "This year has no result yet"


class MoreThanTheResult(Conflict):
    """More would be kept or go back than is left of this year's result, whatever others left."""

    slug = "more-than-the-result"
    title = "There is not that much of the result left"


def soft_close(work: UnitOfWork, pool_id: UUID, period_id: UUID) -> None:
    """Let a period take no new promises: it is only put right from now on.

    Raises:
        AtThatStageAlready: it is soft-closed, or further.
    """
    pool, period = _held(work, pool_id, period_id)
    work.authorise(Permission.POOL_OPEN, on=pool.resource)
    if period.stage != Stage.OPEN or period.closed_at is not None:
        raise AtThatStageAlready("nothing was changed")
    work.record(PeriodSoftClosed(pool_id=pool_id, period_id=period_id))


def close_year(work: UnitOfWork, pool_id: UUID, period_id: UUID, *, reference: str) -> Outcome:
    """Turn a period's income and expenditure into its result, on its last day.

    Raises:
        AtThatStageAlready: it has its result.
        StillPromised: commitments are open, or a scheme is beyond its budget.
        NothingToClose: there was neither income nor expenditure.
        NotYet: its last day has not come.
    """
    pool, period = _held(work, pool_id, period_id, on_its_last_day=True)
    work.authorise(Permission.POOL_OPEN, on=pool.resource)
    if period.stage == Stage.YEAR_CLOSED or period.closed_at is not None:
        raise AtThatStageAlready("nothing was changed")
    moved = _moved(work, pool, period)
    for account, amount_minor in moved.items():
        if account.head is Head.COMMITTED and amount_minor:
            raise StillPromised(f"{format_minor(amount_minor)} of a scheme is still committed")
        if account.head is Head.AVAILABLE and amount_minor < 0:
            raise StillPromised(f"a scheme is {format_minor(-amount_minor)} beyond its budget")
    postings = year_end.close_year(moved)
    return _write(
        work,
        pool,
        Event.YEAR_CLOSED,
        postings,
        period.last_day,
        reference=reference,
        details={"period_id": period_id},
    )


def carry_forward(
    work: UnitOfWork,
    pool_id: UUID,
    period_id: UUID,
    *,
    amount_minor: int,
    cause: Cause,
    reference: str,
    weights: Mapping[UUID, Fraction] | None = None,
) -> Outcome:
    """Keep part of a period's result in the pool, in each partner's name, by the share rule.

    Raises:
        NoResultYet: the year is not closed.
        MoreThanTheResult: less of it is left; another year's does not count.
        NotForThisCause: a windfall goes back.
        NoShareRule: the agreement does not say how to divide it.
    """
    said: Any = {"amount_minor": amount_minor, "cause": cause, "reference": reference}
    return _divide(work, pool_id, period_id, Event.UNDERSPEND_CARRIED, weights, **said)


def return_underspend(
    work: UnitOfWork,
    pool_id: UUID,
    period_id: UUID,
    *,
    amount_minor: int,
    cause: Cause,
    reference: str,
    weights: Mapping[UUID, Fraction] | None = None,
) -> Outcome:
    """Owe part of a period's result back to the partners, by the share rule.

    Raises:
        NoResultYet: the year is not closed.
        MoreThanTheResult: less of it is left; another year's does not count.
        NotForThisCause: ring-fenced money stays apart.
        NoShareRule: the agreement does not say how to divide it.
    """
    said: Any = {"amount_minor": amount_minor, "cause": cause, "reference": reference}
    return _divide(work, pool_id, period_id, Event.UNDERSPEND_RETURNED, weights, **said)


def draw_fund(
    work: UnitOfWork,
    pool_id: UUID,
    period_id: UUID,
    *,
    amounts_minor: Mapping[UUID, int],
    ring_fenced: bool,
    reference: str,
) -> Outcome:
    """Make good a year that cost more than its income, from what is kept for the partners.

    Raises:
        NoResultYet: the year is not closed.
        MoreThanTheResult: the year is not that much short.
        BeyondLimit: less is kept for a partner.
    """
    pool, period = _held(work, pool_id, period_id, on_its_last_day=True)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    postings = year_end.draw_fund(amounts_minor, ring_fenced=ring_fenced)
    if sum(amounts_minor.values()) > _result(work, pool, period):
        raise MoreThanTheResult("the year is not that much short")
    return _write(work, pool, Event.FUND_DRAWN, postings, period.last_day, reference=reference)


def lapse(work: UnitOfWork, pool_id: UUID, period_id: UUID, *, reference: str) -> Outcome:
    """Let what a closed year's budget has left lapse, on its last day.

    Raises:
        StillPromised: the year has no result yet.
        NothingToClose: nothing of the budget is left.
    """
    pool, period = _held(work, pool_id, period_id, on_its_last_day=True)
    work.authorise(Permission.POOL_OPEN, on=pool.resource)
    if period.stage != Stage.YEAR_CLOSED:
        raise StillPromised("close the year first")
    postings = year_end.lapse(_moved(work, pool, period))
    return _write(
        work,
        pool,
        Event.BUDGET_LAPSED,
        postings,
        period.last_day,
        reference=reference,
        details={"period_id": period_id},
    )


def result_of(work: UnitOfWork, pool: HeldPool, period: Period) -> int:
    """Return what a period's result comes to: below zero an underspend, above it a shortfall."""
    return _moved(work, pool, period).get(Account(head=Head.RESULT), 0)


def _held(
    work: UnitOfWork, pool_id: UUID, period_id: UUID, *, on_its_last_day: bool = False
) -> tuple[HeldPool, Period]:
    period = work.load(Period, period_id)
    pool = hold_pool(work, pool_id, on=period.last_day if on_its_last_day else None)
    if period.pool_id != pool_id:
        raise NotFound("no such period in this pool")
    return pool, period


def _divide(
    work: UnitOfWork,
    pool_id: UUID,
    period_id: UUID,
    event: Event,
    weights: Mapping[UUID, Fraction] | None,
    *,
    amount_minor: int,
    cause: Cause,
    reference: str,
) -> Outcome:
    """Keep part of a period's result, or owe it back, by the pool's share rule."""
    pool, period = _held(work, pool_id, period_id, on_its_last_day=True)
    work.authorise(Permission.POOL_ALLOCATE, on=pool.resource)
    shared = _shared(work, pool, period, amount_minor, weights)
    kept = event is Event.UNDERSPEND_CARRIED
    into = year_end.carry_forward if kept else year_end.return_underspend
    postings, details = into(shared.pop("parts_minor"), cause), {"cause": cause}
    fields = {"reference": reference, "details": details, **shared}
    return _write(work, pool, event, postings, period.last_day, **fields)


def _shared(
    work: UnitOfWork,
    pool: HeldPool,
    period: Period,
    amount_minor: int,
    weights: Mapping[UUID, Fraction] | None,
) -> dict[str, Any]:
    """Divide part of a period's result by the pool's share rule."""
    left_minor = -_result(work, pool, period)
    if amount_minor > left_minor:
        said = format_minor(max(0, left_minor))
        raise MoreThanTheResult(f"{said} of this year's underspend is left")
    rule = pool.fund.share_rule(weights=weights)
    parts_minor = share(amount_minor, rule.weights)
    shares = tuple(
        Share(of=one, weight=Fraction(rule.weights[one]), amount_minor=part)
        for one, part in parts_minor.items()
    )
    return {
        "parts_minor": parts_minor,
        "shares": shares,
        "basis": rule.basis,
        "clause": rule.clause,
    }


def _result(work: UnitOfWork, pool: HeldPool, period: Period) -> int:
    """Return what is left of a period's own result: years that follow do not mix with it."""
    if period.stage != Stage.YEAR_CLOSED:
        raise NoResultYet("close the year first")
    return result_of(work, pool, period)


def _moved(work: UnitOfWork, pool: HeldPool, period: Period) -> dict[Account, int]:
    """Return what a period's own transactions have moved: the next one may have begun."""
    rows = work.session.execute(
        select(PoolAccount.head, PoolAccount.of, func.sum(PoolPosting.amount_minor).label("sum"))
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .where(PoolTransaction.period_id == period.id)
        .group_by(PoolAccount.head, PoolAccount.of)
        .order_by(PoolAccount.head, PoolAccount.of)
    )
    moved = {Account(head=Head(row.head), of=row.of): int(row.sum) for row in rows}
    hold_balances(work, pool, moved)
    return moved


def _write(
    work: UnitOfWork,
    pool: HeldPool,
    event: Event,
    postings: Postings,
    effective_on: date,
    *,
    details: dict[str, object] | None = None,
    **fields: Any,
) -> Outcome:
    fields.setdefault("clause", pool.fund.terms.topics.get("shares", "shares"))
    transaction = new_transaction(
        pool, work, effective_on=effective_on, postings=postings, **fields
    )
    return write(work, pool, event, transaction, details=details)
