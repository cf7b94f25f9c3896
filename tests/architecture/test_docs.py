"""The generated reference pages say what the code says."""

import pytest
from flask import Flask

from ledger.app import create_app
from tests.databases import settings_for
from tests.docs import pages


@pytest.fixture(scope="module")
def documented() -> Flask:
    return create_app(settings_for("sqlite://"))


def test_no_generated_page_is_stale(documented: Flask) -> None:
    stale = [file.name for text, file in pages(documented) if file.read_text() != text]
    assert stale == [], "write them again with `make docs`"
