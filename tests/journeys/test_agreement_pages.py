"""Each page of an agreement between four organisations, looked at on a phone and on a desk."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest
from playwright.sync_api import Page

from ledger.agreements import service
from ledger.agreements.rules.terms import Mode
from ledger.core import publishing, sequencer
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory.rules.organisations import OrganisationKind
from ledger.edge import accounts
from tests.given import agreements as given
from tests.given.directory import organisation
from tests.journeys.conftest import (
    DESKTOP,
    PHONE,
    Server,
    assert_accessible,
    picture,
    sign_in,
)

pytestmark = pytest.mark.real_time

PASSWORD: Final = "meadow-gate-lantern"
NewPage = Callable[..., Page]


class Scene:
    """Four organisations, an agreement in force, and an amendment that is being signed."""

    def __init__(self, server: Server) -> None:
        self.trust = organisation("Northmoor Demonstration Trust")
        self.council = organisation("Eastvale Council", OrganisationKind.COUNCIL)
        self.surgery = organisation("Mill Lane Surgery")
        self.charity = organisation("Westfold Community Care Partnership")
        self.four = (self.trust, self.council, self.surgery, self.charity)
        self.ann = given.signatory(at=self.trust)
        accounts.set_password(accounts.invite(self.ann.id, "ann.signatory"), PASSWORD)
        terms = given.terms(*self.four, mode=Mode.ALL)
        self.agreement_id = given.proposed(terms, by=self.ann)
        given.signed(self.agreement_id, self.ann)
        for other in self.four[1:]:
            given.signed(self.agreement_id, given.signatory(at=other))
        first, *rest = terms.flows
        changed = replace(first, categories=frozenset(list(first.categories)[:1]))
        with unit_of_work(self.ann) as work:
            service.amend(work, self.agreement_id, terms=replace(terms, flows=(changed, *rest)))
        with unit_of_work(self.ann) as work:
            service.propose(work, self.agreement_id)
        sequencer.drain(db.engine, server.app.extensions["signers"])
        publishing.publish_now(db.engine)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_page(server: Server, new_page: NewPage, size: dict[str, int]) -> None:
    scene = Scene(server)
    page = new_page(size)
    sign_in(page, "ann.signatory", PASSWORD)
    root = f"/agreements/{scene.agreement_id}"
    for name, address, says in (
        ("list", "/agreements", "Falls pathway"),
        ("read", root, "In force"),
        ("flows", f"{root}/flows", "What each arrow stands for"),
        ("text", f"{root}/text", "How to know this text again"),
        ("changes", f"{root}/changes?version=2", "1 clause differs"),
        ("sign", f"{root}/sign", "What you are signing, and as whom"),
        ("check", "/agreements/check", "You need no account"),
        ("check-unknown", f"/agreements/check?sha256={'0' * 64}", "Not ours"),
        ("register", "/agreements/register", "Falls pathway"),
    ):
        page.goto(address)
        page.wait_for_selector(f"text={says}")
        assert_accessible(page)
        picture(page, f"agreement-page-{name}")
    with page.expect_download() as downloading:
        page.goto(root)
        page.get_by_role("link", name="The agreement with its signatures").click()
    file = downloading.value.path()
    page.goto("/agreements/check")
    page.set_input_files(
        "#file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": file.read_bytes()}
    )
    page.get_by_role("button", name="Check").click()
    page.wait_for_selector("text=Issued by this service")
    assert_accessible(page)
    picture(page, "agreement-page-check-ours")
