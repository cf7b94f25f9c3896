"""Tables of the funding area. Only this package's own modules touch them.

A transaction must be *sealed* before it can be committed: its id is a deferred foreign key
to its seal, and the database checks the sums when the seal is inserted. Postings move the
balances by trigger, and each keeps the balance after it. Migration 0007 has the triggers.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.actor import Role
from ledger.core.db import Projected
from ledger.funding.rules.commitments import Commitment as CommitmentState
from ledger.funding.rules.controls import Approval, Control, Voice


class Pool(Projected):
    """A pooled fund, and the agreement it hangs from."""

    __tablename__ = "pools"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    agreement_id: Mapped[UUID] = mapped_column(unique=True)
    data_agreement_id: Mapped[UUID | None]
    host_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(String(3))
    opened_at: Mapped[datetime]


class PoolPartner(Projected):
    """That an organisation is a partner of a pool, and where it stands in the order."""

    __tablename__ = "pool_partners"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    rank: Mapped[int] = mapped_column(SmallInteger)


class PoolProvider(Projected):
    """That a pool may owe to an organisation."""

    __tablename__ = "pool_providers"

    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)


class Period(Projected):
    """Days that a pool may post to, until it is closed."""

    __tablename__ = "pool_periods"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="days_in_order"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    closed_at: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(String(16))
    """How far its closing has got; see `rules.periods.Stage`."""


class Scheme(Projected):
    """What a pool's money is allocated to."""

    __tablename__ = "pool_schemes"
    __table_args__ = (UniqueConstraint("pool_id", "rank", name="uq_pool_schemes_rank"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    rank: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(String(200))
    place: Mapped[str | None] = mapped_column(String(100))
    ring_fenced: Mapped[bool]


class PoolAccount(Projected):
    """One account of a pool, with its limits (debit positive)."""

    __tablename__ = "pool_accounts"
    __table_args__ = (
        UniqueConstraint("id", "pool_id", "book", "currency", name="uq_pool_accounts_identity"),
        CheckConstraint("book IN ('F', 'B')", name="book"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    head: Mapped[str] = mapped_column(String(32))
    of: Mapped[UUID | None]
    book: Mapped[str] = mapped_column(String(1))
    currency: Mapped[str] = mapped_column(String(3))
    floor_minor: Mapped[int | None] = mapped_column(BigInteger)
    ceiling_minor: Mapped[int | None] = mapped_column(BigInteger)
    yields: Mapped[bool]
    """A liability may take it beyond its limits; see `rules.limits`."""


class PoolBalance(Projected):
    """What an account holds now. Moved by the database, as postings are inserted."""

    __tablename__ = "pool_balances"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("pool_accounts.id"), primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    balance_minor: Mapped[int] = mapped_column(BigInteger)
    postings_count: Mapped[int] = mapped_column(BigInteger)
    moved_at: Mapped[datetime | None]


class PoolTransaction(Projected):
    """One event that was posted. Never changed."""

    __tablename__ = "pool_transactions"
    __table_args__ = (
        UniqueConstraint("id", "pool_id", name="uq_pool_transactions_identity"),
        ForeignKeyConstraint(
            ["id"],
            ["pool_seals.transaction_id"],
            name="fk_pool_transactions_sealed",
            deferrable=True,
            initially="DEFERRED",
        ),
        Index("ix_pool_transactions_order", "pool_id", "recorded_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    event: Mapped[str] = mapped_column(String(32))
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime]
    """When it was recorded; never before an earlier transaction on any of its accounts."""
    period_id: Mapped[UUID] = mapped_column(ForeignKey("pool_periods.id"))
    agreement_version: Mapped[int]
    clause: Mapped[str] = mapped_column(String(32))
    reference: Mapped[str | None] = mapped_column(String(200))
    basis: Mapped[str | None] = mapped_column(String(200))
    commitment_id: Mapped[UUID | None]
    reverses: Mapped[UUID | None] = mapped_column(ForeignKey("pool_transactions.id"), unique=True)
    relates_to: Mapped[date | None]
    actor: Mapped[str] = mapped_column(String(64))
    liability: Mapped[bool]
    capital: Mapped[bool | None]
    vat: Mapped[str | None] = mapped_column(String(16))


class PoolPosting(Projected):
    """One leg of a transaction, with the balance of its account after it."""

    __tablename__ = "pool_postings"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "pool_id", "book", "currency"],
            [
                "pool_accounts.id",
                "pool_accounts.pool_id",
                "pool_accounts.book",
                "pool_accounts.currency",
            ],
            name="fk_pool_postings_account",
        ),
        ForeignKeyConstraint(
            ["transaction_id", "pool_id"],
            ["pool_transactions.id", "pool_transactions.pool_id"],
            name="fk_pool_postings_transaction",
        ),
        UniqueConstraint("account_id", "account_seq", name="uq_pool_postings_order"),
        CheckConstraint("amount_minor <> 0", name="not_zero"),
        Index("ix_pool_postings_as_of", "account_id", "recorded_at", "account_seq"),
    )

    transaction_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    pool_id: Mapped[UUID]
    account_id: Mapped[UUID]
    book: Mapped[str] = mapped_column(String(1))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    balance_after_minor: Mapped[int] = mapped_column(BigInteger)
    account_seq: Mapped[int] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]
    source: Mapped[str | None] = mapped_column(String(64))
    nature: Mapped[str | None] = mapped_column(String(32))
    recurrent: Mapped[bool | None]


class PoolSeal(Projected):
    """That a transaction is whole: how many postings it has."""

    __tablename__ = "pool_seals"

    transaction_id: Mapped[UUID] = mapped_column(primary_key=True)
    postings_count: Mapped[int] = mapped_column(SmallInteger)


class Commitment(Projected):
    """A promise to a provider, and how far it has got."""

    __tablename__ = "pool_commitments"
    __table_args__ = (
        CheckConstraint(
            "spent_minor >= 0 AND released_minor >= 0"
            " AND spent_minor + released_minor <= committed_minor",
            name="never_more_than_promised",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"), index=True)
    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("pool_schemes.id"))
    provider_id: Mapped[UUID]
    reference: Mapped[str | None] = mapped_column(String(200))
    committed_minor: Mapped[int] = mapped_column(BigInteger)
    spent_minor: Mapped[int] = mapped_column(BigInteger)
    released_minor: Mapped[int] = mapped_column(BigInteger)

    @property
    def state(self) -> CommitmentState:
        """How far it has got, as a value that rules can judge."""
        return CommitmentState(
            committed_minor=self.committed_minor,
            spent_minor=self.spent_minor,
            released_minor=self.released_minor,
        )


class Proposal(Projected):
    """A transaction that waits for approval, or waited. Its id is the transaction's."""

    __tablename__ = "pool_proposals"
    __table_args__ = (
        UniqueConstraint("id", "maker_id", name="uq_pool_proposals_maker"),
        CheckConstraint("state IN ('waiting', 'posted', 'dropped')", name="state"),
        Index("ix_pool_proposals_waiting", "pool_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    event: Mapped[str] = mapped_column(String(32))
    controlled_as: Mapped[str] = mapped_column(String(32))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The transaction, as the log spells it."""
    promise: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    people: Mapped[int] = mapped_column(SmallInteger)
    voice: Mapped[str] = mapped_column(String(16))
    rank: Mapped[str] = mapped_column(String(32))
    maker_id: Mapped[UUID]
    made_at: Mapped[datetime]
    entry_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(String(8))
    ended_at: Mapped[datetime | None]

    @property
    def control(self) -> Control:
        """What it waits for."""
        return Control(people=self.people, voice=Voice(self.voice), rank=Role(self.rank))


class ApprovalGiven(Projected):
    """One person's approval of a proposal; never the maker's."""

    __tablename__ = "pool_approvals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["proposal_id", "maker_id"],
            ["pool_proposals.id", "pool_proposals.maker_id"],
            name="fk_pool_approvals_proposal",
        ),
        CheckConstraint("person_id <> maker_id", name="second_pair_of_eyes"),
    )

    proposal_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    maker_id: Mapped[UUID]
    organisation_id: Mapped[UUID]
    rank: Mapped[str] = mapped_column(String(32))
    approved_at: Mapped[datetime]
    entry_id: Mapped[UUID]

    @property
    def approval(self) -> Approval:
        """It, as a value that rules can judge."""
        return Approval(self.person_id, self.organisation_id, Role(self.rank))
