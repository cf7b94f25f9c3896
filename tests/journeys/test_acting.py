"""A parent acts for their child on a phone; a steward records who may act for a patient."""

import pytest
from playwright.sync_api import Page, expect

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from tests.given import acting
from tests.given.directory import member, organisation, patient
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time


def test_a_parent_acts_and_a_steward_records(server: Server, phone: Page) -> None:
    today = clock.civil_date(clock.now())
    trust = organisation()
    born_on = today.replace(year=today.year - 8, day=1)
    patient_id, _ = patient(at=trust, name="Noor Reed", born_on=born_on)
    _, person_id = acting.power(patient_id, at=trust)
    account(person_id, "a.parent")
    account(member(Role.STEWARD, at=trust), "a.steward")
    db.session.remove()

    sign_in(phone, "a.parent", PASSWORD)
    phone.goto("/acting-for")
    assert_accessible(phone)
    picture(phone, "acting-whom")
    phone.get_by_role("button", name="Act for Noor Reed").click()
    expect(phone.get_by_text("You are acting for Noor Reed")).to_be_visible()
    phone.goto("/my/choices")
    assert_accessible(phone)
    picture(phone, "acting-choices")
    phone.get_by_role("button", name="Stop acting for them").click()
    expect(phone.get_by_text("You are acting for Noor Reed")).to_have_count(0)
    phone.get_by_role("button", name="Sign out").click()

    sign_in(phone, "a.steward", PASSWORD)
    phone.goto(f"/patients/{patient_id}/people")
    assert_accessible(phone)
    picture(phone, "acting-people")
