"""What must hold of a pool's figures, asked of the database itself: for an operator, at any time.

The numbers are those of the twenty invariants. Those that are about what a program does with
the same question twice (3, 10, 18, 19, 20) need more than the figures: the tests hold them, and
``ledger log check`` replays the log.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from ledger.funding.models import (
    ApprovalGiven,
    Commitment,
    Period,
    PoolAccount,
    PoolBalance,
    PoolPosting,
    PoolSeal,
    PoolTransaction,
    Proposal,
)
from ledger.funding.queries.balances import balances
from ledger.funding.rules.chart import Book, Head
from ledger.funding.rules.events import Event

_BUDGET: Final = frozenset(
    {Head.UNALLOCATED, Head.RESERVE, Head.AVAILABLE, Head.COMMITTED, Head.SPENT, Head.LAPSED}
)
_FUNDING: Final = frozenset({Head.FUNDING, Head.FUNDING_BROUGHT_FORWARD, Head.FUNDING_OVERSPEND})
Find = Callable[[Session, UUID], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One thing that must hold: its number, what it says, and what breaks it in a pool."""

    number: int
    says: str
    broken: Find


def broken(session: Session, pool_id: UUID) -> Sequence[tuple[Invariant, list[str]]]:
    """Return each invariant with what breaks it; an empty list where it holds."""
    return [(one, list(one.broken(session, pool_id))) for one in INVARIANTS]


def _balanced(session: Session, pool_id: UUID) -> Iterator[str]:
    leg = PoolPosting
    sums = (
        select(leg.transaction_id, leg.book, leg.currency)
        .where(leg.pool_id == pool_id)
        .group_by(leg.transaction_id, leg.book, leg.currency)
        .having(func.sum(leg.amount_minor) != 0)
    )
    for one in session.execute(sums):
        yield f"transaction {one.transaction_id} does not balance in book {one.book}"
    few = (
        select(PoolTransaction.id)
        .outerjoin(PoolSeal, PoolSeal.transaction_id == PoolTransaction.id)
        .outerjoin(leg, leg.transaction_id == PoolTransaction.id)
        .where(PoolTransaction.pool_id == pool_id)
        .group_by(PoolTransaction.id, PoolSeal.postings_count)
        .having(
            or_(
                PoolSeal.postings_count.is_(None),
                func.count(leg.seq) != PoolSeal.postings_count,
                func.count(leg.seq) <= 1,
            )
        )
    )
    for transaction_id in session.scalars(few):
        yield f"transaction {transaction_id} is not as it was sealed"
    held = balances(session, pool_id)
    for book in Book:
        if trial := sum(amount for one, amount in held.items() if one.head.book is book):
            yield f"the trial balance of book {book} is {trial}"


def _summed(session: Session, pool_id: UUID) -> Iterator[str]:
    leg = PoolPosting
    sums = (
        select(
            leg.account_id,
            func.sum(leg.amount_minor).label("total"),
            func.count().label("count"),
            func.max(leg.account_seq).label("last"),
        )
        .where(leg.pool_id == pool_id)
        .group_by(leg.account_id)
        .subquery()
    )
    newest = aliased(PoolPosting)
    rows = session.execute(
        select(PoolBalance.account_id, PoolBalance.balance_minor)
        .outerjoin(sums, sums.c.account_id == PoolBalance.account_id)
        .outerjoin(
            newest,
            and_(newest.account_id == sums.c.account_id, newest.account_seq == sums.c.last),
        )
        .where(
            PoolBalance.pool_id == pool_id,
            or_(
                PoolBalance.balance_minor != func.coalesce(sums.c.total, 0),
                PoolBalance.balance_minor != func.coalesce(newest.balance_after_minor, 0),
                PoolBalance.postings_count != func.coalesce(sums.c.count, 0),
            ),
        )
    )
    for one in rows:
        yield f"account {one.account_id} holds {one.balance_minor}, and its postings say otherwise"


def _within(session: Session, pool_id: UUID) -> Iterator[str]:
    account = PoolAccount
    rows = session.execute(
        select(account.head, account.of, PoolBalance.balance_minor)
        .join(PoolBalance, PoolBalance.account_id == account.id)
        .where(
            account.pool_id == pool_id,
            account.yields.is_(False),
            # A credit note or claw-back may leave a provider owing; see `rules.limits`.
            account.head != Head.PAYABLE,
            or_(
                PoolBalance.balance_minor < account.floor_minor,
                PoolBalance.balance_minor > account.ceiling_minor,
            ),
        )
    )
    for one in rows:
        yield f"{one.head} {one.of or ''} holds {one.balance_minor}"


def _whole(session: Session, pool_id: UUID) -> Iterator[str]:
    held = balances(session, pool_id)
    budget = sum(amount for one, amount in held.items() if one.head in _BUDGET)
    funding = sum(amount for one, amount in held.items() if one.head in _FUNDING)
    if budget != -funding:
        yield f"the budget is {budget} and what funds it {-funding}"


def _spent(session: Session, pool_id: UUID) -> Iterator[str]:
    heads = (Head.SPENT, Head.EXPENDITURE)
    signed = case((PoolAccount.head == Head.SPENT, 1), else_=-1) * PoolPosting.amount_minor
    rows = session.execute(
        select(PoolAccount.of, PoolTransaction.period_id, func.sum(signed).label("apart"))
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .where(
            PoolAccount.pool_id == pool_id,
            PoolAccount.head.in_(heads),
            PoolTransaction.event != Event.YEAR_CLOSED,
        )
        .group_by(PoolAccount.of, PoolTransaction.period_id)
        .having(func.sum(signed) != 0)
    )
    for one in rows:
        yield f"scheme {one.of}: spent and expenditure are {one.apart} apart in one period"
    held = {a.of: n for a, n in balances(session, pool_id).items() if a.head is Head.COMMITTED}
    row = Commitment
    left = row.committed_minor - row.spent_minor - row.released_minor
    promised = session.execute(
        select(row.scheme_id, func.sum(left).label("open"))
        .where(row.pool_id == pool_id)
        .group_by(row.scheme_id)
    )
    still = {one.scheme_id: int(one.open) for one in promised}
    for scheme, amount in held.items():
        if amount != (due := still.get(scheme or UUID(int=0), 0)):
            yield f"scheme {scheme} has {amount} committed and {due} promised"


