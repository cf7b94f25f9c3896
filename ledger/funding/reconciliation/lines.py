"""Our side of a reconciliation: postings as of a size of the log, as lines to be compared."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.orm import Session

from ledger.core.trail import Leaf, LogEntry
from ledger.funding.models import Pool, PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.payment_tables import Overspend
from ledger.funding.reconciliation.rules.code_maps import CodeMap
from ledger.funding.reconciliation.rules.files import papers_of
from ledger.funding.reconciliation.rules.findings import Line, Window
from ledger.funding.rules.chart import Account, Book, Head
from ledger.funding.rules.postings import Nature


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What is posted here, as an organisation's bank or general ledger would say it.

    Attributes:
        late: What was posted after an earlier reconciliation, to days that it covered.
        later: What is posted soon after the last day.
        opening_minor: Before the first day; nothing is known of it for a general ledger.
        not_mapped_minor: What moved on those days, either way, on accounts without a code there.
    """

    lines: tuple[Line, ...]
    late: tuple[Line, ...]
    later: tuple[Line, ...]
    opening_minor: int
    closing_minor: int
    not_mapped_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose side, and as of when.

    Attributes:
        codes: Of a general ledger; None for the bank.
        since_size: The size of the log that an earlier reconciliation was made at, if any.
    """

    pool_id: UUID
    organisation_id: UUID
    size: int
    codes: CodeMap | None
    since_size: int | None


def ours(session: Session, asked: Asked, window: Window) -> Ours:
    """Return our side for the days of *window*."""
    host_id = session.get_one(Pool, asked.pool_id).host_id
    turned = -1 if asked.codes is not None and asked.organisation_id != host_id else 1
    after = window.last_day + timedelta(days=window.near)
    query = _postings(asked).where(PoolTransaction.effective_on <= after)
    if asked.codes is not None:  # A bank has balances, and so needs what was before.
        query = query.where(_of_interest(asked, window.first_day))
    rows = session.execute(query).all()
    flagged = set(
        session.scalars(select(Overspend.transaction_id).where(Overspend.pool_id == asked.pool_id))
    )
    own = asked.organisation_id if turned < 0 else None
    found = [(row, _line(row, asked.codes, turned, flagged)) for row in rows]
    mine = [(row, line) for row, line in found if own is None or row.of == own]
    lines = [(row, line) for row, line in mine if line is not None]
    first, last = window.first_day, window.last_day
    return Ours(
        lines=tuple(line for _, line in lines if first <= line.day <= last),
        late=tuple(line for row, line in lines if line.day < first and _is_late(row, asked)),
        later=tuple(line for _, line in lines if line.day > last),
        opening_minor=sum(line.amount_minor for _, line in lines if line.day < first),
        closing_minor=sum(line.amount_minor for _, line in lines if line.day <= last),
        not_mapped_minor=sum(
            abs(row.amount_minor)
            for row, line in mine
            if line is None and first <= row.effective_on <= last
        ),
    )


def _of_interest(asked: Asked, first_day: date) -> ColumnElement[bool]:
    here = PoolTransaction.effective_on >= first_day
    return here if asked.since_size is None else or_(here, Leaf.index >= asked.since_size)


def _is_late(row: Row[Any], asked: Asked) -> bool:
    return asked.since_size is not None and row.log_index >= asked.since_size


def _postings(asked: Asked) -> Any:
    leg, one = PoolPosting, PoolTransaction
    query = (
        select(
            one.id,
            leg.seq,
            leg.amount_minor,
            leg.nature,
            PoolAccount.head,
            PoolAccount.of,
            one.effective_on,
            one.reference,
            one.reverses,
            one.capital,
            Leaf.index.label("log_index"),
        )
        .join(one, one.id == leg.transaction_id)
        .join(PoolAccount, PoolAccount.id == leg.account_id)
        .join(LogEntry, LogEntry.id == one.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(leg.pool_id == asked.pool_id, Leaf.log == "ledger", Leaf.index < asked.size)
        .order_by(one.effective_on, one.id, leg.seq)
    )
    if asked.codes is None:
        return query.where(PoolAccount.head == Head.CASH)
    return query.where(leg.book == Book.FINANCIAL)


def _line(row: Row[Any], codes: CodeMap | None, turned: int, flagged: set[UUID]) -> Line | None:
    """Return a posting as a line; None if its account has no code there."""
    account = Account(head=Head(row.head), of=row.of)
    nature = Nature(row.nature) if row.nature else None
    code = revenue = None
    if codes is not None:
        code = codes.code_of(account, nature=nature, capital=row.capital)
        if code is None:
            return None
        if row.capital:
            revenue = codes.code_of(account, nature=nature, capital=False)
    reference = row.reference or ""
    return Line(
        key=f"{row.id}:{row.seq}",
        day=row.effective_on,
        amount_minor=turned * row.amount_minor,
        papers=papers_of(reference),
        reference=reference,
        nominal=code.nominal if code else "",
        cost_centre=code.cost_centre if code else "",
        transaction_id=row.id,
        undoes=row.reverses,
        capital=row.capital,
        revenue_nominal=revenue.nominal if revenue else "",
        flagged=row.id in flagged,
    )
