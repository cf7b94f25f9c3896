"""What importing payments from a file writes to the log.

A file is proposed as one batch, approved as one, and posted as many transactions in one unit of
work. The payments themselves are in the entries, column by column: line in the file, number,
amount, sort. The file is not: it may name people, so the log only commits to its bytes.
"""

from datetime import date
from uuid import UUID

from audit import Entry, about, entry
from ledger.core.actor import Role
from ledger.funding.imports.rules.postings import accrued, settled
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.controls import Voice
from ledger.funding.rules.postings import Nature, Transaction


@entry("funding.import-proposed")
class ImportProposed(Entry):
    """Somebody prepared the payments of a file, which wait for other people's approval.

    Attributes:
        file_commitment: SHA-256 of 32 random bytes and the file, in hex; both are kept.
        rows_digest: SHA-256 of the payments as they were read: only these can be posted.
        confirmed: How many payments look like another one, and were said to be none.
        people, voice, rank: Whose approval it waits for, as for one payment of the total.
    """

    pool_id: UUID = about("pool")
    import_id: UUID
    maker_id: UUID = about("person")
    file_commitment: str
    rows_digest: str
    rows: int
    total_minor: int
    first_day: date
    last_day: date
    confirmed: int
    people: int
    voice: Voice
    rank: Role


@entry("funding.import-approved")
class ImportApproved(Entry):
    """Somebody other than the maker approved the payments of a file, for an organisation."""

    pool_id: UUID = about("pool")
    import_id: UUID
    person_id: UUID = about("person")
    organisation_id: UUID = about("organisation")
    rank: Role


@entry("funding.import-dropped")
class ImportDropped(Entry):
    """The payments of a file will not be posted: taken back, or refused by an approver."""

    pool_id: UUID = about("pool")
    import_id: UUID
    person_id: UUID = about("person")


@entry("funding.imported-payments-accrued")
class ImportedPaymentsAccrued(Entry):
    """What a provider was owed for one scheme on one day, payment by payment.

    Attributes:
        lines: Where each payment stands in the file.
        references: Its number.
        amounts_minor: What was paid; below zero for what came back.
        natures: Its sort of expenditure.
    """

    pool_id: UUID = about("pool")
    agreement_id: UUID = about("agreement")
    import_id: UUID
    transaction_id: UUID
    effective_on: date
    agreement_version: int
    clause: str
    scheme_id: UUID
    provider_id: UUID = about("organisation")
    lines: tuple[int, ...]
    references: tuple[str, ...]
    amounts_minor: tuple[int, ...]
    natures: tuple[Nature | None, ...]

    @property
    def transaction(self) -> Transaction:
        """What it posts: a pair for each payment, then the budget's side."""
        return Transaction(
            transaction_id=self.transaction_id,
            effective_on=self.effective_on,
            agreement_version=self.agreement_version,
            clause=self.clause,
            postings=accrued(self.scheme_id, self.provider_id, self.amounts_minor, self.natures),
            basis="Payments read from a file",
        )


@entry("funding.imported-payments-made")
class ImportedPaymentsMade(Entry):
    """What was paid on one day for the payments of a file, by provider."""

    pool_id: UUID = about("pool")
    agreement_id: UUID = about("agreement")
    import_id: UUID
    transaction_id: UUID
    effective_on: date
    agreement_version: int
    clause: str
    by_host: bool
    provider_ids: tuple[UUID, ...] = about("organisation")
    amounts_minor: tuple[int, ...]

    @property
    def transaction(self) -> Transaction:
        """What it posts: out of the pool's cash, or owed to the host that paid."""
        source = Account(head=Head.DUE_HOST if self.by_host else Head.CASH)
        owed = dict(zip(self.provider_ids, self.amounts_minor, strict=True))
        return Transaction(
            transaction_id=self.transaction_id,
            effective_on=self.effective_on,
            agreement_version=self.agreement_version,
            clause=self.clause,
            postings=settled(source, owed),
            basis="Payments read from a file",
        )


@entry("funding.import-posted")
class ImportPosted(Entry):
    """All payments of a file are posted."""

    pool_id: UUID = about("pool")
    import_id: UUID
    rows: int
    transactions: int
