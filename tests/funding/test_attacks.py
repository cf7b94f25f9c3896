"""What somebody with a database password tries, and the database refuses; in both databases.

Each attack is plain SQL on a pool that has posted, in a transaction of its own, and is
refused at the statement or at the latest at COMMIT; even to the owner of the tables.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, select
from sqlalchemy.exc import DBAPIError

from ledger.core.db import TO_WRITE, Projected, db, writing
from ledger.funding.models import (
    ApprovalGiven,
    PoolBalance,
    PoolPosting,
    PoolSeal,
    PoolTransaction,
)
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import CONTROLS, Voice
from ledger.funding.rules.events import LIABILITIES, TAKES_BACK
from migrations import opening_fences, payment_fences
from tests.beginnings import begins_with
from tests.databases import as_owner
from tests.funding.attacks import ATTACKS, half_a_penny
from tests.funding.attacks_on_approvals import ON_APPROVALS, half_approved
from tests.funding.forger import Forger
from tests.given.funding import GivenPool, accrued, allocated, paid, pool, proposed, received


def scene() -> GivenPool:
    pool()  # Another one beside it.
    made = pool()
    allocated(made, first=100_00)
    received(made, 100_00)
    accrued(made, 50_00)
    paid(made, 20_00)
    proposed(made, 10_00)
    half_approved(made)
    return made


beginning = begins_with(scene)


@pytest.fixture
def owner(given: GivenPool) -> Iterator[Engine]:
    """As the owner of the tables, whom no grant stops: only the triggers do."""
    url = db.engine.url.render_as_string(hide_password=False)
    engine = create_engine(as_owner(url))
    yield engine
    engine.dispose()


def snapshot(connection: Connection) -> list[Any]:
    tables = (PoolBalance, PoolPosting, PoolTransaction, PoolSeal, ApprovalGiven)
    return [sorted(map(str, connection.execute(select(model.__table__)))) for model in tables]


def attacked(engine: Engine, given: GivenPool, attack: Callable[[Forger], None]) -> None:
    with engine.connect() as connection:
        before = snapshot(connection)
        connection.rollback()
    with (
        pytest.raises((DBAPIError, OverflowError)),
        writing(Projected),
        engine.connect().execution_options(**TO_WRITE) as connection,
        connection.begin(),
    ):
        attack(Forger(connection, given))
    with engine.connect() as connection:
        assert snapshot(connection) == before


def test_every_attack_is_refused_and_leaves_nothing(owner: Engine, given: GivenPool) -> None:
    survived = []
    for attack in (*ATTACKS, *ON_APPROVALS):
        if attack is half_a_penny and owner.dialect.name == "postgresql":
            continue  # An owner's INSERT rounds it. The service has no INSERT: see below.
        try:
            attacked(owner, given, attack)
        except pytest.fail.Exception:
            survived.append(attack.__name__)
    assert survived == []


def test_the_forger_can_post_what_is_right(owner: Engine, given: GivenPool) -> None:
    """Otherwise the attacks would prove nothing."""
    with (
        writing(Projected),
        owner.connect().execution_options(**TO_WRITE) as connection,
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
            == 50_01
        )


def test_the_migration_and_the_rules_agree() -> None:
    every = [one for one, control in CONTROLS.items() if control.voice is Voice.EVERY_PARTNER]
    for said, events in (
        (opening_fences.EVERY_PARTNER, every),
        (opening_fences.CONTROLLED, CONTROLS),
        (payment_fences.LIABILITIES, LIABILITIES),
        (payment_fences.TAKES_BACK, TAKES_BACK),
    ):
        assert said.count("'") == 2 * len(events)
        assert all(f"'{event}'" in said for event in events)
