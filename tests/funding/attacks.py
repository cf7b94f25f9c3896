"""What a forger tries: each attack by itself, in plain SQL."""

from collections.abc import Callable
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, text, update

from ledger.core.db import Projected
from ledger.funding.models import (
    ApprovalGiven,
    Period,
    PoolAccount,
    PoolBalance,
    PoolPosting,
    PoolSeal,
    PoolTransaction,
    Proposal,
)
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event
from tests.conftest import NOW
from tests.funding.forger import Forger


def one_leg(forger: Forger) -> None:
    made = forger.transaction()
    forger.leg(made, Head.RESERVE, 1)
    forger.seal(made, 1)


def never_sealed(forger: Forger) -> None:
    forger.balanced()


def no_legs_at_all(forger: Forger) -> None:
    forger.seal(forger.transaction(), 2)


def a_seal_that_miscounts(forger: Forger) -> None:
    forger.seal(forger.balanced(), 3)


def unbalanced(forger: Forger) -> None:
    made = forger.transaction()
    forger.leg(made, Head.UNALLOCATED, -1)
    forger.leg(made, Head.RESERVE, 2)
    forger.seal(made)


def balanced_across_books(forger: Forger) -> None:
    made = forger.transaction()
    forger.leg(made, Head.CASH, 1)
    forger.leg(made, Head.UNALLOCATED, -1)
    forger.seal(made)


def a_third_leg_after_the_seal(forger: Forger) -> None:
    made = forger.balanced()
    forger.seal(made)
    forger.leg(made, Head.RESERVE, 1)


def a_leg_more_for_an_old_transaction(forger: Forger) -> None:
    forger.leg(forger.newest(Event.BUDGET_ALLOCATED), Head.RESERVE, 1)


def nothing_moved(forger: Forger) -> None:
    forger.leg(forger.transaction(), Head.RESERVE, 0)


def half_a_penny(forger: Forger) -> None:
    made = forger.transaction()
    for head, sign in ((Head.UNALLOCATED, -1), (Head.RESERVE, 1)):
        forger.leg(made, head, sign * 6.5)
    forger.seal(made)


def another_currency(forger: Forger) -> None:
    forger.leg(forger.transaction(), Head.RESERVE, 1, currency="EUR")


def the_wrong_book(forger: Forger) -> None:
    forger.leg(forger.transaction(), Head.RESERVE, 1, book="F")


def another_pools_account(forger: Forger) -> None:
    elsewhere = forger.run(
        select(PoolAccount.id).where(
            PoolAccount.pool_id != forger.given.id, PoolAccount.head == Head.RESERVE
        )
    ).scalar_one()
    forger.leg(forger.transaction(), Head.RESERVE, 1, account_id=elsewhere)


def an_account_that_is_not(forger: Forger) -> None:
    forger.leg(forger.transaction(), Head.RESERVE, 1, account_id=uuid4())


def a_running_balance_that_jumps(forger: Forger) -> None:
    forger.leg(forger.transaction(), Head.RESERVE, 1, balance_after_minor=5)


def a_posting_out_of_turn(forger: Forger) -> None:
    forger.leg(forger.transaction(), Head.RESERVE, 1, account_seq=7)


def a_posting_before_the_last(forger: Forger) -> None:
    early = NOW.replace(year=2025)
    made = forger.transaction(recorded_at=early)
    forger.leg(made, Head.UNALLOCATED, -1, recorded_at=early)


def more_than_there_is(forger: Forger) -> None:
    forger.seal(forger.balanced(10_000_000_00))


def overspending_as_if_it_were_owed(forger: Forger) -> None:
    made = forger.transaction(liability=True)
    forger.leg(made, Head.AVAILABLE, -1000_00, of=forger.given.schemes[0])
    forger.leg(made, Head.RESERVE, 1000_00)
    forger.seal(made)


def paying_alone(forger: Forger) -> None:
    made = forger.transaction(event=Event.PAYMENT_MADE)
    forger.leg(made, Head.CASH, -1)
    forger.leg(made, Head.PAYABLE, 1, of=forger.given.provider)
    forger.seal(made)


def undoing_a_payment_alone(forger: Forger) -> None:
    payment = forger.newest(Event.PAYMENT_MADE)
    made = forger.transaction(event=Event.TRANSACTION_REVERSED, reverses=payment)
    forger.leg(made, Head.CASH, 20_00)
    forger.leg(made, Head.PAYABLE, -20_00, of=forger.given.provider)
    forger.seal(made)


def approving_ones_own(forger: Forger, maker_id: UUID | None = None) -> None:
    proposal = Proposal.id, Proposal.maker_id
    asked = Proposal.state == "waiting", Proposal.event == Event.PAYMENT_MADE
    waiting = forger.run(select(*proposal).where(*asked)).one()
    approval = {
        "proposal_id": waiting.id,
        "person_id": waiting.maker_id,
        "maker_id": maker_id or waiting.maker_id,
        "organisation_id": uuid4(),
        "approved_at": NOW,
        "entry_id": uuid4(),
    }
    forger.run(insert(ApprovalGiven.__table__), approval)  # type: ignore[arg-type]


def approving_ones_own_under_a_false_maker(forger: Forger) -> None:
    approving_ones_own(forger, maker_id=uuid4())


