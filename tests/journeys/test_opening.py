"""On a phone: a pool's opening position is looked at and sent; codes, board, motions are read."""

import pytest
from playwright.sync_api import Page

from ledger.core.db import db
from tests.funding.test_opening_file import balance
from tests.given import funding
from tests.given.identity import PASSWORD, account
from tests.given.motions import allocation, board_of, opened
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


@pytest.fixture
def given(server: Server) -> funding.GivenPool:
    made = funding.pool(contributions=False)
    board = board_of(made)
    opened(board, **allocation(made, 1_00))
    account(made.manager, "p.manager")
    account(board.members[0], "b.member")
    db.session.rollback()
    return made


def test_a_position_is_looked_at_and_sent(given: funding.GivenPool, phone: Page) -> None:
    sign_in(phone, "p.manager", PASSWORD)
    phone.goto(f"/pools/{given.id}/opening")
    assert_accessible(phone)
    picture(phone, "opening-ask")
    for cash, says in (("1.00", "The money does not balance"), ("150000.00", "Both books balance")):
        phone.goto(f"/pools/{given.id}/opening")
        content = balance(given, cash)
        phone.get_by_label("The trial balance").set_input_files(
            {"name": "tb.csv", "mimeType": "text/csv", "buffer": content}
        )
        phone.get_by_role("button", name="Look at it").click()
        phone.get_by_text(says).wait_for()
        assert_accessible(phone)
        picture(phone, f"opening-look-{cash}")
    phone.get_by_label("What is the paper called?").fill("Trial balance of 28 February")
    phone.get_by_role("button", name="Send to every partner").click()
    phone.get_by_text("A position waits for approval").wait_for()
    for path in (f"/codes/{given.partners[0]}", "/board"):
        phone.goto(f"/pools/{given.id}{path}")
        assert_accessible(phone)
        picture(phone, f"opening-{path.split('/')[1]}")


def test_motions_are_read_on_a_phone(given: funding.GivenPool, phone: Page) -> None:
    sign_in(phone, "b.member", PASSWORD)
    phone.goto("/motions")
    assert_accessible(phone)
    picture(phone, "motions")
    phone.get_by_role("link", name="Allocate").click()
    assert_accessible(phone)
    picture(phone, "motion")
    phone.goto("/motions")
    phone.get_by_role("link", name="Propose a motion").first.click()
    assert_accessible(phone)
    picture(phone, "motion-propose")
