"""Every event that posts: raced against itself, undone once, refused a second time, replayed.

One pool lives a year by all of them, in an order in which each may happen. A new event without
a row here fails the first test; after each one everything that must hold of the pool is checked.
"""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import create_engine, select

from ledger.core import clock
from ledger.core.db import db
from ledger.core.replay import replay
from ledger.funding.models import Commitment, PoolTransaction
from ledger.funding.payment_tables import Bundle
from ledger.funding.queries import invariants
from ledger.funding.rules.events import Event
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.rules.payment_models import Line
from ledger.funding.rules.postings import AlreadyReversed, NotReversible
from ledger.funding.rules.settlement import Inputs, Run
from ledger.funding.rules.year_end import Cause
from ledger.funding.service import (
    approvals,
    brought_forward,
    budget,
    bundles,
    capitation,
    corrections,
    credit_notes,
    money,
    outcomes,
    pools,
    shares,
    spending,
    year_end,
)
from ledger.funding.service.posting import Outcome
from tests.beginnings import begins_with
from tests.conftest import NOW
from tests.given.funding import GivenPool, pool, posted
from tests.given.races import at_once

E = Event
Command = Callable[..., Any]
Said = dict[str, Any]
Row = Callable[[GivenPool], tuple[Command, Said]]
DIGEST: Final = "5e" * 32
FOR_GOOD: Final = {E.YEAR_CLOSED, E.BUDGET_LAPSED, E.GAIN_LOSS_SETTLED}


def _amount(command: Command, amount_minor: int, *names: str, **more: Any) -> Row:
    """Return a row of a command that takes an amount, and what *names* say of the pool."""

    def row(given: GivenPool) -> tuple[Command, Said]:
        known = {
            "scheme_id": given.schemes[0],
            "provider_id": given.provider,
            "partner_id": given.partners[0],
            "from_scheme_id": given.schemes[0],
            "to_scheme_id": given.schemes[1],
        }
        said = {name: known[name] for name in names}
        return command, {"amount_minor": amount_minor, "reference": "R", **said, **more}

    return row


def _by_head(command: Command, members: int, **more: Any) -> Row:
    def row(given: GivenPool) -> tuple[Command, Said]:
        line = Line(
            provider_id=given.provider,
            stratum="all",
            members=Fraction(members),
            rate_minor=Fraction(100),
            risk_index=Fraction(1),
        )
        return command, {
            "scheme_id": given.schemes[0],
            "lines": [line],
            "withhold_rate": Fraction(1, 10),
            "roster_digest": DIGEST,
            "reference": "Roster",
            **more,
        }

    return row


def _episodes(command: Command) -> Row:
    def row(_: GivenPool) -> tuple[Command, Said]:
        bundle_id = db.session().scalars(select(Bundle.id).where(Bundle.started > 0)).first()
        return command, {"bundle_id": bundle_id, "episodes": 1, "reference": "June"}

    return row


def _settlement(given: GivenPool) -> tuple[Command, Said]:
    inputs = Inputs(
        target_minor=100_00,
        actual_minor=90_00,
        corridor=Fraction(0),
        gain_rate=Fraction(1, 2),
        loss_rate=Fraction(1, 2),
        quality=Fraction(1),
        cap=Fraction(1),
        weights={given.provider: Fraction(1)},
    )
    said = {"scheme_id": given.schemes[0], "run": Run.FINAL, "inputs": inputs}
    return outcomes.settle_year, {**said, "reference": "Year"}


def _release(given: GivenPool) -> tuple[Command, Said]:
    mine = select(Commitment.id).outerjoin(Bundle, Bundle.id == Commitment.id)
    left = Commitment.committed_minor > Commitment.released_minor
    found = db.session().scalars(mine.where(Bundle.id.is_(None), left)).first()
    return spending.release, {"commitment_id": found, "amount_minor": 1_00}


def _of_year(command: Command, **said: Any) -> Row:
    def row(given: GivenPool) -> tuple[Command, Said]:
        return command, {"period_id": given.view.periods[0].id, "reference": "Accounts", **said}

    return row


