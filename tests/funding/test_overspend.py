"""An overspend's life: told of, explained, planned for, and covered step by step."""

from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.replay import replay
from ledger.funding import schedule
from ledger.funding.overspend import queries as overspends
from ledger.funding.overspend import resolving, service
from ledger.funding.overspend.late import LATE
from ledger.funding.overspend.queries import OverspendView
from ledger.funding.overspend.rules.days import Action, Cause, PlanRefused, State
from ledger.funding.overspend.rules.waterfall import Cover
from ledger.funding.overspend.waterfalls import Covering, covering
from ledger.funding.queries import balances, transactions
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.controls import SpeaksForNobodyHere
from ledger.funding.rules.events import Event
from ledger.funding.service import approvals, budget, shares, spending
from tests.beginnings import begins_with
from tests.given import directory
from tests.given.funding import GivenPool, accrued, allocated, pool, posted
from tests.given.races import at_once

TODAY = date(2026, 3, 2)
LEFT = {Cover.UNALLOCATED: 20_00, Cover.UNDERSPEND: 15_00, Cover.RESERVE: 10_00}
"""What there is to draw upon before the partners."""


def stretched(cap_minor: int | None = None) -> GivenPool:
    """Return a pool whose second scheme has promised nearly all there is; the first has £100."""
    made = pool(cap_minor=cap_minor)
    whole = balances.balance(db.session(), Account(head=Head.UNALLOCATED).id_in(made.id))
    posted(made.manager, budget.set_reserve, made.id, amount_minor=10_00, reference="Board")
    allocated(made, first=100_00, second=whole - 130_00)
    promised = {
        "scheme_id": made.schemes[1],
        "provider_id": made.provider,
        "amount_minor": whole - 145_00,
        "reference": "Contract",
    }
    posted(made.manager, spending.commit, made.id, **promised)
    db.session.rollback()
    return made


beginning = begins_with(stretched)


def overspent(given: GivenPool, amount_minor: int) -> None:
    """Take the first scheme beyond its budget, and have the clock read."""
    accrued(given, 100_00 + amount_minor)
    db.session.rollback()
    told = {job.name: job.run for job in schedule.JOBS}["pools overspends"]
    assert told() == 1
    assert told() == 0


def now(given: GivenPool) -> OverspendView:
    db.session.rollback()
    return overspends.overspend(db.session(), given.view, given.schemes[0])


def plan_of(given: GivenPool) -> Covering:
    return overspends.to_resolve(db.session(), given.view, now(given), TODAY)


def held(given: GivenPool, head: Head, of: UUID | None = None) -> int:
    db.session.rollback()
    return balances.balance(db.session(), Account(head=head, of=of).id_in(given.id))


def resolve(given: GivenPool, digest: str | None = None) -> UUID:
    digest = digest or plan_of(given).digest
    said = {"scheme_id": given.schemes[0], "digest": digest, "reference": "Board 7"}
    return posted(given.manager, resolving.resolve, given.id, **said)


def approve_all(given: GivenPool) -> None:
    resolution = now(given).resolution
    assert resolution is not None
    for one in resolution.steps:
        for lead in given.leads if one.standing == "waiting" else ():
            if not posted(lead, approvals.approve, one.step.transaction_id).waiting:
                break


def chiefs(given: GivenPool) -> list[Actor]:
    return [directory.member(Role.CHIEF_FINANCE_OFFICER, at=one) for one in given.partners]


def lift(given: GivenPool, actor: Actor, up_to_minor: int) -> None:
    said = {"scheme_id": given.schemes[0], "up_to_minor": up_to_minor}
    posted(actor, service.agree_cap, given.id, **said)


def test_it_is_covered_as_it_was_shown_and_the_clock_stops(given: GivenPool) -> None:
    overspent(given, 100_00)
    plan = plan_of(given)
    assert {cover: plan.said.of(cover) for cover in LEFT} == LEFT
    assert plan.said.of(Cover.SHARE) == 55_00
    resolution_id = resolve(given, plan.digest)

    shown = now(given).resolution
    assert shown is not None
    assert [(one.step.cover, one.standing) for one in shown.steps] == [
        (Cover.UNALLOCATED, "posted"),
        (Cover.UNDERSPEND, "waiting"),
        (Cover.RESERVE, "waiting"),
        (Cover.SHARE, "waiting"),
    ]
    said = {"reference": "Board 7"}
    with pytest.raises(resolving.NotAuthorisedYet):
        posted(given.manager, resolving.share_out, given.id, resolution_id, **said)
    with pytest.raises(resolving.ResolvedAlready):
        resolve(given)
    approve_all(given)
    assert now(given).state is State.RESOLVED
    outcome = posted(given.manager, resolving.share_out, given.id, resolution_id, **said)
    assert outcome.transaction_id == resolution_id
    with pytest.raises(resolving.SharedAlready):
        posted(given.manager, resolving.share_out, given.id, resolution_id, **said)

    assert held(given, Head.AVAILABLE, given.schemes[0]) == 0
    assert held(given, Head.FUNDING_OVERSPEND) == 0
    owed = [held(given, Head.RECEIVABLE, partner) for partner in given.partners]
    assert owed == [27_50, 18_33, 9_17]
    with pytest.raises(resolving.NothingOverspent):
        posted(
            given.manager,
            resolving.resolve,
            given.id,
            scheme_id=given.schemes[0],
            digest=plan.digest,
            **said,
        )
    with pytest.raises(NotFound, match="within its budget"):
        overspends.to_resolve(db.session(), given.view, now(given), TODAY)


def test_what_was_shown_is_what_is_done_or_nothing(given: GivenPool) -> None:
    overspent(given, 100_00)
    seen = plan_of(given).digest
    accrued(given, 1)
    with pytest.raises(resolving.PlanMoved):
        resolve(given, seen)
    assert now(given).resolution is None


