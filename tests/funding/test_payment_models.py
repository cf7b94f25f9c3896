"""Payment models and the year's end by their commands: what is refused, and what is told."""

from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.funding.payment_tables import Bundle, Overspend
from ledger.funding.queries.transactions import transaction
from ledger.funding.rules.chart import Head
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.rules.payment_models import Line, RateRefused
from ledger.funding.rules.settlement import Inputs, Run, RunOutOfOrder
from ledger.funding.service import (
    approvals,
    brought_forward,
    bundles,
    capitation,
    corrections,
    credit_notes,
    instalments,
    outcomes,
    pools,
    spending,
    year_end,
)
from ledger.funding.service.days import NotInClosedPeriod, PeriodNotOpen
from ledger.funding.service.posting import Outcome
from tests.directory.conftest import ActAs
from tests.given.funding import GivenPool, accrued, allocated, held, paid, posted, received

DIGEST = "5e" * 32


def by_head(given: GivenPool, members: int = 100, **chosen: Any) -> list[Outcome]:
    line = Line(
        provider_id=given.provider,
        stratum="all",
        members=Fraction(members),
        rate_minor=Fraction("1.25"),
        risk_index=Fraction(1),
    )
    terms = {
        "scheme_id": given.schemes[0],
        "lines": [line],
        "withhold_rate": Fraction(1, 10),
        "roster_digest": DIGEST,
        "reference": "Roster",
        "month": date(2026, 1, 9),
        **chosen,
    }
    command = capitation.correct if "months" in chosen else capitation.run
    if "months" in chosen:
        del terms["month"]
    return posted(given.manager, command, given.id, **terms)


def test_a_month_counts_nobody_below_zero(given: GivenPool) -> None:
    with pytest.raises(RateRefused):
        by_head(given, -1)


def test_a_month_is_paid_once_and_an_overspend_starts_and_stops_the_clock(
    session: Session, given: GivenPool
) -> None:
    (outcome,) = by_head(given)
    assert outcome.overspent_minor == 125
    clocks = session.scalars(select(Overspend)).all()
    assert [clock.ended_at for clock in clocks] == [None]
    with pytest.raises(capitation.CapitatedAlready):
        by_head(given, month=date(2026, 1, 31))
    with pytest.raises(capitation.NotCapitated, match="2026-02"):
        by_head(given, months=[date(2026, 1, 1), date(2026, 2, 1)])
    session.rollback()
    by_head(given, members=-100, months=[date(2026, 1, 1)])
    session.expire_all()
    assert session.scalars(select(Overspend)).one().ended_at is not None
    assert held(session, given, Head.SPENT, given.schemes[0]) == 0
    with pytest.raises(outcomes.NothingWithheld):
        posted(
            given.manager,
            outcomes.award_bonus,
            given.id,
            scheme_id=given.schemes[0],
            provider_id=given.provider,
            earned_rate=Fraction(1),
            evidence_digest=DIGEST,
            reference="Outcome",
        )


def test_episodes_are_counted_and_a_reversal_counts_them_back(
    session: Session, given: GivenPool
) -> None:
    allocated(given, first=100_00)
    terms = {"scheme_id": given.schemes[0], "reference": "Hips", "episodes": 5}
    parts = {given.provider: 3_00}
    bundle_id, _ = posted(given.manager, bundles.start, given.id, parts_minor=parts, **terms)
    few = {"bundle_id": bundle_id, "reference": "June"}
    over = posted(given.manager, bundles.done, given.id, episodes=4, **few)
    with pytest.raises(bundles.NotThatManyEpisodes, match="1 are"):
        posted(given.manager, bundles.cancel, given.id, episodes=2, **few)
    posted(given.manager, corrections.reverse, given.id, over.transaction_id, reference="No")
    posted(given.manager, bundles.cancel, given.id, episodes=5, **few)
    row = session.scalars(select(Bundle)).one()
    assert (row.started, row.done, row.cancelled) == (5, 0, 5)
    assert held(session, given, Head.AVAILABLE, given.schemes[0]) == 100_00
    with pytest.raises(BeyondLimit):
        posted(given.manager, bundles.start, given.id, parts_minor={given.provider: 21_00}, **terms)


def test_a_settlement_runs_as_shadow_then_provisional_then_final(
    session: Session, given: GivenPool
) -> None:
    allocated(given, first=100_00)

    def run(kind: Run, actual: int, settlement_id: UUID | None) -> UUID:
        inputs = Inputs(
            target_minor=100_00,
            actual_minor=actual,
            corridor=Fraction(1, 50),
            gain_rate=Fraction(1, 2),
            loss_rate=Fraction(1, 2),
            quality=Fraction(1),
            cap=Fraction(1, 10),
            weights={given.provider: Fraction(1)},
        )
        found = posted(
            given.manager,
            outcomes.settle_year,
            given.id,
            scheme_id=given.schemes[0],
            run=kind,
            inputs=inputs,
            reference="Year",
            settlement_id=settlement_id,
        )
        return found[0]

    settlement_id = run(Run.SHADOW, 90_00, None)
    assert held(session, given, Head.PAYABLE, given.provider) == 0
    run(Run.PROVISIONAL, 90_00, settlement_id)
    assert held(session, given, Head.PAYABLE, given.provider) == -5_00
    run(Run.FINAL, 94_00, settlement_id)
    assert held(session, given, Head.PAYABLE, given.provider) == -3_00
    with pytest.raises(RunOutOfOrder):
        run(Run.FINAL, 94_00, settlement_id)
    with pytest.raises(outcomes.SettledAlready, match=str(settlement_id)):
        run(Run.FINAL, 94_00, None)
    assert held(session, given, Head.PAYABLE, given.provider) == -3_00


