"""Caps on what a partner bears: they hold, and finance chiefs lift them before the spend."""

import pytest
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.funding.queries.waterfalls import covering
from ledger.funding.rules.controls import RankTooLow
from ledger.funding.rules.overspend import State
from ledger.funding.rules.waterfall import Cover
from ledger.funding.service import resolving
from tests.funding.test_overspend import (
    TODAY,
    approve_all,
    chiefs,
    lift,
    now,
    overspent,
    plan_of,
    resolve,
    stretched,
)
from tests.given import directory
from tests.given.funding import GivenPool, posted


@pytest.fixture
def given(session: Session) -> GivenPool:
    return stretched()


def test_caps_hold_and_what_nobody_covers_is_said(session: Session) -> None:
    given = stretched(cap_minor=20_00)
    overspent(given, 100_00)
    plan = plan_of(given).said
    assert plan.capped_minor == {given.partners[0]: 7_50}
    assert plan.uncovered_minor == 7_50
    resolution_id = resolve(given)
    approve_all(given)
    posted(given.manager, resolving.share_out, given.id, resolution_id, reference="Board 7")
    still = now(given)
    assert (still.state, still.overspent_minor) == (State.RUNNING, 7_50)
    again = plan_of(given).said
    assert again.of(Cover.SHARE) == 1_67 + 1_25, "what was borne before counts against the cap"


def test_chiefs_lift_a_cap_only_before_the_spend_and_only_together(session: Session) -> None:
    given, late = stretched(cap_minor=20_00), stretched(cap_minor=20_00)
    first, *others = chiefs(given)
    lift(given, first, 60_00)
    ask = {"today": TODAY}
    scheme = given.schemes[0]
    alone = covering(db.session(), given.view, scheme, 100_00, **ask)  # type: ignore[arg-type]
    assert alone.lifted_minor is None
    for other in others:
        lift(given, other, 50_00)
    db.session.rollback()
    together = covering(db.session(), given.view, scheme, 100_00, **ask)  # type: ignore[arg-type]
    assert together.lifted_minor == 50_00
    overspent(given, 100_00)
    assert plan_of(given).said.uncovered_minor == 0

    overspent(late, 100_00)
    for one in chiefs(late):
        lift(late, one, 50_00)
    assert plan_of(late).lifted_minor is None
    assert plan_of(late).said.uncovered_minor == 7_50


def test_who_may_lift_a_cap(given: GivenPool) -> None:
    with pytest.raises(RankTooLow):
        lift(given, given.leads[0], 50_00)
    with pytest.raises(Forbidden):
        lift(given, given.manager, 50_00)
    with pytest.raises(NotFound):
        lift(given, directory.member(Role.CHIEF_FINANCE_OFFICER), 50_00)
