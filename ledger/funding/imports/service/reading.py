"""Reading all of a file by its mapping, and what is said of it before anything is sent."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.funding.imports.models import ImportedPayment
from ledger.funding.imports.rules.files import PaymentFile
from ledger.funding.imports.rules.mapping import FileMapping, check_columns
from ledger.funding.imports.rules.rows import (
    FAULTS_MAX,
    Checked,
    Identity,
    Payment,
    grouped,
    read_payments,
    taken_back,
)
from ledger.funding.models import Period, PoolBalance
from ledger.funding.rules.chart import Account, Head

CHUNK: Final = 5_000
"""Rows after which progress is said."""
_SAMPLE: Final = 8
_AT_ONCE: Final = 500
_APRIL: Final = 4
Progress = Callable[[int], None]


def read_all(
    file: PaymentFile, mapping: FileMapping, *, today: date, progress: Progress = lambda _: None
) -> tuple[Checked, list[Payment]]:
    """Return what was found in a file, and its good rows. A function of its bytes alone.

    Raises:
        UnreadablePayments: it cannot be read to its end.
        MappingRefused: a part has no column.
    """
    check_columns(mapping.columns, file.headings)
    checked, payments = Checked(today=today), list[Payment]()
    for count, one in enumerate(read_payments(file, mapping, checked), 1):
        if one is not None:
            payments.append(one)
        if count % CHUNK == 0:
            progress(count)
    names = {one.service: UUID(int=n) for n, one in enumerate(payments) if one.scheme_id is None}
    for fault in taken_back(grouped(payments, names)):
        checked.fault(*fault)
    return checked, payments


def before(session: Session, pool_id: UUID, payments: Sequence[Payment]) -> dict[int, str]:
    """Return the lines whose payment an earlier import of the pool has, and where it stood."""
    mine = ImportedPayment
    if session.scalar(select(mine.line).where(mine.pool_id == pool_id).limit(1)) is None:
        return {}
    lines: dict[Identity, list[int]] = {}
    for one in payments:
        lines.setdefault(one.identity, []).append(one.line)
    references = sorted({one.reference for one in payments})
    found: dict[int, str] = {}
    for start in range(0, len(references), _AT_ONCE):
        columns = (mine.reference, mine.paid_on, mine.amount_minor, mine.line)
        some = mine.reference.in_(references[start : start + _AT_ONCE])
        for row in session.execute(select(*columns).where(mine.pool_id == pool_id, some)):
            for line in lines.get((row.reference, row.paid_on, row.amount_minor), ()):
                found[line] = f"line {row.line} of an earlier file"
    return found


def report_of(
    session: Session, pool_id: UUID, mapping: FileMapping, checked: Checked, good: list[Payment]
) -> dict[str, Any]:
    """Return what was found in a file, as JSON values, for pages, programs and the command."""
    again = before(session, pool_id, good)
    twice = {line: f"line {first}" for line, first in checked.twice.items()}
    same = {
        line: where
        for line, where in sorted({**again, **twice}.items())
        if line not in mapping.distinct
    }
    days = sorted(checked.days)
    return {
        "rows": checked.rows,
        "total_minor": checked.total_minor,
        "fault_count": checked.fault_count,
        "faults": [list(one) for one in checked.faults],
        "duplicate_count": len(same),
        "duplicates": [[line, where] for line, where in list(same.items())[:FAULTS_MAX]],
        "skipped": checked.skipped[:FAULTS_MAX],
        "months": [[*key, minor] for key, minor in sorted(checked.months.items())],
        "sample": [_shown(one) for one in good[:_SAMPLE]],
        "first_day": str(days[0]) if days else None,
        "last_day": str(days[-1]) if days else None,
        "new_schemes": sorted({one.service for one in good if one.scheme_id is None}),
        "new_periods": [[str(a), str(b)] for a, b in years_missing(session, pool_id, days)],
        "budget": _budget(session, pool_id, good),
        "digest": checked.digest.hexdigest(),
    }


def years_missing(session: Session, pool_id: UUID, days: Iterable[date]) -> list[tuple[date, date]]:
    """Return the years from April to March, cut to what no period has, that *days* need."""
    rows = session.execute(
        select(Period.first_day, Period.last_day).where(Period.pool_id == pool_id)
    )
    periods = sorted((row.first_day, row.last_day) for row in rows)
    missing: dict[tuple[date, date], None] = {}
    for day in days:
        if any(first <= day <= last for first, last in periods):
            continue
        if any(first <= day <= last for first, last in missing):
            continue
        year = day.year if day.month >= _APRIL else day.year - 1
        first, last = date(year, _APRIL, 1), date(year + 1, _APRIL, 1) - timedelta(days=1)
        first = max([first, *(b + timedelta(days=1) for _, b in periods if b < day)])
        last = min([last, *(a - timedelta(days=1) for a, _ in periods if a > day)])
        missing[first, last] = None
    return list(missing)


def _shown(one: Payment) -> list[object]:
    nature = one.nature and one.nature.value
    return [one.line, str(one.day), one.service, nature, one.reference, one.amount_minor]


def _budget(session: Session, pool_id: UUID, good: Sequence[Payment]) -> list[list[object]]:
    """Return, for each service, what is paid and what its scheme has available now."""
    paid: dict[tuple[str, UUID | None], int] = {}
    for one in good:
        key = one.service, one.scheme_id
        paid[key] = paid.get(key, 0) + one.amount_minor
    rows: list[list[object]] = []
    for (service, scheme_id), minor in sorted(paid.items(), key=lambda each: each[0][0]):
        account = Account(head=Head.AVAILABLE, of=scheme_id).id_in(pool_id) if scheme_id else None
        held = account and session.scalar(
            select(PoolBalance.balance_minor).where(PoolBalance.account_id == account)
        )
        rows.append([service, scheme_id and str(scheme_id), minor, held or 0])
    return rows
