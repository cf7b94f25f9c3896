"""What every command that posts shares: how a transaction is made, checked, posted or proposed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from ledger.core.ids import new_id
from ledger.core.work import UnitOfWork
from ledger.funding.boards.mandates import basis, decided_by_board, maker
from ledger.funding.entries import Posts, Promise, TransactionProposed
from ledger.funding.posted import POSTED, moves_balances_alone
from ledger.funding.rules.chart import CHART, Account, Of
from ledger.funding.rules.controls import Control
from ledger.funding.rules.events import LIABILITIES, TAKES_BACK, UNDER_AGREEMENT, Event
from ledger.funding.rules.impersonal import check_reference
from ledger.funding.rules.limits import check_limits, unauthorised_overspend
from ledger.funding.rules.postings import Transaction, balances, check_balanced, movements
from ledger.funding.rules.thresholds import control_for, size_minor, windows_of
from ledger.funding.service.days import check_day
from ledger.funding.service.grounds import check_grounds
from ledger.funding.service.held_pool import (
    HeldPool,
    hold_balances,
    hold_pool,
    hold_scheme,
)
from ledger.funding.service.holding import held, posted
from ledger.funding.service.splitting import earlier_minor
from ledger.funding.service.together import going_on
from ledger.funding.terms import fund_on

__all__ = [
    "HeldPool",
    "Outcome",
    "check",
    "hold_balances",
    "hold_pool",
    "hold_scheme",
    "new_transaction",
    "post",
    "write",
]


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
    transaction = _as_agreed(work, pool, event, transaction)
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


def _as_agreed(
    work: UnitOfWork, pool: HeldPool, event: Event, transaction: Transaction
) -> Transaction:
    """Return it with the version of the agreement, and its clause, that count for its day.

    Who must approve it is what the agreement says today, whichever day it is dated.
    """
    day = transaction.effective_on
    if day == work.today or not pool.fund.settles(event, transaction.clause):
        return transaction
    key = ("fund", pool.agreement_id, day)
    then = held(work, key, lambda: fund_on(work.session, pool.agreement_id, day))
    return replace(transaction, agreement_version=then.version, clause=then.clause_of(event))


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
        work.record_waiting()
        accounts = frozenset(leg.account for leg in transaction.postings)
        earlier = earlier_minor(
            work, pool.id, event, accounts, windows, provider=details.get("provider_id")
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
    check_reference(transaction.reference or "")
    check_reference(transaction.basis or "")
    if event in UNDER_AGREEMENT:
        pool.fund.check_stands()
    check_day(work, pool.id, transaction.effective_on, reverses or event)
    before = hold_balances(work, pool, {posting.account for posting in transaction.postings})
    check_grounds(work, pool.id, event, transaction, reverses=reverses, held=before)
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
    entry = kind(
        pool_id=pool.id,
        agreement_id=pool.agreement_id,
        organisation_ids=_organisations(transaction),
        transaction=transaction,
        **details,
    )
    batch = going_on(work, pool.id)
    if batch is not None and moves_balances_alone(entry):
        for account, by_minor in movements(transaction.postings).items():
            batch.minor[account] += by_minor
        work.record_later(entry)
        return
    work.record(entry)
    posted(work)


def new_transaction(
    pool: HeldPool, work: UnitOfWork, *, effective_on: date | None, **fields: object
) -> Transaction:
    """Return a transaction with an id, dated today if no day is given.

    A motion that it carries out is its basis.
    """
    fields.setdefault("basis", basis(work))
    fields.setdefault("agreement_version", pool.fund.version)
    return Transaction(
        transaction_id=new_id(),
        effective_on=effective_on or work.today,
        **fields,  # type: ignore[arg-type]
    )


def _organisations(transaction: Transaction) -> tuple[UUID, ...]:
    found = {
        posting.account.of
        for posting in transaction.postings
        if posting.account.of and CHART[posting.account.head].of in {Of.PARTNER, Of.PROVIDER}
    }
    return tuple(sorted(found))
