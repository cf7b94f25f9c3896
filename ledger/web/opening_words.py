"""An opening position in words: both books, account by account, and what is still unbalanced."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ledger.core.money import format_minor
from ledger.funding.opening.queries import OpeningPreview
from ledger.funding.rules.chart import Book
from ledger.funding.rules.postings import Posting
from ledger.web.funding_lines import account_words

Rows = list[list[str]]
_BOOKS = {Book.FINANCIAL: "The money", Book.BUDGET: "The budget"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningPage:
    """What a trial balance says, and whether the pool can start from it.

    Attributes:
        books: The title of each book, and its accounts with debit and credit; the sums last.
        unbalanced: What is still wrong, a sentence each.
    """

    books: tuple[tuple[str, Rows], ...]
    unbalanced: tuple[str, ...]

    @classmethod
    def of(cls, found: OpeningPreview, names: Mapping[UUID, str], currency: str) -> "OpeningPage":
        """Return the page of a preview."""
        return cls(
            books=tuple(
                (title, _rows(found.book(book), names, currency)) for book, title in _BOOKS.items()
            ),
            unbalanced=tuple(_unbalanced(found, currency)),
        )


def _rows(legs: tuple[Posting, ...], names: Mapping[UUID, str], currency: str) -> Rows:
    rows = []
    debit_minor = credit_minor = 0
    for leg in legs:
        words = account_words(leg.account, names)
        words = f"{words} ({leg.source})" if leg.source else words
        amount = format_minor(abs(leg.amount_minor), currency)
        rows.append([words, amount, ""] if leg.amount_minor > 0 else [words, "", amount])
        debit_minor += max(leg.amount_minor, 0)
        credit_minor -= min(leg.amount_minor, 0)
    return [
        *rows,
        ["Sum", format_minor(debit_minor, currency), format_minor(credit_minor, currency)],
    ]


def _unbalanced(found: OpeningPreview, currency: str) -> list[str]:
    said = []
    if found.short_minor:
        more, less = ("debits", "credits") if found.short_minor > 0 else ("credits", "debits")
        amount = format_minor(abs(found.short_minor), currency)
        said.append(f"The money does not balance: {more} are {amount} more than {less}.")
    if found.unallocated_minor < 0:
        amount = format_minor(-found.unallocated_minor, currency)
        said.append(f"Schemes and reserve have {amount} more than the partners agreed.")
    if found.problem and not said:
        said.append(found.problem)
    return said
