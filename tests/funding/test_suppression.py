"""Small numbers cannot be worked out of what is published, by somebody who knows the rule."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.funding.rules.suppression import FLOOR, WITH_THEM, hidden

SMALL_FLOOR = 4


def worlds(counts: dict[str, int], floor: int) -> list[dict[str, int]]:
    """Return every table that would be published just as *counts* is.

    The reader is stronger than any real one: they know how many lines there are, what each is
    called, which of those hidden were small, and the rule.
    """
    together = hidden(counts, floor=floor)
    assert together
    names = sorted(together)
    total = sum(counts[name] for name in names)
    ranges = [
        range(1, floor) if counts[name] < floor else range(floor, total + 1) for name in names
    ]
    found = []
    for values in product(*ranges):
        if sum(values) == total:
            other = {**counts, **dict(zip(names, values, strict=True))}
            if hidden(other, floor=floor) == together:
                found.append(other)
    return found


@given(
    small=st.lists(st.integers(1, SMALL_FLOOR - 1), min_size=1, max_size=3),
    large=st.lists(st.integers(SMALL_FLOOR, 12), min_size=0, max_size=5),
)
@settings(max_examples=150, deadline=None)
def test_no_small_line_can_be_worked_out(small: list[int], large: list[int]) -> None:
    counts = {f"{at:02}": count for at, count in enumerate([*small, *large])}
    together = hidden(counts, floor=SMALL_FLOOR)
    if together is None:
        return
    assert {name for name, count in counts.items() if count < SMALL_FLOOR} <= together
    could_be = worlds(counts, SMALL_FLOOR)
    assert counts in could_be
    for name in together:
        if counts[name] < SMALL_FLOOR:
            assert len({world[name] for world in could_be}) > 1, (name, counts)


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 400), max_size=12))
def test_what_is_shown_is_never_small_and_never_all_but_one(counts: dict[str, int]) -> None:
    together = hidden(counts)
    if together is None:
        return
    shown = {name: count for name, count in counts.items() if name not in together}
    assert all(count >= FLOOR for count in shown.values())
    if together:
        assert len(together) > WITH_THEM
        assert sum(counts[name] for name in together) >= FLOOR * WITH_THEM
        assert max(counts[name] for name in together) <= min(shown.values())


def test_one_payment_is_never_shown() -> None:
    assert hidden({"A": 1}) is None
    assert hidden({"A": 1, "B": 500}) is None
    assert hidden({"A": 1, "B": 20, "C": 30, "D": 40}) == frozenset({"A", "B", "C"})
    assert hidden({"A": 1, "B": 10, "C": 10, "D": 10}) is None  # It could only be 1.
    assert hidden({"A": 12, "B": 10}) == frozenset()
