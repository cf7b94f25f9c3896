"""A commitment to a provider: what was promised is spent, released or still open."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from ledger.core.errors import Bug, Conflict
from ledger.core.money import format_minor
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Posting


class NotThatMuchOpen(Conflict):
    """More would be released than is still open."""

    slug = "commitment-not-that-much-open"
    title = "There is not that much left of this commitment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """How far a commitment has got. Spent, released and open always sum to committed."""

    committed_minor: int
    spent_minor: int = 0
    released_minor: int = 0

    @property
    def open_minor(self) -> int:
        """What is promised and neither spent nor released."""
        return self.committed_minor - self.spent_minor - self.released_minor

    def covered(self, amount_minor: int) -> int:
        """Return how much of an accrual it covers; the rest is beyond what was promised."""
        return min(amount_minor, self.open_minor)

    def spent(self, covered_minor: int) -> Self:
        """Return it after an accrual of which it covers *covered_minor* (negative: reversed)."""
        return self._checked(spent_minor=self.spent_minor + covered_minor)

    def released(self, amount_minor: int) -> Self:
        """Return it after a release (negative: reversed). Raises `NotThatMuchOpen`."""
        return self._checked(released_minor=self.released_minor + amount_minor)

    def recommitted(self, amount_minor: int) -> Self:
        """Return it with *amount_minor* more promised (negative: that promise reversed)."""
        return self._checked(committed_minor=self.committed_minor + amount_minor)

    def after(self, event: Event, postings: Iterable[Posting]) -> Self:
        """Return it after a transaction, of which *event* is what happened or was undone.

        A reversal has the original's postings negated, and so takes its effect back.
        """
        moved_minor = sum(p.amount_minor for p in postings if p.account.head is Head.COMMITTED)
        match event:
            case Event.SPENDING_COMMITTED | Event.BUNDLE_STARTED:
                return self.recommitted(moved_minor)
            case Event.EXPENDITURE_ACCRUED | Event.BUNDLE_DONE:
                return self.spent(-moved_minor)
            case Event.COMMITMENT_RELEASED | Event.BUNDLE_CANCELLED:
                return self.released(-moved_minor)
            case _:
                raise Bug(f"{event} does not move a commitment")

    def _checked(self, **changes: int) -> Self:
        after = replace(self, **changes)
        if min(after.open_minor, after.spent_minor, after.released_minor) < 0:
            raise NotThatMuchOpen(f"{format_minor(self.open_minor)} of it is still open")
        return after
