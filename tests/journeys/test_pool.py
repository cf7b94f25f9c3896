"""A pool manager looks at the money; a finance lead approves a payment; a statement is read."""

import pytest
from playwright.sync_api import Page

from ledger.core.db import db
from tests.given import funding
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


@pytest.fixture
def given(server: Server) -> funding.GivenPool:
    made = funding.pool()
    funding.allocated(made, first=500_000_00, second=300_000_00)
    funding.received(made, 200_000_00)
    funding.accrued(made, 150_000_00)
    funding.accrued(made, 310_000_00, scheme_id=made.schemes[1])
    funding.paid(made, 100_000_00)
    funding.proposed(made, 50_000_00)
    account(made.approver, "a.lead")
    db.session.rollback()
    return made


def test_a_finance_lead_reads_the_pool_and_approves(given: funding.GivenPool, page: Page) -> None:
    sign_in(page, "a.lead", PASSWORD)
    page.get_by_role("link", name="Pooled funds").first.click()
    page.get_by_role("link", name="Falls pool").click()
    assert page.get_by_text("Equipment is £10,000.00 beyond its budget.").is_visible()
    assert page.get_by_role("img", name="Used (spent or committed)").first.is_visible()
    assert_accessible(page)
    picture(page, "pool")

    page.get_by_role("link", name="1 waiting for approval").click()
    assert_accessible(page)
    picture(page, "approvals")
    page.get_by_role("button", name="Approve").click()
    assert page.get_by_text("It is posted.").is_visible()

    page.get_by_role("link", name="Falls pool").click()
    page.get_by_role("link", name="Statement by partner").click()
    assert_accessible(page)
    picture(page, "statement")
    page.go_back()
    page.get_by_role("link", name="Every transaction").click()
    assert_accessible(page)
    picture(page, "transactions")
    page.get_by_role("link", name="Payment made").first.click()
    assert_accessible(page)
    picture(page, "transaction")