def _agreed(session: Session, pool_id: UUID) -> Iterator[str]:
    held = balances(session, pool_id)
    of = {one.of for one in held if one.head is Head.FUNDING}
    moved = _moved_by(session, pool_id, Event.YEAR_CLOSED)
    for partner in of:
        by = {one.head: amount for one, amount in held.items() if one.of == partner}
        closed = sum(moved.get((head, partner), 0) for head in (Head.INCOME, Head.INCOME_RISKSHARE))
        asked = by.get(Head.INCOME, 0) + by.get(Head.INCOME_RISKSHARE, 0) - closed
        if asked < by.get(Head.FUNDING, 0):
            yield f"partner {partner} was asked for {-asked} and agreed to {-by[Head.FUNDING]}"


def _moved_by(session: Session, pool_id: UUID, event: Event) -> dict[tuple[Head, UUID | None], int]:
    rows = session.execute(
        select(PoolAccount.head, PoolAccount.of, func.sum(PoolPosting.amount_minor).label("sum"))
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .where(PoolAccount.pool_id == pool_id, PoolTransaction.event == event)
        .group_by(PoolAccount.head, PoolAccount.of)
    )
    return {(Head(one.head), one.of): int(one.sum) for one in rows}


def _promised(session: Session, pool_id: UUID) -> Iterator[str]:
    row = Commitment
    bad = select(row.id).where(
        row.pool_id == pool_id,
        or_(
            row.spent_minor < 0,
            row.released_minor < 0,
            row.spent_minor + row.released_minor > row.committed_minor,
        ),
    )
    for commitment_id in session.scalars(bad):
        yield f"commitment {commitment_id} gave more than it promised"


def _undone(session: Session, pool_id: UUID) -> Iterator[str]:
    undoing, its, theirs = PoolTransaction, aliased(PoolPosting), aliased(PoolPosting)
    rows = session.scalars(
        select(undoing.id)
        .join(its, its.transaction_id == undoing.id)
        .outerjoin(
            theirs,
            and_(
                theirs.transaction_id == undoing.reverses,
                theirs.account_id == its.account_id,
                theirs.seq == its.seq,
                theirs.amount_minor == -its.amount_minor,
            ),
        )
        .where(undoing.pool_id == pool_id, undoing.reverses.is_not(None), theirs.seq.is_(None))
        .distinct()
    )
    for transaction_id in rows:
        yield f"transaction {transaction_id} is no exact negation"


def _closed(session: Session, pool_id: UUID) -> Iterator[str]:
    late = (
        select(PoolTransaction.id)
        .join(Period, Period.id == PoolTransaction.period_id)
        .where(
            PoolTransaction.pool_id == pool_id,
            or_(
                PoolTransaction.recorded_at > Period.closed_at,
                PoolTransaction.effective_on < Period.first_day,
                PoolTransaction.effective_on > Period.last_day,
            ),
        )
    )
    for transaction_id in session.scalars(late):
        yield f"transaction {transaction_id} was posted to a closed period, or outside its own"


def _approved(session: Session, pool_id: UUID) -> Iterator[str]:
    given = ApprovalGiven
    rows = session.execute(
        select(Proposal.id, Proposal.people, func.count(given.person_id.distinct()).label("given"))
        .outerjoin(
            given, and_(given.proposal_id == Proposal.id, given.person_id != Proposal.maker_id)
        )
        .where(Proposal.pool_id == pool_id, Proposal.state == "posted")
        .group_by(Proposal.id, Proposal.people)
        .having(func.count(given.person_id.distinct()) < Proposal.people)
    )
    for one in rows:
        yield f"transaction {one.id} has {one.given} of {one.people} approvals"


def _vired(session: Session, pool_id: UUID) -> Iterator[str]:
    leg = PoolPosting
    rows = session.scalars(
        select(PoolTransaction.id)
        .join(leg, leg.transaction_id == PoolTransaction.id)
        .join(PoolAccount, PoolAccount.id == leg.account_id)
        .where(
            PoolTransaction.pool_id == pool_id,
            PoolTransaction.event == Event.BUDGET_VIRED,
            PoolAccount.head != Head.AVAILABLE,
        )
        .distinct()
    )
    for transaction_id in rows:
        yield f"virement {transaction_id} moves more than schemes' budgets"


INVARIANTS: Final = (
    Invariant(1, "each transaction balances in each book, and so does the whole", _balanced),
    Invariant(2, "what an account holds is the sum of its postings", _summed),
    Invariant(4, "no account is beyond its limit", _within),
    Invariant(5, "the budget is what funds it", _whole),
    Invariant(6, "what is spent was expended, and what is committed is promised", _spent),
    Invariant(7, "no partner was asked for more than it agreed to", _agreed),
    Invariant(8, "no commitment gave more than it promised", _promised),
    Invariant(9, "a reversal is the exact negation of one transaction", _undone),
    Invariant(15, "nothing was posted to a closed period", _closed),
    Invariant(16, "what needed approval has it, from others than its maker", _approved),
    Invariant(17, "a virement moves budget between schemes and nothing else", _vired),
)
