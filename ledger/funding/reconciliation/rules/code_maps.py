"""How an organisation's general ledger codes what a pool's accounts hold.

Each organisation keeps its own list. The host's ledger holds the pool's own accounts. What
another partner's ledger holds is the pool seen from the other side: what the pool is owed by
it, it owes; so its lines are compared with their signs turned round.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ledger.core.errors import Fault, Invalid
from ledger.funding.rules.chart import Account, Book, Head
from ledger.funding.rules.postings import Nature

CODE_MAX = 32
MAPPED_MAX = 1000


class VatRegime(StrEnum):
    """What tax on purchases an organisation gets back (VAT Act 1994)."""

    RECOVERS = "recovers"
    """A council, by section 33: its ledger has expenditure without the tax."""
    LISTED_SERVICES = "recovers-on-listed-services"
    """A health body, by section 41: back on contracted-out services that the Treasury lists."""
    NOTHING = "recovers-nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """One line of the list: an account, and its code there.

    Attributes:
        of: Whose account; None for every one of the family that has no line of its own.
        nature: Of expenditure of this nature only.
        capital: Of expenditure that bought an asset, or did not; None for either.
    """

    head: Head
    nominal: str
    cost_centre: str = ""
    of: UUID | None = None
    nature: Nature | None = None
    capital: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMap:
    """An organisation's list, and how it treats value added tax."""

    lines: tuple[Coded, ...]
    vat_regime: VatRegime
    vat_rate_percent: int

    def code_of(
        self, account: Account, *, nature: Nature | None = None, capital: bool | None = None
    ) -> Coded | None:
        """Return the narrowest line for a posting; None if the list has none for it."""
        fitting = [
            one
            for one in self.lines
            if one.head is account.head
            and one.of in {None, account.of}
            and one.nature in {None, nature}
            and one.capital in {None, bool(capital)}
        ]
        return max(fitting, key=_narrowness, default=None)


class CodesRefused(Invalid):
    """A list of codes that cannot be kept."""

    slug = "codes-refused"
    title = "This list of codes cannot be used"


def check_codes(codes: CodeMap) -> None:
    """Check a list of codes. Raises `CodesRefused`, with a fault for each line."""
    faults, seen = [], set()
    if not 0 < len(codes.lines) <= MAPPED_MAX:
        raise CodesRefused(f"give between 1 and {MAPPED_MAX:,} lines")
    if not 0 <= codes.vat_rate_percent < 100:  # noqa: PLR2004
        raise CodesRefused("the rate of value added tax is between 0 and 99 per cent")
    for number, one in enumerate(codes.lines, 1):
        which = (one.head, one.of, one.nature, one.capital)
        if one.head.book is not Book.FINANCIAL:
            faults.append(Fault(f"line {number}", "a general ledger has no budget accounts"))
        if which in seen:
            faults.append(Fault(f"line {number}", "another line is for the same account"))
        if not 0 < len(one.nominal) <= CODE_MAX or len(one.cost_centre) > CODE_MAX:
            faults.append(Fault(f"line {number}", f"a code has 1 to {CODE_MAX} characters"))
        seen.add(which)
    if faults:
        raise CodesRefused(faults[0].detail, faults)


def _narrowness(one: Coded) -> tuple[bool, ...]:
    return (one.of is not None, one.capital is not None, one.nature is not None)
