"""What each column of a payments file is taken for, and what its words mean in this pool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.funding.imports.rules.cells import Order, Sign, guess_nature, read_amount, read_day
from ledger.funding.imports.rules.files import PaymentFile
from ledger.funding.rules.postings import Nature

_SAMPLE: Final = 200
_EXAMPLES: Final = 3
_SURE: Final = 0.9


class Part(StrEnum):
    """What is read of a payment."""

    DAY = "day"
    AMOUNT = "amount"
    SERVICE = "service"
    REFERENCE = "reference"
    CATEGORY = "category"
    SUPPLIER = "supplier"


REQUIRED: Final = (Part.DAY, Part.AMOUNT, Part.REFERENCE)
_NAMES: Final[Mapping[Part, tuple[str, ...]]] = {
    Part.DAY: ("paymentdate", "datepaid", "paiddate", "transactiondate", "date", "day", "paidon"),
    Part.AMOUNT: ("amountgbp", "netamount", "amount", "value", "total", "net", "paid"),
    Part.SERVICE: ("servicelabel", "service", "scheme", "organisationalunit", "department", "area"),
    Part.REFERENCE: (
        "transactionno", "transactionnumber", "paymentnumber", "voucher", "reference", "ref",
        "document", "invoice", "number",
    ),
    Part.CATEGORY: ("category", "expensestype", "expensetype", "expensearea", "nature", "type"),
    Part.SUPPLIER: ("supplier", "beneficiary", "vendor", "payee", "creditor", "paidto"),
}  # fmt: skip


class MappingRefused(Invalid):
    """The columns or words of a file are not matched as they must be."""

    slug = "payment-mapping-refused"
    title = "Say what the columns and words of the file mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """How rows become payments of one pool. The person who imports may correct all of it.

    Attributes:
        columns: Which column, from 0, each part is read from.
        order: Whether the day or the month comes first.
        sign: What the file writes before money that went out.
        schemes: The scheme of each service, by its words; ``None`` if it is still to be added.
        providers: The provider of each supplier that the file names, by its words.
        natures: The sort of expenditure of each category, by its words.
        provider_id: Who is owed where the file names nobody.
        paid_by_host: The host paid, and is owed; if not, the pool's cash did.
        distinct: Lines that look like another payment, and that a person says are none.
    """

    columns: Mapping[Part, int]
    order: Order = Order.DAY_FIRST
    sign: Sign = Sign.PLUS
    schemes: Mapping[str, UUID | None] = field(default_factory=dict)
    providers: Mapping[str, UUID] = field(default_factory=dict)
    natures: Mapping[str, Nature | None] = field(default_factory=dict)
    provider_id: UUID
    paid_by_host: bool = True
    distinct: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column is taken for: how surely, in hundredths, and what is in it."""

    part: Part
    column: int | None
    sure: int
    examples: tuple[str, ...]


def guess_columns(file: PaymentFile) -> dict[Part, Guess]:
    """Return the likeliest column for each part: by its heading, then by what is in it."""
    rows = [cells for _, cells in file.sample(_SAMPLE)]
    scores: list[tuple[float, Part, int]] = []
    for column, heading in enumerate(file.headings):
        cells = [row[column] for row in rows if column < len(row) and row[column].strip()]
        scores += [(_score(part, heading, cells), part, column) for part in Part]
    found: dict[Part, Guess] = {}
    taken: set[int] = set()
    for score, part, column in sorted(scores, key=lambda one: (-one[0], one[2], one[1])):
        if score >= 0.4 and part not in found and column not in taken:  # noqa: PLR2004
            found[part] = Guess(part, column, round(score * 100), examples(rows, column))
            taken.add(column)
    return {part: found.get(part, Guess(part, None, 0, ())) for part in Part}


def examples(rows: Sequence[Sequence[str]], column: int) -> tuple[str, ...]:
    """Return the first different cells of a column, as somebody who maps it wants to see them."""
    seen = dict.fromkeys(
        row[column].strip()[:60] for row in rows if column < len(row) and row[column].strip()
    )
    return tuple(seen)[:_EXAMPLES]


def guess_order(file: PaymentFile, column: int) -> Order:
    """Return the order in which more days of a column exist; day first if both do."""
    cells = [cells[column] for _, cells in file.sample(_SAMPLE) if column < len(cells)]
    counts = {order: sum(_is_day(cell, order) for cell in cells) for order in Order}
    return max(Order, key=lambda order: counts[order])


def check_columns(columns: Mapping[Part, int], headings: Sequence[str]) -> None:
    """Check that each part has a column of its own. Raises `MappingRefused`."""
    missing = [part.value for part in REQUIRED if part not in columns]
    if missing:
        raise MappingRefused(f"choose the column of the {' and of the '.join(missing)}")
    if any(not 0 <= column < len(headings) for column in columns.values()):
        raise MappingRefused("choose columns that the file has")
    if len(set(columns.values())) < len(columns):
        raise MappingRefused("one column cannot be two things")


def words_of(file: PaymentFile, column: int | None) -> tuple[str, ...]:
    """Return the different words of a column, in the order they come; at most 200."""
    if column is None:
        return ()
    found: dict[str, None] = {}
    for _, cells in file.rows():
        if column < len(cells) and (words := plain(cells[column])):
            found[words] = None
            if len(found) > _SAMPLE:
                raise MappingRefused(
                    f"the column {file.headings[column]!r} has more than {_SAMPLE} different words"
                )
    return tuple(found)


def guess_schemes(words: Sequence[str], schemes: Mapping[UUID, str]) -> dict[str, UUID | None]:
    """Return the scheme of the same name for each service; None is a new one to be added."""
    by_name = {_key(name): scheme_id for scheme_id, name in schemes.items()}
    return {one: by_name.get(_key(one)) for one in words}


def guess_natures(words: Sequence[str]) -> dict[str, Nature | None]:
    """Return the sort of expenditure of each category, where its name says one."""
    return {one: guess_nature(one) for one in words}


def plain(cell: str) -> str:
    """Return a cell's words with single spaces, at most 200 letters."""
    return " ".join(cell.split())[:200]


def _key(words: str) -> str:
    return "".join(letter for letter in words.casefold() if letter.isalnum())


def _score(part: Part, heading: str, cells: Sequence[str]) -> float:
    key, names = _key(heading), _NAMES[part]
    score = 0.0
    if key in names:
        score = _SURE - 0.01 * names.index(key)
    elif any(name in key for name in names):
        score = 0.5
    if not cells or part not in {Part.DAY, Part.AMOUNT}:
        return score
    reads = _is_day_in_any_order if part is Part.DAY else _is_amount
    share = sum(map(reads, cells)) / len(cells)
    if share < 0.5:  # noqa: PLR2004  (whatever its heading says)
        return 0.0
    return min(1.0, score + 0.1 * share) if score else 0.45 * share * (part is Part.DAY)


def _is_day(cell: str, order: Order) -> bool:
    try:
        read_day(cell, order)
    except Invalid:
        return False
    return True


def _is_day_in_any_order(cell: str) -> bool:
    return any(_is_day(cell, order) for order in Order)


def _is_amount(cell: str) -> bool:
    try:
        read_amount(cell)
    except Invalid:
        return False
    return True
