"""A pool manager brings payments in on a phone; a finance lead approves; the spending is drawn."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ledger.core.db import db
from ledger.funding.imports import background as importing
from tests.given import funding, payments
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


@pytest.fixture
def given(server: Server) -> funding.GivenPool:
    made = funding.pool()
    account(made.approver, "a.lead")
    account(made.manager, "p.manager")
    db.session.rollback()
    return made


def test_a_file_is_brought_in_and_approved(
    given: funding.GivenPool, page: Page, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "paid.csv"
    file.write_bytes(payments.file(payments.rows(400)))
    sign_in(page, "p.manager", PASSWORD)
    at = f"{server.url}/pools/{given.id}/imports"
    page.goto(at)
    assert_accessible(page)
    page.get_by_label("The file").set_input_files(file)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert_accessible(page)
    picture(page, "import-progress")
    importing.carry_on()
    db.session.remove()
    page.reload()
    expect(page.get_by_text("A scheme: Community equipment store")).to_be_visible()
    assert_accessible(page)
    picture(page, "import-preview")
    page.get_by_role("button", name="Send for approval").click()
    here = page.url

    page.context.clear_cookies()
    sign_in(page, "a.lead", PASSWORD)
    page.goto(here)
    page.get_by_role("button", name="Approve all of these payments").click()
    importing.carry_on()
    db.session.remove()
    page.reload()
    page.get_by_role("link", name="Where each row went").click()
    assert_accessible(page)
    page.get_by_role("link", name="Postings 1 and 2").first.click()
    page.goto(here)
    page.get_by_role("link", name="what was spent, month by month").click()
    expect(page.get_by_role("img", name="Spent on Reablement each month").first).to_be_visible()
    assert_accessible(page)
    picture(page, "import-spending")
