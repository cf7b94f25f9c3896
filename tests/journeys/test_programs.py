"""A program registers itself; its organisation's steward reads what it asks, and approves it."""

import pytest
import requests
from playwright.sync_api import Page, expect

from ledger.core.actor import Role
from tests.given import directory as given
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


def test_a_steward_approves_a_program(server: Server, phone: Page) -> None:
    steward = given.member(Role.STEWARD, at=given.organisation(ods_code="JRN1"))
    account(steward, "a.steward")
    metadata = {
        "client_name": "Bed board",
        "organisation": "JRN1",
        "scope": "openid log:read access:ask",
        "redirect_uris": ["https://program.example/back"],
    }
    sent = requests.post(f"{server.url}/oauth/register", json=metadata, timeout=10)
    assert sent.status_code == 201
    sign_in(phone, "a.steward", PASSWORD)
    phone.goto("/programs")
    assert_accessible(phone)
    picture(phone, "programs-waiting")
    phone.get_by_role("button", name="Approve Bed board").click()
    expect(phone.get_by_text("Bed board may act for your organisation now.")).to_be_visible()
    expect(phone.get_by_text("Waiting for you")).to_be_hidden()
