"""Returns: opening one, filling it in, submitting it, giving it up."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.core.as_said import log_size
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Period, Pool
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.funding.returns.document import as_json, digest
from ledger.funding.returns.entries import (
    ReturnAnswered,
    ReturnOpened,
    ReturnSubmitted,
    ReturnWithdrawn,
)
from ledger.funding.returns.models import PoolReturn
from ledger.funding.returns.queries import ReturnView, one_return
from ledger.funding.returns.rules.forms import newest
from ledger.funding.returns.rules.steps import (
    Incomplete,
    NotDraft,
    NotOver,
    ReturnKind,
    Stage,
    days_of,
    due_on,
)
from ledger.funding.returns.rules.values import AnswerRefused, ValueKind, spelled
from ledger.funding.returns.sources import Told, settled, told
from ledger.funding.rules.controls import human
from ledger.funding.service.posting import HeldPool, hold_pool


class ReturnThere(Conflict):
    """There is a return about these days; a signed one is amended by one that names it."""

    slug = "return-there-already"
    title = "There is a return about these days"


class NothingToAmend(Conflict):
    """Only a signed return that no other amends is amended."""

    slug = "return-not-amendable"
    title = "This return is not one to amend"


class StillBeingNumbered(Conflict):
    """Answers or postings that the log has not numbered yet: no size holds them."""

    slug = "return-answers-not-numbered"
    title = "The log has not numbered the last answers yet"


def open_return(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    kind: ReturnKind,
    number: int,
    period_id: UUID,
    replaces: UUID | None = None,
    form: str = "pooled-fund",
) -> UUID:
    """Begin a return about a quarter, or the whole, of one of the pool's years.

    Raises:
        NotFound: there is no such pool, period or form.
        QuarterRefused: the year has no such quarter.
        NotOver: its last day is not over.
        ReturnThere: there is one already, and *replaces* does not name it.
        NothingToAmend: *replaces* names no signed return about these days.
    """
    work.load(Pool, pool_id)  # To change: two returns about the same days are not opened at once.
    pool = hold_pool(work, pool_id)
    period = work.load(Period, period_id, to_change=False)
    work.authorise(Permission.RETURN_PREPARE, on=pool.resource)
    if period.pool_id != pool_id:
        raise NotFound("no such period in this pool")
    used = newest(form)
    first, last = days_of(kind, number, (period.first_day, period.last_day))
    if last >= work.today:
        raise NotOver(f"open it after {last:%-d %B %Y}")
    version = _next_version(work, pool_id, kind, first, replaces)
    return_id = new_id()
    work.record(
        ReturnOpened(
            return_id=return_id,
            pool_id=pool_id,
            form=used.name,
            form_version=used.version,
            return_kind=kind,
            number=number,
            return_version=version,
            year_first_day=period.first_day,
            first_day=first,
            last_day=last,
            due_on=due_on(used, kind, last),
            replaces=replaces,
        )
    )
    return return_id


def answer(work: UnitOfWork, return_id: UUID, answers: Mapping[str, str | None]) -> int:
    """Fill in cells, or empty them; return how many changed.

    Raises:
        NotFound: there is no such return.
        NotDraft: it was submitted, signed or withdrawn.
        AnswerRefused: a cell is none that is typed, or does not take this value.
        WordsNamePerson: words that seem to name somebody.
    """
    row, pool = hold_return(work, return_id)
    work.authorise(Permission.RETURN_PREPARE, on=pool.resource, records=max(len(answers), 1))
    _check_draft(row)
    now = newest_told(work, pool, row)
    cells = {one.id: one for one in now.sheet.cells}
    changed = {}
    for key, value in answers.items():
        cell = cells.get(key)
        if cell is None or cell.form.source == "postings":
            raise AnswerRefused(f"there is no cell {key[:200]!r} to fill in")
        said = spelled(cell.form.kind, value, options=cell.form.options) if value else None
        if said and cell.form.kind is ValueKind.WORDS and len(said) > cell.form.longest:
            raise AnswerRefused(f"write at most {cell.form.longest} letters")
        if said != now.given.answers.get(key):
            changed[key] = said
    for key, said in changed.items():
        work.record(ReturnAnswered(return_id=row.id, pool_id=pool.id, cell=key, value=said))
    return len(changed)


def submit(work: UnitOfWork, return_id: UUID) -> tuple[int, str]:
    """Put a complete return to its signatories; return the log size and digest it is frozen at.

    Raises:
        NotFound: there is no such return.
        NotDraft: it was submitted, signed or withdrawn.
        Incomplete: something on it is red; the faults name what.
        StillBeingNumbered: the log has not numbered the last answers; try again in a moment.
    """
    row, pool = hold_return(work, return_id)
    work.authorise(Permission.RETURN_PREPARE, on=pool.resource)
    _check_draft(row)
    size = log_size(work.session)
    if not settled(work.session, row.id, size):
        raise StillBeingNumbered("nothing was changed: send it again in a moment")
    view, shown = frozen(work, pool, row, size)
    if not shown.sheet.complete:
        left = shown.sheet.asked - shown.sheet.done
        raise Incomplete(f"{left} of {shown.sheet.asked} cells and checks are red")
    made = digest(as_json(view, shown))
    work.record(
        ReturnSubmitted(
            return_id=row.id,
            pool_id=pool.id,
            round=row.round + 1,
            log_size=size,
            digest=made,
            preparer_id=human(work.actor),
            partner_ids=pool.partner_ids,
        )
    )
    return size, made


def withdraw(work: UnitOfWork, return_id: UUID) -> None:
    """Give a return up that not everybody has signed. Another may be opened in its place.

    Raises:
        NotFound: there is no such return.
        NotDraft: it was signed by everybody, or given up before.
    """
    row, pool = hold_return(work, return_id)
    work.authorise(Permission.RETURN_PREPARE, on=pool.resource)
    if row.stage not in {Stage.DRAFT, Stage.SIGNING}:
        raise NotDraft(f"nothing was changed: it is {row.stage}")
    work.record(ReturnWithdrawn(return_id=row.id, pool_id=pool.id))


def hold_return(work: UnitOfWork, return_id: UUID) -> tuple[PoolReturn, HeldPool]:
    """Return a return, locked until the unit of work ends, with its pool.

    Raises:
        NotFound: there is none that the actor may see.
    """
    row = work.load(PoolReturn, return_id)
    return row, hold_pool(work, row.pool_id)


def frozen(work: UnitOfWork, pool: HeldPool, row: PoolReturn, size: int) -> tuple[ReturnView, Told]:
    """Return what a return says as of a size."""
    shown = _pool(work, pool)
    return one_return(work.session, shown, row.id), told(work.session, shown, row, size)


def newest_told(work: UnitOfWork, pool: HeldPool, row: PoolReturn) -> Told:
    """Return what a draft says now."""
    size = log_size(work.session)
    return told(work.session, _pool(work, pool), row, size, newest=True)


def _pool(work: UnitOfWork, pool: HeldPool) -> PoolView:
    return pools.pool(work.session, work.actor, pool.id)


def _check_draft(row: PoolReturn) -> None:
    if row.stage != Stage.DRAFT:
        raise NotDraft(f"nothing was changed: its stage is {row.stage}")


def _next_version(
    work: UnitOfWork, pool_id: UUID, kind: ReturnKind, first_day: date, replaces: UUID | None
) -> int:
    rows = work.session.scalars(
        select(PoolReturn)
        .where(
            PoolReturn.pool_id == pool_id,
            PoolReturn.kind == kind,
            PoolReturn.first_day == first_day,
        )
        .order_by(PoolReturn.version)
    ).all()
    standing = [row for row in rows if row.stage != Stage.WITHDRAWN]
    version = len(rows) + 1
    if replaces is None:
        if standing:
            raise ReturnThere("go on with it; amend it, if it is signed")
        return version
    newest_one = standing[-1] if standing else None
    if newest_one is None or newest_one.id != replaces or newest_one.stage != Stage.SIGNED:
        raise NothingToAmend("name the signed return about these days that counts now")
    return version
