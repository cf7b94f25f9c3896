"""Many posts written together: each its own command, and the same figures as one by one."""

from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck
from hypothesis import given as from_cases
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.authority import Refused
from ledger.core.db import db
from ledger.core.errors import Bug, LedgerError, NotFound
from ledger.core.replay import replay
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.funding.models import PoolTransaction
from ledger.funding.payment_tables import Overspend
from ledger.funding.queries import invariants
from ledger.funding.queries.balances import balances
from ledger.funding.rules.chart import Head
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.service import budget, money, spending
from ledger.funding.service.days import PeriodNotOpen
from ledger.funding.service.together import together
from tests.directory.conftest import ActAs
from tests.given import directory
from tests.given.funding import GivenPool, allocated, held, pool, posted
from tests.given.races import at_once

SORTS = ("fall due", "receive", "accrue", "accrue of a commitment", "allocate", "pay")
POSTS = st.lists(st.tuples(st.sampled_from(SORTS), st.integers(1, 90_00)), max_size=12)


def do(work: UnitOfWork, one: GivenPool, sort: str, minor: int) -> None:
    """Carry out one post of some sort."""
    partner = {"partner_id": one.partners[0], "amount_minor": minor, "reference": "Line"}
    owed = {"provider_id": one.provider, "amount_minor": minor, "reference": "Invoice"}
    match sort:
        case "fall due":
            money.fall_due(work, one.id, **partner)  # type: ignore[arg-type]
        case "receive":
            money.receive(work, one.id, **partner)  # type: ignore[arg-type]
        case "accrue":
            spending.accrue(work, one.id, scheme_id=one.schemes[0], **owed)  # type: ignore[arg-type]
        case "accrue of a commitment":
            made, _ = spending.commit(work, one.id, scheme_id=one.schemes[1], **owed)  # type: ignore[arg-type]
            terms: dict[str, Any] = {"scheme_id": one.schemes[1], "commitment_id": made, **owed}
            spending.accrue(work, one.id, **terms)
        case "allocate":
            said = {one.schemes[0]: minor}
            budget.allocate(work, one.id, amounts_minor=said, reference="Board")
        case "pay":
            money.propose_payment(work, one.id, **owed)  # type: ignore[arg-type]


def tried(one: GivenPool, posts: list[tuple[str, int]], *, together_: bool) -> str | None:
    """Carry out posts in one unit of work; return what refused them, if anything did."""
    try:
        with unit_of_work(one.manager) as work:
            if not together_:
                for sort, minor in posts:
                    do(work, one, sort, minor)
                return None
            with together(work, one.id):
                for sort, minor in posts:
                    do(work, one, sort, minor)
    except LedgerError as refused:
        return refused.slug
    return None


@from_cases(POSTS)
@how(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_together_comes_to_the_same_as_one_by_one(
    session: Session, posts: list[tuple[str, int]]
) -> None:
    seen = []
    for how_ in (False, True):
        one = pool()
        allocated(one, first=50_00, second=500_00)
        refused = tried(one, posts, together_=how_)
        db.session.remove()
        of = {id_: n for n, id_ in enumerate((*one.partners, one.provider, *one.schemes))}
        held_ = {
            (each.head, None if each.of is None else of[each.of]): minor
            for each, minor in balances(db.session(), one.id).items()
        }
        rows = db.session().scalars(
            select(PoolTransaction.event)
            .where(PoolTransaction.pool_id == one.id)
            .order_by(PoolTransaction.recorded_at, PoolTransaction.id)
        )
        short = select(func.count()).select_from(Overspend).where(Overspend.pool_id == one.id)
        seen.append((refused, held_, sorted(rows), db.session().scalar(short)))
        assert not [found for _, found in invariants.broken(db.session(), one.id) if found]
    assert seen[0] == seen[1]


def test_each_has_its_entry_and_replay_agrees(given: GivenPool, tmp_path: Path) -> None:
    allocated(given, first=10_00)
    posts = [("fall due", 90_00), *[("receive", 1_00)] * 40, *[("accrue", 50)] * 30]
    assert tried(given, [*posts, ("allocate", 7_00)], together_=True) is None
    db.session.remove()
    row = PoolTransaction
    entries = db.session().scalar(select(func.count(row.entry_id.distinct())))
    assert entries == 4 + 1 + len(posts)  # Three contributions and an allocation came before.
    assert held(db.session(), given, Head.CASH) == 40_00
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[0]) == 2_00
    db.session.remove()
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []


