"""What the funding area's entries change. Importing it registers every projection."""

from ledger.funding.boards import projection as boards
from ledger.funding.evidence import projection as evidence
from ledger.funding.imports import projection as imports
from ledger.funding.overspend import projection as overspend
from ledger.funding.projection import payments, posting, standing
from ledger.funding.publication import projection as publications
from ledger.funding.reconciliation import projection as reconciling
from ledger.funding.returns import projection as returns

__all__ = [
    "boards",
    "evidence",
    "imports",
    "overspend",
    "payments",
    "posting",
    "publications",
    "reconciling",
    "returns",
    "standing",
]