def a_reversal_of_less(forger: Forger) -> None:
    allocation = forger.newest(Event.BUDGET_ALLOCATED)
    made = forger.transaction(event=Event.TRANSACTION_REVERSED, reverses=allocation)
    forger.leg(made, Head.AVAILABLE, -40_00, of=forger.given.schemes[0])
    forger.leg(made, Head.UNALLOCATED, 40_00)
    forger.seal(made)


def reversing_twice(forger: Forger) -> None:
    agreed = forger.newest(Event.CONTRIBUTION_AGREED)
    for _ in range(2):
        made = forger.transaction(event=Event.TRANSACTION_REVERSED, reverses=agreed)
        forger.leg(made, Head.UNALLOCATED, -200_000_00)
        forger.leg(made, Head.FUNDING, 200_000_00, of=forger.given.partners[2])
        forger.seal(made)


def a_day_outside_the_period(forger: Forger) -> None:
    forger.transaction(effective_on=date(2027, 1, 1))


def a_day_in_a_closed_period(forger: Forger) -> None:
    forger.run(update(Period.__table__).values(closed_at=NOW))  # type: ignore[arg-type]
    forger.transaction()


def reopening_a_period(forger: Forger) -> None:
    forger.run(update(Period.__table__).values(closed_at=NOW))  # type: ignore[arg-type]
    forger.run(update(Period.__table__).values(closed_at=None))  # type: ignore[arg-type]


def moving_a_balance(forger: Forger) -> None:
    forger.run(update(PoolBalance.__table__).values(balance_minor=1))  # type: ignore[arg-type]


def moving_a_balance_in_step(forger: Forger) -> None:
    table = PoolBalance.__table__
    forger.run(
        update(table)  # type: ignore[arg-type]
        .where(table.c.account_id == forger.account(Head.RESERVE))
        .values(balance_minor=1, postings_count=table.c.postings_count + 1, moved_at=NOW)
    )


def a_second_balance(forger: Forger) -> None:
    row = {"account_id": forger.account(Head.CASH), "pool_id": forger.given.id}
    forger.run(insert(PoolBalance.__table__), {**row, "balance_minor": 0, "postings_count": 0})  # type: ignore[arg-type]


def a_balance_from_nowhere(forger: Forger) -> None:
    account = {"id": uuid4(), "pool_id": forger.given.id, "head": "B:x", "book": "B"}
    forger.run(
        insert(PoolAccount.__table__),  # type: ignore[arg-type]
        {**account, "currency": "GBP", "yields": False},
    )
    row = {"account_id": account["id"], "pool_id": forger.given.id}
    forger.run(
        insert(PoolBalance.__table__),  # type: ignore[arg-type]
        {**row, "balance_minor": 5, "postings_count": 1},
    )


def editing_a_proposal(forger: Forger) -> None:
    forger.run(update(Proposal.__table__).values(maker_id=uuid4()))  # type: ignore[arg-type]


def raising_a_limit(forger: Forger) -> None:
    forger.run(update(PoolAccount.__table__).values(floor_minor=None))  # type: ignore[arg-type]


def editing(model: type[Projected], **values: object) -> Callable[[Forger], None]:
    def attack(forger: Forger) -> None:
        forger.run(update(model.__table__).values(**values))  # type: ignore[arg-type]

    attack.__name__ = f"editing_{model.__tablename__}"
    return attack


def deleting(model: type[Projected]) -> Callable[[Forger], None]:
    def attack(forger: Forger) -> None:
        forger.run(delete(model.__table__))  # type: ignore[arg-type]

    attack.__name__ = f"deleting_{model.__tablename__}"
    return attack


def replacing_a_posting(forger: Forger) -> None:
    names = ", ".join(column.name for column in PoolPosting.__table__.columns)
    copied = f"{names} FROM pool_postings WHERE account_seq = 1 LIMIT 1"
    if forger.connection.dialect.name == "sqlite":
        forger.run(text(f"INSERT OR REPLACE INTO pool_postings ({names}) SELECT {copied}"))
    else:
        upsert = "ON CONFLICT (transaction_id, seq) DO UPDATE SET amount_minor = 1"
        forger.run(text(f"INSERT INTO pool_postings ({names}) SELECT {copied} {upsert}"))


ATTACKS = [
    one_leg, never_sealed, no_legs_at_all, a_seal_that_miscounts, unbalanced, balanced_across_books,
    a_third_leg_after_the_seal, a_leg_more_for_an_old_transaction, nothing_moved, half_a_penny,
    another_currency, the_wrong_book, another_pools_account, an_account_that_is_not,
    a_running_balance_that_jumps, a_posting_out_of_turn, a_posting_before_the_last,
    more_than_there_is, overspending_as_if_it_were_owed, paying_alone, undoing_a_payment_alone,
    approving_ones_own, approving_ones_own_under_a_false_maker, a_reversal_of_less, reversing_twice,
    a_day_outside_the_period, a_day_in_a_closed_period, reopening_a_period, moving_a_balance,
    moving_a_balance_in_step, a_second_balance, a_balance_from_nowhere, editing_a_proposal,
    raising_a_limit, replacing_a_posting,
    editing(PoolTransaction, clause="9.9"), editing(PoolPosting, amount_minor=1),
    editing(PoolSeal, postings_count=2), editing(ApprovalGiven, person_id=UUID(int=1)),
    deleting(PoolTransaction), deleting(PoolPosting), deleting(PoolSeal), deleting(PoolBalance),
    deleting(PoolAccount), deleting(ApprovalGiven), deleting(Proposal), deleting(Period),
]  # fmt: skip
