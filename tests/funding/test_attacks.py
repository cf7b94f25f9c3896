"""What somebody with a database password tries, and the database refuses; in both databases.

Each attack is plain SQL on a pool that has posted, in a transaction of its own, and is
refused at the statement or at the latest at COMMIT.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from ledger.core.db import TO_WRITE, Projected, db, writing
from ledger.funding.models import (
    ApprovalGiven,
    PoolBalance,
    PoolPosting,
    PoolSeal,
    PoolTransaction,
)
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import CONTROLS
from ledger.funding.rules.events import LIABILITIES, TAKES_BACK
from migrations import payment_fences
from tests.funding.attacks import ATTACKS, half_a_penny
from tests.funding.forger import Forger
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
    for said, events in (
        (payment_fences.CONTROLLED, CONTROLS),
        (payment_fences.LIABILITIES, LIABILITIES),
        (payment_fences.TAKES_BACK, TAKES_BACK),
    ):
        assert said.count("'") == 2 * len(events)
        assert all(f"'{event}'" in said for event in events)
