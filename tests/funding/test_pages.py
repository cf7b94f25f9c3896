"""The pool's pages: figures in words, drill-down to the entry, and approving."""

from html import unescape
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.money import format_minor
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.statements import statement_now
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.thresholds import MOVEMENTS
from ledger.web.funding_lines import ACCOUNTS, EVENTS, PROPOSED, account_words
from ledger.web.funding_words import StatementPage
from tests.beginnings import begins_with
from tests.directory.conftest import ActAs, form
from tests.given import directory
from tests.given.funding import GivenPool, accrued, allocated, paid, pool, proposed, received

PAGE = {"Accept": "text/html"}


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=500_00, second=200_00)
    received(made, 400_00)
    accrued(made, 530_00)
    paid(made, 100_00)
    return made


beginning = begins_with(scene)


def names(view: PoolView) -> dict[UUID, str]:
    return {one: f"Partner {n}" for n, one in enumerate(view.partner_ids, 1)}


def test_a_statement_in_words(session: Session, given: GivenPool) -> None:
    view = given.view
    page = StatementPage.of(view, statement_now(session, view), names(view), size=1234)

    assert page.as_of == "the first 1,234 entries of the log"
    assert page.partner_heads == ["Partner 1", "Partner 2", "Partner 3", "All partners"]
    rows = {row[0]: row[1:] for row in page.partner_rows}
    assert rows["Share of spending"] == ["£265.00", "£176.67", "£88.33", "£530.00"]
    assert rows["Share of cash"] == [
        "£350.00",
        format_minor(-33_34),
        format_minor(-16_66),
        "£300.00",
    ]
    assert page.scheme_rows[-1] == ["All schemes", "£700.00", "£0.00", "£530.00", "£170.00"]
    assert page.pool_rows[-1] == ["All the partners agreed to", "£1,200,000.00"]


def test_everything_has_words() -> None:
    assert set(EVENTS) == set(Event)
    assert set(ACCOUNTS) == set(Head)
    assert set(PROPOSED) == {*MOVEMENTS, Event.TRANSACTION_REVERSED}
    provider = UUID(int=1)
    assert account_words(Account(head=Head.PAYABLE, of=provider), {provider: "X"}) == "Owed to X"


def test_a_figure_leads_to_its_postings_and_their_entry(act_as: ActAs, given: GivenPool) -> None:
    client = act_as(given.manager)
    shown = client.get(f"/pools/{given.id}", headers=PAGE)
    assert shown.status_code == 200
    assert "Reablement is £30.00 beyond its budget." in shown.text
    assert "Falls pool" in client.get("/pools", headers=PAGE).text
    account = f"B:available:{given.schemes[0]}"
    listed = client.get(f"/pools/{given.id}/transactions", query_string={"account": account})
    assert "Available to Reablement" in unescape(listed.text)
    assert listed.text.count("Goods or services received") == 1
    assert "Payment made" not in listed.text
    one = listed.text.split(f"/pools/{given.id}/transactions/")[1].partition('"')[0]
    page = client.get(f"/pools/{given.id}/transactions/{one}", headers=PAGE)
    assert "Expenditure on Reablement" in page.text
    assert "clause" in page.text
    assert client.get(f"/pools/{given.id}/statement", headers=PAGE).status_code == 200
    for size, status in (("0", 200), ("x", 422), ("9999999", 409)):
        path = f"/pools/{given.id}/statement?log_size={size}"
        assert client.get(path, headers=PAGE).status_code == status
    for code in ("x", "F:cash:1", "B:available", f"F:cash:{given.id}"):
        path = f"/pools/{given.id}/transactions"
        assert client.get(path, query_string={"account": code}).status_code == 404


def test_a_payment_is_approved_on_its_page(act_as: ActAs, given: GivenPool) -> None:
    waiting = proposed(given, 50_00)
    address = f"/pools/{given.id}/approvals"
    own = act_as(given.manager).get(address, headers=PAGE)
    assert "Take it back" in own.text
    assert f'{address}/{waiting}"' not in own.text
    client = act_as(given.approver)
    assert "Pay: £50.00" in client.get(address, headers=PAGE).text
    done = client.post(f"{address}/{waiting}", data=form(), headers=PAGE, follow_redirects=True)
    assert "It is posted." in done.text
    again = client.post(f"{address}/{waiting}", data=form(), headers=PAGE)
    assert again.status_code == 409
    other = proposed(given, 10_00)
    no: dict[str, Any] = {"headers": PAGE, "follow_redirects": True}
    said = client.post(f"{address}/{other}/drop", data=form(), **no)
    assert "Choose why not" in said.text, "nobody's reason is chosen for them"
    assert "Pay: £10.00" in said.text
    said = client.post(f"{address}/{other}/drop", data={**form(), "reason": "later"}, **no)
    assert "Nothing is waiting" in said.text


def test_nobody_else_sees_the_pool(app: Flask, act_as: ActAs, given: GivenPool) -> None:
    stranger = act_as(directory.member(Role.FINANCE_LEAD))
    assert "Falls pool" not in stranger.get("/pools", headers=PAGE).text
    for path in ("", "/statement", "/transactions", "/approvals"):
        assert stranger.get(f"/pools/{given.id}{path}", headers=PAGE).status_code == 404
