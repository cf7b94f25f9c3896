"""The rules by which sides were ever compared. What was signed is computed by its own for ever.

A change that gives any signed result another digest is a new version: the old functions stay
here, beside the new ones. A test pins what each version makes of the same lines.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ledger.core.errors import Conflict
from ledger.funding.reconciliation.rules.findings import Finding
from ledger.funding.reconciliation.rules.matches import reconcile
from ledger.funding.reconciliation.rules.proof import Proof, proof


@dataclass(frozen=True, slots=True)
class Rules:
    """One version: how lines are matched, and how that is proved."""

    match: Callable[..., tuple[Finding, ...]]
    prove: Callable[..., Proof]


VERSIONS: Final = MappingProxyType({1: Rules(match=reconcile, prove=proof)})
NEWEST: Final = max(VERSIONS)
"""By which a comparison is run from now on."""


class RulesUnknown(Conflict):
    """A comparison that was run by rules which this installation does not have."""

    slug = "reconciliation-rules-unknown"
    title = "This was compared by rules that are not known here"


def rules_of(version: int) -> Rules:
    """Return a version of the rules. Raises `RulesUnknown`."""
    if version not in VERSIONS:
        known = ", ".join(map(str, VERSIONS))
        raise RulesUnknown(
            f"it needs version {version}, and known are {known}: bring this up to date"
        )
    return VERSIONS[version]
