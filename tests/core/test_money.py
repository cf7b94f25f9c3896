"""Amounts are read to the penny or refused, and written so that they read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.errors import Invalid
from ledger.core.money import MINOR_MAX, MINUS, decimal_minor, format_minor, parse_minor

AMOUNTS = st.integers(-MINOR_MAX, MINOR_MAX)


@pytest.mark.parametrize(
    ("text", "amount_minor"),
    [("1234.56", 123456), ("£1,234.56", 123456), ("-12", -1200), ("0.05", 5), (" 7.00 ", 700)],
)
def test_amounts_are_read_to_the_penny(text: str, amount_minor: int) -> None:
    assert parse_minor(text) == amount_minor


@pytest.mark.parametrize(
    "text", ["", "12.3", "1.234", "1,23.00", "12e3", "NaN", "٣.00", "1.00.00", "--1", "9" * 17]
)
def test_anything_doubtful_is_no_amount(text: str) -> None:
    with pytest.raises(Invalid):
        parse_minor(text)


@given(AMOUNTS)
def test_what_is_written_reads_back(amount_minor: int) -> None:
    assert parse_minor(decimal_minor(amount_minor)) == amount_minor
    assert parse_minor(format_minor(amount_minor).replace(MINUS, "-").replace("-£", "-")) == (
        amount_minor
    )


def test_other_currencies_say_so() -> None:
    assert format_minor(-1205, "CHF") == f"{MINUS}CHF 12.05"
