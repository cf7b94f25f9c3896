"""Words in files that people open in a spreadsheet are never run there."""

import pytest

from ledger.core.spreadsheets import harmless


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1", "\n=1"]
)
def test_a_formula_is_a_word(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Invoice -1", "1-2", "'=1"])
def test_other_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text