def test_one_refused_leaves_none(given: GivenPool) -> None:
    fall, come = ("fall due", 5_00), ("receive", 4_00)
    assert tried(given, [fall, come, come], together_=True) == BeyondLimit.slug
    stranger = directory.member(Role.FINANCE_LEAD, at=given.provider)
    with pytest.raises(NotFound), unit_of_work(stranger) as work, together(work, given.id):
        do(work, given, *fall)
    partner = given.leads[1]
    with pytest.raises(Refused), unit_of_work(partner) as work, together(work, given.id):
        do(work, given, *fall)
    late = {"partner_id": given.partners[0], "amount_minor": 1, "reference": "L"}
    manager = unit_of_work(given.manager)
    with pytest.raises(PeriodNotOpen), manager as work, together(work, given.id):
        do(work, given, *fall)
        money.fall_due(work, given.id, **late, effective_on=date(2024, 1, 1))  # type: ignore[arg-type]
    assert held(db.session(), given, Head.RECEIVABLE, given.partners[0]) == 0


def test_one_of_many_is_undone_alone(given: GivenPool) -> None:
    with unit_of_work(given.manager) as work, together(work, given.id):
        do(work, given, "fall due", 5_00)
        with suppress(BeyondLimit), work.attempt():
            do(work, given, "receive", 3_00)
            do(work, given, "receive", 3_00)
        do(work, given, "receive", 4_00)
    assert held(db.session(), given, Head.CASH) == 4_00
    assert held(db.session(), given, Head.RECEIVABLE, given.partners[0]) == 1_00


def test_nothing_waits_without_permission(given: GivenPool) -> None:
    entry = object()
    with pytest.raises((Bug, AttributeError)), unit_of_work(given.manager) as work:
        work.record_later(entry)  # type: ignore[arg-type]


def test_batches_and_single_posts_at_the_same_moment(app: Flask, given: GivenPool) -> None:
    posted(given.manager, do, given, "fall due", 100_00)
    db.session.rollback()

    def many() -> None:
        with unit_of_work(given.manager) as work, together(work, given.id):
            for _ in range(30):
                do(work, given, "receive", 1_00)

    refused = at_once(
        app, many, many, many, *[lambda: posted(given.manager, do, given, "receive", 1_00)] * 8
    )
    taken = held(db.session(), given, Head.CASH)
    assert 60_00 <= taken <= 98_00  # Two batches of three, or all of them but few single ones.
    assert {type(one) for one in refused} <= {BeyondLimit}
    assert held(db.session(), given, Head.RECEIVABLE, given.partners[0]) == 100_00 - taken
    assert not [found for _, found in invariants.broken(db.session(), given.id) if found]


def test_a_program_posts_many_in_one_request(act_as: ActAs, given: GivenPool) -> None:
    at, client = f"/api/v1/pools/{given.id}/batch", act_as(given.manager)
    one = {"partner_id": str(given.partners[0]), "amount_minor": 5_00, "reference": "Line"}
    events = [{"post": "instalment", **one}, *[{"post": "receipt", **one, "amount_minor": 50}] * 10]
    key = {"Idempotency-Key": "monday"}
    first = client.post(at, json={"events": events}, headers=key)
    assert first.status_code == 201, first.json
    assert len(first.json["outcomes"]) == 11  # type: ignore[index]
    assert client.post(at, json={"events": events}, headers=key).json == first.json
    assert held(db.session(), given, Head.CASH) == 5_00
    more = client.post(at, json={"events": events[1:]})
    assert (more.status_code, more.json["detail"][:8]) == (409, "event 1:")  # type: ignore[index]
    wrong: list[Any]
    for wrong in ([], [{"post": "gift"}], [{"post": "receipt"}], [[]], [events[1]] * 501):
        assert client.post(at, json={"events": wrong}).status_code == 422
    assert act_as(given.leads[1]).post(at, json={"events": events}).status_code == 403
    assert held(db.session(), given, Head.CASH) == 5_00
