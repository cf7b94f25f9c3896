"""Charts: well-formed, told in words, nothing that the security policy refuses."""

from typing import Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.money import format_minor
from ledger.web.charts import Bar, Line, axis, bars, lines

SVG: Final = "{http://www.w3.org/2000/svg}"
ROWS: Final = [
    Bar("Falls & <balance>", 38_850_000, 41_200_000),
    Bar("Carers' breaks", 22_130_000, 20_500_000),
]


def drawn(text: str) -> list[ET.Element]:
    return list(ET.fromstring(f"<both>{text}</both>"))  # noqa: S314  (we wrote it)


def spending(rows: list[Bar]) -> str:
    return bars(
        "Spent", rows, part_word="spent", whole_word="allocated", say=format_minor, name="schemes"
    )


def test_a_chart_comes_for_wide_screens_and_for_phones() -> None:
    wide, narrow = drawn(spending(ROWS))
    assert (wide.get("class"), narrow.get("class")) == (
        "cl-chart cl-chart--wide",
        "cl-chart cl-chart--narrow",
    )
    assert int(narrow.get("width", "")) <= 358, "wider than a phone's column"
    ids = [e.get("id") for svg in (wide, narrow) for e in svg.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) == 4


def test_a_chart_says_its_title_and_every_number() -> None:
    for svg in drawn(spending(ROWS)):
        assert svg.get("role") == "img"
        names = {e.get("id"): e.text for e in svg.iter() if e.get("id")}
        told = [names[one] for one in svg.get("aria-labelledby", "").split()]
        assert told == [
            "Spent",
            (
                "Falls & <balance>: allocated £412,000.00, spent £388,500.00; "
                "Carers' breaks: allocated £205,000.00, spent £221,300.00"
            ),
        ]


def test_what_is_over_is_said_and_not_only_coloured() -> None:
    for svg in drawn(spending(ROWS)):
        texts = [e.text or "" for e in svg.iter(f"{SVG}text")]
        assert sum("over" in text for text in texts) == 1
        assert len([e for e in svg.iter() if e.get("class") == "cl-chart__over"]) == 1


def test_nothing_in_a_chart_needs_style_or_script() -> None:
    text = spending(ROWS) + lines("L", ["a"], [Line("n", (1,))], say=str, name="l")
    for svg in drawn(text):
        for element in svg.iter():
            assert "style" not in element.attrib
            assert element.tag != f"{SVG}script"


@pytest.mark.parametrize("rows", [[], [Bar("none", 0, 0)], [Bar("less", -5, 10)]])
def test_few_or_no_numbers_are_drawn_too(rows: list[Bar]) -> None:
    for svg in drawn(spending(rows)):
        assert all(float(e.get("width", "0")) >= 0 for e in svg.iter(f"{SVG}rect"))


def test_lines_skip_what_is_not_known() -> None:
    text = lines(
        "By month", ["Apr", "May", "Jun"], [Line("Paid", (100, None, 300))], say=str, name="m"
    )
    for svg in drawn(text):
        [path] = svg.iter(f"{SVG}polyline")
        assert len(path.get("points", "").split()) == 2
        [words] = [e.text for e in svg.iter(f"{SVG}desc")]
        assert words == "Paid: Apr 100, Jun 300"


@given(low=st.integers(-(10**15), 0), high=st.integers(0, 10**15))
def test_an_axis_holds_its_values_with_few_round_marks(low: int, high: int) -> None:
    bottom, top, step = axis(low, high)
    assert bottom <= low <= high <= top
    assert bottom < top
    assert (top - bottom) % step == 0
    assert (top - bottom) // step <= 7
    assert str(step).rstrip("0") in {"1", "2", "5"}
