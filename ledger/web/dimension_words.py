"""What is said of an invoice besides its amount, in words: whether it bought an asset, its tax."""

from collections.abc import Mapping
from typing import Any, Final

from ledger.funding.queries.transactions import TransactionView
from ledger.funding.rules.dimensions import Said, Vat

CAPITAL: Final[Mapping[str, bool | None]] = {
    "": None,
    "no": False,
    "yes": True,
}
CAPITAL_WORDS: Final = {
    None: "Not said",
    False: "No, it is running cost (revenue)",
    True: "Yes, it bought an asset (capital)",
}
VAT_WORDS: Final = {
    Vat.RECOVERED: "The host gets it back",
    Vat.NOT_RECOVERED: "Nobody gets it back: it is part of the cost",
    Vat.OUTSIDE_SCOPE: "There is none",
}


def capital_options() -> list[dict[str, str]]:
    """Return what may be chosen of whether it bought an asset."""
    return [{"value": value, "text": CAPITAL_WORDS[of]} for value, of in CAPITAL.items()]


def vat_options() -> list[dict[str, str]]:
    """Return what may be chosen of the value added tax."""
    some = [{"value": one.value, "text": words} for one, words in VAT_WORDS.items()]
    return [{"value": "", "text": CAPITAL_WORDS[None]}, *some]


def said_of(answers: dict[str, Any]) -> Said:
    """Take what is said of an invoice out of the answers of a form."""
    vat = answers.pop("vat")
    return Said(capital=CAPITAL[answers.pop("capital")], vat=Vat(vat) if vat else None)


def facts_of(one: TransactionView) -> dict[str, str]:
    """Return what the page of a transaction says of it; empty where nobody said."""
    return {
        "Bought an asset": "" if one.capital is None else CAPITAL_WORDS[one.capital],
        "Value added tax": "" if one.vat is None else VAT_WORDS[one.vat],
    }
