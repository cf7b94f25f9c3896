"""Spending is published by two partners, stays as it was, and shows nothing small."""

import csv
from datetime import date
from io import StringIO

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.errors import Forbidden, Invalid, NotFound
from ledger.funding.queries.publications import publications, spend_of
from ledger.funding.rules.controls import MakerApproves
from ledger.funding.rules.public_spend import TOGETHER, Spent, public_spend
from ledger.funding.service import corrections, publication
from ledger.funding.service.publication import AnotherPartnerAgrees, PublishedAlready
from tests.beginnings import begins_with
from tests.conftest import Sequenced
from tests.directory.conftest import ActAs, form
from tests.given import directory
from tests.given.funding import GivenPool, accrued, allocated, pool, posted

JANUARY = {"first_day": date(2026, 1, 1), "last_day": date(2026, 1, 31)}
PAGE = {"Accept": "text/html"}


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=5_000_00, second=200_00)
    for number in range(12):
        accrued(made, 10_00 + number, effective_on=date(2026, 1, 2 + number))
    undone = accrued(made, 700_00, effective_on=date(2026, 1, 20))
    posted(made.manager, corrections.reverse, made.id, undone, reference="Twice")
    return made


beginning = begins_with(scene)


def line(name: str, *, month: str = "2026-01", scheme: str = "A") -> Spent:
    by = {"month": month, "scheme": scheme, "type": "premises", "provider": "P"}
    return Spent(payment=name, amount_minor=100, by=by)


def test_small_lines_are_shown_together_with_larger_ones() -> None:
    sizes = {"A": 1, "B": 20, "C": 30, "D": 40}
    spent = [
        line(f"{scheme}{number}", scheme=scheme)
        for scheme, size in sizes.items()
        for number in range(size)
    ]
    shown = public_spend(spent, floor=10)
    rows = {row.name: row.payments for row in shown.tables["scheme"] or ()}
    assert rows == {"D": 40, TOGETHER: 51}
    assert shown.total is not None
    assert (shown.total.payments, shown.total.amount_minor) == (91, 91_00)


def test_few_payments_are_not_shown_at_all() -> None:
    shown = public_spend([line(str(number)) for number in range(9)], floor=10)
    assert shown.total is None
    assert set(shown.tables.values()) == {None}


def test_a_payment_divided_between_lines_withholds_that_table() -> None:
    spent = [line(str(number)) for number in range(30)]
    spent += [line("both", scheme="A"), line("both", scheme="B")]
    shown = public_spend(spent, floor=1)
    assert shown.tables["scheme"] is None
    assert shown.tables["month"] is not None


def test_two_people_of_two_partners_publish(session: Session, given: GivenPool) -> None:
    host, second = given.leads[0], given.leads[1]
    asked = posted(host, publication.ask, given.id, **JANUARY)
    [waiting] = publications(session, given.id)
    with pytest.raises(NotFound):
        spend_of(session, waiting)
    with pytest.raises(MakerApproves):
        posted(host, publication.agree, asked)
    with pytest.raises(AnotherPartnerAgrees):
        posted(given.approver, publication.agree, asked)
    posted(second, publication.agree, asked)
    with pytest.raises(PublishedAlready):
        posted(given.leads[2], publication.agree, asked)


def test_days_are_over_in_one_year_and_published_once(session: Session, given: GivenPool) -> None:
    ask, lead = publication.ask, given.leads[0]
    posted(lead, ask, given.id, **JANUARY)
    with pytest.raises(PublishedAlready):
        posted(lead, ask, given.id, first_day=date(2026, 1, 31), last_day=date(2026, 2, 1))
    for first, last in (
        (date(2026, 2, 1), date(2026, 12, 1)),
        (date(2026, 2, 2), date(2026, 2, 1)),
        (date(2025, 2, 1), date(2025, 2, 2)),
    ):
        with pytest.raises(Invalid):
            posted(lead, ask, given.id, first_day=first, last_day=last)
    for actor in (given.manager, directory.member(Role.CLINICIAN, at=given.partners[0])):
        with pytest.raises((Forbidden, NotFound)):
            posted(actor, ask, given.id, **JANUARY)


def test_anybody_sees_what_was_published_as_it_stood(
    given: GivenPool, app: Flask, sequenced: Sequenced
) -> None:
    address, client = f"/public/pools/{given.id}/spend", app.test_client()
    assert client.get(address, headers=PAGE).status_code == 404
    sequenced()
    asked = posted(given.leads[0], publication.ask, given.id, **JANUARY)
    assert client.get(address, headers=PAGE).status_code == 404
    posted(given.leads[1], publication.agree, asked)
    before = client.get(f"{address}.json").json
    assert before is not None
    assert before["total"]["payments"] == 12
    assert before["total"]["amount_minor"] == 120_66
    accrued(given, 99_00, effective_on=date(2026, 1, 25))
    sequenced()
    assert client.get(f"{address}.json").json == before
    page = client.get(address, headers=PAGE)
    assert page.status_code == 200
    assert "£120.66 in 12 payments due" in page.text
    rows = list(csv.DictReader(StringIO(client.get(f"{address}.csv").text)))
    assert {row["table"] for row in rows} == {"all", "month", "scheme", "type", "provider"}
    assert rows[0]["amount"] == "120.66"
    assert client.get(f"{address}?of=x", headers=PAGE).status_code == 404


def test_partners_decide_on_a_page(
    act_as: ActAs, session: Session, given: GivenPool, sequenced: Sequenced
) -> None:
    sequenced()
    asked = posted(given.leads[0], publication.ask, given.id, **JANUARY)
    address = f"/pools/{given.id}/publication"
    own = act_as(given.leads[0]).get(address, headers=PAGE).text
    assert "Waits for another partner" in own
    assert "Agree to publish" not in own
    client = act_as(given.leads[1])
    assert "Agree to publish" in client.get(address, headers=PAGE).text
    done = client.post(f"{address}/{asked}", data=form(), headers=PAGE, follow_redirects=True)
    assert "See what everybody sees" in done.text
    wrong = client.post(address, data=form(period="x"), headers=PAGE)
    assert wrong.status_code == 422
    other = pool()
    elsewhere = f"/pools/{other.id}/publication/{asked}"
    assert act_as(other.leads[1]).post(elsewhere, data=form(), headers=PAGE).status_code == 404
