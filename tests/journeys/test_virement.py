"""A pool manager moves budget on a phone: refused for a ring fence, looked at, sent, approved."""

import pytest
from playwright.sync_api import Page, expect

from ledger.core.db import db
from ledger.funding.service import pools
from tests.given import funding
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


@pytest.fixture
def given(server: Server) -> funding.GivenPool:
    made = funding.pool()
    funding.allocated(made, first=500_000_00, second=300_000_00)
    funding.posted(made.manager, pools.add_scheme, made.id, title="Stroke nurses", ring_fenced=True)
    account(made.leads[1], "partner.lead")
    account(made.manager, "p.manager")
    db.session.rollback()
    return made


def asked(page: Page, *, to: str) -> None:
    for label, scheme in (("From", "Reablement"), ("To", to)):
        box = page.get_by_label(label, exact=True)
        name = box.locator("option", has_text=scheme).inner_text()
        box.select_option(label=name)
    page.get_by_label("Amount").fill("20,000")
    page.get_by_label("Reference").fill("Board minute 7")
    page.get_by_role("button", name="Check before you send").click()


def test_budget_is_moved_between_schemes(given: funding.GivenPool, page: Page) -> None:
    sign_in(page, "p.manager", PASSWORD)
    page.goto(f"/pools/{given.id}/prepare/virement")
    assert_accessible(page)
    asked(page, to="Stroke nurses")
    expect(page.get_by_role("alert").get_by_text("ring")).to_be_visible()
    assert_accessible(page)
    picture(page, "virement-refused")
    asked(page, to="Equipment")
    expect(page.get_by_text("£480,000.00")).to_be_visible()
    expect(page.get_by_text("£320,000.00")).to_be_visible()
    assert_accessible(page)
    picture(page, "virement-check")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("It counts when it has been approved.")).to_be_visible()

    page.context.clear_cookies()
    sign_in(page, "partner.lead", PASSWORD)
    page.get_by_role("link", name="Payments and budgets").click()
    expect(page.get_by_text("£20,000.00").first).to_be_visible()
    assert_accessible(page)
    picture(page, "virement-approvals")
    page.get_by_role("button", name="Approve").first.click()
    expect(page.get_by_text("It is posted.")).to_be_visible()
