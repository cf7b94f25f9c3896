"""Caps on what a partner bears of overspends: what each bore, and who agreed to bear more."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements.queries import ShareBasis
from ledger.core import clock
from ledger.core.as_said import LEDGER
from ledger.core.errors import NotFound
from ledger.core.trail import Leaf, LogEntry
from ledger.funding.models import PoolAccount, PoolTransaction
from ledger.funding.overspend.forecasts import in_period, of_event, period_of
from ledger.funding.overspend.models import CapLift
from ledger.funding.queries.pools import PeriodView, PoolView
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event
from ledger.funding.terms import FundInForce, SharedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """The spending that went beyond: what was agreed later does not lift a cap.

    Attributes:
        position: Of its entry in the trail, which tells before from after in one moment too.
    """

    position: int
    effective_on: date


def spend_of(session: Session, transaction_id: UUID) -> Spend:
    """Return when a liability was recorded, and the day it counts for."""
    row = session.execute(
        select(LogEntry.position, PoolTransaction.effective_on)
        .join(LogEntry, LogEntry.id == PoolTransaction.entry_id)
        .where(PoolTransaction.id == transaction_id)
    ).one()
    return Spend(position=row.position, effective_on=row.effective_on)


def borne(
    session: Session, pool_id: UUID, period: PeriodView, rule: SharedBy, *, size: int | None = None
) -> dict[UUID, int]:
    """Return what each partner bore by a rule's clause in a period, in minor units.

    By a resolution or by hand; what was undone counts no more.
    """
    query = in_period(session, period, pool_id, size).where(
        PoolAccount.head == Head.FUNDING,
        PoolTransaction.clause == rule.clause,
        of_event(Event.OVERSPEND_SHARED),
    )
    return {row.of: -int(row.sum) for row in session.execute(query) if row.of}


def agreed_to(
    session: Session,
    scheme_id: UUID,
    period: PeriodView,
    *,
    spend: Spend | None = None,
    size: int | None = None,
) -> dict[UUID, int]:
    """Return up to what each partner's finance chief agreed to bear of a scheme in a period.

    Args:
        session: To read by.
        scheme_id: Which scheme.
        period: The period that counts.
        spend: Only what was agreed before this; None for all.
        size: As of which size of the log; now, if not given.
    """
    query = (
        select(CapLift, LogEntry.position)
        .join(LogEntry, LogEntry.id == CapLift.entry_id)
        .where(CapLift.scheme_id == scheme_id)
        .order_by(LogEntry.position)
    )
    if spend is not None:
        query = query.where(LogEntry.position < spend.position)
    if size is not None:
        query = query.join(Leaf, Leaf.position == LogEntry.position).where(
            Leaf.log == LEDGER, Leaf.index < size
        )
    agreed: dict[UUID, int] = {}
    for row, _ in session.execute(query):
        day = clock.civil_date(row.agreed_at)
        if period.first_day <= day and (spend is None or day <= spend.effective_on):
            agreed[row.organisation_id] = row.up_to_minor
    return agreed


@dataclass(frozen=True, slots=True, kw_only=True)
class CapView:
    """What caps a partner's share of a scheme's overspends, today. In minor units.

    Attributes:
        clause: Of the rule that shares them.
        cap_minor: The agreement's; None if it states none.
        bearing: The partners that share, each of which agrees before a higher cap counts.
        borne_minor: What each partner bore in the period by that clause.
        agreed_minor: Up to what each partner's finance chief agreed in the period.
        lifted_minor: What counts for spending from now on, if all have agreed.
    """

    clause: str
    cap_minor: int | None
    bearing: frozenset[UUID]
    borne_minor: dict[UUID, int]
    agreed_minor: dict[UUID, int]
    lifted_minor: int | None


def cap_on(
    session: Session, fund: FundInForce, pool: PoolView, scheme_id: UUID, day: date
) -> CapView:
    """Return the cap of a scheme on a day.

    Raises:
        NotFound: the pool has no such scheme, or no period has that day.
        NoShareRule: the agreement does not say how its overspends are shared.
    """
    scheme = next((one for one in pool.schemes if one.id == scheme_id), None)
    period = period_of(pool.periods, day)
    if scheme is None or period is None:
        raise NotFound("no such scheme in this pool, or no period has this day")
    rule = fund.share_rule(scheme.title)
    agreed = agreed_to(session, scheme_id, period)
    return CapView(
        clause=rule.clause,
        cap_minor=rule.cap_minor,
        bearing=bearing(rule),
        borne_minor=borne(session, pool.id, period, rule),
        agreed_minor=agreed,
        lifted_minor=lifted_to(agreed, rule),
    )


def varies(fund: FundInForce, line: str) -> bool:
    """Say whether the partners set by what a line's overspend is divided, each time."""
    own = [rule for rule in fund.terms.shares if line in rule.schemes]
    usual = [rule for rule in fund.terms.shares if not rule.schemes]
    return any(rule.basis is ShareBasis.VARIABLE for rule in [*own, *usual][:1])


def bearing(rule: SharedBy) -> frozenset[UUID]:
    """Return the partners that a rule has bear something: all of them agree to lift its cap."""
    return frozenset(one for one, weight in rule.weights.items() if weight > 0)


def lifted_to(agreed: dict[UUID, int], rule: SharedBy) -> int | None:
    """Return the cap that the chief of every partner who bears agreed to; None if one did not."""
    who = bearing(rule)
    return min(agreed[one] for one in who) if who and who <= agreed.keys() else None


def cap_of(rule: SharedBy, lifted_minor: int | None) -> int | None:
    """Return the most that one partner bears: the rule's cap, or a higher one agreed to."""
    if rule.cap_minor is None or lifted_minor is None:
        return rule.cap_minor
    return max(rule.cap_minor, lifted_minor)
