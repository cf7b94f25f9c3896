"""Two years of one pool: what one left is not the other's, and a late correction is told apart."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.funding.queries.restated import restated
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.year_end import Cause
from ledger.funding.service import money, pools, year_end
from ledger.funding.service.year_end import MoreThanTheResult, NoResultYet
from tests.conftest import NOW
from tests.given.funding import GivenPool, accrued, allocated, posted, received

KEPT = {"cause": Cause.MANAGEMENT_ACTION, "reference": "Board"}


@pytest.fixture
def years(given: GivenPool, monkeypatch: pytest.MonkeyPatch) -> tuple[UUID, UUID]:
    """2026 has £70 left and 2027 £20, both closed and nothing of them distributed."""
    first_id = given.view.periods[0].id
    allocated(given, first=100_00, second=400_00)
    received(given, 100_00)
    accrued(given, 30_00)
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(year=2028))
    days = {"first_day": date(2027, 1, 1), "last_day": date(2027, 12, 31)}
    second_id = posted(given.manager, pools.open_period, given.id, **days)
    with pytest.raises(NoResultYet):
        carried(given, first_id, 1)
    closed(given, first_id)
    late = {"reference": "Q", "effective_on": date(2027, 5, 1)}
    said = {"partner_id": given.partners[0], "amount_minor": 20_00, **late}
    posted(given.manager, money.fall_due, given.id, **said)
    closed(given, second_id)
    return first_id, second_id


def closed(given: GivenPool, period_id: UUID) -> None:
    posted(given.manager, year_end.soft_close, given.id, period_id)
    posted(given.manager, year_end.close_year, given.id, period_id, reference="Accounts")


def carried(given: GivenPool, period_id: UUID, amount_minor: int) -> Any:
    said = {"amount_minor": amount_minor, **KEPT}
    return posted(given.manager, year_end.carry_forward, given.id, period_id, **said)


def test_one_years_result_is_not_anothers(given: GivenPool, years: tuple[UUID, UUID]) -> None:
    first_id, second_id = years
    with pytest.raises(MoreThanTheResult, match=r"20\.00"):
        carried(given, second_id, 20_01)
    carried(given, second_id, 20_00)
    with pytest.raises(MoreThanTheResult, match=r"0\.00"):
        posted(
            given.manager,
            year_end.return_underspend,
            given.id,
            second_id,
            amount_minor=1,
            cause=Cause.WINDFALL,
            reference="Board",
        )
    posted(given.manager, pools.close_period, given.id, second_id)
    with pytest.raises(year_end.StillPromised):
        posted(given.manager, pools.close_period, given.id, first_id)
    carried(given, first_id, 70_00)
    posted(given.manager, pools.close_period, given.id, first_id)


def test_a_late_invoice_is_in_the_restated_figures_of_its_year(
    session: Session, given: GivenPool, years: tuple[UUID, UUID]
) -> None:
    first_id, second_id = years
    carried(given, first_id, 70_00)
    posted(given.manager, pools.close_period, given.id, first_id)
    days = {"first_day": date(2028, 1, 1), "last_day": date(2028, 12, 31)}
    third_id = posted(given.manager, pools.open_period, given.id, **days)
    late = accrued(given, 5_00, relates_to=date(2026, 11, 30))
    spent = Account(head=Head.EXPENDITURE, of=given.schemes[0])
    first = restated(session, given.view, first_id)
    assert first.posted_minor[spent] == 30_00
    assert first.restated_minor[spent] == 35_00
    assert [one.transaction_id for one in first.corrections] == [late]
    assert restated(session, given.view, second_id).corrected_minor == {}
    third = restated(session, given.view, third_id)
    assert third.posted_minor[spent] == 5_00
    assert third.restated_minor[spent] == 0
