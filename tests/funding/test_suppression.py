"""Small numbers cannot be worked out of what is published, by somebody who knows the rule."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.funding.publication.rules.suppression import FLOOR, WITH_THEM, dominated, hidden

SMALL_FLOOR = 4


def worlds(
    counts: dict[str, int], floor: int, of_one: frozenset[str] = frozenset()
) -> list[dict[str, int]]:
    """Return every table that would be published just as *counts* is.

    The reader is stronger than any real one: they know how many lines there are, what each is
    called, which of those hidden were small, which are one organisation's, and the rule.
    """
    together = hidden(counts, floor=floor, of_one=of_one)
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
            if hidden(other, floor=floor, of_one=of_one) == together:
                found.append(other)
    return found


@given(
    small=st.lists(st.integers(1, SMALL_FLOOR - 1), max_size=2),
    single=st.lists(st.integers(SMALL_FLOOR, 9), max_size=2),
    large=st.lists(st.integers(SMALL_FLOOR, 9), min_size=0, max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_no_hidden_line_can_be_worked_out(
    small: list[int], single: list[int], large: list[int]
) -> None:
    every = [*small, *single, *large]
    counts = {f"{at:02}": count for at, count in enumerate(every)}
    of_one = frozenset(f"{at:02}" for at in range(len(small), len(small) + len(single)))
    together = hidden(counts, floor=SMALL_FLOOR, of_one=of_one)
    if not together:
        assert together is None or not (small or single)
        return
    kept = {name for name, count in counts.items() if count < SMALL_FLOOR} | of_one
    assert kept <= together
    could_be = worlds(counts, SMALL_FLOOR, of_one)
    assert counts in could_be
    for name in kept:
        assert len({world[name] for world in could_be}) > 1, (name, counts, of_one)


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


@given(
    st.dictionaries(st.text(max_size=2), st.integers(-(10**9), 10**9), max_size=6),
    st.integers(0, 10**9),
)
def test_who_has_a_line_to_itself(amounts: dict[str, int], beside: int) -> None:
    sizes = sorted((abs(one) for one in amounts.values()), reverse=True)
    alone = bool(sizes) and 10 * sizes[0] > 9 * (sum(sizes) + beside)
    assert dominated(amounts, beside_minor=beside) is alone
    if len(sizes) > 1 and sizes[0] == sizes[1]:
        assert not dominated(amounts)


def test_nine_tenths_is_not_more_than_nine_tenths() -> None:
    assert not dominated({"A": 90, "B": 10})
    assert dominated({"A": 91, "B": 9})
    assert dominated({"A": 1})
    assert not dominated({"A": 900}, beside_minor=100)


def test_one_payment_is_never_shown() -> None:
    assert hidden({"A": 1}) is None
    assert hidden({"A": 1, "B": 500}) is None
    assert hidden({"A": 1, "B": 20, "C": 30, "D": 40}) == frozenset({"A", "B", "C"})
    assert hidden({"A": 1, "B": 10, "C": 10, "D": 10}) is None  # It could only be 1.
    assert hidden({"A": 12, "B": 10}) == frozenset()
    assert hidden({"A": 3, "B": 7, "C": 6, "D": 6}, floor=4) is None  # Equals go by their order.