KEPT: Final = {"amount_minor": 5_00, "cause": Cause.MANAGEMENT_ACTION}
STORY: Final[dict[Event, Row]] = {
    E.CONTRIBUTION_AGREED: lambda _: (budget.agree_contribution, {"key": "C1"}),
    E.INSTALMENT_FALLEN_DUE: _amount(money.fall_due, 2_000_00, "partner_id"),
    E.CONTRIBUTION_RECEIVED: _amount(money.receive, 500_00, "partner_id"),
    E.RESERVE_SET: _amount(budget.set_reserve, 100_00),
    E.BUDGET_ALLOCATED: lambda given: (
        budget.allocate,
        {"amounts_minor": dict.fromkeys(given.schemes, 1_000_00), "reference": "Board"},
    ),
    E.RESERVE_RELEASED: _amount(budget.release_reserve, 10_00, "scheme_id"),
    E.BUDGET_VIRED: _amount(budget.vire, 10_00, "from_scheme_id", "to_scheme_id"),
    E.SPENDING_COMMITTED: _amount(spending.commit, 50_00, "scheme_id", "provider_id"),
    E.COMMITMENT_RELEASED: _release,
    E.EXPENDITURE_ACCRUED: _amount(spending.accrue, 90_00, "scheme_id", "provider_id"),
    E.PAYMENT_MADE: _amount(money.propose_payment, 90_00, "provider_id"),
    E.CAPITATION_RUN: _by_head(capitation.run, 100, month=date(2026, 1, 1)),
    E.ROSTER_CORRECTED: _by_head(capitation.correct, -10, months=[date(2026, 1, 1)]),
    E.BONUS_AWARDED: lambda given: (
        outcomes.award_bonus,
        {
            "scheme_id": given.schemes[0],
            "provider_id": given.provider,
            "earned_rate": Fraction(1, 2),
            "evidence_digest": DIGEST,
            "reference": "Outcome",
        },
    ),
    E.BUNDLE_STARTED: lambda given: (
        bundles.start,
        {
            "scheme_id": given.schemes[0],
            "parts_minor": {given.provider: 1_00},
            "episodes": 9,
            "reference": "Hips",
        },
    ),
    E.BUNDLE_DONE: _episodes(bundles.done),
    E.BUNDLE_CANCELLED: _episodes(bundles.cancel),
    E.GAIN_LOSS_SETTLED: _settlement,
    E.CREDIT_NOTE_RECEIVED: _amount(credit_notes.credit_note, 30_00, "scheme_id", "provider_id"),
    E.CLAW_BACK_MADE: _amount(credit_notes.claw_back, 110_00, "scheme_id", "provider_id"),
    E.REFUND_RECEIVED: _amount(credit_notes.refund, 1_00, "provider_id"),
    E.OVERSPEND_AUTHORISED: _amount(budget.authorise_overspend, 10_00, "scheme_id"),
    E.OVERSPEND_SHARED: _amount(shares.share_overspend, 5_00),
    E.YEAR_CLOSED: _of_year(year_end.close_year),
    E.UNDERSPEND_CARRIED: _of_year(year_end.carry_forward, **KEPT),
    E.UNDERSPEND_RETURNED: _of_year(year_end.return_underspend, **KEPT),
    E.BUDGET_LAPSED: _of_year(year_end.lapse),
    E.BUDGET_BROUGHT_FORWARD: _amount(brought_forward.bring_forward, 1_00),
}
"""What each event is made by, in an order in which each may happen."""

ELSEWHERE: Final = {
    E.TRANSACTION_REVERSED: "each row here is undone by one",
    E.OPENING_BROUGHT_IN: "it begins a pool that was run elsewhere; see its own tests",
    E.FUND_DRAWN: "test_worked_year: it needs a year that cost more than its income",
}


def test_every_event_has_a_row() -> None:
    assert set(STORY) | set(ELSEWHERE) == set(Event)


def scene() -> GivenPool:
    return pool(contributions=False)


beginning = begins_with(scene)


def test_each_is_raced_undone_once_and_replayed(
    app: Flask, given: GivenPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raced = db.engine.dialect.name == "postgresql"
    for event in STORY:
        if event is E.YEAR_CLOSED:
            end_the_year(given, monkeypatch)
        before = posted_as(given, event)
        if raced:
            at_once(app, lambda: carry_out(given, event), lambda: carry_out(given, event))  # noqa: B023
        else:
            carry_out(given, event)
        made = [one for one in posted_as(given, event) if one not in before]
        assert made, event
        assert not [found for _, found in holds(given) if found], event
        undo(given, event, made[-1])
        if len(made) == 1 and event not in {*FOR_GOOD, E.REFUND_RECEIVED}:
            carry_out(given, event)
        assert not [found for _, found in holds(given) if found], event
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    db.session.rollback()
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []


def carry_out(given: GivenPool, event: Event) -> None:
    """Carry an event out, with every approval that it waits for."""
    command, said = STORY[event](given)
    came = posted(given.manager, command, given.id, **said)
    for one in came if isinstance(came, list | tuple) else [came]:
        approved(given, one)


def approved(given: GivenPool, outcome: object) -> None:
    for lead in given.leads:
        if not (isinstance(outcome, Outcome) and outcome.waiting):
            return
        outcome = posted(lead, approvals.approve, outcome.transaction_id)


def undo(given: GivenPool, event: Event, transaction_id: UUID) -> None:
    """Undo a transaction; a second time is refused and says so."""

    def reverse() -> Outcome:
        said = {"reference": "Wrong"}
        if event in {E.UNDERSPEND_CARRIED, E.UNDERSPEND_RETURNED}:
            said["effective_on"] = date(2026, 12, 31)  # type: ignore[assignment]
        return posted(given.manager, corrections.reverse, given.id, transaction_id, **said)

    if event in FOR_GOOD:
        with pytest.raises(NotReversible):
            reverse()
        return
    if event is E.REFUND_RECEIVED:  # It would leave the provider owing: claw it back instead.
        with pytest.raises(BeyondLimit):
            reverse()
        return
    approved(given, reverse())
    with pytest.raises(AlreadyReversed):
        reverse()


def end_the_year(given: GivenPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Release what is promised, open the next year and go there."""
    for row in db.session().scalars(select(Commitment)).all():
        if left := row.state.open_minor:
            if db.session().get(Bundle, row.id):
                said = {"bundle_id": row.id, "episodes": left // 1_00, "reference": "End"}
                posted(given.manager, bundles.cancel, given.id, **said)
            else:
                said = {"commitment_id": row.id, "amount_minor": left}
                posted(given.manager, spending.release, given.id, **said)
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(year=2027))
    days = {"first_day": date(2027, 1, 1), "last_day": date(2027, 12, 31)}
    posted(given.manager, pools.open_period, given.id, **days)
    posted(given.manager, year_end.soft_close, given.id, given.view.periods[0].id)


def posted_as(given: GivenPool, event: Event) -> list[UUID]:
    db.session.rollback()
    row = PoolTransaction
    mine = select(row.id).where(row.pool_id == given.id, row.event == event)
    return list(db.session().scalars(mine.order_by(row.recorded_at, row.id)))


def holds(given: GivenPool) -> list[tuple[str, list[str]]]:
    db.session.rollback()
    found = invariants.broken(db.session(), given.id)
    return [(one.says, wrong) for one, wrong in found]
