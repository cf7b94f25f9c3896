"""Every rule that says no names the harm that it may do, in docs/safety/hazards.md."""

import csv
import re
from pathlib import Path

import pytest

from ledger.core.authority import policies_folder

PAGE = (Path(__file__).parents[2] / "docs/safety/hazards.md").read_text()


def lines(file: str) -> list[tuple[str, ...]]:
    text = (policies_folder() / file).read_text()
    rows = csv.reader(line for line in text.splitlines() if line and not line.startswith("#"))
    return [tuple(word.strip() for word in row) for row in rows]


def spelt(words: tuple[str, ...]) -> str:
    """Return a rule as the page spells it: the words that are not `any`."""
    return " ".join(word for word in words[1:-1] if word != "any")


DENIES = sorted(
    {
        f"{file}: {spelt(row)}"
        for file in ("access.csv", "reach.csv")
        for row in lines(file)
        if row[-1] == "deny"
    }
    | {f"regimes.csv: {row[6]}" for row in lines("regimes.csv")}
)


@pytest.mark.parametrize("rule", DENIES)
def test_each_deny_has_its_hazard(rule: str) -> None:
    rows = [line for line in PAGE.splitlines() if f"`{rule}`" in line]
    assert rows, f"no row of docs/safety/hazards.md names `{rule}`"
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert re.fullmatch(r"H\d\d", cells[0])
        assert all(cells), row
        assert re.fullmatch(r"\d\u00d7\d → \d\u00d7\d", cells[-1]), row


def test_no_row_names_a_rule_that_is_gone() -> None:
    named = set(re.findall(r"`((?:access|reach|regimes)\.csv: [^`]+)`", PAGE))
    assert named - set(DENIES) == set()
