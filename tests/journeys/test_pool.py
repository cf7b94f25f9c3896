"""A pool manager looks at the money; a finance lead approves a payment; a statement is read."""

import pytest
from playwright.sync_api import Page, expect

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
    account(made.manager, "p.manager")
    db.session.rollback()
    return made


def test_a_finance_lead_reads_the_pool_and_approves(given: funding.GivenPool, page: Page) -> None:
    sign_in(page, "a.lead", PASSWORD)
    page.get_by_role("link", name="Pooled funds").first.click()
    page.get_by_role("link", name="Falls pool").click()
    expect(page.get_by_text("Equipment is £10,000.00 beyond its budget.")).to_be_visible()
    expect(page.get_by_role("img", name="Used (spent or committed)").first).to_be_visible()
    assert_accessible(page)
    picture(page, "pool")

    page.get_by_role("link", name="1 waiting for approval").click()
    assert_accessible(page)
    picture(page, "approvals")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("It is posted.")).to_be_visible()

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


def test_a_finance_lead_goes_from_the_pool_to_a_scheme_and_why(
    given: funding.GivenPool, page: Page
) -> None:
    sign_in(page, "a.lead", PASSWORD)
    page.goto(page.url.rstrip("/") + f"/pools/{given.id}")
    expect(page.get_by_role("img", name="Where all the funding is").first).to_be_visible()
    page.get_by_text("The numbers: where all the funding is").click()
    assert_accessible(page)
    page.get_by_role("link", name="Equipment is £10,000.00 beyond its budget.").click()
    expect(page.get_by_text("The scheme is £10,000.00 beyond its budget.")).to_be_visible()
    assert_accessible(page)
    picture(page, "pool-scheme")
    page.get_by_role("link", name="why spent is this number").click()
    assert_accessible(page)
    page.goto(f"/pools/{given.id}/commitments")
    assert_accessible(page)
    page.goto(f"/pools/{given.id}/schedule")
    assert_accessible(page)
    page.goto("/approvals")
    expect(page.get_by_text("You act as finance lead of the host.")).to_be_visible()
    assert_accessible(page)
    page.goto(f"/pools/{given.id}/publication")
    assert_accessible(page)


def test_a_pool_manager_prepares_a_payment(given: funding.GivenPool, page: Page) -> None:
    sign_in(page, "p.manager", PASSWORD)
    page.goto(page.url.rstrip("/") + f"/pools/{given.id}")
    page.get_by_role("link", name="Prepare a payment").click()
    assert_accessible(page)
    page.get_by_role("link", name="Prepare a payment").click()
    page.get_by_label("To whom").select_option(index=1)
    page.get_by_label("Amount").fill("50,000.00")
    page.get_by_label("Reference").fill("Invoice 7")
    assert_accessible(page)
    picture(page, "prepare")
    page.get_by_role("button", name="Check before you send").click()
    expect(page.get_by_text("one other person of the host")).to_be_visible()
    assert_accessible(page)
    picture(page, "prepare-check")
    page.get_by_role("button", name="Send for approval").click()
    expect(page.get_by_text("Sent. It counts when it has been approved.")).to_be_visible()
