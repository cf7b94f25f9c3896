"""What somebody with a database password tries, and the database refuses; in both databases.

Each attack is plain SQL on a pool that has posted, in a transaction of its own, and is
refused at the statement or at the latest at COMMIT.
"""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from ledger.core.db import TO_WRITE, Projected, db, writing
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
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.controls import CONTROLS
from ledger.funding.rules.events import LIABILITIES, Event
from migrations import pool_fences
from tests.conftest import NOW
from tests.given.funding import GivenPool, accrued, allocated, paid, pool, proposed, received


@pytest.fixture
def given(session: Session) -> GivenPool:
    pool()  # Another one beside it.
    made = pool()
    allocated(made, first=100_00)
    received(made, 100_00)
    accrued(made, 50_00)
    paid(made, 20_00)
    proposed(made, 10_00)
    session.rollback()
    return made


class Forger:
    """Writes rows past every command: as the application's own role, by SQL."""

    def __init__(self, connection: Connection, given: GivenPool) -> None:
        self.connection, self.given = connection, given
        self.run = connection.execute

    def account(self, head: Head, of: UUID | None = None) -> UUID:
        return Account(head=head, of=of).id_in(self.given.id)

    def transaction(self, **chosen: Any) -> UUID:
        period = self.run(select(Period.id).where(Period.pool_id == self.given.id)).scalar_one()
        row = {
            "id": uuid4(),
            "pool_id": self.given.id,
            "entry_id": uuid4(),
            "event": Event.RESERVE_SET,
            "effective_on": date(2026, 3, 2),
            "recorded_at": NOW,
            "period_id": period,
            "agreement_version": 1,
            "clause": "1.1",
            "actor": "person:nobody",
            "liability": False,
            **chosen,
        }
        self.run(insert(PoolTransaction.__table__), row)  # type: ignore[arg-type]
        identity: UUID = row["id"]
        return identity

    def leg(
        self,
        transaction: UUID,
        head: Head,
        amount_minor: Any,
        *,
        of: UUID | None = None,
        **chosen: Any,
    ) -> None:
        account = self.account(head, of)
        held = self.run(
            select(PoolBalance.balance_minor, PoolBalance.postings_count).where(
                PoolBalance.account_id == account
            )
        ).one()
        seq = self.run(
            select(PoolPosting.seq).where(PoolPosting.transaction_id == transaction)
        ).all()
        row = {
            "transaction_id": transaction,
            "seq": len(seq),
            "pool_id": self.given.id,
            "account_id": account,
            "book": head.book,
            "currency": "GBP",
            "amount_minor": amount_minor,
            "balance_after_minor": held.balance_minor + int(amount_minor),
            "account_seq": held.postings_count + 1,
            "recorded_at": NOW,
            **chosen,
        }
        self.run(insert(PoolPosting.__table__), row)  # type: ignore[arg-type]

    def seal(self, transaction: UUID, postings_count: int = 2) -> None:
        row = {"transaction_id": transaction, "postings_count": postings_count}
        self.run(insert(PoolSeal.__table__), row)  # type: ignore[arg-type]

    def balanced(self, amount_minor: int = 1, **chosen: Any) -> UUID:
        made = self.transaction(**chosen)
        self.leg(made, Head.UNALLOCATED, -amount_minor)
        self.leg(made, Head.RESERVE, amount_minor)
        return made

    def newest(self, event: Event) -> UUID:
        found = self.run(select(PoolTransaction.id).where(PoolTransaction.event == event))
        return found.scalars().all()[-1]


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
    waiting = forger.run(select(*proposal).where(Proposal.state == "waiting")).one()
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


def snapshot(connection: Connection) -> list[Any]:
    tables = (PoolBalance, PoolPosting, PoolTransaction, PoolSeal, ApprovalGiven)
    return [sorted(map(str, connection.execute(select(model.__table__)))) for model in tables]


def attacked(given: GivenPool, attack: Callable[[Forger], None]) -> None:
    db.session.rollback()
    with db.engine.connect() as connection:
        before = snapshot(connection)
        connection.rollback()
    with (
        pytest.raises((IntegrityError, DBAPIError)),
        writing(Projected),
        db.engine.connect().execution_options(**TO_WRITE) as connection,
        connection.begin(),
    ):
        attack(Forger(connection, given))
    with db.engine.connect() as connection:
        assert snapshot(connection) == before


def test_every_attack_is_refused_and_leaves_nothing(given: GivenPool) -> None:
    survived = []
    for attack in ATTACKS:
        if attack is half_a_penny and db.engine.dialect.name == "postgresql":
            continue  # It rounds to whole pence before any trigger sees it; SQLite keeps them.
        try:
            attacked(given, attack)
        except pytest.fail.Exception:
            survived.append(attack.__name__)
    assert survived == []


def test_the_forger_can_post_what_is_right(given: GivenPool) -> None:
    """Otherwise the attacks would prove nothing."""
    with (
        writing(Projected),
        db.engine.connect().execution_options(**TO_WRITE) as connection,
        connection.begin(),
    ):
        forger = Forger(connection, given)
        forger.seal(forger.balanced())
        assert (
            forger.run(
                select(PoolBalance.balance_minor).where(
                    PoolBalance.account_id == forger.account(Head.RESERVE)
                )
            ).scalar_one()
            == 1
        )


def test_the_migration_and_the_rules_agree() -> None:
    assert pool_fences._CONTROLLED.count("'") == 2 * len(CONTROLS)
    assert all(f"'{event}'" in pool_fences._CONTROLLED for event in CONTROLS)
    assert {Event.EXPENDITURE_ACCRUED} == LIABILITIES
