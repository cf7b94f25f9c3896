"""Each page of an agreement between four organisations, looked at on a phone and on a desk."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

import pytest
from playwright.sync_api import Page

from ledger.agreements import queries, service
from ledger.agreements.rules import odrl_out
from ledger.agreements.rules.terms import Mode, Terms
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
        organisation("Joining Hospice", OrganisationKind.VOLUNTARY, ods_code="DEMJN")
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
        self.fund_id = given.active(self.trust, self.council, given=self.fund())
        self.draft_id = self.drafted()
        sequencer.drain(db.engine, server.app.extensions["signers"])
        publishing.publish_now(db.engine)

    def odrl(self) -> bytes:
        terms = given.terms(self.trust, self.council, title="From elsewhere")
        with unit_of_work(self.ann) as work:
            drafted = service.draft(work, terms=terms)
        shown = queries.version(db.session(), self.ann, drafted.agreement_id, 1)
        written = odrl_out.write(
            shown.terms,
            agreement_id=drafted.agreement_id,
            version=1,
            document_sha256=shown.document_sha256,
        )
        return json.dumps(written, default=str).encode()

    def fund(self) -> Terms:
        return given.fund_terms(self.trust, self.council)

    def drafted(self) -> UUID:
        with unit_of_work(self.ann) as work:
            terms = given.terms(*self.four[:3], title="Night care", approvals=())
            return service.draft(work, terms=terms).agreement_id


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_page(server: Server, new_page: NewPage, size: dict[str, int]) -> None:
    scene = Scene(server)
    page = new_page(size)
    sign_in(page, "ann.signatory", PASSWORD)
    root = f"/agreements/{scene.agreement_id}"
    for name, address, says in (
        ("list", "/agreements", "Falls pathway"),
        ("read", root, "In force"),
        ("flows", f"{root}/flows", "Who gives this to whom"),
        ("text", f"{root}/text", "How to know this text again"),
        ("changes", f"{root}/changes?version=2", "1 clause differs"),
        ("sign", f"{root}/sign", "What you are signing, and as whom"),
        ("check", "/agreements/check", "You need no account"),
        ("check-unknown", f"/agreements/check?sha256={'0' * 64}", "Not ours"),
        ("register", "/agreements/register?party=mill", "Falls pathway"),
        (
            "register-none",
            "/agreements/register?party=nobody&kind=pooled-fund",
            "No such agreement",
        ),
        ("calendar", "/agreements/calendar", "To be reviewed by this day"),
        ("end", f"{root}/end", "this cannot be taken back"),
        ("renew", f"{root}/renew", "for as long again"),
        ("import", "/agreements/import", "Draft from a file"),
        ("keys", "/signatories/keys", "There is no key yet"),
        ("link", f"/agreements/{scene.fund_id}/link", "Which agreement?"),
    ):
        page.goto(address)
        page.wait_for_selector(f"text={says}")
        assert_accessible(page)
        picture(page, f"agreement-page-{name}")
    with page.expect_download() as downloading:
        page.goto(root)
        page.get_by_role("link", name="The agreement with its signatures").click()
    file = downloading.value.path()
    exported = page.get_by_role("link", name="for other programs").get_attribute("href")
    assert page.request.get(exported or "").json()["@type"] == "Agreement"
    page.goto("/agreements/check")
    page.set_input_files(
        "#file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": file.read_bytes()}
    )
    page.get_by_role("button", name="Check").click()
    page.wait_for_selector("text=Issued by this service")
    assert_accessible(page)
    picture(page, "agreement-page-check-ours")


def look(page: Page, name: str) -> None:
    assert_accessible(page)
    picture(page, f"agreement-page-{name}")


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_what_they_do(server: Server, new_page: NewPage, size: dict[str, int]) -> None:
    scene = Scene(server)
    page = new_page(size)
    sign_in(page, "ann.signatory", PASSWORD)
    they_draft(page, scene)
    they_import(page, scene)
    they_link(page, scene)
    they_end_and_certify(page, scene)


def they_draft(page: Page, scene: Scene) -> None:
    page.goto(f"/agreements/{scene.draft_id}/draft")
    look(page, "draft")
    page.get_by_role("link", name="Change who is party, who leads, and who signs when").click()
    page.fill("#group_2", "none")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=There is a problem")
    look(page, "parties")
    page.fill("#group_2", "2")
    page.get_by_label("Between each two that have signed").check()
    page.fill("#joins", "DEMJN")
    page.locator("input[name=out]").first.check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Choose another party to lead before you leave this one out")
    look(page, "parties-errors")
    assert page.input_value("#joins") == "DEMJN"
    page.locator("input[name=out]").first.uncheck()
    page.locator("input[name=out]").nth(2).check()
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("text=Before it can be proposed")
    assert "Joining Hospice" in page.inner_text("main")
    assert "Mill Lane Surgery" not in page.inner_text("main")
    page.get_by_role("link", name=re.compile(r"^Clause \d")).first.click()
    page.wait_for_selector("text=How to know this text again")


def they_import(page: Page, scene: Scene) -> None:
    page.goto("/agreements/import")
    bad = {"name": "x.jsonld", "mimeType": "application/ld+json", "buffer": b"{}"}
    page.set_input_files("#file", bad)  # type: ignore[arg-type]
    page.get_by_role("button", name="Draft from this file").click()
    page.wait_for_selector("text=What has to change in the file")
    look(page, "import-faults")
    page.set_input_files(
        "#file", {"name": "x.jsonld", "mimeType": "application/ld+json", "buffer": scene.odrl()}
    )
    page.get_by_role("button", name="Draft from this file").click()
    page.wait_for_selector("text=Drafted from your file")


def they_link(page: Page, scene: Scene) -> None:
    page.goto(f"/agreements/{scene.fund_id}/link")
    page.select_option("#linked", label="Falls pathway")
    page.get_by_role("button", name="Link them").click()
    page.wait_for_selector("text=leaves the other as it is")
    page.goto("/signatories/keys")
    page.fill("#jwk", "[]")
    page.get_by_role("button", name="Add the key").click()
    page.wait_for_selector("text=There is a problem")


def they_end_and_certify(page: Page, scene: Scene) -> None:
    page.goto(f"/agreements/{scene.agreement_id}/end")
    page.get_by_role("button", name="End the agreement").click()
    page.wait_for_selector("text=Tick the box to end it")
    look(page, "end-errors")
    page.get_by_label("A party broke the agreement").check()
    page.get_by_label("End it for all parties").check()
    page.get_by_role("button", name="End the agreement").click()
    page.wait_for_selector("text=Nothing is shared under this agreement any more")
    page.goto("/")
    page.wait_for_selector("text=Destroy or return what you received")
    page.goto("/agreements/obligations")
    page.get_by_role("link", name="Certify it").click()
    page.get_by_role("button", name="Certify").click()
    page.wait_for_selector("text=There is a problem")
    look(page, "certify")
    page.get_by_label("All of it was destroyed").check()
    page.set_input_files(
        "#file", {"name": "c.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    )
    page.get_by_role("button", name="Certify").click()
    page.wait_for_selector("text=Keep the file")
    look(page, "obligations")
