"""On PostgreSQL the service posts through one function, and through nothing else."""

import json
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ledger.core.db import TO_WRITE, Projected, db, writing
from ledger.funding.rules.chart import Account, Head
from tests.conftest import NOW
from tests.funding.forger import Forger
from tests.given.funding import GivenPool, allocated, received

POST = text("SELECT pool_post(CAST(:header AS jsonb), CAST(:legs AS jsonb))")


@pytest.fixture
def given(given: GivenPool, session: Session) -> GivenPool:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no roles: its triggers are tried in test_attacks")
    allocated(given, first=100_00)
    received(given, 100_00)
    session.rollback()
    return given


REFUSED = (
    "INSERT INTO pool_postings SELECT * FROM pool_postings LIMIT 1",
    "INSERT INTO pool_transactions SELECT * FROM pool_transactions LIMIT 1",
    "INSERT INTO pool_seals VALUES (gen_random_uuid(), 2)",
    "COPY pool_postings FROM STDIN",
    "UPDATE pool_postings SET amount_minor = 1",
    "UPDATE pool_balances SET balance_minor = 1",
    "UPDATE pool_balances SET pool_id = gen_random_uuid()",
    "UPDATE pool_transactions SET pool_id = gen_random_uuid()",
    "DELETE FROM pool_balances",
    "TRUNCATE pool_postings",
    "ALTER TABLE pool_postings DISABLE TRIGGER ALL",
    "DROP TRIGGER pool_sealed ON pool_seals",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION pool_sealed() RETURNS trigger AS '' LANGUAGE plpgsql",
    "SET ROLE postgres",
)


def test_the_services_own_role_may_do_nothing_of_this(given: GivenPool) -> None:
    for statement in REFUSED:
        with pytest.raises(DBAPIError), db.engine.connect() as connection:
            connection.execute(text(statement))


def posting(given: GivenPool, amount: object) -> dict[str, str]:
    """Return what the door takes: *amount* from what is unallocated to the reserve."""
    identity = str(uuid4())
    with writing(Projected), db.engine.connect() as connection:
        forger = Forger(connection, given)
        period = connection.scalar(
            text("SELECT id FROM pool_periods WHERE pool_id = :id"), {"id": given.id}
        )
        held = {
            head: connection.execute(
                text("SELECT * FROM pool_balances WHERE account_id = :id"),
                {"id": forger.account(head)},
            ).one()
            for head in (Head.UNALLOCATED, Head.RESERVE)
        }
    header = {
        "id": identity, "pool_id": given.id, "entry_id": uuid4(), "event": "reserve-set",
        "effective_on": date(2026, 3, 2), "recorded_at": NOW, "period_id": period,
        "agreement_version": 1, "clause": "1.1", "actor": "person:x", "liability": False,
    }  # fmt: skip
    legs = [
        {
            "transaction_id": identity, "seq": seq, "pool_id": given.id,
            "account_id": Account(head=head).id_in(given.id), "book": "B", "currency": "GBP",
            "amount_minor": amount if sign > 0 else -amount,  # type: ignore[operator]
            "balance_after_minor": row.balance_minor + int(sign * amount),  # type: ignore[operator]
            "account_seq": row.postings_count + 1, "recorded_at": NOW,
        }
        for seq, (sign, (head, row)) in enumerate(zip((-1, 1), held.items(), strict=True))
    ]  # fmt: skip
    return {"header": json.dumps(header, default=str), "legs": json.dumps(legs, default=str)}


def test_the_door_rounds_nothing_and_judges_as_ever(given: GivenPool) -> None:
    for amount in (6.5, 0.5, 0, 10**12):
        said = posting(given, amount)
        with (
            pytest.raises(DBAPIError),
            db.engine.connect().execution_options(**TO_WRITE) as connection,
            connection.begin(),
        ):
            connection.execute(POST, said)


def test_the_door_takes_what_is_right(given: GivenPool) -> None:
    said = posting(given, 6)
    with (
        db.engine.connect().execution_options(**TO_WRITE) as connection,
        connection.begin(),
    ):
        connection.execute(POST, said)
