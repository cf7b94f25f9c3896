"""A commitment to a provider: what was promised is spent, released or still open."""

from dataclasses import dataclass, replace
from typing import Self

from ledger.core.errors import Conflict
from ledger.core.money import format_minor


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

    def _checked(self, **changes: int) -> Self:
        after = replace(self, **changes)
        if min(after.open_minor, after.spent_minor, after.released_minor) < 0:
            raise NotThatMuchOpen(
                f"{format_minor(self.open_minor)} of it is still open"
            )
        return after
