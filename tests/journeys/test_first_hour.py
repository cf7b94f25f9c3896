"""An operator's first hour: people, roles, lists, a patient found, and their sign-in linked."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page

from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.rules.organisations import OrganisationDetails, OrganisationKind
from ledger.edge import accounts
from tests.given.directory import SYSTEM, patient
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time

PASSWORD: Final = "meadow-gate-lantern"
TRUST: Final = OrganisationDetails(name="Northmoor Trust", kind=OrganisationKind.TRUST)
NewPage = Callable[..., Page]


@pytest.fixture
def steward(server: Server) -> str:
    """A service that was just set up; return the name by which its steward signs in."""
    with unit_of_work(SYSTEM) as work:
        service.found(work, details=TRUST, demonstration=True)
    return staff("sam@trust.example", Role.STEWARD)


def staff(email: str, role: Role) -> str:
    founded = queries.installation(db.session())
    assert founded
    with unit_of_work(SYSTEM) as work:
        invited = service.invite(
            work, name="Sam Ashby", email=email, organisation_id=founded.host_id, role=role
        )
        service.accept_invitation(work, person_id=invited.person_id)
    accounts.set_password(accounts.invite(invited.person_id, email), PASSWORD)
    return email


def look(page: Page, name: str) -> None:
    assert_accessible(page)
    picture(page, f"first-hour-{name}")


def invite(page: Page) -> str:
    """Invite a clinician; return the address that lets her in."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Staff").click()
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_role("button", name="Invite").click()
    page.wait_for_selector("text=There is a problem")
    look(page, "invite")
    page.fill("#name", "Cara Devlin")
    page.fill("#email", "cara@trust.example")
    page.select_option("#role", "clinician")
    page.get_by_role("button", name="Invite").click()
    address = page.locator("#invitation").inner_text()
    look(page, "invitation")
    return address


def accept(page: Page, address: str, email: str) -> None:
    """Choose a password by an invitation, and sign in with it."""
    page.goto(address)
    page.fill("#password", PASSWORD)
    page.fill("#password_again", PASSWORD)
    page.get_by_role("button", name="Set password").click()
    sign_in(page, email, PASSWORD)


def give_second_role(page: Page) -> None:
    page.goto("/staff")
    look(page, "staff")
    page.get_by_role("link", name="Cara Devlin").click()
    page.select_option("#role", "care_coordinator")
    page.get_by_role("button", name="Give role").click()
    page.wait_for_selector("text=The role is given")
    look(page, "person")


def change_role(page: Page) -> None:
    page.goto("/sign-in/role")
    page.get_by_label("Care coordinator").check()
    page.locator("main form button").first.click()
    page.locator("header", has_text="Care coordinator").wait_for()


def bring_in(page: Page, what: str, file: Path, text: str) -> None:
    file.write_text(text)
    page.goto("/imports")
    page.get_by_label(what).check()
    page.set_input_files("input[type=file]", str(file))
    look(page, "import")
    page.get_by_role("button", name="Look at the file").click()


def bring_in_lists(page: Page, file: Path) -> None:
    """First a file with a mistake, then the right one; then who cares for whom."""
    good = "NHS number,Name,DOB\n9990000018,Iris Moss,1948-03-01\n"
    bring_in(page, "Patients", file, f"{good}9990000019,Jonah Fern,2/4/90\n")
    page.wait_for_selector("text=Nothing was brought in")
    look(page, "preview-wrong")
    bring_in(page, "Patients", file, f"{good}9990000026,Jonah Fern,2/4/1990\n")
    look(page, "preview")
    page.get_by_role("button", name="Bring in 2 rows").click()
    page.wait_for_selector("text=2 added.")
    roster = "NHS number,Team,E-mail,From\n9990000018,,cara@trust.example,2026-01-01\n"
    bring_in(page, "Who cares for whom", file, roster)
    page.get_by_role("button", name="Bring in 1 row").click()
    page.wait_for_selector("text=1 added.")


def find(page: Page, number: str, born: str) -> None:
    page.goto("/patients/find")
    page.fill("#nhs_number", number)
    page.fill("#born", born)
    page.get_by_role("button", name="Find").click()


def link(page: Page, email: str) -> str:
    """Find a patient and link their sign-in; return the address that lets them in."""
    find(page, "999 000 0018", "2/3/1948")
    page.wait_for_selector("text=There is a problem")
    look(page, "find")
    find(page, "999 000 0018", "1/3/1948")
    page.get_by_role("heading", name="Iris Moss").wait_for()
    look(page, "found")
    page.fill("#email", email)
    page.get_by_label("I have seen the patient").check()
    page.get_by_role("button", name="Link their sign-in").click()
    return page.locator("#invitation").inner_text()


def test_the_first_hour(
    server: Server, steward: str, page: Page, new_page: NewPage, tmp_path: Path
) -> None:
    sign_in(page, steward, PASSWORD)
    page.goto("/organisations")
    look(page, "organisations")
    cara, iris = new_page(), new_page()

    accept(cara, invite(page), "cara@trust.example")
    give_second_role(page)
    change_role(cara)
    bring_in_lists(page, tmp_path / "list.csv")
    accept(iris, link(page, "iris@home.example"), "iris@home.example")

    assert "Patient" in iris.inner_text("header")


def test_a_clinician_says_that_they_care_and_somebody_reviews_it(
    server: Server, steward: str, page: Page, new_page: NewPage
) -> None:
    founded = queries.installation(db.session())
    assert founded
    _, iris = patient(at=founded.host_id, number="9990000018")
    accounts.set_password(accounts.invite(iris.id, "iris"), PASSWORD)
    sign_in(page, staff("dev@trust.example", Role.CLINICIAN), PASSWORD)

    find(page, "9990000018", "1948-03-01")
    page.get_by_label("I am covering for a colleague").check()
    page.fill("#words", "Cover for tonight")
    look(page, "declare")
    page.get_by_role("button", name="Record it").click()
    page.wait_for_selector("text=It is recorded that you care")

    officer = new_page()
    sign_in(officer, staff("priya@trust.example", Role.PRIVACY_OFFICER), PASSWORD)
    officer.goto("/declared-care")
    officer.get_by_role("button", name="Close the review").click()
    officer.wait_for_selector("text=There is a problem")
    look(officer, "declared")
    officer.get_by_label("Yes").check()
    officer.get_by_label("What you found").fill("On the rota")
    officer.get_by_role("button", name="Close the review").click()
    officer.wait_for_selector("text=The review is closed")

    own = new_page()
    sign_in(own, "iris", PASSWORD)
    own.goto("/my/looked-up")
    own.wait_for_selector("text=Said that they care for you")
    look(own, "looked-up")
