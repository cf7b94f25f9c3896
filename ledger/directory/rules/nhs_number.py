"""NHS numbers: ten digits, of which the last checks the other nine (modulus 11)."""

from typing import Final

from ledger.core.errors import Invalid

SYSTEM: Final = "https://fhir.nhs.uk/Id/nhs-number"
"""The identifier system under which FHIR knows them."""

_LENGTH: Final = 10
_DEMONSTRATION: Final = "999"
_SEPARATORS: Final = str.maketrans("", "", " -\u00a0")
_DIGITS: Final = frozenset("0123456789")


class NotAnNhsNumber(Invalid):
    """It is not ten digits, or its check digit is wrong. The number is never repeated."""

    slug = "not-an-nhs-number"
    title = "This is not an NHS number"


class WrongRange(Invalid):
    """A demonstration takes only numbers that belong to nobody, a real service none of them."""

    slug = "nhs-number-range"
    title = "This NHS number does not belong here"


def parse(text: str) -> str:
    """Return the ten digits of an NHS number written with or without spaces or dashes.

    Raises:
        NotAnNhsNumber: saying what is wrong, without repeating the number.
    """
    digits = text.translate(_SEPARATORS)
    if len(digits) != _LENGTH or not _DIGITS.issuperset(digits):
        raise NotAnNhsNumber("an NHS number has 10 digits, such as 999 000 0018: count them again")
    if check_digit(digits[:-1]) != int(digits[-1]):
        raise NotAnNhsNumber("two digits may have been swapped or mistyped: check the number again")
    return digits


def check_digit(nine: str) -> int | None:
    """Return the tenth digit for the first *nine*; None if no number begins like that."""
    weighted = sum(
        int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)
    )
    check = -weighted % 11
    return None if check == _LENGTH else check


def is_demonstration(number: str) -> bool:
    """Say whether *number* is of the range that is never issued to anybody."""
    return number.startswith(_DEMONSTRATION)


def check_range(number: str, *, demonstration: bool) -> None:
    """Check that *number* may be registered in a demonstration, or in a real installation.

    Raises:
        WrongRange: it may not.
    """
    if demonstration and not is_demonstration(number):
        raise WrongRange(
            "this is a demonstration: it takes only NHS numbers that begin with 999, "
            "which belong to nobody"
        )
    if not demonstration and is_demonstration(number):
        raise WrongRange(
            "numbers that begin with 999 are for demonstrations: they belong to nobody"
        )


def spaced(number: str) -> str:
    """Return *number* as people read it: 999 000 0018."""
    return f"{number[:3]} {number[3:6]} {number[6:]}"
