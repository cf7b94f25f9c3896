"""What the database refuses in the name of a board, and of a position to start from."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from ledger.core.db import TO_WRITE, Projected, db, writing
from ledger.funding.boards.mandates import NotByMotion
from ledger.funding.service import budget
from tests.databases import as_owner
from tests.funding.attacks_on_motions import (
    ON_OPENINGS,
    a_position_that_is_right,
    allowed_by_motion,
    motions_of,
    on_motions,
)
from tests.funding.forger import Forger
from tests.funding.test_attacks import attacked
from tests.given.funding import GivenPool, allocated, pool, posted


@pytest.fixture
def owner(session: Session) -> Iterator[Engine]:
    session.rollback()
    engine = create_engine(as_owner(db.engine.url.render_as_string(hide_password=False)))
    yield engine
    engine.dispose()


def survivors(
    owner: Engine, given: GivenPool, attacks: dict[str, Callable[[Forger], None]]
) -> list[str]:
    """Return which attacks the database lets through."""
    found = []
    for name, attack in attacks.items():
        try:
            attacked(owner, given, attack)
        except pytest.fail.Exception:
            found.append(name)
    return found


def goes_through(owner: Engine, given: GivenPool, forge: Callable[[Forger], None]) -> None:
    """Forge what is right, so that the database says yes; and take it back."""
    with (
        writing(Projected),
        owner.connect().execution_options(**TO_WRITE) as connection,
        connection.begin() as began,
    ):
        forge(Forger(connection, given))
        began.rollback()


def test_what_names_a_motion_names_one_that_decided_it(owner: Engine, session: Session) -> None:
    given, other = pool(), pool()
    allocated(given, first=100_00)
    motions = motions_of(given, other)
    session.rollback()
    assert survivors(owner, given, dict(on_motions(motions))) == []
    for forge in allowed_by_motion(motions).values():
        goes_through(owner, given, forge)


def test_a_position_comes_first_and_every_partner_approves_it(
    owner: Engine, session: Session
) -> None:
    given = pool(contributions=False)
    session.rollback()
    assert survivors(owner, given, {one.__name__: one for one in ON_OPENINGS}) == []
    goes_through(owner, given, a_position_that_is_right)


@pytest.mark.parametrize("words", ["Motion", "motion", " MOTION"])
def test_nobody_writes_a_motion_as_their_own_words(words: str, session: Session) -> None:
    given = pool()
    basis = f"{words} 0198c2f0-0000-7000-8000-000000000000"
    with pytest.raises(NotByMotion):
        posted(given.manager, budget.divide, given.id, total_minor=100, basis=basis,
               weights=dict.fromkeys(given.schemes, 1), reference="x")  # fmt: skip
