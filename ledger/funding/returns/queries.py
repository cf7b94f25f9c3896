"""Returns of a pool: which there are, how far each has got, and what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core.errors import NotFound
from ledger.funding.queries.pools import PoolView
from ledger.funding.returns.models import (
    PoolReturn,
    ReturnReminder,
    ReturnSentBackRow,
    ReturnSignature,
)
from ledger.funding.returns.rules.forms import NEWEST, newest
from ledger.funding.returns.rules.steps import (
    QuarterRefused,
    ReturnKind,
    SendBack,
    Signed,
    Stage,
    Step,
    days_of,
    due_on,
    step_now,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """A signature of the round that counts."""

    step: Step
    organisation_id: UUID
    person_id: UUID
    signed_at: datetime
    entry_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBackView:
    """That a return was sent back, and why."""

    round: int
    organisation_id: UUID
    reason: SendBack
    cells: tuple[str, ...]
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnView:
    """A return, and who has signed what was submitted last."""

    id: UUID
    pool_id: UUID
    form: str
    form_version: int
    kind: ReturnKind
    number: int
    version: int
    year_first_day: date
    first_day: date
    last_day: date
    due_on: date
    replaces: UUID | None
    stage: Stage
    round: int
    log_size: int | None
    digest: str | None
    preparer_id: UUID | None
    signatures: tuple[SignatureView, ...]
    sent_back: tuple[SentBackView, ...]

    @property
    def signed(self) -> list[Signed]:
        """The signatures, as the rules count them."""
        return [Signed(one.step, one.organisation_id, one.person_id) for one in self.signatures]

    def step(self, pool: PoolView) -> Step | None:
        """Return whose signatures it waits for; None if it waits for none."""
        return step_now(self.signed, pool.partner_ids) if self.stage is Stage.SIGNING else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueView:
    """A return that the pool's years ask for, whether it was begun or not."""

    kind: ReturnKind
    number: int
    year: tuple[date, date]
    first_day: date
    last_day: date
    due_on: date


def returns(session: Session, pool: PoolView) -> Sequence[ReturnView]:
    """Return the returns of a pool, the newest days first, then the newest version."""
    rows = session.scalars(
        select(PoolReturn)
        .where(PoolReturn.pool_id == pool.id)
        .order_by(PoolReturn.last_day.desc(), PoolReturn.kind.desc(), PoolReturn.version.desc())
    )
    return [_view(session, row) for row in rows]


def one_return(session: Session, pool: PoolView, return_id: UUID) -> ReturnView:
    """Return a return of *pool*. Raises `NotFound` if it has no such one."""
    return _view(session, row_of(session, pool, return_id))


def row_of(session: Session, pool: PoolView, return_id: UUID) -> PoolReturn:
    """Return the row of a return of *pool*, for this area's own modules.

    Raises:
        NotFound: it has no such one.
    """
    row = session.get(PoolReturn, return_id)
    if row is None or row.pool_id != pool.id:
        raise NotFound("no such return of this pool")
    return row


def pool_of(session: Session, return_id: UUID) -> UUID:
    """Return the pool of a return. Raises `NotFound` if there is no such return."""
    row = session.get(PoolReturn, return_id)
    if row is None:
        raise NotFound("no such return")
    return row.pool_id


def expected(pool: PoolView, today: date, *, name: str = "pooled-fund") -> list[DueView]:
    """Return what a pool's years ask for of the days that are over, the oldest first."""
    found = []
    for period in pool.periods:
        year = (period.first_day, period.last_day)
        for kind, number in [*((ReturnKind.QUARTER, n) for n in range(1, 5)), (ReturnKind.YEAR, 0)]:
            try:
                first, last = days_of(kind, number, year)
            except QuarterRefused:
                continue
            if last < today:
                due = due_on(newest(name), kind, last)
                found.append(
                    DueView(
                        kind=kind,
                        number=number,
                        year=year,
                        first_day=first,
                        last_day=last,
                        due_on=due,
                    )
                )
    return found


def missing(session: Session, pool: PoolView, today: date) -> list[DueView]:
    """Return what is expected and not signed by everybody."""
    done = {
        (one.kind, one.first_day) for one in returns(session, pool) if one.stage is Stage.SIGNED
    }
    return [one for one in expected(pool, today) if (one.kind, one.first_day) not in done]


def reminded(session: Session, pool_id: UUID) -> set[tuple[str, date, bool]]:
    """Return of what was reminded: the kind, the first day, and whether it was overdue."""
    rows = session.scalars(select(ReturnReminder).where(ReturnReminder.pool_id == pool_id))
    return {(row.kind, row.first_day, row.overdue) for row in rows}


def forms() -> list[str]:
    """Return the names of the forms there are."""
    return [*NEWEST]


def _view(session: Session, row: PoolReturn) -> ReturnView:
    given = session.scalars(
        select(ReturnSignature)
        .where(ReturnSignature.return_id == row.id, ReturnSignature.round == row.round)
        .order_by(ReturnSignature.signed_at, ReturnSignature.entry_id)
    )
    back = session.scalars(
        select(ReturnSentBackRow)
        .where(ReturnSentBackRow.return_id == row.id)
        .order_by(ReturnSentBackRow.sent_at, ReturnSentBackRow.entry_id)
    )
    return ReturnView(
        id=row.id,
        pool_id=row.pool_id,
        form=row.form,
        form_version=row.form_version,
        kind=ReturnKind(row.kind),
        number=row.number,
        version=row.version,
        year_first_day=row.year_first_day,
        first_day=row.first_day,
        last_day=row.last_day,
        due_on=row.due_on,
        replaces=row.replaces,
        stage=Stage(row.stage),
        round=row.round,
        log_size=row.log_size,
        digest=row.digest,
        preparer_id=row.preparer_id,
        signatures=tuple(
            SignatureView(
                step=Step(one.step),
                organisation_id=one.organisation_id,
                person_id=one.person_id,
                signed_at=one.signed_at,
                entry_id=one.entry_id,
            )
            for one in given
        ),
        sent_back=tuple(
            SentBackView(
                round=one.round,
                organisation_id=one.organisation_id,
                reason=SendBack(one.reason),
                cells=tuple(one.cells),
                sent_at=one.sent_at,
            )
            for one in back
        ),
    )
