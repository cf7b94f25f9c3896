"""On a phone: how a body decides is set, it is dissolved, and minutes are read and printed."""

import pytest
from playwright.sync_api import Page

from ledger.core.db import db
from ledger.governance.motions import carrying
from ledger.governance.motions.rules import Choice
from tests.given import funding
from tests.given.identity import PASSWORD, account
from tests.given.motions import GivenBoard, allocation, board_of, opened, voted
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


@pytest.fixture
def made(server: Server) -> GivenBoard:
    pool = funding.pool()
    given = board_of(pool)
    motion_id = opened(given, **allocation(pool, 1_00, 2_00))
    voted(given, motion_id, {0: Choice.FOR, 1: Choice.AGAINST, 2: Choice.FOR})
    account(given.steward, "s.steward")
    account(given.members[0], "b.member")
    db.session.remove()
    carrying.close_and_carry_out(given.members[0], motion_id)
    db.session.remove()
    return given


def test_how_a_body_decides_is_set_and_the_body_ends(made: GivenBoard, phone: Page) -> None:
    sign_in(phone, "s.steward", PASSWORD)
    phone.goto("/motions")
    phone.get_by_role("link", name="Who sits on it, and how it decides").click()
    assert_accessible(phone)
    picture(phone, "body")
    phone.get_by_role("link", name="Change how it decides").click()
    assert_accessible(phone)
    picture(phone, "body-rules")
    phone.get_by_label("What part must be for it").fill("2/0")
    phone.get_by_role("button", name="Save how it decides").click()
    phone.get_by_role("link", name="Enter a fraction").click()
    assert_accessible(phone)
    phone.get_by_label("What part must be for it").fill("2/3")
    phone.get_by_role("button", name="Save how it decides").click()
    phone.get_by_text("More than 2/3 of the votes for and against").wait_for()
    phone.get_by_role("link", name="Dissolve this body").click()
    assert_accessible(phone)
    picture(phone, "body-dissolve")
    phone.get_by_label("for good").check()
    phone.get_by_role("button", name="Dissolve this body").click()
    phone.get_by_text("It decides nothing any more, since").wait_for()


def test_schemes_are_given_budget_and_minutes_printed(made: GivenBoard, phone: Page) -> None:
    sign_in(phone, "b.member", PASSWORD)
    phone.goto(f"/motions/propose/{made.id}")
    assert_accessible(phone)
    picture(phone, "motion-propose-several")
    phone.goto("/motions")
    phone.get_by_role("link", name="Allocate").click()
    phone.get_by_role("link", name="Minutes, to print").click()
    assert_accessible(phone)
    picture(phone, "minutes")
    phone.emulate_media(media="print")
    assert not phone.get_by_text("This page is made to be printed").is_visible()
    picture(phone, "minutes-print")
