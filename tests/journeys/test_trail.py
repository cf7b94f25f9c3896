"""An auditor searches, opens an entry, takes its receipt and a bundle, and checks them alone."""

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ledger.core import sequencer
from ledger.core.actor import Role
from ledger.core.db import db
from tests.given import directory
from tests.given.identity import PASSWORD, account
from tests.journeys.conftest import Server, assert_accessible, picture, sign_in

pytestmark = pytest.mark.real_time

ROOT = Path(__file__).parents[2]


def audit(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "audit", *command],
        cwd=ROOT, capture_output=True, check=False, text=True,
    )  # fmt: skip


def test_an_auditor_needs_nobody_to_believe(server: Server, page: Page, tmp_path: Path) -> None:
    account(directory.member(Role.AUDITOR, name="Ada Example"), "an.auditor")
    sequencer.drain(db.engine, server.app.extensions["signers"])
    sign_in(page, "an.auditor", PASSWORD)

    page.get_by_role("link", name="The trail").first.click()
    page.get_by_label("What happened").select_option("directory")
    page.get_by_role("button", name="Search").click()
    assert_accessible(page)
    picture(page, "trail")

    with page.expect_download() as downloading:
        page.get_by_label("Who gets it").fill("The board, for its auditors")
        page.get_by_role("button", name="Download").click()
    bundle = tmp_path / "bundle.zip"
    downloading.value.save_as(bundle)

    page.get_by_role("link", name="An organisation was added").first.click()
    assert_accessible(page)
    picture(page, "entry")
    files = {}
    for name in ("receipt", "entry"):
        with page.expect_download() as downloading:
            page.get_by_role("link", name=f"Download the {name}").click()
        files[name] = tmp_path / name
        downloading.value.save_as(files[name])

    page.get_by_role("link", name="How to check them").click()
    key = str(server.app.extensions["signers"]["ledger"].verifier())
    expect(page.get_by_text(key).first).to_be_visible()

    done = audit("verify", str(bundle), "--key", key)
    assert (done.returncode, "DEMONSTRATION" in done.stdout) == (0, True), done.stderr
    done = audit("receipt", str(files["receipt"]), "--entry", str(files["entry"]), "--key", key)
    assert done.returncode == 0, done.stderr

    content = bytearray(bundle.read_bytes())
    content[len(content) // 3] ^= 4
    bundle.write_bytes(content)
    done = audit("verify", str(bundle), "--key", key)
    assert done.returncode == 1
    assert done.stderr.startswith("DOES NOT VERIFY: byte ")


def test_a_bad_search_says_what_is_wrong(server: Server, page: Page) -> None:
    account(directory.member(Role.AUDITOR), "an.auditor")
    sign_in(page, "an.auditor", PASSWORD)
    page.goto("/trail")
    page.get_by_text("About whom, by whom, which log").click()
    page.get_by_label("About whom or what").fill("9990000018")
    page.get_by_role("button", name="Search").click()
    page.wait_for_selector("text=There is a problem")
    assert_accessible(page)
    picture(page, "trail-problem")
