"""A position to start from, read from a trial balance: CSV, a row for each account and owner.

What the ledger before coded as several accounts may be several rows: they are added up. What the
file does not say of the partners' contributions is what the agreement says.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from ledger.core.errors import Fault, Invalid
from ledger.funding.imports.rules.cells import read_amount
from ledger.funding.imports.rules.files import open_file
from ledger.funding.opening.rules import OfPartner, OfProvider, OfScheme, Position
from ledger.funding.reconciliation.rules.findings import folded
from ledger.funding.rules.chart import CHART, Book, Head, Of
from ledger.funding.rules.impersonal import is_nhs_number

CONTENT_MAX: Final = 100_000
"""Bytes of a trial balance."""
ROWS_MAX: Final = 2_000
_FAULTS_MAX: Final = 200

Agreed = Mapping[UUID, Sequence[tuple[str, int]]]
Names = Mapping[Of, Mapping[str, UUID]]
"""How partners, providers and schemes may be named, folded; see `reconciling.folded`."""


class Part(StrEnum):
    """What a row says of a pool, as it is written in the file."""

    CASH = "cash"
    OWED_BY_PARTNER = "owed by partner"
    INCOME = "income"
    OWED_TO_PARTNER = "owed to partner"
    BROUGHT_FORWARD = "brought forward"
    OWED_TO_PROVIDER = "owed to provider"
    WITHHELD = "withheld"
    EXPENDITURE = "expenditure"
    AGREED = "agreed"
    RESERVE = "reserve"
    BUDGET = "budget"


HEADS: Final = MappingProxyType(
    {
        Part.CASH: Head.CASH,
        Part.OWED_BY_PARTNER: Head.RECEIVABLE,
        Part.INCOME: Head.INCOME,
        Part.OWED_TO_PARTNER: Head.PAYABLE_PARTNER,
        Part.BROUGHT_FORWARD: Head.FUND_BROUGHT_FORWARD,
        Part.OWED_TO_PROVIDER: Head.PAYABLE,
        Part.WITHHELD: Head.WITHHOLD,
        Part.EXPENDITURE: Head.EXPENDITURE,
        Part.AGREED: Head.FUNDING,
        Part.RESERVE: Head.RESERVE,
        Part.BUDGET: Head.AVAILABLE,
    }
)
"""The account of each. A budget is that of the whole year, of which part may be spent."""
_KNOWN: Final = {
    folded(name): part
    for part, head in HEADS.items()
    for name in ((part, head) if head.book is Book.FINANCIAL else (part,))
}
"""A row names an account of the financial book by its code, too."""

HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "account": ("account name", "line", "description"),
    "whose": ("of", "partner", "organisation", "name"),
    "source": ("funding source",),
    "amount": ("balance", "value"),
    "debit": ("dr", "debit balance"),
    "credit": ("cr", "credit balance"),
}


class TrialBalanceUnreadable(Invalid):
    """The file as a whole is no trial balance."""

    slug = "trial-balance-unreadable"
    title = "This file cannot be read as a trial balance"


class TrialBalanceRefused(Invalid):
    """Some rows are wrong, so none is taken. The faults name the line of the file."""

    slug = "trial-balance-refused"
    title = "Some rows are not right, so nothing was taken"


class Row(NamedTuple):
    """What one row says: above zero on the side where its account normally is."""

    part: Part
    of: UUID | None
    source: str
    amount_minor: int


def read_position(content: bytes, *, names: Names, agreed: Agreed) -> Position:
    """Return the position that a trial balance says; it need not balance.

    Args:
        content: The CSV file.
        names: How whoever has an account in the pool may be named.
        agreed: What each partner agreed, for partners of whom the file does not say it.

    Raises:
        TrialBalanceUnreadable: it is no CSV file with the headings that are needed.
        TrialBalanceRefused: some rows are wrong.
    """
    if len(content) > CONTENT_MAX:
        raise TrialBalanceUnreadable(f"it has more than {CONTENT_MAX // 1000} kB")
    try:
        file = open_file(content)
        cells = list(file.rows())
    except Invalid as error:
        raise TrialBalanceUnreadable(error.detail) from error
    places = _places(file.headings)
    if not 0 < len(cells) <= ROWS_MAX:
        raise TrialBalanceUnreadable(f"give between 1 and {ROWS_MAX:,} rows below the headings")
    rows, faults = [], []
    for number, row in cells:
        said = {name: row[at].strip() if at < len(row) else "" for name, at in places.items()}
        try:
            rows.append(_row(said, names))
        except Invalid as error:
            faults.append(Fault(f"line {number}", error.detail))
    if faults:
        raise TrialBalanceRefused(f"{len(faults):,} of {len(cells):,} rows", faults[:_FAULTS_MAX])
    return _position(rows, agreed)


def _places(headings: Sequence[str]) -> dict[str, int]:
    known = {folded(each): name for name, also in HEADINGS.items() for each in (name, *also)}
    places: dict[str, int] = {}
    for at, heading in enumerate(headings):
        name = known.get(folded(heading))
        if name in places:
            raise TrialBalanceUnreadable(f"it has two columns for {name}: leave one of them")
        if name is not None:
            places[name] = at
    missing = [name for name in ("account", "whose") if name not in places]
    if not places.keys() & {"amount", "debit", "credit"}:
        missing.append("amount")
    if missing:
        raise TrialBalanceUnreadable(f"it has no column {' and no column '.join(missing)}")
    return places


def _row(said: Mapping[str, str], names: Names) -> Row:
    part = _KNOWN.get(folded(said["account"]))
    if part is None:
        raise Invalid(f"account: write one of {', '.join(Part)}")
    kind = CHART[HEADS[part]]
    if any(is_nhs_number("".join(said.get(name, "").split())) for name in ("whose", "source")):
        raise Invalid("a cell looks like an NHS number: it does not belong in accounts")
    of = None
    if kind.of is not Of.POOL:
        of = names[kind.of].get(folded(said["whose"]))
        if of is None:
            raise Invalid(f"whose: name a {kind.of} of this pool, as its own page does")
    elif said["whose"]:
        raise Invalid(f"whose: {part} is the whole pool's, so leave it empty")
    source = said.get("source", "")
    if (part is Part.AGREED) is not bool(source):
        raise Invalid("source: give it to what a partner agreed, and to nothing else")
    amount_minor = _debit_minor(said) * kind.normal
    if amount_minor < 0:
        side = "debit" if kind.normal > 0 else "credit"
        raise Invalid(f"{part} is a {side}: it stands on the other side")
    return Row(part, of, source, amount_minor)


def _debit_minor(said: Mapping[str, str]) -> int:
    given = {name: said[name] for name in ("amount", "debit", "credit") if said.get(name)}
    minor = {name: read_amount(text) for name, text in given.items()}
    moving = {name: amount for name, amount in minor.items() if amount} or {"amount": 0}
    if not given or len(moving) > 1:
        raise Invalid("give one amount, as a debit or as a credit")
    ((name, amount_minor),) = moving.items()
    return -amount_minor if name == "credit" else amount_minor


def _position(rows: Sequence[Row], agreed: Agreed) -> Position:
    sums: dict[tuple[Part, UUID | None], int] = {}
    for row in rows:
        key = (row.part, row.of)
        sums[key] = sums.get(key, 0) + row.amount_minor
    return Position(
        cash_minor=sums.get((Part.CASH, None), 0),
        reserve_minor=sums.get((Part.RESERVE, None), 0),
        partners=tuple(_partner(rows, one, sums, agreed) for one in _owners(rows, agreed)),
        providers=tuple(
            OfProvider(
                provider_id=one,
                owed_minor=sums.get((Part.OWED_TO_PROVIDER, one), 0),
                withheld_minor=sums.get((Part.WITHHELD, one), 0),
            )
            for one in _named(rows, Part.OWED_TO_PROVIDER, Part.WITHHELD)
        ),
        schemes=tuple(
            OfScheme(
                scheme_id=one,
                budget_minor=sums.get((Part.BUDGET, one), 0),
                spent_minor=sums.get((Part.EXPENDITURE, one), 0),
            )
            for one in _named(rows, Part.BUDGET, Part.EXPENDITURE)
        ),
    )


def _partner(
    rows: Sequence[Row],
    partner_id: UUID,
    sums: Mapping[tuple[Part, UUID | None], int],
    agreed: Agreed,
) -> OfPartner:
    stated = [
        (row.source, row.amount_minor)
        for row in rows
        if row.part is Part.AGREED and row.of == partner_id
    ]
    due_minor = sums.get((Part.INCOME, partner_id), 0)
    return OfPartner(
        partner_id=partner_id,
        agreed=tuple(stated or agreed.get(partner_id, ())),
        due_minor=due_minor,
        paid_in_minor=due_minor - sums.get((Part.OWED_BY_PARTNER, partner_id), 0),
        owed_back_minor=sums.get((Part.OWED_TO_PARTNER, partner_id), 0),
        brought_forward_minor=sums.get((Part.BROUGHT_FORWARD, partner_id), 0),
    )


def _owners(rows: Sequence[Row], agreed: Agreed) -> Iterable[UUID]:
    of_partners = [part for part, head in HEADS.items() if CHART[head].of is Of.PARTNER]
    return dict.fromkeys((*agreed, *_named(rows, *of_partners)))


def _named(rows: Sequence[Row], *parts: Part) -> Iterable[UUID]:
    return dict.fromkeys(row.of for row in rows if row.part in parts and row.of is not None)