def test_a_provider_may_owe_after_a_credit_note_or_an_approved_claw_back_only(
    session: Session, given: GivenPool
) -> None:
    allocated(given, first=100_00)
    received(given, 100_00)
    accrued(given, 50_00)
    paid(given, 50_00)
    terms: dict[str, Any] = {"scheme_id": given.schemes[0], "provider_id": given.provider}
    terms |= {"amount_minor": 10_00, "reference": "CN 1"}
    posted(given.manager, credit_notes.credit_note, given.id, **terms)
    assert held(session, given, Head.PAYABLE, given.provider) == 10_00
    waiting = posted(given.manager, credit_notes.claw_back, given.id, **terms)
    assert waiting.waiting
    posted(given.approver, approvals.approve, waiting.transaction_id)
    back = {"provider_id": given.provider, "reference": "Bank"}
    with pytest.raises(BeyondLimit):
        posted(given.manager, credit_notes.refund, given.id, amount_minor=21_00, **back)
    posted(given.manager, credit_notes.refund, given.id, amount_minor=20_00, **back)
    assert held(session, given, Head.PAYABLE, given.provider) == 0
    with pytest.raises(NotInClosedPeriod):
        posted(
            given.manager,
            credit_notes.credit_note,
            given.id,
            relates_to=date(2026, 1, 5),
            **terms,
        )


def test_a_year_ends_in_order_and_is_corrected_in_the_next(
    session: Session, given: GivenPool
) -> None:
    days = {"first_day": date(2025, 1, 1), "last_day": date(2025, 12, 31)}
    period_id = posted(given.manager, pools.open_period, given.id, **days)
    accrual = {"scheme_id": given.schemes[0], "provider_id": given.provider, "amount_minor": 7_00}
    day = date(2025, 12, 1)
    posted(given.manager, spending.accrue, given.id, reference="Late", effective_on=day, **accrual)
    with pytest.raises(year_end.StillPromised):
        posted(given.manager, year_end.close_year, given.id, period_id, reference="Accounts")
    posted(given.manager, year_end.soft_close, given.id, period_id)
    with pytest.raises(year_end.AtThatStageAlready):
        posted(given.manager, year_end.soft_close, given.id, period_id)
    with pytest.raises(PeriodNotOpen, match="soft-closed"):
        posted(
            given.manager,
            spending.commit,
            given.id,
            reference="C",
            effective_on=day,
            **accrual,
        )
    with pytest.raises(year_end.MoreThanTheResult):
        posted(
            given.manager,
            brought_forward.bring_forward,
            given.id,
            amount_minor=1,
            reference="Board",
        )
    posted(given.manager, pools.close_period, given.id, period_id)
    late = posted(
        given.manager, spending.accrue, given.id, reference="Older", relates_to=day, **accrual
    )
    assert transaction(session, given.view, late.transaction_id).relates_to == day
    assert late.overspent_minor == 14_00


def test_instalments_fall_due_by_their_schedule_once(given: GivenPool) -> None:
    days = [date(2026, month, 1) for month in (1, 2, 3, 4)]
    posted(given.manager, instalments.schedule, given.id, key="C1", due_on=days)
    with pytest.raises(instalments.ScheduledAlready):
        posted(given.manager, instalments.schedule, given.id, key="C1", due_on=days)
    assert len(posted(given.manager, instalments.bring_due, given.id)) == 3
    assert posted(given.manager, instalments.bring_due, given.id) == []


def test_rates_are_exact_texts_over_http(act_as: ActAs, given: GivenPool) -> None:
    client: FlaskClient = act_as(given.manager)
    body = {
        "scheme_id": str(given.schemes[0]),
        "month": "2026-02-01",
        "withhold_rate": "1/20",
        "roster_digest": DIGEST,
        "reference": "Roster",
        "lines": [
            {
                "provider_id": str(given.provider),
                "stratum": "65-84",
                "members": "31207",
                "rate_minor": "320.864",
            }
        ],
    }
    path = f"/api/v1/pools/{given.id}/capitation"
    for bad in ({"withhold_rate": 0.05}, {"withhold_rate": "-1"}, {"roster_digest": "x"}):
        assert client.post(path, json={**body, **bad}).status_code == 422
    answer: Any = client.post(path, json=body)
    assert answer.status_code == 201, answer.json
    assert answer.json["items"][0]["overspent_minor"] == 10_013_203
    again: Any = client.post(path, json=body).json
    assert again["type"].endswith("capitated-already")
