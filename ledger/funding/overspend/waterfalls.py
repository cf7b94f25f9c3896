"""Who would cover an overspend, and who is to cover the one there is. Nothing is posted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.as_said import LEDGER
from ledger.core.errors import NotFound
from ledger.core.trail import Leaf, LogEntry
from ledger.funding.overspend import caps
from ledger.funding.overspend.caps import Spend
from ledger.funding.overspend.forecasts import forecasts, held, period_of
from ledger.funding.overspend.rules.waterfall import (
    Cover,
    Line,
    Position,
    Sharing,
    Waterfall,
    waterfall,
)
from ledger.funding.queries.as_of import pool_at
from ledger.funding.queries.pools import PeriodView, PoolView, SchemeView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.terms import FundInForce, NoShareRule, SharedBy, fund_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """Who covers an overspend of a scheme, as of when.

    Attributes:
        rule: How the partners' part is shared; None if no rule divides it.
        why_no_rule: What the agreement lacks, then.
        lifted_minor: The cap that every finance chief agreed to before the spend, if they did.
        on: The day whose terms and forecast counted.
        size: The size of the log whose postings counted; None is now.
    """

    scheme_id: UUID
    said: Waterfall
    rule: SharedBy | None
    why_no_rule: str | None
    lifted_minor: int | None
    on: date
    size: int | None

    @property
    def digest(self) -> str:
        """SHA-256 of what is covered how: the same for the same plan, whoever asks."""
        parts = [f"{self.scheme_id} {self.said.overspent_minor} {self.said.uncovered_minor}"]
        parts += [f"{d.cover} {d.of} {d.amount_minor} {d.clause}" for d in self.said.draws]
        return sha256("\n".join(parts).encode()).hexdigest()


def covering(
    session: Session,
    pool: PoolView,
    scheme_id: UUID,
    amount_minor: int,
    *,
    today: date,
    size: int | None = None,
    spend: Spend | None = None,
    weights: Mapping[UUID, Fraction] | None = None,
) -> Covering:
    """Return who covers an overspend of *amount_minor*, from the pool as it is.

    Args:
        session: To read by.
        pool: The pool; the caller may see it.
        scheme_id: Which scheme is overspent.
        amount_minor: By how much, in all.
        today: Whose terms count, and as of when the forecast is; with *size*, the day of
            that size's last entry counts instead.
        size: As of which size of the log; now, if not given.
        spend: When it was spent; None for a question of what would be.
        weights: As the partners would decide, where the line's rule is variable.

    Raises:
        NotFound: the pool has no such scheme.
        LogNotThatLong: the log has not that size, or had no such pool by then.
        AmountRefused: the amount is not above zero.
    """
    schemes: Sequence[SchemeView] = pool.schemes
    periods: Sequence[PeriodView] = pool.periods
    if size is not None:
        then = pool_at(session, pool, size)
        schemes, periods, today = then.schemes, then.periods, _day_of(session, size)
    own = next((one for one in schemes if one.id == scheme_id), None)
    if own is None:
        raise NotFound("no such scheme in this pool")
    fund, period = fund_on(session, pool.agreement_id, today), period_of(periods, today)
    accounts = held(session, pool.id, size)
    rule, why = _rule(fund, own.title, weights)
    asked = _Asked(session, pool.id, period, today, size)
    sharing, lifted = _sharing(asked, own.id, rule, spend)
    spare = _spare(asked, schemes)
    place = Position(
        unallocated_minor=accounts.get(Account(head=Head.UNALLOCATED), 0),
        reserve_minor=accounts.get(Account(head=Head.RESERVE), 0),
        lines=[
            Line(
                scheme_id=one.id,
                available_minor=accounts.get(Account(head=Head.AVAILABLE, of=one.id), 0),
                underspend_minor=spare.get(one.id, 0),
                ring_fenced=one.ring_fenced,
            )
            for one in schemes
            if one.id != scheme_id
        ],
        sharing=sharing,
        ring_fenced=own.ring_fenced,
        clauses=_clauses(fund, rule),
    )
    return Covering(
        scheme_id=scheme_id,
        said=waterfall(amount_minor, place),
        rule=rule,
        why_no_rule=why,
        lifted_minor=lifted,
        on=today,
        size=size,
    )


def _rule(
    fund: FundInForce, line: str, weights: Mapping[UUID, Fraction] | None
) -> tuple[SharedBy | None, str | None]:
    try:
        return fund.share_rule(line, weights=weights), None
    except NoShareRule as lacking:
        return None, lacking.detail


def _clauses(fund: FundInForce, rule: SharedBy | None) -> dict[Cover, str]:
    moved = fund.clause_of(Event.BUDGET_VIRED)
    return {
        Cover.UNALLOCATED: fund.clause_of(Event.BUDGET_ALLOCATED),
        Cover.UNDERSPEND: moved,
        Cover.RESERVE: fund.clause_of(Event.RESERVE_RELEASED),
        Cover.UNCOMMITTED: moved,
        Cover.SHARE: rule.clause if rule else fund.clause_of(Event.OVERSPEND_SHARED),
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """As of when something is asked, of which pool."""

    session: Session
    pool_id: UUID
    period: PeriodView | None
    today: date
    size: int | None


def _spare(asked: _Asked, schemes: Sequence[SchemeView]) -> Mapping[UUID, int]:
    if asked.period is None:
        return {}
    ids = [one.id for one in schemes]
    found = forecasts(asked.session, asked.pool_id, asked.period, ids, asked.today, size=asked.size)
    return {scheme: one.underspend_minor for scheme, one in found.items()}


def _sharing(
    asked: _Asked, scheme_id: UUID, rule: SharedBy | None, spend: Spend | None
) -> tuple[Sharing | None, int | None]:
    """Return how the partners' part is shared, and the cap that every chief agreed to in time."""
    if rule is None:
        return None, None
    if (period := asked.period) is None:
        return Sharing(weights=rule.weights, cap_minor=rule.cap_minor, borne_minor={}), None
    agreed = caps.agreed_to(asked.session, scheme_id, period, spend=spend, size=asked.size)
    lifted = caps.lifted_to(agreed, rule)
    sharing = Sharing(
        weights=rule.weights,
        cap_minor=caps.cap_of(rule, lifted),
        borne_minor=caps.borne(asked.session, asked.pool_id, period, rule, size=asked.size),
    )
    return sharing, lifted


def _day_of(session: Session, size: int) -> date:
    last = (
        select(LogEntry.at)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(Leaf.log == LEDGER, Leaf.index == size - 1)
    )
    moment = session.scalar(last)
    if moment is None:
        raise NotFound("there is nothing at that size of the log")
    return clock.civil_date(moment)
