"""A steward has a program told of changes, looks at what it was sent, and sends it again."""

import pytest
from playwright.sync_api import Page, expect

from ledger.core.actor import Role
from ledger.core.db import TO_WRITE, db
from ledger.messages import queue
from tests.given import agreements
from tests.given.directory import member, organisation
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


def test_a_steward_keeps_an_endpoint(server: Server, page: Page) -> None:
    from ledger.core import sequencer  # noqa: PLC0415

    trust, council = organisation(), organisation()
    account(member(Role.STEWARD, at=trust), "a.steward")
    db.session.rollback()
    sign_in(page, "a.steward", PASSWORD)
    page.get_by_role("link", name="Messages to programs").first.click()
    page.get_by_label("Its address").fill("http://localhost/x")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Give an address that begins with https://").first).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Its address").fill("https://care.example.org/hooks/ledger")
    page.get_by_label("Agreements").check()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    assert_accessible(page)
    picture(page, "endpoint-secret")

    agreements.active(trust, council)
    db.session.rollback()
    sequencer.drain(db.engine, server.app.extensions["signers"])
    with db.engine.connect().execution_options(**TO_WRITE) as connection:
        queue.fill(connection)
    page.goto("/messages")
    assert_accessible(page)
    picture(page, "endpoints")
    page.get_by_role("link", name="https://care.example.org/hooks/ledger").click()
    assert_accessible(page)
    picture(page, "endpoint")
    page.get_by_role("table").get_by_role("link").first.click()
    assert_accessible(page)
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_text("The message is sent again.")).to_be_visible()

    page.goto("/alerts")
    page.get_by_label("Once a day").check()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_label("Once a day").is_checked()
    assert_accessible(page)
    picture(page, "alerts")
