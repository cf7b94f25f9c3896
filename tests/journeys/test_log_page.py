"""What the log has published, on a phone, without an account."""

import pytest
from playwright.sync_api import Page, expect

from ledger.core import clock, sequencer
from ledger.core.db import db
from ledger.core.publishing import Publisher
from ledger.core.witnessing import Witnesses
from tests.core.given import register_organisation
from tests.journeys.conftest import Server, assert_accessible, picture
from tests.publication.witnesses import FAULTS, TIMEOUT_S, Stand, policy, serving


@pytest.mark.real_time
def test_anybody_sees_who_vouches_for_the_log(server: Server, phone: Page) -> None:
    signers = server.app.extensions["signers"]
    key = signers["ledger"].verifier()
    stands = [
        Stand("north.example.org/witness", keys=[key]),
        Stand("south.example.org/witness", FAULTS["fails"][0]),
    ]
    register_organisation()
    sequencer.drain(db.engine, signers)
    with serving(stands):
        rules = server.app.extensions["witness_policy"] = policy(stands, 1)
        witnesses = Witnesses(db.engine, rules, timeout_s=TIMEOUT_S)
        publisher = Publisher(db.engine, every_s=0, idle_every_s=0, cosigners=witnesses)
        assert publisher.publish_due("ledger", at=clock.now())

    phone.goto("/log")
    assert_accessible(phone)
    picture(phone, "log")
    assert phone.get_by_text("It has never cosigned.").count() == 1
    phone.get_by_role("link", name="Check a receipt").click()
    expect(phone.get_by_role("heading", level=1)).to_be_visible()
