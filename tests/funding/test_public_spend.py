"""Spending is published by two partners, stays as it was, and shows nothing small."""

import csv
from datetime import date
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.commands.publications import group
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, Invalid, NotFound
from ledger.core.replay import replay
from ledger.directory.queries.holders import email_of
from ledger.funding.publication import service as publication
from ledger.funding.publication.queries import publications, spend_of
from ledger.funding.publication.rules.tables import TOGETHER, Spent, public_spend
from ledger.funding.publication.service import AnotherPartnerAgrees, PublishedAlready
from ledger.funding.rules.controls import MakerApproves
from ledger.funding.service import corrections, pools
from tests.beginnings import begins_with
from tests.conftest import Sequenced
from tests.directory.conftest import ActAs, form
from tests.given import directory
from tests.given.funding import GivenPool, accrued, allocated, pool, posted

JANUARY = {"first_day": date(2026, 1, 1), "last_day": date(2026, 1, 31)}
JANUARY_SAID = {key: value.isoformat() for key, value in JANUARY.items()}
PAGE = {"Accept": "text/html"}


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=5_000_00, second=200_00)
    second = directory.organisation()
    posted(made.manager, pools.add_provider, made.id, provider_id=second)
    for number in range(24):
        accrued(
            made,
            10_00 + number,
            effective_on=date(2026, 1, 2 + number),
            provider_id=(made.provider, second)[number % 2],
        )
    undone = accrued(made, 700_00, effective_on=date(2026, 1, 20))
    posted(made.manager, corrections.reverse, made.id, undone, reference="Twice")
    return made


beginning = begins_with(scene)


def line(name: str, *, month: str = "2026-01", scheme: str = "A") -> Spent:
    provider = f"P{sum(map(ord, name)) % 2}"
    by = {"month": month, "scheme": scheme, "type": "premises", "provider": provider}
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
    assert before["total"]["payments"] == 24
    assert before["total"]["amount_minor"] == 242_76
    accrued(given, 99_00, effective_on=date(2026, 1, 25))
    sequenced()
    assert client.get(f"{address}.json").json == before
    page = client.get(address, headers=PAGE)
    assert page.status_code == 200
    assert "£242.76 in 24 payments due" in page.text
    rows = list(csv.DictReader(StringIO(client.get(f"{address}.csv").text)))
    assert {row["table"] for row in rows} == {"all", "month", "scheme", "type", "provider"}
    assert rows[0]["amount"] == "242.76"
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


def test_a_line_that_is_one_organisations_is_not_shown_by_itself() -> None:
    def of(scheme: str, provider: str, count: int) -> list[Spent]:
        by = {"month": "2026-01", "scheme": scheme, "type": "premises", "provider": provider}
        return [
            Spent(payment=f"{scheme} {provider} {n}", amount_minor=100, by=by) for n in range(count)
        ]

    spent = of("alone", "P", 50)
    for scheme, count in (("A", 20), ("B", 30), ("C", 40)):
        spent += [*of(scheme, "P", count), *of(scheme, "Q", count)]
    tables = public_spend(spent, floor=10).tables
    assert {row.name for row in tables["scheme"] or ()} == {"C", TOGETHER}
    assert {row.name for row in tables["provider"] or ()} == {"P", "Q"}


def test_payments_of_a_file_count_one_by_one() -> None:
    by = {"month": "2026-01", "scheme": "A", "provider": "P"}
    spent = [
        Spent(payment=f"T {sort} {who}", payments=11, amount_minor=5, by={**by, **said})
        for sort in ("premises", "transport")
        for who in ("P", "Q")
        for said in [{"type": sort, "provider": who}]
    ]
    shown = public_spend(spent, floor=10)
    assert shown.total is not None
    assert shown.total.payments == 44
    assert [row.payments for row in shown.tables["type"] or ()] == [22, 22]


def test_a_year_that_is_asked_for_waits_on_the_start_page_of_other_partners(
    act_as: ActAs, given: GivenPool
) -> None:
    asked = posted(given.leads[0], publication.ask, given.id, **JANUARY)
    words = "Publish what was spent, 1 January 2026 to 31 January 2026"
    for actor, waits in ((given.leads[0], False), (given.leads[1], True)):
        assert (words in act_as(actor).get("/", headers=PAGE).text) is waits
    posted(given.leads[1], publication.agree, asked)
    assert words not in act_as(given.leads[2]).get("/", headers=PAGE).text


def test_publications_are_there_again_when_the_log_is_replayed(
    session: Session, given: GivenPool, sequenced: Sequenced, tmp_path: Path
) -> None:
    sequenced()
    asked = posted(given.leads[0], publication.ask, given.id, **JANUARY)
    posted(given.leads[1], publication.agree, asked)
    posted(
        given.leads[2],
        publication.ask,
        given.id,
        first_day=date(2026, 2, 1),
        last_day=date(2026, 2, 10),
    )
    sequenced()
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    session.rollback()
    assert replay(db.engine, copy).differences == []
    with Session(copy) as there:
        again = publications(there, given.id)
    copy.dispose()
    assert again == publications(session, given.id)
    assert [one.published_at is not None for one in again] == [False, True]


def test_partners_decide_over_http(act_as: ActAs, given: GivenPool, sequenced: Sequenced) -> None:
    sequenced()
    base, days = f"/api/v1/pools/{given.id}/publications", dict[str, str](JANUARY_SAID)
    for actor, status in ((given.manager, 403), (pool().leads[0], 404)):
        assert act_as(actor).post(base, json=days).status_code == status
    made = act_as(given.leads[0]).post(base, json=days)
    assert made.status_code == 201
    agreement = f"{base}/{(made.json or {})['id']}/agreement"
    again = act_as(given.leads[1]).post(base, json=days)
    assert (again.status_code, (again.json or {})["type"].rpartition("/")[2]) == (
        409,
        "spend-published-already",
    )
    for actor, status in (
        (given.leads[0], 403),
        (given.approver, 403),
        (given.leads[1], 204),
        (given.leads[2], 409),
    ):
        assert act_as(actor).post(agreement).status_code == status
    assert act_as(given.leads[1]).post(f"{base}/{uuid4()}/agreement").status_code == 404
    for wrong in ({"first_day": "x"}, {"first_day": "2026-01-01", "last_day": "2026-12-31"}):
        assert act_as(given.leads[1]).post(base, json=wrong).status_code == 422
    [shown] = (act_as(given.manager).get(base).json or {})["items"]
    assert shown["published_at"]
    assert shown["floor"] == 10


def test_operators_ask_and_agree_for_people(
    app: Flask, given: GivenPool, sequenced: Sequenced
) -> None:
    sequenced()
    runner, at = app.test_cli_runner(), ["--pool", str(given.id)]
    emails = [email_of(db.session(), lead.id) or "" for lead in given.leads]
    db.session.remove()
    days = ["--first-day", "2026-01-01", "--last-day", "2026-01-31"]
    asked = runner.invoke(group, ["ask", *at, "--for", emails[0], *days])
    assert asked.exit_code == 0, asked.output
    name = asked.output.split()[1].rstrip(".")
    assert f"{name}  2026-01-01..2026-01-31  asked" in runner.invoke(group, ["list", *at]).output
    refused = runner.invoke(group, ["agree", name, *at, "--for", emails[0]])
    assert refused.exit_code != 0
    done = runner.invoke(group, ["agree", name, *at, "--for", emails[1]])
    assert done.exit_code == 0, done.output
    assert "published at log size" in runner.invoke(group, ["list", *at]).output