def test_two_resolve_at_once_and_one_does(app: Flask, given: GivenPool) -> None:
    overspent(given, 100_00)
    digest = plan_of(given).digest
    refused = at_once(app, lambda: resolve(given, digest), lambda: resolve(given, digest))
    assert len(refused) == 1
    assert isinstance(refused[0], (resolving.PlanMoved, resolving.ResolvedAlready))
    assert held(given, Head.UNALLOCATED) == 0


def test_authorising_what_is_spent_already_is_flagged_as_late(given: GivenPool) -> None:
    said = {"scheme_id": given.schemes[0], "amount_minor": 10_00, "reference": "Board"}
    early = posted(given.manager, budget.authorise_overspend, given.id, **said)
    for lead in given.leads:
        posted(lead, approvals.approve, early.transaction_id)
    waits = posted(given.manager, budget.authorise_overspend, given.id, **said)
    overspent(given, 20_00)
    late = posted(given.manager, budget.authorise_overspend, given.id, **said)
    for one in (waits, late):
        for lead in given.leads:
            posted(lead, approvals.approve, one.transaction_id)
    view = given.view
    found = {
        one.id: one.basis
        for one in transactions.every_transaction(db.session(), view)
        if one.event is Event.OVERSPEND_AUTHORISED
    }
    assert found == {
        early.transaction_id: None,
        waits.transaction_id: LATE,
        late.transaction_id: LATE,
    }


def test_an_overspend_is_explained_planned_for_and_the_plan_accepted(given: GivenPool) -> None:
    scheme = given.schemes[0]
    why = {"scheme_id": scheme, "cause": Cause.DEMAND, "reference": "Letter 1"}
    with pytest.raises(resolving.NothingOverspent):
        posted(given.manager, service.explain, given.id, **why)
    accrued(given, 150_00)
    with pytest.raises(service.NotNotedYet):
        posted(given.manager, service.explain, given.id, **why)
    overspent(given, -90_00)  # £10 more, and the clock is read.
    posted(given.manager, service.explain, given.id, **why)
    with pytest.raises(service.ExplainedAlready):
        posted(given.manager, service.explain, given.id, **why)

    good = Action(what="Fewer visits", organisation_id=given.partners[1], by=TODAY)
    for bad in ([], [good] * 21, [Action(what=" ", organisation_id=given.partners[1], by=TODAY)]):
        with pytest.raises(PlanRefused):
            posted(given.manager, service.give_plan, given.id, scheme_id=scheme, actions=bad)
    outside = Action(what="Pay", organisation_id=uuid4(), by=TODAY)
    past = Action(what="Pay", organisation_id=given.partners[1], by=TODAY.replace(year=2020))
    for one in (outside, past):
        with pytest.raises(PlanRefused):
            posted(given.manager, service.give_plan, given.id, scheme_id=scheme, actions=[one])
    first = posted(given.manager, service.give_plan, given.id, scheme_id=scheme, actions=[good])
    newer = posted(given.manager, service.give_plan, given.id, scheme_id=scheme, actions=[good])
    assert now(given).state is State.PLAN_GIVEN
    with pytest.raises(service.NoPlan):
        posted(given.leads[0], service.accept_plan, given.id, scheme_id=scheme, plan_id=first)
    for lead in given.leads:
        posted(lead, service.accept_plan, given.id, scheme_id=scheme, plan_id=newer)
    with pytest.raises(service.AcceptedAlready):
        posted(given.approver, service.accept_plan, given.id, scheme_id=scheme, plan_id=newer)
    assert now(given).state is State.PLAN_ACCEPTED
    assert now(given).cause is Cause.DEMAND


def test_a_simulation_posts_nothing(given: GivenPool) -> None:
    before = balances.balances(db.session(), given.id)
    said = covering(db.session(), given.view, given.schemes[0], 100_00, today=TODAY).said
    assert said.of(Cover.SHARE) == 55_00
    db.session.rollback()
    assert balances.balances(db.session(), given.id) == before
    with pytest.raises(NotFound):
        covering(db.session(), given.view, uuid4(), 1, today=TODAY)


def test_shares_by_hand_leave_too_little_for_a_resolution(given: GivenPool) -> None:
    overspent(given, 100_00)
    resolution_id = resolve(given)
    approve_all(given)
    by_hand = {"amount_minor": 1_00, "reference": "Board"}
    posted(given.manager, shares.share_overspend, given.id, **by_hand)
    with pytest.raises(shares.MoreThanAuthorised):
        posted(given.manager, resolving.share_out, given.id, resolution_id, reference="Board 7")
    with pytest.raises(NotFound):
        posted(given.manager, resolving.share_out, given.id, uuid4(), reference="Board 7")


def test_a_partner_only_speaks_for_partners(given: GivenPool) -> None:
    provider = directory.member(Role.FINANCE_LEAD, at=given.provider)
    with pytest.raises((NotFound, SpeaksForNobodyHere)):
        lift(given, provider, 1)


def test_replay_equals_live(session: Session, given: GivenPool, tmp_path: Path) -> None:
    lift(given, chiefs(given)[0], 50_00)
    test_an_overspend_is_explained_planned_for_and_the_plan_accepted(stretched())
    overspent(given, 100_00)
    resolve(given)
    approve_all(given)
    schedule.warn()
    db.session.rollback()
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []
    for table in ("overspend_clocks", "action_plans", "plan_acceptances", "resolutions"):
        assert report.rows[f"pool_{table}"] >= 1
    assert report.rows["pool_cap_lifts"] == 1
    assert report.rows["pool_early_warnings"] >= 1
