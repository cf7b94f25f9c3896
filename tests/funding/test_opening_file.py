"""A trial balance is a position: read, looked at in both books, sent; by page, API and command."""

from datetime import date
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ledger.cli import Ledger
from ledger.core.db import db
from ledger.directory import queries as directory
from ledger.funding.opening import queries as openings
from ledger.funding.opening.file import TrialBalanceRefused, TrialBalanceUnreadable, read_position
from ledger.funding.opening.rules import legs, short_minor
from ledger.funding.queries import balances
from ledger.funding.rules.chart import Account, Head, Of
from ledger.funding.service import approvals, pools
from tests.directory.conftest import ActAs, form
from tests.given.funding import GivenPool, pool, posted

PAGE = {"Accept": "text/html"}
PARTNER, PROVIDER, SCHEME = UUID(int=1), UUID(int=2), UUID(int=3)
NAMES = {
    Of.POOL: {},
    Of.PARTNER: {"council": PARTNER},
    Of.PROVIDER: {"caregroup": PROVIDER},
    Of.SCHEME: {"reablement": SCHEME},
}
HEAD = "Account,Whose,Source,Debit,Credit\n"


def read(rows: str, head: str = HEAD) -> Any:
    return read_position((head + rows).encode(), names=NAMES, agreed={PARTNER: [("x", 100_00)]})


def test_rows_are_added_up_and_contributions_are_the_agreements() -> None:
    found = read(
        'Cash,,,"£1,000.00",\ncash,,,50.00,\nIncome,Council,,,70.00\n'
        "F:receivable,COUNCIL,,20.00,\nOwed to provider,Care Group,,,5\nWithheld,care group,,,0\n"
        "Expenditure,Reablement,,15,\nBudget,Reablement,,90.00,\nReserve,,,10.00,\n"
    )
    assert (found.cash_minor, found.reserve_minor) == (1_050_00, 10_00)
    (partner,), (provider,), (scheme,) = found.partners, found.providers, found.schemes
    assert (partner.agreed, partner.due_minor, partner.paid_in_minor) == (
        (("x", 100_00),), 70_00, 50_00,
    )  # fmt: skip
    assert (provider.owed_minor, provider.withheld_minor) == (5_00, 0)
    assert (scheme.budget_minor, scheme.spent_minor) == (90_00, 15_00)
    stated = read("agreed,Council,x,,60\nAgreed,Council,y,,40\n").partners[0].agreed
    assert stated == (("x", 60_00), ("y", 40_00))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Petty cash,,,1,", "account"),
        ("Cash,Council,,1,", "leave it empty"),
        ("Income,Nobody,,,1", "partner of this pool"),
        ("Budget,Council,,1,", "scheme of this pool"),
        ("Cash,,,,1", "other side"),
        ("Income,Council,,1,", "other side"),
        ("Cash,,,1,1", "one amount"),
        ("Cash,,,,", "one amount"),
        ("Cash,,,1.234,", "no amount"),
        ("Cash,,,99999999999999999999,", "more than"),
        ("Agreed,Council,,,1", "source"),
        ("Cash,,x,1,", "source"),
        ("Income,943 476 5919,,,1", "NHS number"),
    ],
)
def test_a_row_that_is_wrong_is_named_and_nothing_is_taken(row: str, why: str) -> None:
    with pytest.raises(TrialBalanceRefused) as refused:
        read(f"Reserve,,,1,\n{row}\n")
    (fault,) = refused.value.faults
    assert fault.field == "line 3"
    assert why in fault.detail
    assert "943" not in fault.detail


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01", b"Account,Amount\nCash,1\n", HEAD.encode(), b"x" * 100_001,
     b"Account,Whose,Debit,Dr\nCash,,1,1\n", HEAD.encode() + b"Reserve,,,1,\n" * 2_001],
)  # fmt: skip
def test_what_is_no_trial_balance_is_refused_whole(content: bytes) -> None:
    with pytest.raises(TrialBalanceUnreadable):
        read_position(content, names=NAMES, agreed={})


