"""What a period takes while it is being closed: the rule and the database say the same."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ledger.core.db import TO_WRITE, Projected, db, writing
from ledger.funding.models import Period
from ledger.funding.rules.events import Event
from ledger.funding.rules.periods import Stage, takes
from migrations import stage_fences
from tests.databases import as_owner
from tests.funding.forger import Forger
from tests.given.funding import GivenPool, accrued, allocated, pool


@pytest.fixture
def given(session: Session) -> GivenPool:
    made = pool()
    allocated(made, first=100_00)
    accrued(made, 50_00)
    session.rollback()
    return made


@pytest.fixture
def owner(given: GivenPool) -> Iterator[Engine]:
    """As the owner of the tables, whom no grant stops."""
    engine = create_engine(as_owner(db.engine.url.render_as_string(hide_password=False)))
    yield engine
    engine.dispose()


def lets_in(owner: Engine, given: GivenPool, stage: Stage, **row: Any) -> bool:
    """Say whether the database lets a transaction into a period at *stage*."""
    with (
        writing(Projected),
        owner.connect().execution_options(**TO_WRITE) as connection,
        connection.begin() as transaction,
    ):
        connection.execute(
            update(Period.__table__).where(Period.pool_id == given.id).values(stage=stage)  # type: ignore[arg-type]
        )
        try:
            Forger(connection, given).transaction(**row)
        except DBAPIError as refused:
            if stage_fences.WHY not in str(refused.orig):
                raise
            return False
        finally:
            transaction.rollback()
    return True


OF_ITS_OWN = {Event.OPENING_BROUGHT_IN}
"""It comes first in a pool, or not at all: another fence."""


@pytest.mark.parametrize("stage", Stage)
def test_the_database_takes_what_the_rule_takes(
    owner: Engine, given: GivenPool, stage: Stage
) -> None:
    asked = [event for event in Event if event not in OF_ITS_OWN]
    found = {event: lets_in(owner, given, stage, event=event) for event in asked}
    assert found == {event: takes(stage, event) for event in asked}


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("event", [Event.BUDGET_ALLOCATED, Event.EXPENDITURE_ACCRUED])
def test_a_reversal_counts_as_what_it_reverses(
    owner: Engine, given: GivenPool, stage: Stage, event: Event
) -> None:
    with db.engine.connect() as connection:
        original: UUID = Forger(connection, given).newest(event)
    undoing = {"event": Event.TRANSACTION_REVERSED, "reverses": original}
    assert lets_in(owner, given, stage, **undoing) is takes(stage, event)
