"""A real server and a real browser: journeys drive the service as people do.

    @pytest.mark.real_time
    def test_it(server: Server, phone: Page) -> None:
        sign_in(phone, "a.patient", PASSWORD)
        phone.goto("/my/consents")
        assert_accessible(phone)
        picture(phone, "consents")

Pages come from a server in a thread of this process, on a database of its own; `server.app`
is that application, so a test may set a journey's scene by commands.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError
from werkzeug.serving import make_server

from ledger.core.db import db
from tests.databases import NewDatabase, running

PHONE: Final = {"width": 390, "height": 844}
DESKTOP: Final = {"width": 1280, "height": 900}
WAIT_MAX_MS: Final = 10_000
expect.set_options(timeout=WAIT_MAX_MS)
PICTURES: Final = os.environ.get("LEDGER_TEST_PICTURES")
"""A folder for screenshots; without it none are taken."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running service."""

    app: Flask
    url: str


@contextmanager
def serving(database_url: str, **chosen: object) -> Iterator[Server]:
    """Serve the application on a free port of this machine until the block ends."""
    # The port is known before the application, whose settings name its address.
    holder: list[Any] = []

    def application(environ: Any, start: Any) -> Any:
        return holder[0](environ, start)

    listener = make_server("127.0.0.1", 0, application, threaded=True)
    url = f"http://127.0.0.1:{listener.port}"
    with running(database_url, public_url=url, **chosen) as app:
        holder.append(app.wsgi_app)
        thread = Thread(
            target=listener.serve_forever, args=(0.05,), name="journey server", daemon=True
        )
        thread.start()
        try:
            yield Server(app, url)
        finally:
            listener.shutdown()
            thread.join()
            listener.server_close()
            db.session.remove()


@pytest.fixture
def server(sqlite_databases: NewDatabase) -> Iterator[Server]:
    """The service on an embedded database, saying that it is a demonstration."""
    with serving(sqlite_databases(), demonstration=True) as server:
        yield server


def _chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no chromium here: install it (apt-get install chromium) to run the journeys")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = _chromium()
    with sync_playwright() as playwright:
        # Root cannot have Chromium's sandbox; these pages are our own.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def new_page(server: Server, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages in contexts of their own: other people, at other screens."""
    contexts: list[BrowserContext] = []

    def open_page(size: dict[str, int] = DESKTOP) -> Page:
        context = browser.new_context(
            base_url=server.url,
            viewport={"width": size["width"], "height": size["height"]},
            locale="en-GB",
            timezone_id="Europe/London",
            has_touch=size is PHONE,
            is_mobile=size is PHONE,
        )
        context.set_default_timeout(WAIT_MAX_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", _no_complaint)
        page.on("pageerror", _no_error)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    return new_page(PHONE)


@pytest.fixture
def desktop(new_page: Callable[..., Page]) -> Page:
    return new_page(DESKTOP)


@pytest.fixture(params=["phone", pytest.param("desktop", marks=pytest.mark.soak)])
def page(request: pytest.FixtureRequest, new_page: Callable[..., Page]) -> Page:
    """A page at both widths, one after the other; `make test` has the phone's, which is harder."""
    return new_page(PHONE if request.param == "phone" else DESKTOP)


def _no_complaint(message: ConsoleMessage) -> None:
    """Fail on what the browser refuses: above all, on what the security policy forbids."""
    if message.type == "error" and "Content Security Policy" in message.text:
        pytest.fail(f"the browser refused something: {message.text}")


def _no_error(error: object) -> None:
    pytest.fail(f"a script failed: {error}")


def sign_in(page: Page, username: str, password: str) -> None:
    """Sign in with a local account, as a person does."""
    page.goto("/sign-in")
    if not page.locator("input[name=username]").count():  # First choose how to sign in.
        page.get_by_role("link", name="name and password").or_(
            page.get_by_role("button", name="name and password")
        ).first.click()
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.locator("main form button[type=submit], main form button:not([type])").first.click()
    page.wait_for_selector("text=Sign out")


def assert_accessible(page: Page) -> None:
    """Fail on any violation that axe finds, and on a page that scrolls sideways."""
    found = _axe(page)
    assert not found.violations_count, found.generate_report()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"the page is {wide} pixels wider than the screen"


_GONE: Final = ("documentElement", "context was destroyed")


def _axe(page: Page) -> AxeResults:
    """Run axe, and again where a click's answer took the old page away under it."""
    for _ in range(3):
        page.wait_for_load_state()
        try:
            return Axe().run(page)
        except PlaywrightError as error:
            if not any(
                one in error.message for one in ("documentElement", "context was destroyed")
            ):
                raise
    return Axe().run(page)


def picture(page: Page, name: str) -> None:
    """Keep a picture of the whole page, if LEDGER_TEST_PICTURES names a folder."""
    if PICTURES:
        width = (page.viewport_size or DESKTOP)["width"]
        page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
