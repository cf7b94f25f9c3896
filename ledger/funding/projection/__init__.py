"""What the funding area's entries change. Importing it registers every projection."""

from ledger.funding.projection import (
    boards,
    evidence,
    imports,
    overspend,
    payments,
    posting,
    publications,
    reconciling,
    returns,
    standing,
)

__all__ = [
    "boards",
    "evidence",
    "overspend",
    "payments",
    "posting",
    "publications",
    "reconciling",
    "returns",
    "standing",
]
