"""What a transaction rests on: nothing is undone that was used, no scheme has back another's."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.db import db
from ledger.funding.queries import transactions
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.impersonal import ReferencePersonal
from ledger.funding.rules.payment_models import Line
from ledger.funding.rules.year_end import Cause
from ledger.funding.service import (
    approvals,
    brought_forward,
    budget,
    capitation,
    corrections,
    credit_notes,
    money,
    outcomes,
    pools,
    shares,
    year_end,
)
from ledger.funding.service.grounds import MoreThanCharged, UsedSince
from ledger.funding.service.money import MoreThanAgreed
from ledger.funding.service.year_end import MoreThanTheResult
from tests.conftest import NOW
from tests.given import directory
from tests.given.funding import GivenPool, accrued, allocated, held, posted, received
from tests.given.races import at_once

DIGEST = "5e" * 32
Kept = Callable[[], UUID]


def undo(given: GivenPool, transaction_id: UUID, **chosen: Any) -> UUID:
    said = {"reference": "Wrong", **chosen}
    came = posted(given.manager, corrections.reverse, given.id, transaction_id, **said)
    for lead in given.leads if came.waiting else ():
        posted(lead, approvals.approve, came.transaction_id)
    return came.transaction_id


def newest(session: Session, given: GivenPool, event: Event) -> UUID:
    found = transactions.transactions(session, given.view, limit=20)
    return next(one.id for one in found if one.event is event)


def in_year(given: GivenPool, monkeypatch: pytest.MonkeyPatch, year: int) -> UUID:
    """Open a year and go there."""
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(year=year))
    days = {"first_day": date(year, 1, 1), "last_day": date(year, 12, 31)}
    return posted(given.manager, pools.open_period, given.id, **days)


def close(given: GivenPool, period_id: UUID) -> None:
    posted(given.manager, year_end.soft_close, given.id, period_id)
    posted(given.manager, year_end.close_year, given.id, period_id, reference="Accounts")


def keep(given: GivenPool, period_id: UUID, amount_minor: int) -> UUID:
    said = {"amount_minor": amount_minor, "cause": Cause.MANAGEMENT_ACTION, "reference": "Board"}
    return posted(given.manager, year_end.carry_forward, given.id, period_id, **said).transaction_id


def bring(given: GivenPool, amount_minor: int) -> UUID:
    said = {"amount_minor": amount_minor, "reference": "Board"}
    return posted(given.manager, brought_forward.bring_forward, given.id, **said).transaction_id


def test_a_contribution_stays_agreed_while_instalments_of_it_fell_due(
    session: Session, given: GivenPool
) -> None:
    said = {"partner_id": given.partners[2], "amount_minor": 1, "reference": "Quarter 1"}
    due = posted(given.manager, money.fall_due, given.id, **said)
    agreed = newest(session, given, Event.CONTRIBUTION_AGREED)  # The third partner's, £200,000.
    with pytest.raises(UsedSince):
        undo(given, agreed)
    undo(given, due.transaction_id)
    undo(given, agreed)
    assert held(session, given, Head.FUNDING, given.partners[2]) == 0


def test_an_authorisation_stays_while_partners_bear_it(session: Session, given: GivenPool) -> None:
    said = {"scheme_id": given.schemes[0], "amount_minor": 100_00, "reference": "Board"}
    authorised = posted(given.manager, budget.authorise_overspend, given.id, **said)
    for lead in given.leads:
        posted(lead, approvals.approve, authorised.transaction_id)
    one = {"amount_minor": 1, "reference": "Board"}
    shared = posted(given.manager, shares.share_overspend, given.id, **one)
    with pytest.raises(UsedSince):
        undo(given, authorised.transaction_id)
    waiting = undo_later(given, shared.transaction_id, authorised.transaction_id)
    posted(given.manager, shares.share_overspend, given.id, **one)
    posted(given.leads[0], approvals.approve, waiting)
    posted(given.leads[1], approvals.approve, waiting)
    with pytest.raises(UsedSince):  # It was shared again while its reversal waited.
        posted(given.leads[2], approvals.approve, waiting)


def undo_later(given: GivenPool, shared: UUID, authorised: UUID) -> UUID:
    undo(given, shared)
    said = {"reference": "Wrong"}
    return posted(given.manager, corrections.reverse, given.id, authorised, **said).transaction_id


def test_what_is_kept_becomes_budget_of_each_year_until_it_is_spent(
    given: GivenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = given.view.periods[0].id
    received(given, 100_00)
    second = in_year(given, monkeypatch, 2027)
    close(given, first)
    carried = keep(given, first, 100_00)
    budgeted = bring(given, 60_00)
    with pytest.raises(MoreThanTheResult, match=r"40\.00"):
        bring(given, 40_01)
    with pytest.raises(UsedSince):
        undo(given, carried, effective_on=date(2026, 12, 31))
    undo(given, budgeted)
    undo(given, carried, effective_on=date(2026, 12, 31))
    keep(given, first, 100_00)
    bring(given, 100_00)
    accrued(given, 5_00)
    in_year(given, monkeypatch, 2028)
    with pytest.raises(MoreThanTheResult, match=r"0\.00"):
        bring(given, 1)
    credit = {"scheme_id": given.schemes[0], "provider_id": given.provider}
    posted(
        given.manager, credit_notes.credit_note, given.id, **credit,
        amount_minor=5_00, reference="CN", effective_on=date(2027, 12, 31),
    )  # fmt: skip
    received(given, 1_00)
    said = {"partner_id": given.partners[0], "amount_minor": 7_00, "reference": "Quarter 1"}
    posted(given.manager, money.fall_due, given.id, **said, effective_on=date(2027, 12, 31))
    close(given, second)  # Nothing of what was brought forward was needed: it is kept.
    with pytest.raises(MoreThanTheResult, match=r"100\.00"):
        bring(given, 100_01)
    bring(given, 100_00)


def test_no_more_falls_due_than_was_agreed_over_all_years(
    given: GivenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"partner_id": given.partners[2], "reference": "Quarter 1"}
    posted(given.manager, money.fall_due, given.id, amount_minor=200_000_00, **said)
    first = given.view.periods[0].id
    in_year(given, monkeypatch, 2027)
    close(given, first)
    with pytest.raises(MoreThanAgreed):
        posted(given.manager, money.fall_due, given.id, amount_minor=1, **said)


def test_a_correction_names_its_day_as_soon_as_the_year_has_its_result(
    session: Session, given: GivenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    allocated(given, first=100_00)
    invoice = accrued(given, 10_00)
    first = given.view.periods[0].id
    in_year(given, monkeypatch, 2027)
    close(given, first)
    undone = transactions.transaction(session, given.view, undo(given, invoice))
    assert (undone.effective_on.year, undone.relates_to) == (2027, date(2026, 3, 2))
    late = accrued(given, 5_00, relates_to=date(2026, 5, 1))
    assert transactions.transaction(session, given.view, late).relates_to == date(2026, 5, 1)


def test_a_credit_note_moves_no_budget_from_scheme_to_scheme(
    session: Session, given: GivenPool
) -> None:
    allocated(given, first=500_00)
    accrued(given, 300_00)
    said = {"provider_id": given.provider, "amount_minor": 200_00, "reference": "CN"}
    first, second = ({**said, "scheme_id": one} for one in given.schemes)
    for command in (credit_notes.credit_note, credit_notes.claw_back):
        with pytest.raises(MoreThanCharged):
            posted(given.manager, command, given.id, **second)
    invoice = accrued(given, 50_00)
    waiting = posted(given.manager, credit_notes.claw_back, given.id, **first)
    posted(given.manager, credit_notes.credit_note, given.id, **first)
    with pytest.raises(MoreThanCharged, match=r"150\.00"):
        posted(given.approver, approvals.approve, waiting.transaction_id)
    posted(given.manager, credit_notes.credit_note, given.id, **{**first, "amount_minor": 150_00})
    accrued(given, 60_00, scheme_id=given.schemes[1])
    with pytest.raises(MoreThanCharged):
        undo(given, invoice)  # The second scheme's invoice would pay for it.
    assert held(session, given, Head.EXPENDITURE, given.schemes[0]) == 0


def test_what_is_not_earned_returns_to_the_scheme_that_it_was_withheld_from(
    session: Session, given: GivenPool
) -> None:
    allocated(given, first=1_000_00)
    by_head(given)
    said: dict[str, Any] = {"provider_id": given.provider, "reference": "Outcome"}
    said |= {"earned_rate": Fraction(1, 4), "evidence_digest": DIGEST}
    award = outcomes.award_bonus
    with pytest.raises(MoreThanCharged):
        posted(given.manager, award, given.id, scheme_id=given.schemes[1], **said)
    posted(given.manager, award, given.id, scheme_id=given.schemes[0], **said)
    assert held(session, given, Head.AVAILABLE, given.schemes[0]) == 907_50


def by_head(given: GivenPool, *, scheme_id: UUID | None = None) -> None:
    """Pay £100 by head for January, of which £10 are withheld."""
    line = Line(
        provider_id=given.provider,
        stratum="all",
        members=Fraction(100),
        rate_minor=Fraction(100),
        risk_index=Fraction(1),
    )
    posted(
        given.manager, capitation.run, given.id, scheme_id=scheme_id or given.schemes[0],
        month=date(2026, 1, 1), lines=[line], withhold_rate=Fraction(1, 10),
        roster_digest=DIGEST, reference="Roster",
    )  # fmt: skip


def test_a_month_is_paid_by_head_once_however_many_ask_at_once(
    app: Flask, session: Session, given: GivenPool
) -> None:
    session.rollback()
    refused = at_once(app, *[lambda: by_head(given)] * 3)
    assert [type(one) for one in refused] == [capitation.CapitatedAlready] * 2
    assert held(db.session(), given, Head.SPENT, given.schemes[0]) == 100_00


@pytest.mark.parametrize(
    "said",
    [
        "9434765919",
        "Care of 943 476 5919",
        "943\N{EN DASH}476\N{EN DASH}5919",
        "943\N{NO-BREAK SPACE}476\N{NO-BREAK SPACE}5919",
        "94347\N{ZERO WIDTH SPACE}65919",
        "\N{FULLWIDTH DIGIT NINE}434765919",
        "ann@example.org",
        "ann\N{FULLWIDTH COMMERCIAL AT}example.org",
    ],
)
def test_a_reference_names_no_person(given: GivenPool, said: str) -> None:
    with pytest.raises(ReferencePersonal):
        accrued(given, 1_00, reference=said)
    accrued(given, 1_00, reference="94347-65919")
    weights = {given.schemes[0]: Fraction(1)}
    with pytest.raises(ReferencePersonal):
        posted(
            given.manager, budget.divide, given.id,
            total_minor=1, weights=weights, basis=said, reference="Need",
        )  # fmt: skip


def test_a_correction_takes_back_only_what_was_charged_to_its_scheme(given: GivenPool) -> None:
    other = directory.organisation()
    posted(given.manager, pools.add_provider, given.id, provider_id=other)
    allocated(given, first=1_000_00, second=1_000_00)
    accrued(given, 500_00, provider_id=other)
    for scheme in given.schemes:
        by_head(given, scheme_id=scheme)
    people: dict[str, Any] = {"provider_id": other, "stratum": "all", "rate_minor": Fraction(100)}
    line = Line(**people, members=Fraction(-100), risk_index=Fraction(1))
    said: dict[str, Any] = {
        "months": [date(2026, 1, 1)],
        "lines": [line],
        "withhold_rate": Fraction(0),
    }
    said |= {"roster_digest": DIGEST, "reference": "Roster"}
    with pytest.raises(MoreThanCharged):
        posted(given.manager, capitation.correct, given.id, scheme_id=given.schemes[1], **said)
