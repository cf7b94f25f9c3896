"""What is kept of the grounds of a payment, and what is undone by itself later."""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry
from ledger.funding.rules.rosters import Purpose


@entry("funding.evidence-kept")
class EvidenceKept(Entry):
    """The grounds of a payment were frozen: their bytes are beside the log, and in a bundle.

    Attributes:
        purpose: What it is to be used for.
        digest: SHA-256 of the bytes.
        size: How many bytes.
    """

    pool_id: UUID = about("pool")
    purpose: Purpose
    digest: str
    media_type: str
    size: int
    reference: str


@entry("funding.reversal-scheduled")
class ReversalScheduled(Entry):
    """A transaction of a period's end is to be reversed on the first day of the next."""

    pool_id: UUID = about("pool")
    transaction_id: UUID
    due_on: date
