"""A steward tries other rules on a phone; an auditor has a decision decided again."""

import pytest
from playwright.sync_api import Page

from ledger.core import authority
from ledger.core.actor import Actor, Role
from tests.given import directory
from tests.given.access import scene
from tests.given.identity import signed_in
from tests.journeys.conftest import Server, assert_accessible, picture


def enter(page: Page, server: Server, actor: Actor) -> None:
    """Let a browser in with the session of somebody who has signed in."""
    name = server.app.config["SESSION_COOKIE_NAME"]
    cookie = signed_in(server.app, actor).get_cookie(name)
    assert cookie is not None
    page.context.add_cookies([{"name": name, "value": cookie.value, "url": server.url}])


@pytest.mark.real_time
def test_what_if_and_again(server: Server, phone: Page) -> None:
    with server.app.app_context():
        here = scene()
        look = here.ask().entry_id
        here.grant()
        here.ask(purpose="HRESCH")
        enter(phone, server, directory.member(Role.AUDITOR))
        reach = authority.in_force().texts["reach.csv"].decode()
    phone.goto("/what-if?edit=reach.csv")
    assert_accessible(phone)
    phone.fill("#text", reach + "p, clinician, medicines, care, deny\n")
    phone.get_by_role("button", name="Judge them").click()
    phone.wait_for_selector("text=1 would be answered otherwise")
    assert_accessible(phone)
    picture(phone, "what-if")
    with phone.expect_download() as taken:
        phone.get_by_role("button", name="Download each decision").click()
    assert "lost" in taken.value.path().read_text()
    phone.goto(f"/trail/{look}")
    phone.get_by_role("button", name="Decide it again").click()
    phone.wait_for_selector("text=gives the same answer")
    assert_accessible(phone)
    picture(phone, "again")
