"""Rows that become payments, and the faults of those that do not: by line and column."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.core.money import format_minor
from ledger.funding.imports.rules.cells import Sign, read_amount, read_day, read_reference
from ledger.funding.imports.rules.files import PaymentFile
from ledger.funding.imports.rules.mapping import FileMapping, Part, plain
from ledger.funding.rules.impersonal import names_person
from ledger.funding.rules.postings import Nature

FAULTS_MAX: Final = 200
"""More faults than that are counted and not listed."""
TOGETHER_MAX: Final = 500
"""Payments in one transaction, so that its entry stays within 64 KiB."""
_TOTALS: Final = ("total", "grand total", "sub total", "subtotal", "sum")

Identity = tuple[str, date, int]
"""What two payments have alike that are one: number, day, amount."""


class Payment(NamedTuple):
    """A row that can be posted. *service* is the file's word where its scheme is to be added."""

    line: int
    day: date
    service: str
    scheme_id: UUID | None
    provider_id: UUID
    nature: Nature | None
    reference: str
    amount_minor: int

    @property
    def identity(self) -> Identity:
        """What it is recognised by if it comes again."""
        return self.reference, self.day, self.amount_minor


class RowFault(NamedTuple):
    """What is wrong in a row, and what to do."""

    line: int
    column: str
    detail: str


@dataclass(slots=True)
class Checked:
    """What was found in a file so far.

    Attributes:
        faults: The first `FAULTS_MAX`; *fault_count* counts all.
        twice: Lines that repeat an earlier line of the file, with that line.
        months: Minor units by (month, service, category as the file spells it).
        skipped: Lines of totals.
        digest: Of every good row in order: what is approved is what is posted.
    """

    today: date
    rows: int = 0
    total_minor: int = 0
    faults: list[RowFault] = field(default_factory=list)
    fault_count: int = 0
    twice: dict[int, int] = field(default_factory=dict)
    months: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    years: set[int] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    skipped: list[int] = field(default_factory=list)
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    seen: dict[Identity, int] = field(default_factory=dict)

    def fault(self, line: int, column: str, detail: str) -> None:
        """Note that something is wrong."""
        self.fault_count += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(RowFault(line, column, detail))


def read_payments(
    file: PaymentFile, mapping: FileMapping, checked: Checked
) -> Iterator[Payment | None]:
    """Yield each row as a payment, or None if it is none; what is wrong is noted in *checked*."""
    for line, cells in file.rows():
        yield _read(line, cells, file, mapping, checked)


def _read(
    line: int, cells: list[str], file: PaymentFile, mapping: FileMapping, checked: Checked
) -> Payment | None:
    def cell(part: Part) -> str:
        place = mapping.columns.get(part)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    def read(part: Part, reader: Callable[[str], object]) -> object:
        heading = file.headings[mapping.columns[part]]
        if not cell(part):
            checked.fault(line, heading, "it is empty")
            return None
        try:
            return reader(cell(part))
        except Invalid as error:
            checked.fault(line, heading, error.detail)
            return None

    if _is_total(cells, cell(Part.DAY)):
        checked.skipped.append(line)
        return None
    if len(cells) > len(file.headings) and any(one.strip() for one in cells[len(file.headings) :]):
        checked.fault(line, "", "it has more cells than there are headings: look for a stray comma")
        return None
    before = checked.fault_count
    day = read(Part.DAY, lambda text: read_day(text, mapping.order))
    amount = read(Part.AMOUNT, read_amount)
    reference = read(Part.REFERENCE, read_reference)
    service, category = plain(cell(Part.SERVICE)), plain(cell(Part.CATEGORY))
    provider_id = _provider(line, cell(Part.SUPPLIER), file, mapping, checked)
    _judge(line, (day, amount, service), mapping, checked)
    if checked.fault_count > before or provider_id is None:
        return None
    if not isinstance(day, date) or not isinstance(amount, int) or not isinstance(reference, str):
        return None
    signed = -amount if mapping.sign is Sign.MINUS else amount
    one = Payment(
        line, day, service, mapping.schemes[service], provider_id,
        mapping.natures.get(category), reference, signed,
    )  # fmt: skip
    _count(one, category, mapping, checked)
    return one


