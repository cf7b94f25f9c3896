"""Caps on what a partner bears: they hold, and finance chiefs lift them before the spend."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.funding.overspend import resolving
from ledger.funding.overspend.rules.days import State
from ledger.funding.overspend.rules.waterfall import Cover
from ledger.funding.overspend.waterfalls import covering
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import RankTooLow
from ledger.funding.service import approvals, budget, corrections, shares
from ledger.funding.service.posting import Outcome
from tests.beginnings import begins_with
from tests.funding.test_overspend import (
    TODAY,
    approve_all,
    chiefs,
    held,
    lift,
    now,
    overspent,
    plan_of,
    resolve,
    stretched,
)
from tests.given import directory
from tests.given.funding import GivenPool, posted
from tests.given.races import at_once

beginning = begins_with(stretched)


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


def by_hand(given: GivenPool, amount_minor: int) -> Outcome:
    said = {"amount_minor": amount_minor, "reference": "Board"}
    return posted(given.manager, shares.share_overspend, given.id, **said)


def authorised(given: GivenPool, amount_minor: int) -> None:
    said = {"scheme_id": given.schemes[0], "amount_minor": amount_minor, "reference": "Board 7"}
    outcome = posted(given.manager, budget.authorise_overspend, given.id, **said)
    for lead in given.leads:
        posted(lead, approvals.approve, outcome.transaction_id)


def test_a_cap_holds_over_all_that_is_shared_by_hand(session: Session) -> None:
    given = stretched(cap_minor=20_00)
    authorised(given, 200_00)
    by_hand(given, 30_00)  # £15 of it is the first partner's.
    with pytest.raises(shares.BeyondCap, match=r"£20\.01 in the period"):
        by_hand(given, 10_02)
    last = by_hand(given, 10_00)
    with pytest.raises(shares.BeyondCap):
        by_hand(given, 1)
    posted(given.manager, corrections.reverse, given.id, last.transaction_id, reference="Wrong")
    by_hand(given, 10_00)  # What was undone is borne by nobody.


def test_a_cap_holds_when_two_share_at_once(app: Flask, session: Session) -> None:
    given = stretched(cap_minor=20_00)
    authorised(given, 200_00)
    db.session.rollback()
    refused = at_once(app, *[lambda: by_hand(given, 30_00)] * 3)
    assert [type(one) for one in refused] == [shares.BeyondCap] * 2
    assert held(given, Head.RECEIVABLE, given.partners[0]) == 15_00


def test_a_resolution_finds_that_the_cap_is_used_up(session: Session) -> None:
    given = stretched(cap_minor=20_00)
    overspent(given, 80_00)
    resolution_id = resolve(given)
    approve_all(given)
    authorised(given, 100_00)
    by_hand(given, 20_00)
    with pytest.raises(shares.BeyondCap):
        posted(given.manager, resolving.share_out, given.id, resolution_id, reference="Board 7")


def test_what_chiefs_agreed_to_counts_by_hand_too(session: Session) -> None:
    given = stretched(cap_minor=20_00)
    for one in chiefs(given):
        lift(given, one, 30_00)
    overspent(given, 100_00)
    authorised(given, 100_00)
    said = {"reference": "Board", "scheme_id": given.schemes[0]}
    with pytest.raises(shares.BeyondCap, match=r"cap is £30\.00"):
        posted(given.manager, shares.share_overspend, given.id, amount_minor=60_02, **said)
    posted(given.manager, shares.share_overspend, given.id, amount_minor=60_00, **said)