minor = st.integers(0, 10**9)


@examples(minor, minor, minor, st.sampled_from(["amount", "sides"]))
@settings(max_examples=40)
def test_what_a_file_says_is_what_is_posted(cash: int, due: int, owed: int, style: str) -> None:
    said = {"Cash,": cash, "Income,Council": -due, "Owed to provider,Care Group": -owed}
    pounds = {name: f"{'-' * (m < 0)}{abs(m) // 100}.{abs(m) % 100:02}" for name, m in said.items()}
    if style == "amount":
        found = read(
            "".join(f"{name},,{text}\n" for name, text in pounds.items()),
            "Account,Whose,Source,Amount\n",
        )
    else:
        found = read(
            "".join(
                f"{name},,{text},\n" if said[name] >= 0 else f"{name},,,{text[1:]}\n"
                for name, text in pounds.items()
            ).replace("Income,Council,,0.00,", "Income,Council,,,0.00")
        )
    assert short_minor(found) == cash - due - owed
    by_head = {leg.account.head: leg.amount_minor for leg in legs(found)}
    assert by_head.get(Head.CASH, 0) == cash
    assert by_head.get(Head.INCOME, 0) == -due


@pytest.fixture
def empty(session: Session) -> GivenPool:
    made = pool(contributions=False)
    session.rollback()
    return made


def called(given: GivenPool) -> list[str]:
    ids = (*given.partners, given.provider)
    found = directory.organisations(db.session(), ids)
    names = [found[one].name for one in ids]
    db.session.remove()
    return names


def balance(given: GivenPool, cash: str = "150000.00") -> bytes:
    """Return the position of a pool at half-time; see `test_opening`."""
    host, second, third, provider = called(given)
    rows = [
        f"Cash,,{cash},",
        f"Owed by partner,{host},100000,",
        f"Income,{host},,300000",
        f"Income,{second},,150000",
        f"Income,{third},,150000",
        f"Owed to provider,{provider},,100000",
        "Expenditure,Reablement,450000,",
        "Reserve,,50000,",
        "Budget,Reablement,700000,",
        "Budget,Equipment,100000,",
    ]
    return "\r\n".join(["Account,Whose,Debit,Credit", *rows]).encode()


def sent(client: Any, given: GivenPool, content: bytes) -> Any:
    data = {**form(), "file": (BytesIO(content), "tb.csv")}
    return client.post(f"/pools/{given.id}/opening", data=data, headers=PAGE)


def test_by_its_pages(act_as: ActAs, empty: GivenPool) -> None:
    client = act_as(empty.manager)
    at = f"/pools/{empty.id}/opening"
    assert "Download an empty trial balance" in client.get(at, headers=PAGE).text
    assert client.post(at, data=form(), headers=PAGE).status_code == 422
    wrong = sent(client, empty, b"Account,Whose,Amount\nPetty cash,,1\n")
    assert wrong.status_code == 422
    assert "line 2: account: write one of" in wrong.text
    short = sent(client, empty, balance(empty, cash="149999.99")).text
    assert "The money does not balance: credits are £0.01 more than debits." in short
    assert "Send to every partner" not in short
    right = sent(client, empty, balance(empty)).text
    assert "Both books balance." in right
    assert "£350,000.00" in right
    content = unescape(right.split('name="content" value="')[1].split('"')[0])
    nameless = client.post(f"{at}/send", data={**form(), "content": content}, headers=PAGE)
    assert nameless.status_code == 422
    broken = client.post(f"{at}/send", data={**form(), "content": "&&"}, headers=PAGE)
    assert broken.status_code == 422
    fields = {**form(), "content": content, "reference": "TB 2"}
    done = client.post(f"{at}/send", data=fields, headers=PAGE, follow_redirects=True)
    assert "A position waits for approval by" in done.text
    again = client.post(
        f"{at}/send", data={**form(), "content": content, "reference": "TB 2"}, headers=PAGE
    )
    assert again.status_code == 422
    assert "another position waits" in again.text
    db.session.remove()
    waits = openings.waiting(db.session(), empty.view)
    assert waits is not None
    db.session.remove()
    for lead in empty.leads:
        posted(lead, approvals.approve, waits.transaction.transaction_id)
    assert balances.balances(db.session(), empty.id)[Account(head=Head.CASH)] == 150_000_00
    db.session.remove()
    assert "was approved by every partner" in act_as(empty.leads[1]).get(at, headers=PAGE).text


