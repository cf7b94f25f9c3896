"""A visitor looks around: every public page, on a phone and on a desktop."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, assert_accessible, picture

pytestmark = pytest.mark.real_time

PAGES = {
    "welcome": "/",
    "checking": "/about/checking",
    "accessibility": "/about/accessibility",
    "privacy": "/about/privacy",
    "problem": "/problems/stale",
    "missing": "/no/such/page",
}


@pytest.mark.parametrize("name", PAGES)
def test_every_public_page_is_accessible(server: Server, page: Page, name: str) -> None:
    page.goto(PAGES[name])

    picture(page, name)

    assert_accessible(page)
    expect(page.get_by_text("Demonstration", exact=True)).to_be_visible()


def test_the_keyboard_skips_to_the_main_content(server: Server, desktop: Page) -> None:
    desktop.goto("/")
    desktop.keyboard.press("Tab")
    assert desktop.locator(":focus").inner_text() == "Skip to main content"
    desktop.keyboard.press("Enter")
    assert desktop.evaluate("document.activeElement.id") == "maincontent"


def test_nothing_is_loaded_from_elsewhere(server: Server, desktop: Page) -> None:
    asked: list[str] = []
    desktop.on("request", lambda request: asked.append(request.url))
    for path in (*PAGES.values(), "/api/docs"):
        desktop.goto(path, wait_until="networkidle")
    assert asked
    assert [url for url in asked if not url.startswith((server.url, "data:", "blob:"))] == []


def test_the_description_for_developers_is_drawn(server: Server, desktop: Page) -> None:
    desktop.goto("/api/docs")
    desktop.wait_for_selector("text=operations")
    picture(desktop, "docs")
    assert desktop.locator(".swagger-ui .info .title").inner_text().startswith("Care Ledger")
