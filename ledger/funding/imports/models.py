"""Tables of payment imports: the batch, who approved it, its payments; and the file beside them."""

from collections.abc import Sequence
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
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.core.actor import Role
from ledger.core.db import Operational, Projected
from ledger.funding.rules.controls import Approval, Control, Voice


class PaymentImport(Projected):
    """The payments of one file, from proposal to posting."""

    __tablename__ = "pool_imports"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'approved', 'posted', 'dropped')", name="state"),
        Index("ix_pool_imports_of", "pool_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID] = mapped_column(ForeignKey("pools.id"))
    state: Mapped[str] = mapped_column(String(8))
    maker_id: Mapped[UUID]
    made_at: Mapped[datetime]
    entry_id: Mapped[UUID]
    file_commitment: Mapped[str] = mapped_column(String(64))
    rows_digest: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    total_minor: Mapped[int] = mapped_column(BigInteger)
    first_day: Mapped[date]
    last_day: Mapped[date]
    people: Mapped[int] = mapped_column(SmallInteger)
    voice: Mapped[str] = mapped_column(String(16))
    rank: Mapped[str] = mapped_column(String(32))
    ended_at: Mapped[datetime | None]

    @property
    def control(self) -> Control:
        """What it waits for."""
        return Control(people=self.people, voice=Voice(self.voice), rank=Role(self.rank))


class ImportApproval(Projected):
    """One person's approval of an import; never the maker's."""

    __tablename__ = "pool_import_approvals"
    __table_args__ = (CheckConstraint("person_id <> maker_id", name="second_pair_of_eyes"),)

    import_id: Mapped[UUID] = mapped_column(ForeignKey("pool_imports.id"), primary_key=True)
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


class ImportedPayment(Projected):
    """One row of a file, and the two postings that it became. Never changed."""

    __tablename__ = "pool_payments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["transaction_id"], ["pool_transactions.id"], name="fk_pool_payments_transaction"
        ),
        Index("ix_pool_payments_identity", "pool_id", "reference"),
        Index("ix_pool_payments_transaction", "transaction_id", "seq"),
    )

    import_id: Mapped[UUID] = mapped_column(ForeignKey("pool_imports.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    pool_id: Mapped[UUID]
    transaction_id: Mapped[UUID]
    seq: Mapped[int] = mapped_column(SmallInteger)
    """The first of its two postings."""
    paid_on: Mapped[date]
    reference: Mapped[str] = mapped_column(String(40))
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class PaymentUpload(Operational):
    """A file of payments, how far it has got, and what was found in it. Its id is the import's."""

    __tablename__ = "payment_files"
    __table_args__ = (
        Index("ix_payment_files_pool", "pool_id", "sha256"),
        Index("ix_payment_files_stage", "stage"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pool_id: Mapped[UUID]
    maker_id: Mapped[UUID]
    organisation_id: Mapped[UUID]
    at: Mapped[datetime]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What was found; None until all of it was read."""
    stage: Mapped[str] = mapped_column(String(8))
    """reading, read, sent, posting, posted, dropped; failed: its posting was refused."""
    rows_done: Mapped[int]
    rows_all: Mapped[int]
    problem: Mapped[str | None] = mapped_column(String(500))


def approvals_of(session: Session, import_id: UUID) -> Sequence[ImportApproval]:
    """Return the approvals of a batch, in a fixed order."""
    mine = select(ImportApproval).where(ImportApproval.import_id == import_id)
    return session.scalars(mine.order_by(ImportApproval.person_id)).all()
