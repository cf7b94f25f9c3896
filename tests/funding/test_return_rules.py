"""Properties of returns: what is missing is never complete, and the same makes the same."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.errors import NotFound
from ledger.funding.returns.rules.checks import sheet
from ledger.funding.returns.rules.figures import BROUGHT_FORWARD, SHARED, Moved, figures, sources
from ledger.funding.returns.rules.forms import NEWEST, form, newest
from ledger.funding.returns.rules.sheet import Colour, Given
from ledger.funding.returns.rules.steps import ReturnKind, days_of, due_on
from ledger.funding.returns.rules.values import AnswerRefused, ValueKind, spelled
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event

FORM = newest("pooled-fund")
ROWS = {
    "source": [("NHS", "NHS")],
    "partner": [("p", "Partner")],
    "scheme": [("a", "A"), ("b", "B")],
    "ring-fence": [("b", "B")],
    "nature": [("supplies", "Supplies")],
}
FIGURES = {
    ("source", "NHS", "agreed"): 500,
    ("partner", "p", "agreed"): 500,
    ("", "", "agreed"): 500,
    ("scheme", "a", "spent"): 70,
    ("scheme", "b", "spent"): 30,
    ("ring-fence", "b", "planned"): 40,
    ("ring-fence", "b", "spent"): 30,
    ("nature", "supplies", "spent"): 100,
    ("", "", "spent"): 100,
    ("", "", "variance"): 400,
}
WORDS = "Said in words that are long enough."


def whole(kind: str, *, no: frozenset[str] = frozenset()) -> dict[str, str]:
    """Every cell that is typed, answered."""
    answers = {}
    for cell in sheet(
        FORM, Given(kind=kind, amended=True, rows=ROWS, figures=FIGURES, answers={}, before={})
    ).cells:
        if cell.form.source == "postings":
            continue
        answers[cell.id] = {
            ValueKind.MONEY: "0" if cell.form.key == "minimum" else "1000",
            ValueKind.COUNT: "12",
            ValueKind.PERCENTAGE: "90",
            ValueKind.YES_NO: "no" if cell.id in no else "yes",
            ValueKind.CHOICE: (cell.form.options or ("",))[0],
            ValueKind.WORDS: WORDS,
        }[cell.form.kind]
    return answers


KINDS = st.sampled_from(["quarter", "year"])


@settings(max_examples=60)
@given(KINDS, st.data())
def test_whatever_required_is_missing_it_is_incomplete(kind: str, data: st.DataObject) -> None:
    amended = data.draw(st.booleans())
    asked_no = frozenset(
        data.draw(st.sets(st.sampled_from(["conditions/home", "conditions/care"])))
    )
    answers = whole(kind, no=asked_no)
    made = Given(kind=kind, amended=amended, rows=ROWS, figures=FIGURES, answers=answers, before={})
    full = sheet(FORM, made)
    assert full.complete
    required = [
        one.id
        for one in full.cells
        if one.colour is Colour.GREEN and one.form.source != "postings" and not one.form.optional
    ]
    gone = data.draw(st.sets(st.sampled_from(required), min_size=1))
    left = {key: value for key, value in answers.items() if key not in gone}
    less = sheet(
        FORM,
        Given(kind=kind, amended=amended, rows=ROWS, figures=FIGURES, answers=left, before={}),
    )
    assert not less.complete
    assert all(one.reason for one in less.cells if one.colour is Colour.RED)


@given(KINDS, st.data())
def test_filling_in_what_is_not_asked_changes_nothing(kind: str, data: st.DataObject) -> None:
    answers = whole(kind)
    made = Given(kind=kind, amended=False, rows=ROWS, figures=FIGURES, answers=answers, before={})
    full = sheet(FORM, made)
    spare = [one.id for one in full.cells if one.colour is Colour.NOT_ASKED]
    gone = data.draw(st.sets(st.sampled_from(spare)))
    left = {key: value for key, value in answers.items() if key not in gone}
    less = sheet(
        FORM, Given(kind=kind, amended=False, rows=ROWS, figures=FIGURES, answers=left, before={})
    )
    assert (less.asked, less.done, less.complete) == (full.asked, full.done, True)


@given(st.sampled_from([ValueKind.MONEY, ValueKind.COUNT, ValueKind.PERCENTAGE]), st.text())
def test_a_value_has_one_spelling(kind: ValueKind, text: str) -> None:
    try:
        said = spelled(kind, text)
    except AnswerRefused:
        return
    assert spelled(kind, said) == said


def test_a_check_that_fails_says_what_it_compared() -> None:
    figures = {**FIGURES, ("ring-fence", "b", "spent"): 4100}
    made = Given(
        kind="quarter",
        amended=False,
        rows=ROWS,
        figures=figures,
        answers=whole("quarter"),
        before={},
    )
    (red,) = [one for one in sheet(FORM, made).checks if one.colour is Colour.RED]
    assert (red.id, red.reason) == ("ring-fence-kept/b", "£41.00 is more than £0.40")


def test_quarters_of_a_year() -> None:
    year = (date(2026, 4, 1), date(2027, 3, 31))
    quarters = [days_of(ReturnKind.QUARTER, n, year) for n in (1, 2, 3, 4)]
    assert quarters[0] == (date(2026, 4, 1), date(2026, 6, 30))
    assert quarters[3] == (date(2027, 1, 1), date(2027, 3, 31))
    assert due_on(FORM, ReturnKind.QUARTER, quarters[0][1]) == date(2026, 8, 14)


def test_forms_there_are_not() -> None:
    for name in ("../pooled-fund", "pooled", ""):
        with pytest.raises(NotFound):
            newest(name)
    with pytest.raises(NotFound):
        form("pooled-fund", max(NEWEST.values()) + 1)


def test_income_that_no_source_brings_has_rows_of_its_own() -> None:
    day, who = date(2026, 5, 1), UUID(int=7)

    def moved(event: Event, head: Head, minor: int, *, source: str | None = None) -> Moved:
        of = None if head in {Head.FUNDING_BROUGHT_FORWARD, Head.FUNDING_OVERSPEND} else who
        return Moved(
            effective_on=day,
            event=event,
            head=head,
            of=of,
            source=source,
            nature=None,
            amount_minor=minor,
        )

    found = figures(
        [
            moved(Event.CONTRIBUTION_AGREED, Head.FUNDING, -100, source="NHS"),
            moved(Event.BUDGET_BROUGHT_FORWARD, Head.FUNDING_BROUGHT_FORWARD, -30),
            moved(Event.OVERSPEND_AUTHORISED, Head.FUNDING_OVERSPEND, -20),
            moved(Event.OVERSPEND_SHARED, Head.FUNDING_OVERSPEND, 20),
            moved(Event.OVERSPEND_SHARED, Head.FUNDING, -20),
            moved(Event.OPENING_BROUGHT_IN, Head.INCOME, -50),
            moved(Event.OPENING_BROUGHT_IN, Head.RECEIVABLE, 10),
            moved(Event.GAIN_LOSS_SETTLED, Head.RECEIVABLE, 5),
        ],
        first_day=day,
        last_day=day,
    )
    assert sources(found) == ["NHS", BROUGHT_FORWARD, SHARED]
    assert sum(found["source", one, "agreed"] for one in sources(found)) == found["", "", "agreed"]
    mine = {key: found["partner", str(who), key] for key in ("due", "received", "owed")}
    assert mine == {"due": 55, "received": 40, "owed": 15}
