"""A chief reads a return on a phone, ticks what they mean, and sends it back."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from ledger.core import clock, publishing, sequencer
from ledger.core.db import db
from ledger.funding.returns import service
from tests.given import funding
from tests.given.funding import posted
from tests.given.identity import PASSWORD, account
from tests.given.returns import chiefs, filled, opened
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

OVER = clock.civil_date(clock.now()) > date(2026, 3, 31)
pytestmark = [
    pytest.mark.real_time,
    pytest.mark.skipif(not OVER, reason="no quarter of the pool's year is over"),
]


@pytest.fixture
def given(server: Server) -> funding.GivenPool:
    made = funding.pool()
    funding.allocated(made, first=500_000_00, second=300_000_00)
    funding.received(made, 200_000_00)
    account(made.manager, "p.manager")
    account(chiefs(made).finance[1], "a.chief")

    def sequenced() -> None:
        sequencer.drain(db.engine, server.app.extensions["signers"])
        publishing.publish_now(db.engine)

    sequenced()
    return_id = opened(made)
    filled(made, return_id)
    sequenced()
    posted(made.manager, service.submit, return_id)
    db.session.rollback()
    return made


def test_a_return_is_sent_back_for_what_is_meant(given: funding.GivenPool, page: Page) -> None:
    sign_in(page, "a.chief", PASSWORD)
    page.get_by_role("link", name="Quarter 1, January 2026 to March 2026").first.click()
    assert_accessible(page)
    picture(page, "return")
    page.emulate_media(media="print")
    picture(page, "return-printed")
    page.emulate_media(media="screen")
    page.get_by_label("Name it if I send the return back: What went well", exact=True).check()
    page.get_by_label("Why it goes back").select_option(label="Words are wrong or unclear")
    page.get_by_role("button", name="Send it back").click()
    expect(page.get_by_text("They mean: What went well.")).to_be_visible()

    page.context.clear_cookies()
    sign_in(page, "p.manager", PASSWORD)
    page.goto(f"/pools/{given.id}")
    page.get_by_role("link", name="The return of Quarter 1").click()
    expect(page.get_by_text("Meant when it was sent back")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name=re.compile("See why it is this number.*Spent")).first.click()
    assert_accessible(page)
