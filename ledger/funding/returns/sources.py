"""What a return is made from, as of a size of the log."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from ledger.core.as_said import LEDGER, log_size
from ledger.core.trail import Leaf, LogEntry
from ledger.directory.queries.as_said import organisations_then
from ledger.funding.models import PoolAccount, PoolPosting, PoolTransaction
from ledger.funding.queries.as_of import PoolAt, pool_at, within
from ledger.funding.queries.pools import PoolView
from ledger.funding.returns.models import PoolReturn, ReturnAnswer
from ledger.funding.returns.queries import ReturnView, one_return, row_of
from ledger.funding.returns.rules.checks import sheet
from ledger.funding.returns.rules.figures import Figures, Moved, figures, sources
from ledger.funding.returns.rules.forms import form
from ledger.funding.returns.rules.sheet import Given, Rows, Sheet
from ledger.funding.returns.rules.steps import ReturnKind, Stage
from ledger.funding.rules.chart import Head
from ledger.funding.rules.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A sheet, and everything that it is made from, as of a size."""

    pool: PoolAt
    given: Given
    sheet: Sheet
    size: int


def told(
    session: Session, pool: PoolView, row: PoolReturn, size: int, *, newest: bool = False
) -> Told:
    """Return a return's sheet as of a size: the same for ever, unless *newest*.

    Args:
        session: Where to read.
        pool: Whose return it is; the caller was allowed to see it.
        row: The return.
        size: Of the log.
        newest: Take answers whose entries have no index yet, as a draft is shown.

    Raises:
        LogNotThatLong: the log is shorter.
    """
    then = pool_at(session, pool, size)
    found = figures(
        _moved(session, pool.id, size),
        first_day=row.year_first_day,
        last_day=row.last_day,
        ring_fenced=[scheme.id for scheme in then.schemes if scheme.ring_fenced],
    )
    given = Given(
        kind=row.kind,
        amended=row.replaces is not None,
        rows=_rows(session, then, found),
        figures=found,
        answers=_answers(session, row, None if newest else size),
        before=_before(session, pool, row, size),
    )
    return Told(
        pool=then, given=given, sheet=sheet(form(row.form, row.form_version), given), size=size
    )


def told_of(
    session: Session, pool: PoolView, return_id: UUID, *, size: int | None = None
) -> tuple[ReturnView, Told]:
    """Return a return of *pool* as of a size; if none is given, as it is frozen, or a draft's now.

    Raises:
        NotFound: the pool has no such return.
        LogNotThatLong: the log is shorter.
    """
    one, row = one_return(session, pool, return_id), row_of(session, pool, return_id)
    if size is None and one.stage in {Stage.SIGNING, Stage.SIGNED}:
        size = one.log_size
    if size is not None:
        return one, told(session, pool, row, size)
    return one, told(session, pool, row, log_size(session), newest=True)


def _answers(session: Session, row: PoolReturn, size: int | None) -> dict[str, str]:
    """Return what was typed; where it amends a signed return, upon what was typed there."""
    mine = _raw(session, row.id, size)
    replaced = session.get(PoolReturn, row.replaces) if row.replaces else None
    if replaced is not None:
        mine = {**_answers(session, replaced, replaced.log_size), **mine}
    return mine


def settled(session: Session, return_id: UUID, size: int) -> bool:
    """Say whether every answer of a return is within a size of the log."""
    return _raw(session, return_id, size) == _raw(session, return_id, None)


def _raw(session: Session, return_id: UUID, size: int | None) -> dict[str, str]:
    query = (
        select(ReturnAnswer.cell, ReturnAnswer.value)
        .join(LogEntry, LogEntry.id == ReturnAnswer.entry_id)
        .where(ReturnAnswer.return_id == return_id)
        .order_by(LogEntry.position)
    )
    if size is not None:
        query = query.join(Leaf, Leaf.position == LogEntry.position).where(
            Leaf.log == LEDGER, Leaf.index < size
        )
    said = {row.cell: row.value for row in session.execute(query)}
    return {cell: value for cell, value in said.items() if value is not None}


def _moved(session: Session, pool_id: UUID, size: int) -> Iterator[Moved]:
    undone = aliased(PoolTransaction)
    event = case((undone.id.is_not(None), undone.event), else_=PoolTransaction.event)
    by = (
        PoolTransaction.effective_on,
        event,
        PoolAccount.head,
        PoolAccount.of,
        PoolPosting.source,
        PoolPosting.nature,
    )
    rows = session.execute(
        select(*by, func.sum(PoolPosting.amount_minor))
        .join(PoolPosting, PoolPosting.account_id == PoolAccount.id)
        .join(PoolTransaction, PoolTransaction.id == PoolPosting.transaction_id)
        .outerjoin(undone, undone.id == PoolTransaction.reverses)
        .where(PoolAccount.pool_id == pool_id, within(session, size))
        .group_by(*by)
    )
    for effective_on, of_event, head, of, source, nature, amount_minor in rows:
        yield Moved(
            effective_on=effective_on,
            event=Event(of_event),
            head=Head(head),
            of=of,
            source=source,
            nature=nature,
            amount_minor=int(amount_minor),
        )


def _rows(session: Session, pool: PoolAt, found: Figures) -> Rows:
    names = organisations_then(session, pool.partner_ids, size=pool.size)
    natures = sorted({row for of, row, _ in found if of == "nature"})
    known = {str(one) for one in pool.partner_ids}
    others = sorted({row for of, row, _ in found if of == "partner"} - known)
    return {
        "source": [(one, one) for one in sources(found)],
        "nature": [(one, one.replace("-", " ").capitalize()) for one in natures],
        "partner": [
            (str(one), names[one].name if one in names else str(one)) for one in pool.partner_ids
        ]
        + [(one, "The pool itself") for one in others],
        "scheme": [(str(one.id), one.label) for one in pool.schemes],
        "ring-fence": [(str(one.id), one.label) for one in pool.schemes if one.ring_fenced],
    }


def _before(session: Session, pool: PoolView, row: PoolReturn, size: int) -> dict[str, str]:
    """Return the values of the newest return about a quarter before, signed within the size.

    Its own size is smaller, so that this ends with the year's first quarter.
    """
    query = (
        select(PoolReturn)
        .join(LogEntry, LogEntry.id == PoolReturn.completed_entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(
            PoolReturn.pool_id == pool.id,
            PoolReturn.kind == ReturnKind.QUARTER,
            PoolReturn.year_first_day == row.year_first_day,
            Leaf.log == LEDGER,
            Leaf.index < size,
        )
        .order_by(PoolReturn.last_day.desc(), PoolReturn.version.desc())
        .limit(1)
    )
    if row.kind == ReturnKind.QUARTER:
        query = query.where(PoolReturn.last_day < row.last_day)
    earlier = session.scalar(query)
    if earlier is None or earlier.log_size is None:
        return {}
    return dict(told(session, pool, earlier, earlier.log_size).sheet.values)
