"""A browser checks a receipt by itself: offline, in real Chromium, down to the last bit."""

from base64 import b64encode
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from audit import Receipt
from audit.cosignature import CosignatureSigner
from audit.ed25519 import Ed25519Signer
from audit.mldsa import MlDsaSigner
from audit.note import signature_line
from tests.audit.logs import KEY, Log
from tests.journeys.conftest import Server, assert_accessible, picture

pytestmark = pytest.mark.real_time

WITNESS = CosignatureSigner("witness.example", b"w" * 32, now_s=lambda: 1_700_000_000)


def receipt_of(log: Log, index: int) -> str:
    receipt = log.receipt(index)
    text = receipt.checkpoint.split("\n\n")[0] + "\n"
    cosigned = receipt.checkpoint + signature_line(text, WITNESS)
    return Receipt(receipt.index, receipt.path, cosigned).to_text()


SMALL = Log(300)
RECEIPT, ENTRY = receipt_of(SMALL, 137), SMALL.bodies[137]
OTHER = Ed25519Signer(KEY.name, b"o" * 32).verifier()
QUANTUM = MlDsaSigner(KEY.name, b"m" * 32, now_s=lambda: 0).verifier()

CHECK = """async (cases) => {
  const { checkReceipt } = await import("/static/receipt.js");
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const said = [];
  for (const [receipt, entry, logKeys, witnessKeys] of cases) {
    const given = { receipt: bytes(receipt), entry: bytes(entry), logKeys, witnessKeys };
    try {
      const found = await checkReceipt(given);
      said.push(found.witnesses.some(({ at }) => !at) ? "not cosigned" : `entry ${found.index}`);
    } catch (error) {
      said.push(`${error.constructor.name}: ${error.message}`);
    }
  }
  return said;
}"""


def check(page: Page, *cases: tuple[bytes, bytes, str, str]) -> list[str]:
    spelled = [
        [b64encode(receipt).decode(), b64encode(entry).decode(), logs, witnesses]
        for receipt, entry, logs, witnesses in cases
    ]
    said: list[str] = page.evaluate(CHECK, spelled)
    return said


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_a_receipt_is_checked_without_the_network(
    server: Server, page: Page, tmp_path: Path
) -> None:
    page.goto("/about/check-receipt", wait_until="networkidle")
    assert page.get_by_label("Keys of logs").input_value().count("\n") >= 1
    expect(page.get_by_text("needs JavaScript")).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    (tmp_path / "receipt").write_text(RECEIPT)
    (tmp_path / "entry").write_bytes(ENTRY)
    button, result = page.get_by_role("button", name="Check it here"), page.get_by_role("status")

    button.click()
    result.get_by_text("there is no receipt yet").wait_for()
    page.get_by_label("Choose the file of the receipt").set_input_files(tmp_path / "receipt")
    page.get_by_label("Choose the file of the entry").set_input_files(tmp_path / "entry")
    button.click()
    result.get_by_text("you gave no key of the log ledger.example/log").wait_for()
    page.get_by_label("Keys of logs").fill(str(KEY))
    page.get_by_label("Keys of witnesses").fill(str(WITNESS.verifier()))
    button.click()
    result.get_by_text("It verifies").wait_for()
    expect(result.get_by_text("This is entry 137 of the log ledger.example/log")).to_be_visible()
    expect(result.get_by_text("signed this, at 2023-11-14T22:13:20Z")).to_be_visible()
    expect(result.get_by_text(str(KEY))).to_be_visible()
    assert_accessible(page)
    picture(page, "check-receipt")

    page.get_by_label("Keys of logs").fill(str(OTHER))
    button.click()
    result.get_by_text("has not signed it with a key you gave").wait_for()
    assert asked == []


def test_what_was_pasted_is_checked_too(server: Server, desktop: Page) -> None:
    desktop.goto("/about/check-receipt")
    desktop.get_by_label("Or paste the receipt").fill(RECEIPT.removesuffix("\n"))
    desktop.get_by_label("Or paste the entry").fill(ENTRY.decode() + "\n")
    desktop.get_by_label("Keys of logs").fill(str(KEY))
    desktop.get_by_role("button", name="Check it here").click()
    desktop.get_by_role("status").get_by_text("It verifies").wait_for()


def test_the_browser_says_what_the_program_says(server: Server, desktop: Page) -> None:
    desktop.goto("/about/check-receipt")
    logs, witnesses = str(KEY), str(WITNESS.verifier())
    receipt, chance = RECEIPT.encode(), Random(4)

    sizes = (1, 2, 3, 7, 255, 256, 257, 300)
    good = [
        (Log(size).receipt(index).to_text().encode(), Log(size).bodies[index], logs, "")
        for size in sizes
        for index in {0, size // 2, size - 1}
    ]
    assert all(said.startswith("entry ") for said in check(desktop, *good))
    extra = Receipt(137, SMALL.receipt(137).path, SMALL.note, b"\0more").to_text().encode()
    assert check(desktop, (receipt, ENTRY, logs, witnesses), (extra, ENTRY, logs, "")) == [
        "entry 137",
        "entry 137",
    ]

    bits = chance.sample(range(len(receipt) * 8), 1200)
    damaged = [(flipped(receipt, bit), ENTRY, logs, witnesses) for bit in bits]
    damaged += [(receipt, flipped(ENTRY, bit), logs, witnesses) for bit in range(len(ENTRY) * 8)]
    for key in (logs, witnesses):
        for bit in chance.sample(range(len(key) * 8), 200):
            text = flipped(key.encode(), bit).decode("latin-1")
            keys = (text, witnesses) if key == logs else (logs, text)
            damaged.append((receipt, ENTRY, *keys))
    said = check(desktop, *damaged)
    assert [one for one in said if not one.startswith(("Refused: ", "not cosigned"))] == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"receipt": b"\xff"}, "the receipt is not text"),
    ({"receipt": b""}, "not a receipt"),
    ({"receipt": b"\xef\xbb\xbf" + RECEIPT.encode()}, "not a receipt"),
    ({"receipt": RECEIPT.replace("index 137", "index 0137").encode()}, "which entry"),
    ({"receipt": RECEIPT.replace("index 137", "index 300").encode()}, "no entry 300"),
    ({"receipt": RECEIPT.replace("index 137", "index 136").encode()}, "not entry 136"),
    ({"entry": ENTRY + b"\n"}, "not entry 137"),
    ({"logs": str(QUANTUM)}, "ML-DSA-44, which browsers do not know"),
    ({"logs": str(WITNESS.verifier())}, "is not the key of a log"),
    ({"witnesses": str(KEY)}, "is not the key of a witness"),
    ({"logs": ""}, "you gave no key"),
    ({"logs": "nonsense"}, "is not a key"),
]


def test_what_is_wrong_is_said(server: Server, desktop: Page) -> None:
    desktop.goto("/about/check-receipt")
    whole = {
        "receipt": RECEIPT.encode(),
        "entry": ENTRY,
        "logs": str(KEY),
        "witnesses": str(WITNESS.verifier()),
    }
    cases: list[Any] = [(*{**whole, **change}.values(),) for change, _ in WRONG]
    for said, (_, says) in zip(check(desktop, *cases), WRONG, strict=True):
        assert said.startswith("Refused: ")
        assert says in said


def test_without_scripts_the_page_names_the_program(server: Server, browser: Browser) -> None:
    context = browser.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/about/check-receipt")
    expect(page.get_by_text("The form needs JavaScript")).to_be_visible()
    expect(page.get_by_text("python -m audit receipt")).to_be_visible()
    expect(page.get_by_role("button", name="Check it here")).to_be_hidden()
    context.close()
