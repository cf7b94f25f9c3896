"""What is kept in memory is whole: no change may slip between the statements that read it.

Reads outside a transaction see each statement's own moment. So here a change is committed
between each two statements of a read in turn, by somebody else, and what was kept is compared
with what there was before the change, and after it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from ledger.access.index import Index
from ledger.consent import queries as consents
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.directory import queries as directory
from tests.databases import NewDatabase, running
from tests.given.access import Scene, scene
from tests.given.directory import another_role, cared_for, organisation

STATEMENTS_MAX = 60


@contextmanager
def after_statement(n: int, happens: Callable[[], None]) -> Iterator[list[int]]:
    """Have something happen once, after the *n*-th statement from now on; count them."""
    seen = [0]

    def count(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == n:
            happens()

    event.listen(db.engine, "after_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(db.engine, "after_cursor_execute", count)


def _consents(session: Session, here: Scene) -> Any:
    return consents.standing(session, here.patient_id)


def _roster(session: Session, here: Scene) -> Any:
    return directory.roster(session, here.patient_id)


def _person(session: Session, here: Scene) -> Any:
    return directory.person_state(session, here.clinician.id)


def _say_no(here: Scene) -> None:
    here.dissent()


def _new_team(here: Scene) -> None:
    cared_for(here.patient_id, by=here.clinician)


def _new_role(here: Scene) -> None:
    another_role(here.clinician, Role.AUDITOR, at=organisation())


def _kept(index: Index, here: Scene) -> list[Any]:
    return [
        index._choices.get(here.patient_id),
        index._rosters.get(here.patient_id),
        index._people.get(here.clinician.id),
    ]


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("at", "read", "change"),
    [(0, _consents, _say_no), (1, _roster, _new_team), (2, _person, _new_role)],
)
def test_a_change_between_two_statements_is_never_kept_by_half(
    postgresql_databases: NewDatabase, at: int, read: Any, change: Callable[[Scene], None]
) -> None:
    with running(postgresql_databases()) as app:
        here = scene()
        here.grant()
        torn, tried = 0, 0
        for n in range(1, STATEMENTS_MAX):
            db.session.remove()
            index, before = Index(), read(db.session(), here)

            def happens() -> None:
                with app.app_context():  # With a session of its own, as another request has.
                    change(here)

            db.session.remove()
            with after_statement(n, happens) as seen:
                index.known(db.session(), here.question(), clock.now())
            if seen[0] < n:
                break
            tried += 1
            db.session.remove()
            after = read(db.session(), here)
            assert after.version == before.version + 1
            kept = _kept(index, here)[at]
            torn += kept is None
            whole = {before.version: before, after.version: after}
            assert kept is None or kept == whole[kept.version]
        assert tried > 8, "each statement of the read had its turn"
        assert torn > 0, "some were left out, since they were half of each"
