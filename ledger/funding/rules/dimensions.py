"""What is said of expenditure besides its amount, for accounts that divide it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.funding.rules.postings import Nature


class Vat(StrEnum):
    """How the host treats the value added tax of a purchase (VAT Act 1994, ss. 33 and 41)."""

    RECOVERED = "recovered"
    NOT_RECOVERED = "not-recovered"
    OUTSIDE_SCOPE = "outside-scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is known of an invoice; None where nobody said.

    Attributes:
        nature: What sort of expenditure it is.
        recurrent: Whether it will come again.
        capital: Whether it bought an asset.
        vat: How its tax is treated.
    """

    nature: Nature | None = None
    recurrent: bool | None = None
    capital: bool | None = None
    vat: Vat | None = None


UNSAID: Final = Said()
