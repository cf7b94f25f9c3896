"""A person is invited, signs in, chooses a role and signs out, on a phone and on a desktop."""

from playwright.sync_api import Page

from ledger.core.actor import Role
from ledger.edge import accounts
from tests.edge.asking import asked, register
from tests.given import directory as given
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in


def test_from_invitation_to_signing_out(server: Server, page: Page) -> None:
    steward = given.member(Role.STEWARD)
    assert steward.organisation_id
    given.another_role(steward, Role.SIGNATORY, at=steward.organisation_id)
    token = accounts.invite(steward.id, "two.roles")

    page.goto(f"/invitation/{token}")
    assert_accessible(page)
    picture(page, "invitation")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("The same password again").fill("short")
    page.get_by_role("button", name="Set password").click()
    page.wait_for_selector("text=There is a problem")
    assert_accessible(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.wait_for_selector("text=Your password is set")
    assert_accessible(page)
    picture(page, "sign-in")

    page.get_by_label("Name").fill("two.roles")
    page.get_by_label("Password", exact=True).fill("not this one")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_selector("text=The name or the password is wrong")
    assert_accessible(page)
    picture(page, "sign-in-wrong")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()

    page.wait_for_selector("text=What are you here as?")
    assert_accessible(page)
    picture(page, "role")
    page.get_by_label("Steward").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{server.url}/")

    page.goto("/programs")
    assert_accessible(page)
    picture(page, "programs")
    page.get_by_label("What people call it").fill("Ward screen")
    page.get_by_label("Ask whether somebody may see").check()
    page.get_by_role("button", name="Register").click()
    page.wait_for_selector("text=Ward screen is registered")
    assert_accessible(page)
    picture(page, "program")

    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("text=You are signed out")
    assert_accessible(page)
    picture(page, "signed-out")
    page.goto("/programs")
    page.wait_for_selector("input[name=username]")


def test_no_sign_in_is_a_page_too(server: Server, page: Page) -> None:
    page.goto("/sign-in/local/callback?state=forged&code=x")
    page.wait_for_selector("text=You are not signed in")
    assert_accessible(page)
    page.goto("/oauth/end-session")
    page.wait_for_selector("text=Do you want to sign out?")
    assert_accessible(page)


def test_a_program_asks_for_leave(server: Server, phone: Page) -> None:
    account(given.member(Role.AUDITOR), "an.auditor")
    client_id, _ = register(
        name="Trail reader",
        organisation_id=given.organisation("Demonstration Council"),
        scopes=["log:read", "log:export"],
        grant_types=["authorization_code"],
        redirect_uris=[f"{server.url}/signed-out"],
    )
    mine = {"scope": "log:read log:export", "redirect_uri": f"{server.url}/signed-out"}
    sign_in(phone, "an.auditor", PASSWORD)
    phone.goto(asked((str(client_id), ""), **mine))
    phone.wait_for_selector("text=Let Trail reader act for you?")
    assert_accessible(phone)
    picture(phone, "consent")
    phone.get_by_role("button", name="Let it act for me").click()
    phone.wait_for_url("**/signed-out?code=*")
