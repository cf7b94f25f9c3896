"""Returns as their people use them: pages, files, the API, what waits, and what time brings."""

import json
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from ledger.commands.returns import group
from ledger.core import clock
from ledger.edge.identity import SignIn
from ledger.funding.returns import queries as returns
from ledger.funding.returns import schedule as return_schedule
from ledger.funding.returns import service
from ledger.funding.service import pools as pool_service
from ledger.web import return_pages
from tests.beginnings import begins_with
from tests.conftest import NOW, Sequenced
from tests.directory.conftest import ActAs, form
from tests.given import returns as given_returns
from tests.given.funding import GivenPool, accrued, allocated, pool, posted, received
from tests.given.returns import APRIL, WORDS, chiefs, filled

PAGE = {"Accept": "text/html"}


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=500_00, second=200_00)
    received(made, 400_00)
    accrued(made, 330_00)
    return made


beginning = begins_with(scene)


@pytest.fixture
def given(told: GivenPool, monkeypatch: pytest.MonkeyPatch) -> GivenPool:
    monkeypatch.setattr(clock, "now", lambda: APRIL)
    return told


def test_from_an_empty_sheet_to_a_signature(
    act_as: ActAs,
    given: GivenPool,
    session: Session,
    sequenced: Sequenced,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sequenced()
    client, base = act_as(given.manager), f"/pools/{given.id}/returns"
    listed = client.get(base, headers=PAGE).text
    assert "Quarter 1, January 2026 to March 2026" in listed
    assert "Due 15 May 2026" in listed
    (period,) = given.view.periods
    begin = form(kind="quarter", number="1", period_id=str(period.id))
    page = client.post(base, data=begin, headers=PAGE, follow_redirects=True)
    address = page.request.path
    assert "✗ Missing" in page.text
    assert "The return is incomplete." in page.text
    assert client.post(f"{address}/submit", data=form(), headers=PAGE).status_code == 409

    asked = client.get(f"{address}/fill/narrative", headers=PAGE).text
    assert "Name no patient" in asked
    bad = client.post(f"{address}/fill/narrative", data=form(c0="943 476 5919"), headers=PAGE)
    assert bad.status_code == 422
    assert "NHS number" in bad.text
    bad = client.post(f"{address}/fill/sources", data=form(c0="<b>"), headers=PAGE)
    assert bad.status_code == 422
    assert "<b>" not in bad.text.partition("<h1")[2]
    done = client.post(f"{address}/fill/sources", data=form(c0="1,000.00"), headers=PAGE)
    assert done.status_code == 303
    return_id = returns.returns(session, given.view)[0].id
    filled(given, return_id)
    sequenced()
    page = client.post(f"{address}/submit", data=form(), headers=PAGE, follow_redirects=True)
    assert "It is submitted" in page.text
    assert "Now: to be signed" in page.text

    who = chiefs(given)
    chief = act_as(who.finance[0])
    assert "Quarter 1" in chief.get("/", headers=PAGE).text
    assert chief.post(f"{address}/sign", data=form(), headers=PAGE).status_code in {302, 303, 401}
    proof = SignIn(
        iss="x",
        sub="x",
        acr="high",
        amr=(),
        auth_time=int(APRIL.timestamp()),
        token_id=None,
        session_id=return_id,
        user_agent="",
    )
    monkeypatch.setattr(return_pages, "require_step_up", lambda: proof)
    session.rollback()
    frozen = returns.one_return(session, given.view, return_id)
    sign = form(digest=frozen.digest or "")
    page = chief.post(f"{address}/sign", data=sign, headers=PAGE, follow_redirects=True)
    assert "It waits for others still." in page.text
    accrued(given, 10_00, effective_on=NOW.date())
    posted(given.manager, pool_service.add_scheme, given.id, title="Added since")
    sequenced()
    text = chief.get(address, headers=PAGE).text
    assert "Since then" in text
    assert "Added since" not in text  # It has nothing yet: no figure has moved.
    back = form(reason="figures-wrong")
    other = act_as(who.finance[1])
    page = other.post(f"{address}/send-back", data=back, headers=PAGE, follow_redirects=True)
    assert "Sent back by" in page.text


def test_the_returns_of_years_gone_by_are_one_line(act_as: ActAs, given: GivenPool) -> None:
    client = act_as(given.manager)
    assert "is not begun" in client.get(f"/pools/{given.id}", headers=PAGE).text
    for year in (2024, 2025):
        days = {"first_day": date(year, 1, 1), "last_day": date(year, 12, 31)}
        posted(given.manager, pool_service.open_period, given.id, **days)
    text = client.get(f"/pools/{given.id}", headers=PAGE).text
    assert "is not begun" not in text
    assert "returns are not begun. The oldest: overdue since 15 May 2024." in text
    assert f"Returns of {given.view.title}" in client.get("/", headers=PAGE).text


def test_files_the_api_and_the_command_give_the_same(
    act_as: ActAs, given: GivenPool, sequenced: Sequenced, app: Flask
) -> None:
    sequenced()
    client, base = act_as(given.manager), f"/api/v1/pools/{given.id}/returns"
    (period,) = given.view.periods
    asked = {"kind": "quarter", "number": 1, "period_id": str(period.id)}
    made = client.post(base, json=asked)
    assert made.status_code == 201
    address = made.headers["Location"]
    return_id = made.json["id"] if made.json else ""
    shown = client.get(address).json or {}
    answers = {one["id"]: None for one in shown["cells"][:1]}
    assert client.patch(address, json={"answers": answers}).status_code == 200
    assert client.patch(address, json={"answers": {"x": "1"}}).status_code == 422
    assert client.post(f"{address}/submission").status_code == 409
    filled(given, UUID(return_id))
    sequenced()
    frozen = client.post(f"{address}/submission").json or {}
    files = {
        kind: client.get(f"{address}/file.{kind}").data for kind in ("json", "csv", "xlsx", "pdf")
    }
    accrued(given, 10_00, effective_on=NOW.date())
    sequenced()
    for kind, body in files.items():
        assert client.get(f"{address}/file.{kind}").data == body, kind
    assert json.loads(files["json"])["log_size"] == frozen["log_size"]
    sheet = load_workbook(BytesIO(files["xlsx"])).active
    assert sheet is not None
    assert any(row[1] == "Spent" and row[2] == 330 for row in sheet.iter_rows(values_only=True))
    assert files["pdf"].startswith(b"%PDF")
    assert client.get(f"{address}/file.exe").status_code == 404
    assert client.get(f"{address}/file.json?log_size=x").status_code == 422
    assert client.get(f"{address}/file.json?log_size=99999999").status_code == 409
    runner = app.test_cli_runner()
    said = runner.invoke(group, ["recompute", return_id])
    assert said.exit_code == 0, said.output
    assert frozen["digest"] in said.output
    assert "the same as was submitted" in said.output


def test_each_return_is_reminded_of_once_before_and_once_after(
    given: GivenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days, expected in ((0, 0), (12, 1), (13, 0), (26, 1), (27, 0)):
        monkeypatch.setattr(clock, "now", lambda days=days: APRIL + timedelta(days=days))
        assert return_schedule.remind() == expected
    given_returns.opened(given)


def test_a_stranger_finds_no_return(act_as: ActAs, given: GivenPool, session: Session) -> None:
    return_id = given_returns.opened(given)
    posted(given.manager, service.answer, return_id, {"narrative/successes": WORDS})
    other = pool()
    client = act_as(other.manager)
    for path in ("", f"/{return_id}", f"/{return_id}/fill/narrative"):
        assert client.get(f"/pools/{given.id}/returns{path}", headers=PAGE).status_code == 404
    assert client.get(f"/pools/{other.id}/returns/{return_id}", headers=PAGE).status_code == 404
