"""What every command that posts shares: the pool as it is held, and how a transaction is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.core.authority import Resource, permits
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.entries import Posts, Promise, TransactionProposed
from ledger.funding.models import Pool, PoolBalance, PoolPartner, Scheme
from ledger.funding.posted import POSTED
from ledger.funding.rules.chart import CHART, Account, Of
from ledger.funding.rules.controls import Control
from ledger.funding.rules.events import LIABILITIES, TAKES_BACK, Event
from ledger.funding.rules.limits import check_limits, unauthorised_overspend
from ledger.funding.rules.postings import Transaction, balances, check_balanced, movements
from ledger.funding.rules.thresholds import control_for, size_minor, windows_of
from ledger.funding.service.days import check_day
from ledger.funding.service.first import check_first
from ledger.funding.service.holding import held, posted
from ledger.funding.service.mandates import basis, decided_by_board, maker
from ledger.funding.service.splitting import earlier_minor
from ledger.funding.terms import FundInForce, fund_in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPool:
    """A pool that nobody can change until the unit of work ends, and its agreement's terms."""

    id: UUID
    agreement_id: UUID
    host_id: UUID
    partner_ids: tuple[UUID, ...]
    fund: FundInForce

    @property
    def resource(self) -> Resource:
        """What a decision about this pool depends on."""
        parties = frozenset((*self.partner_ids, self.host_id))
        return Resource(organisation_ids=parties, host_id=self.host_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a command that posts.

    Attributes:
        waiting: It is a proposal, and waits for the approval of others.
        overspent_minor: By how much an accrual left its scheme beyond its budget.
        control: What a proposal waits for.
        moved: What each account holds before and after it; of a proposal, if it were posted now.
    """

    transaction_id: UUID
    event: Event
    waiting: bool
    overspent_minor: int = 0
    control: Control | None = None
    moved: Mapping[Account, tuple[int, int]] = field(default_factory=dict)


def hold_pool(work: UnitOfWork, pool_id: UUID, *, on: date | None = None) -> HeldPool:
    """Return a pool, its partners in order, and the terms it is run by on a day.

    Args:
        work: The unit of work.
        pool_id: Which pool.
        on: The day whose version of the agreement counts; today, if not given.

    Raises:
        NotFound: there is none that the actor may see.
    """
    _, known = held(work, ("pool", pool_id, on), lambda: _read(work, pool_id, on))
    # Whatever a token is narrowed to, its holder knows of the pools that they may see.
    somebody = replace(work.actor, scopes=None)
    if not permits(work.policy, somebody, Permission.POOL_READ, known.resource):
        raise NotFound("no such pool")
    return known


def _read(work: UnitOfWork, pool_id: UUID, on: date | None) -> tuple[Pool, HeldPool]:
    """Return a pool's row, which its projections ask for again, and what a command needs."""
    rows = work.session.execute(
        select(Pool, PoolPartner.organisation_id)
        .join(PoolPartner, PoolPartner.pool_id == Pool.id)
        .where(Pool.id == pool_id)
        .order_by(PoolPartner.rank)
        .with_for_update(read=True, of=Pool)
        .execution_options(populate_existing=True)
    ).all()
    if not rows:
        raise NotFound("no such pool")
    pool, partners = rows[0][0], tuple(row.organisation_id for row in rows)
    return pool, HeldPool(
        id=pool.id,
        agreement_id=pool.agreement_id,
        host_id=pool.host_id,
        partner_ids=partners,
        fund=fund_in_force(work, pool.agreement_id, on=on),
    )


def hold_scheme(work: UnitOfWork, pool: HeldPool, scheme_id: UUID) -> Scheme:
    """Return a scheme of *pool*. Raises `NotFound` for any other."""
    scheme = work.load(Scheme, scheme_id, to_change=False)
    if scheme.pool_id != pool.id:
        raise NotFound("no such scheme in this pool")
    return scheme


def hold_balances(
    work: UnitOfWork, pool: HeldPool, accounts: Iterable[Account]
) -> dict[Account, int]:
    """Return what accounts hold, locked in the order of their ids so that nobody deadlocks.

    Raises:
        NotFound: the pool has no such account; each has a balance from the start.
    """
    wanted = {account.id_in(pool.id): account for account in accounts}
    in_order = sorted(wanted)
    found: dict[Account, int] = {}
    for start in range(0, len(in_order), 500):  # Databases take only so many parameters.
        rows = work.session.execute(
            select(PoolBalance.account_id, PoolBalance.balance_minor)
            .where(PoolBalance.account_id.in_(in_order[start : start + 500]))
            .order_by(PoolBalance.account_id)
            .with_for_update()
        )
        found |= {wanted[row.account_id]: row.balance_minor for row in rows}
    for account in wanted.values():
        if account not in found:
            sort = CHART[account.head].of
            raise NotFound(f"this pool has no such {sort}: add the {sort} to it first")
    return found


def write(
    work: UnitOfWork,
    pool: HeldPool,
    event: Event,
    transaction: Transaction,
    *,
    reverses: Event | None = None,
    details: Mapping[str, object] | None = None,
) -> Outcome:
    """Check a transaction as a whole and record it, or propose it if others must approve.

    The caller has authorised one record.

    Raises:
        BeyondLimit: an account would go beyond its limit, commitments counted.
        PeriodNotOpen: nothing may be posted to that day.
        NotYet: it is after today.
        NotFound: the pool lacks one of the accounts.
    """
    after = check(work, pool, event, transaction, reverses=reverses)
    said = details or {}
    by_minor = movements(transaction.postings)
    moved = {one: (now - by_minor[one], now) for one, now in after.items()}
    control = _control(work, pool, event, transaction, reverses=reverses, details=said)
    came = Outcome(
        transaction_id=transaction.transaction_id,
        event=event,
        waiting=control is not None,
        control=control,
        moved=moved,
    )
    if control is not None:
        judged = reverses or event
        _propose(work, pool, event, transaction, control, controlled_as=judged, details=said)
        return came
    if event not in LIABILITIES:
        post(work, pool, event, transaction, said)
        return came
    overspent_minor = sum(unauthorised_overspend(after).values())
    post(work, pool, event, transaction, {**said, "overspent_minor": overspent_minor})
    return replace(came, overspent_minor=overspent_minor)


def _control(
    work: UnitOfWork,
    pool: HeldPool,
    event: Event,
    transaction: Transaction,
    *,
    reverses: Event | None,
    details: Mapping[str, object],
) -> Control | None:
    """Return what a transaction waits for, with what went before it where that is added up."""
    if pool.fund.board_decides and decided_by_board(work, pool.id, event):
        return None
    steps, size = pool.fund.steps, size_minor(transaction.postings)
    earlier: Mapping[int, int] = {}
    if reverses is None and (windows := windows_of(event, steps)):
        earlier = earlier_minor(
            work, pool.id, event, transaction, windows, provider=details.get("provider_id")
        )
    return control_for(event, size, steps, reverses=reverses, earlier_minor=earlier)


def _propose(
    work: UnitOfWork,
    pool: HeldPool,
    event: Event,
    transaction: Transaction,
    control: Control,
    *,
    controlled_as: Event,
    details: Mapping[str, object],
) -> None:
    work.record(
        TransactionProposed(
            pool_id=pool.id,
            agreement_id=pool.agreement_id,
            organisation_ids=_organisations(transaction),
            maker_id=maker(work),
            event=event,
            controlled_as=controlled_as,
            people=control.people,
            voice=control.voice,
            rank=control.rank,
            transaction=transaction,
            promise=_promise(event, details),
        )
    )
    posted(work)


def _promise(event: Event, details: Mapping[str, object]) -> Promise | None:
    if event not in {Event.SPENDING_COMMITTED, Event.BUNDLE_STARTED}:
        return None
    return Promise(**details)  # type: ignore[arg-type]


def check(
    work: UnitOfWork,
    pool: HeldPool,
    event: Event,
    transaction: Transaction,
    *,
    reverses: Event | None = None,
) -> dict[Account, int]:
    """Judge a transaction as it stands, and return what its accounts would hold."""
    check_balanced(transaction.postings)
    check_day(work, pool.id, transaction.effective_on, reverses or event)
    if event is Event.OPENING_BROUGHT_IN:
        check_first(work, pool.id, transaction)
    before = hold_balances(work, pool, {posting.account for posting in transaction.postings})
    after = balances(before, transaction.postings)
    check_limits(before, after, liability=event in LIABILITIES, takes_back=event in TAKES_BACK)
    return after


def post(
    work: UnitOfWork,
    pool: HeldPool,
    event: Event,
    transaction: Transaction,
    details: Mapping[str, object],
) -> None:
    """Record the entry of *event*, which posts."""
    kind: type[Posts] = POSTED[event]
    work.record(
        kind(
            pool_id=pool.id,
            agreement_id=pool.agreement_id,
            organisation_ids=_organisations(transaction),
            transaction=transaction,
            **details,
        )
    )
    posted(work)


def new_transaction(
    pool: HeldPool, work: UnitOfWork, *, effective_on: date | None, **fields: object
) -> Transaction:
    """Return a transaction with an id, dated today if no day is given.

    A motion that it carries out is its basis.
    """
    fields.setdefault("basis", basis(work))
    return Transaction(
        transaction_id=new_id(),
        effective_on=effective_on or work.today,
        agreement_version=pool.fund.version,
        **fields,  # type: ignore[arg-type]
    )


def _organisations(transaction: Transaction) -> tuple[UUID, ...]:
    found = {
        posting.account.of
        for posting in transaction.postings
        if posting.account.of and CHART[posting.account.head].of in {Of.PARTNER, Of.PROVIDER}
    }
    return tuple(sorted(found))
