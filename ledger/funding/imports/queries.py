"""Imports of payments: how far each is, what was found in it, and where each row went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.core.actor import Actor
from ledger.core.authority import in_force, require
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.funding.imports.models import (
    ImportedPayment,
    PaymentImport,
    PaymentUpload,
    approvals_of,
)
from ledger.funding.imports.rules.files import PaymentFile, open_file
from ledger.funding.imports.rules.mapping import FileMapping, Guess, guess_columns
from ledger.funding.imports.rules.mapping_json import from_json
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.controls import Approval, Control


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportView:
    """A file of payments.

    Attributes:
        stage: reading, read, sent, posting, failed, posted, dropped.
        report: What was found in it, once all of it was read: see docs/reference.
        control: What it waits for, once it is sent.
    """

    id: UUID
    pool_id: UUID
    maker_id: UUID
    at: datetime
    stage: str
    rows_done: int
    rows_all: int
    problem: str | None
    report: Mapping[str, Any] | None
    mapping: FileMapping
    sha256: str
    control: Control | None
    approvals: tuple[Approval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """A row of a file, and the two postings that it became: *seq* and the one after it."""

    import_id: UUID
    line: int
    transaction_id: UUID
    seq: int
    paid_on: date
    reference: str
    amount_minor: int


UNSENT: Final = frozenset({"reading", "read"})
"""Stages in which a file is for those who bring it in."""


def imports(session: Session, pool: PoolView) -> Sequence[ImportView]:
    """Return the imports of a pool, newest first; at most 100."""
    mine = select(PaymentUpload).where(PaymentUpload.pool_id == pool.id)
    newest = mine.order_by(PaymentUpload.at.desc(), PaymentUpload.id).limit(100)
    return [_view(session, row) for row in session.scalars(newest)]


def sent(session: Session, pool: PoolView) -> Sequence[ImportView]:
    """Return the imports of a pool that wait for approval, the oldest first; at most 100."""
    mine = select(PaymentUpload).where(
        PaymentUpload.pool_id == pool.id, PaymentUpload.stage == "sent"
    )
    oldest = mine.order_by(PaymentUpload.at, PaymentUpload.id).limit(100)
    return [_view(session, row) for row in session.scalars(oldest)]


def import_of(session: Session, pool: PoolView, import_id: UUID) -> ImportView:
    """Return an import of *pool*. Raises `NotFound` if it has no such one."""
    row = session.get(PaymentUpload, import_id)
    if row is None or row.pool_id != pool.id:
        raise NotFound("no such import in this pool")
    return _view(session, row)


def import_shown(session: Session, actor: Actor, pool: PoolView, import_id: UUID) -> ImportView:
    """Return an import that *actor*, who may see the pool, may see too.

    Raises:
        NotFound: the pool has no such import.
        Refused: it was not sent, and they bring nothing in.
    """
    one = import_of(session, pool, import_id)
    if one.stage in UNSENT:
        require(in_force(), actor, Permission.POOL_IMPORT, pool.resource)
    return one


def file_of(session: Session, import_id: UUID) -> tuple[PaymentFile, Sequence[Guess]]:
    """Return the file of an import, and what its columns look like."""
    row = session.get_one(PaymentUpload, import_id)
    file = open_file(row.content)
    return file, list(guess_columns(file).values())


def payments(
    session: Session, pool: PoolView, import_id: UUID, *, from_line: int = 0, limit: int
) -> Sequence[PaymentView]:
    """Return what rows became, in the order of the file, from a line on."""
    mine = select(ImportedPayment).where(
        ImportedPayment.import_id == import_id,
        ImportedPayment.pool_id == pool.id,
        ImportedPayment.line >= from_line,
    )
    return [_payment(row) for row in session.scalars(mine.order_by("line").limit(limit))]


def payment_of_posting(session: Session, transaction_id: UUID, seq: int) -> PaymentView | None:
    """Return the row of a file that a posting came from, if it came from one."""
    mine = select(ImportedPayment).where(
        ImportedPayment.transaction_id == transaction_id,
        ImportedPayment.seq == seq - seq % 2,
    )
    row = session.scalar(mine)
    return None if row is None else _payment(row)


def posted_count(session: Session, import_id: UUID) -> int:
    """Return how many payments of a file are posted: all of them, or none."""
    mine = select(func.count()).select_from(ImportedPayment)
    return session.scalars(mine.where(ImportedPayment.import_id == import_id)).one()


def _payment(row: ImportedPayment) -> PaymentView:
    return PaymentView(
        import_id=row.import_id,
        line=row.line,
        transaction_id=row.transaction_id,
        seq=row.seq,
        paid_on=row.paid_on,
        reference=row.reference,
        amount_minor=row.amount_minor,
    )


def _view(session: Session, row: PaymentUpload) -> ImportView:
    batch = session.get(PaymentImport, row.id)
    blank = FileMapping(columns={}, provider_id=row.organisation_id)
    return ImportView(
        id=row.id,
        pool_id=row.pool_id,
        maker_id=row.maker_id,
        at=row.at,
        stage=row.stage,
        rows_done=row.rows_done,
        rows_all=row.rows_all,
        problem=row.problem,
        report=row.report,
        mapping=from_json(row.mapping, guessed=blank),
        sha256=row.sha256,
        control=None if batch is None else batch.control,
        approvals=tuple(one.approval for one in approvals_of(session, row.id)),
    )