def _judge(
    line: int, found: tuple[object, object, str], mapping: FileMapping, checked: Checked
) -> None:
    day, amount, service = found
    if service not in mapping.schemes:
        checked.fault(line, Part.SERVICE, "no scheme is chosen for this service")
    elif mapping.schemes[service] is None and _personal(service):
        checked.fault(line, Part.SERVICE, "it holds what may be a patient's number or an address")
    if amount == 0:
        checked.fault(line, Part.AMOUNT, "it is nothing: leave the row out")
    if isinstance(day, date) and day > checked.today:
        checked.fault(line, Part.DAY, "this day has not come yet")


@lru_cache(maxsize=200)
def _personal(service: str) -> bool:
    """Say whether words that a new scheme is to have, and the log for ever, name a person."""
    return names_person(service)


def _provider(
    line: int, words: str, file: PaymentFile, mapping: FileMapping, checked: Checked
) -> UUID | None:
    if not words or not mapping.providers:
        return mapping.provider_id
    found = mapping.providers.get(plain(words))
    if found is None:
        heading = file.headings[mapping.columns[Part.SUPPLIER]]
        checked.fault(line, heading, "no provider of the pool is chosen for this supplier")
    return found


def _count(one: Payment, category: str, mapping: FileMapping, checked: Checked) -> None:
    first = checked.seen.setdefault(one.identity, one.line)
    if first != one.line and one.line not in mapping.distinct:
        checked.twice[one.line] = first
    checked.rows += 1
    checked.total_minor += one.amount_minor
    checked.months[f"{one.day:%Y-%m}", one.service, category] += one.amount_minor
    checked.days.add(one.day)
    spelled = f"{one.line}|{one.day}|{one.service}|{one.provider_id}|{one.nature}|{one.reference}"
    checked.digest.update(f"{spelled}|{one.amount_minor}\n".encode())


def _is_total(cells: list[str], day: str) -> bool:
    if day and not day.casefold().startswith("total"):
        return False
    first = next((cell.strip().casefold().rstrip(":") for cell in cells if cell.strip()), "")
    return first in _TOTALS or first.startswith(("total ", "grand total"))


class Group(NamedTuple):
    """The payments of one day, one scheme and one provider: what one transaction accrues."""

    day: date
    scheme_id: UUID
    provider_id: UUID
    payments: tuple[Payment, ...]

    @property
    def amount_minor(self) -> int:
        """What they come to."""
        return sum(one.amount_minor for one in self.payments)


def grouped(payments: Iterable[Payment], schemes: Mapping[str, UUID]) -> Iterator[Group]:
    """Return payments by day, scheme and provider, in that order, at most `TOGETHER_MAX` each."""
    found = [(one.day, one.scheme_id or schemes[one.service], one) for one in payments]
    # By the numbers of the ids, which are in the same order and are compared at once.
    found.sort(key=lambda each: (each[0], each[1].int, each[2].provider_id.int, each[2].line))
    for (day, scheme_id, provider_id), some in groupby(
        found, key=lambda each: (each[0], each[1], each[2].provider_id)
    ):
        mine = [one for _, _, one in some]
        for start in range(0, len(mine), TOGETHER_MAX):
            yield Group(day, scheme_id, provider_id, tuple(mine[start : start + TOGETHER_MAX]))


def taken_back(groups: Iterable[Group]) -> Iterator[RowFault]:
    """Yield a fault for each group that comes to nothing or less: a refund is another event."""
    for group in groups:
        if group.amount_minor <= 0:
            detail = (
                f"with what else was paid that day for that service it comes to "
                f"{format_minor(group.amount_minor)}: record it as a credit note or a refund"
            )
            worst = min(group.payments, key=lambda one: one.amount_minor)
            yield RowFault(worst.line, Part.AMOUNT, detail)