def test_over_http(act_as: ActAs, empty: GivenPool) -> None:
    at = f"/api/v1/pools/{empty.id}/opening"
    client = act_as(empty.manager)
    template = client.get(f"{at}/template.csv")
    assert template.text.count("agreed,") == 3
    looked = client.post(f"{at}/preview", json={"content": template.text}).get_json()
    assert (looked["can_start"], looked["unallocated_minor"]) == (True, 1_200_000_00)
    short = client.post(f"{at}/preview", json={"content": balance(empty, "1").decode()}).get_json()
    assert short["books"][0]["difference_minor"] == -149_999_00
    assert "differ by" in short["problem"]
    said = {"content": balance(empty).decode(), "reference": "TB 2"}
    for lead in empty.leads[1:]:
        assert act_as(lead).post(at, json=said).status_code == 403
        assert act_as(lead).post(f"{at}/preview", json={"content": "x"}).status_code == 403
    client = act_as(empty.manager)
    assert client.post(at, json={**said, "content": ""}).status_code == 422
    made = client.post(at, json=said)
    assert (made.status_code, made.get_json()["waiting"]) == (201, True)
    assert client.post(at, json=said).status_code == 409
    again = client.post(f"{at}/preview", json={"content": said["content"]}).get_json()
    assert "before anything else" in again["problem"]


def test_by_command(app: Flask, empty: GivenPool, tmp_path: Path) -> None:
    staff = directory.staff(db.session(), empty.partners[0])
    emails = {one.person_id: one.email for one in staff}
    db.session.remove()
    file = tmp_path / "tb.csv"
    run = app.test_cli_runner()
    printed = run.invoke(Ledger(), ["opening", "template", str(empty.id)])
    assert printed.output.startswith("Account,Whose,Source,Debit,Credit")
    options = ["--pool", str(empty.id), "--for", emails[empty.manager.id], "--reference", "TB 2"]
    command = ["opening", "propose", str(file), *options, "--yes"]
    for content, says in (
        (b"Account,Whose,Amount\nPetty cash,,1\n", "line 2: account"),
        (balance(empty, "1"), "cannot be sent"),
    ):
        file.write_bytes(content)
        refused = run.invoke(Ledger(), command)
        assert refused.exit_code == 1
        assert says in refused.output
    file.write_bytes(balance(empty))
    assert "Nothing was sent" in run.invoke(Ledger(), [*command, "--dry-run"]).output
    assert "waits for every partner" in run.invoke(Ledger(), command).output
    assert run.invoke(Ledger(), command).exit_code == 1


def test_two_of_one_name_are_named_by_their_ids(empty: GivenPool) -> None:
    said = balance(empty).replace(b"Reablement", b'"Reablement, North"')
    posted(empty.manager, pools.add_scheme, empty.id, title="Reablement", place="North")
    twin = posted(empty.manager, pools.add_scheme, empty.id, title="Reablement, North")
    today = date(2026, 3, 2)
    with pytest.raises(TrialBalanceRefused):
        openings.position_of(db.session(), empty.view, said, on=today)
    named = said.replace(b'"Reablement, North"', str(twin).encode())
    found = openings.position_of(db.session(), empty.view, named, on=today)
    assert found.schemes[0].scheme_id == twin
