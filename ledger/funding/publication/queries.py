"""What is published of a pool's spending, and what it is made from. Anybody may ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from ledger.core.errors import NotFound
from ledger.core.trail import Leaf, LogEntry
from ledger.directory import queries as directory
from ledger.funding.imports.models import ImportedPayment
from ledger.funding.models import Pool, PoolAccount, PoolPosting, PoolTransaction, Scheme
from ledger.funding.publication.models import Publication
from ledger.funding.publication.rules.tables import (
    NOBODY,
    SEVERAL,
    PublicSpend,
    Spent,
    public_spend,
)
from ledger.funding.rules.chart import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationView:
    """Days whose spending is published, or asked to be."""

    id: UUID
    pool_id: UUID
    title: str
    currency: str
    first_day: date
    last_day: date
    asked_by: UUID
    asked_for: UUID
    published_at: datetime | None
    log_size: int | None
    floor: int | None


def publications(
    session: Session, pool_id: UUID, *, published: bool | None = None
) -> Sequence[PublicationView]:
    """Return a pool's publications, newest days first; *published*: only those, or only others."""
    where: list[ColumnElement[bool]] = [Publication.pool_id == pool_id]
    if published is not None:
        there = Publication.published_at.is_not(None)
        where.append(there if published else ~there)
    rows = session.execute(
        select(Publication, Pool.title, Pool.currency)
        .join(Pool, Pool.id == Publication.pool_id)
        .where(*where)
        .order_by(Publication.first_day.desc())
    )
    return [
        PublicationView(
            id=row.id,
            pool_id=row.pool_id,
            title=title,
            currency=currency,
            first_day=row.first_day,
            last_day=row.last_day,
            asked_by=row.asked_by,
            asked_for=row.asked_for,
            published_at=row.published_at,
            log_size=row.log_size,
            floor=row.floor,
        )
        for row, title, currency in rows
    ]


def spend_of(session: Session, shown: PublicationView) -> PublicSpend:
    """Return what a publication shows: of the log as it stood, the same for ever.

    Raises:
        NotFound: it is not published.
    """
    if shown.log_size is None or shown.floor is None:
        raise NotFound("nothing of this pool is published")
    return public_spend(_spent(session, shown, shown.log_size), floor=shown.floor)


def _spent(session: Session, shown: PublicationView, size: int) -> list[Spent]:
    """Return the spending of some days: reversals, and what they undid, are left out."""
    undoing = aliased(PoolTransaction)
    one = PoolTransaction
    undone = (
        select(undoing.reverses)
        .join(LogEntry, LogEntry.id == undoing.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(
            undoing.pool_id == shown.pool_id,
            undoing.reverses.is_not(None),
            Leaf.log == "ledger",
            Leaf.index < size,
        )
    )
    within = and_(
        one.pool_id == shown.pool_id,
        one.effective_on >= shown.first_day,
        one.effective_on <= shown.last_day,
        one.reverses.is_(None),
        one.id.not_in(undone),
        Leaf.log == "ledger",
        Leaf.index < size,
    )
    providers, files = _providers(session, within), _from_files(session, within)
    rows = session.execute(
        select(one.id, one.effective_on, PoolPosting.amount_minor, PoolPosting.nature, Scheme)
        .join(PoolPosting, PoolPosting.transaction_id == one.id)
        .join(PoolAccount, PoolAccount.id == PoolPosting.account_id)
        .join(Scheme, Scheme.id == PoolAccount.of)
        .join(LogEntry, LogEntry.id == one.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(within, PoolAccount.head == Head.SPENT)
    )
    return [
        Spent(
            payment=f"{row.id} {row.nature}" if (row.id, row.nature) in files else str(row.id),
            payments=files.get((row.id, row.nature), 1),
            amount_minor=row.amount_minor,
            by={
                "month": f"{row.effective_on:%Y-%m}",
                "scheme": ", ".join(filter(None, (row.Scheme.title, row.Scheme.place))),
                "type": row.nature or "not-said",
                "provider": providers.get(row.id, NOBODY),
            },
        )
        for row in rows
    ]


def _from_files(
    session: Session, within: ColumnElement[bool]
) -> dict[tuple[UUID, str | None], int]:
    """Return how many payments of a file each of their transactions holds, by sort."""
    rows = session.execute(
        select(PoolTransaction.id, PoolPosting.nature, func.count().label("payments"))
        .join(ImportedPayment, ImportedPayment.transaction_id == PoolTransaction.id)
        .join(
            PoolPosting,
            and_(
                PoolPosting.transaction_id == ImportedPayment.transaction_id,
                PoolPosting.seq == ImportedPayment.seq,
            ),
        )
        .join(LogEntry, LogEntry.id == PoolTransaction.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(within)
        .group_by(PoolTransaction.id, PoolPosting.nature)
    )
    return {(row.id, row.nature): row.payments for row in rows}


def _providers(session: Session, within: ColumnElement[bool]) -> dict[UUID, str]:
    """Return who was owed by each transaction, by name; organisations only."""
    rows = session.execute(
        select(PoolTransaction.id, PoolAccount.of)
        .join(PoolPosting, PoolPosting.transaction_id == PoolTransaction.id)
        .join(PoolAccount, PoolAccount.id == PoolPosting.account_id)
        .join(LogEntry, LogEntry.id == PoolTransaction.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(within, or_(PoolAccount.head == Head.PAYABLE, PoolAccount.head == Head.WITHHOLD))
    )
    owed: dict[UUID, set[UUID]] = {}
    for transaction_id, provider_id in rows:
        if provider_id is None:
            continue
        owed.setdefault(transaction_id, set()).add(provider_id)
    ids = {one for those in owed.values() for one in those}
    found = directory.organisations(session, ids).values()
    names = {one.id: one.name for one in found}
    return {
        transaction_id: SEVERAL if len(those) > 1 else names[next(iter(those))]
        for transaction_id, those in owed.items()
    }
