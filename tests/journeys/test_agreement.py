"""An agreement, from a blank page to force, between two organisations, in their browsers."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
from playwright.sync_api import Page

from ledger.agreements import queries
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.directory.rules.organisations import OrganisationKind
from ledger.edge import accounts
from tests.given import agreements as given
from tests.given.directory import member, organisation
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


class TestAnAgreement:
    """Read the one test; the steps below it are its footnotes."""

    @pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
    def test_it(self, server: Server, new_page: NewPage, size: dict[str, int]) -> None:
        self.given_two_organisations()
        self.first, self.second = new_page(size), new_page(size)
        self.when_the_first_drafts_it()
        self.when_it_adds_a_flow_and_is_told_what_is_missing()
        self.when_it_adds_approvals_and_words_and_proposes()
        self.when_it_signs()
        self.then_the_second_finds_it_waiting_and_signs()
        self.then_it_is_in_force_for_anybody_to_see()
        self.when_the_second_suspends_it()
        self.when_the_first_amends_it()
        self.when_the_second_gives_notice()

    def given_two_organisations(self) -> None:
        trust = organisation("Northmoor Trust", ods_code="DEMT1")
        council = organisation("Northmoor Council", OrganisationKind.COUNCIL, ods_code="DEMC1")
        self.ann = self.signatory(trust, "ann.signatory")
        self.bob = self.signatory(council, "bob.signatory")

    def signatory(self, at: UUID, username: str) -> Actor:
        actor = given.signatory(at=at)
        accounts.set_password(accounts.invite(actor.id, username), PASSWORD)
        return actor

    def look(self, page: Page, name: str) -> None:
        assert_accessible(page)
        picture(page, f"agreement-{name}")

    def when_the_first_drafts_it(self) -> None:
        page = self.first
        sign_in(page, "ann.signatory", PASSWORD)
        page.goto("/agreements")
        self.look(page, "none")
        page.get_by_role("link", name="Draft an agreement").click()
        page.get_by_role("button", name="Save and go on").click()
        page.wait_for_selector("text=There is a problem")
        self.look(page, "begin")
        today = clock.civil_date(clock.now())
        days = {"starts_on": 0, "review_on": 100, "ends_on": 364}
        for field, ahead in days.items():
            day = today + timedelta(days=ahead)
            page.fill(f"#{field}", f"{day.day}/{day.month}/{day.year}")
        page.fill("#title", "Falls pathway")
        page.fill("#party_1", "DEMC1 Northmoor Council")
        page.get_by_role("button", name="Save and go on").click()
        page.wait_for_selector("text=nothing would be shared")

    def when_it_adds_a_flow_and_is_told_what_is_missing(self) -> None:
        page = self.first
        page.get_by_role("link", name="Add a flow").click()
        page.get_by_role("button", name="Save").click()
        page.wait_for_selector("text=There is a problem")
        self.look(page, "flow")
        page.select_option("#from_party", label="Northmoor Trust")
        page.select_option("#to_party", label="Northmoor Council")
        page.select_option("#from_role", "controller")
        page.select_option("#to_role", "controller")
        page.select_option("#purpose", "TREAT")
        page.get_by_label("Medicines").check()
        page.get_by_label("Mental health").check()
        page.select_option("#article_6", "6(1)(e)")
        page.select_option("#article_9", "9(2)(h)")
        page.select_option("#schedule_1", "part 1 paragraph 2")
        page.select_option("#common_law", "implied-consent")
        page.get_by_role("button", name="Save").click()
        page.wait_for_selector("text=Caldicott")
        self.look(page, "draft")

    def when_it_adds_approvals_and_words_and_proposes(self) -> None:
        page, today = self.first, clock.civil_date(clock.now())
        for kind, reference in (("dpia", "DPIA 2026/7"), ("caldicott", "CG 2026/3")):
            page.get_by_role("link", name="Add an approval").click()
            page.select_option("#kind", kind)
            page.fill("#reference", reference)
            page.fill("#approved_on", f"{today.day}/{today.month}/{today.year}")
            self.look(page, "approval")
            page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name="Fill in the words").click()
        for name in ("background", "aim", "necessity", "benefits"):
            page.fill(f"#{name}", "People fall less when those who visit them know their plan.")
        self.look(page, "words")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Propose to the parties").click()
        page.wait_for_selector("text=its parties can sign it")
        self.look(page, "proposed")

    def when_it_signs(self) -> None:
        page = self.first
        page.get_by_role("link", name="Read and sign").click()
        page.get_by_role("button", name="Sign", exact=True).click()
        page.wait_for_selector("text=Tick the box to sign")
        self.look(page, "sign")
        statement = page.locator(".nhsuk-inset-text").inner_text()
        assert "Chief executive" in statement
        assert "for Northmoor Trust" in statement
        page.get_by_label("I state this").check()
        page.get_by_role("button", name="Sign", exact=True).click()
        page.wait_for_selector("text=when everybody has")

    def then_the_second_finds_it_waiting_and_signs(self) -> None:
        page = self.second
        sign_in(page, "bob.signatory", PASSWORD)
        page.goto("/")
        page.get_by_role("link", name="Falls pathway").click()
        page.get_by_role("link", name="Read and sign").click()
        page.get_by_label("I state this").check()
        page.get_by_role("button", name="Sign", exact=True).click()
        page.wait_for_selector("text=signed by all its parties")
        self.look(page, "in-force")
        assert len(queries.visible(db.session(), self.bob)) == 1

    def then_it_is_in_force_for_anybody_to_see(self) -> None:
        page = self.first
        page.goto("/agreements")
        page.wait_for_selector("text=In force")
        self.look(page, "list")
        page.get_by_role("link", name="public register").click()
        self.look(page, "register")

    def when_the_second_suspends_it(self) -> None:
        page = self.second
        page.get_by_role("link", name="Suspend this agreement").click()
        page.get_by_role("button", name="Suspend", exact=True).click()
        page.wait_for_selector("text=Choose why")
        self.look(page, "suspend")
        page.get_by_label("Data was lost").check()
        page.get_by_role("button", name="Suspend", exact=True).click()
        page.wait_for_selector("text=Nothing is shared")
        page.get_by_role("button", name="End the suspension").click()
        page.wait_for_selector("text=The suspension is over")

    def when_the_first_amends_it(self) -> None:
        page = self.first
        page.goto("/agreements")
        page.get_by_role("link", name="Falls pathway").click()
        page.get_by_role("button", name="Draft the next version").click()
        page.get_by_role("link", name="Change title and days").click()
        page.fill("#notice_days", "0")
        page.get_by_role("button", name="Save").click()
        page.wait_for_selector("text=There is a problem")
        self.look(page, "days")
        page.fill("#notice_days", "60")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Propose to the parties").click()
        page.wait_for_selector("text=its parties can sign it")
        page.get_by_role("link", name="read version 2").click()
        page.get_by_role("link", name="Read and sign").click()
        page.wait_for_selector("text=What is different from the version before")
        self.look(page, "sign-amendment")

    def when_the_second_gives_notice(self) -> None:
        page = self.second
        page.get_by_role("link", name="Give notice for your organisation").click()
        soonest = page.input_value("#leaves_on")
        page.fill("#leaves_on", "1/1/2026")
        page.get_by_role("button", name="Give notice").click()
        page.wait_for_selector("text=There is a problem")
        self.look(page, "leave")
        page.fill("#leaves_on", soonest)
        page.get_by_role("button", name="Give notice").click()
        page.wait_for_selector("text=You have given notice")


class TestAuthorityToSign:
    """A steward gives authority; who has it lets a colleague sign for a week."""

    @pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
    def test_it(self, server: Server, new_page: NewPage, size: dict[str, int]) -> None:
        trust = organisation("Northmoor Trust")
        people = {
            "steward": member(Role.STEWARD, at=trust, name="Sam Ashby"),
            "chief": member(Role.SIGNATORY, at=trust, name="Cara Devlin"),
        }
        member(Role.SIGNATORY, at=trust, name="Dev Osei")
        member(Role.CLINICIAN, at=trust, name="Who Cannot Sign")
        for username, actor in people.items():
            accounts.set_password(accounts.invite(actor.id, username), PASSWORD)
        today = clock.civil_date(clock.now())
        first = f"{today.day}/{today.month}/{today.year}"

        page = new_page(size)
        sign_in(page, "steward", PASSWORD)
        page.goto("/signatories")
        page.get_by_role("link", name="Give authority").click()
        page.get_by_role("button", name="Save").click()
        page.wait_for_selector("text=There is a problem")
        assert_accessible(page)
        picture(page, "authority-new")
        assert "Who Cannot Sign" not in page.inner_text("#person")
        page.select_option("#person", label="Cara Devlin")
        page.fill("#position", "Chief executive")
        page.fill("#first_day", first)
        page.get_by_role("button", name="Save").click()
        page.wait_for_selector("text=They may sign")

        other = new_page(size)
        sign_in(other, "chief", PASSWORD)
        other.goto("/signatories")
        other.get_by_role("link", name="Let a colleague sign").click()
        other.select_option("#person", label="Dev Osei")
        other.fill("#position", "Deputy chief executive")
        other.fill("#first_day", first)
        other.fill("#last_day", first)
        other.get_by_role("button", name="Save").click()
        other.wait_for_selector("text=Delegated")
        assert_accessible(other)
        picture(other, "authority-own")
        other.get_by_role("button", name=re.compile("Dev Osei")).click()
        other.wait_for_selector("text=Taken away from today on")
        page.goto("/signatories")
        picture(page, "authority-list")
        assert page.get_by_text("Holds today").count() == 1
