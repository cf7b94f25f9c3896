"""Paying by head: a month's run, and the correction of months whose roster was wrong."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ledger.core.errors import Conflict, Invalid
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.evidence.service import check_digest
from ledger.funding.models import PoolTransaction
from ledger.funding.payment_tables import CapitationMonth
from ledger.funding.rules.events import Event
from ledger.funding.rules.impersonal import check_reference
from ledger.funding.rules.payment_models import Gross, Line, RateRefused, capitate, gross
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_balances,
    hold_pool,
    hold_scheme,
    new_transaction,
    write,
)

PROVIDERS_AT_ONCE: Final = 200
"""So many in one transaction at most."""

ENTRY_MOST: Final = 56_000
"""About so many bytes of an entry for the lines of one transaction; see `audit.entries`."""

_PROVIDER, _LINE = 330, 260
"""About so many bytes of an entry for a provider's postings, and for a line beside its stratum."""


class CapitatedAlready(Conflict):
    """A month is paid for by head once."""

    slug = "capitated-already"
    title = "This month has been paid for already"


class NotCapitated(Conflict):
    """A correction of a month that was not paid for by head."""

    slug = "not-capitated"
    title = "There is nothing to correct"


def run(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    month: date,
    lines: Sequence[Line],
    withhold_rate: Fraction,
    roster_digest: str,
    reference: str,
    effective_on: date | None = None,
) -> list[Outcome]:
    """Pay providers by head for a month. Never refused for want of budget.

    The whole run is rounded once. A run of many providers is several transactions, all of
    them recorded or none.

    Raises:
        CapitatedAlready: the month was paid for, and that was not reversed.
        RateRefused: the lines come to nothing, or a rate is out of range.
        NotFound: an organisation is no provider of the pool.
    """
    if any(line.members < 0 for line in lines):
        raise RateRefused("nobody is counted below zero: what a month had too many is a correction")
    month = month.replace(day=1)
    pool = _held(work, pool_id, scheme_id)
    parts, chunks = _chunks(lines, withhold_rate)
    work.authorise(Permission.POOL_SPEND, on=pool.resource, records=len(chunks))
    check_digest(roster_digest)
    _hold_all(work, pool, scheme_id, parts)
    if _runs(work, scheme_id, [month]):
        raise CapitatedAlready("nothing was changed: correct the roster instead")
    details = {"scheme_id": scheme_id, "month": month, "withhold_rate": withhold_rate}
    return _post(
        work,
        pool,
        Event.CAPITATION_RUN,
        parts,
        chunks,
        reference=reference,
        effective_on=effective_on,
        details={**details, "roster_digest": roster_digest, "run_id": new_id()},
    )


def correct(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    months: Sequence[date],
    lines: Sequence[Line],
    withhold_rate: Fraction,
    roster_digest: str,
    reference: str,
    effective_on: date | None = None,
) -> list[Outcome]:
    """Post the signed difference that a corrected roster makes, naming the months it is about.

    The members of a line are member-months: three months of 312 people fewer are -936.

    Raises:
        NotCapitated: one of the months was not paid for by head.
        RateRefused: the lines come to nothing.
    """
    named = sorted({month.replace(day=1) for month in months})
    pool = _held(work, pool_id, scheme_id)
    parts, chunks = _chunks(lines, withhold_rate)
    work.authorise(Permission.POOL_SPEND, on=pool.resource, records=len(chunks))
    check_digest(roster_digest)
    if not named:
        raise Invalid("name the months that are corrected")
    _hold_all(work, pool, scheme_id, parts)
    if missing := set(named) - _runs(work, scheme_id, named):
        raise NotCapitated(f"{min(missing):%Y-%m} was not paid for by head")
    details = {"scheme_id": scheme_id, "months": tuple(named), "withhold_rate": withhold_rate}
    return _post(
        work,
        pool,
        Event.ROSTER_CORRECTED,
        parts,
        chunks,
        reference=reference,
        effective_on=effective_on,
        details={**details, "roster_digest": roster_digest, "run_id": new_id()},
    )


def _held(work: UnitOfWork, pool_id: UUID, scheme_id: UUID) -> HeldPool:
    pool = hold_pool(work, pool_id)
    hold_scheme(work, pool, scheme_id)
    return pool


def _hold_all(work: UnitOfWork, pool: HeldPool, scheme_id: UUID, whole: Gross) -> None:
    """Lock every account of a run at once, in their order: whoever runs it too waits here.

    So which months stand as paid for is asked after the other run, and nobody deadlocks.
    """
    hold_balances(work, pool, {leg.account for leg in capitate(scheme_id, whole.by_provider)})


def _chunks(
    lines: Sequence[Line], withhold_rate: Fraction
) -> tuple[Gross, list[list[tuple[Line, int]]]]:
    """Return what lines come to, and the lines by provider, so many providers at once."""
    for stratum in {line.stratum for line in lines}:
        check_reference(stratum)
    whole = gross(lines, withhold_rate)
    if not any(whole.lines_minor):
        raise RateRefused("these lines come to nothing")
    priced = sorted(zip(lines, whole.lines_minor, strict=True), key=lambda one: one[0].provider_id)
    chunks: list[list[tuple[Line, int]]] = []
    left, providers = 0, PROVIDERS_AT_ONCE
    for _, some in groupby(priced, key=lambda one: one[0].provider_id):
        its = list(some)
        size = _PROVIDER + sum(_LINE + 4 * len(line.stratum) for line, _ in its)
        if size > ENTRY_MOST:
            raise RateRefused(f"a provider has {len(its)} lines: sum some of them up")
        if size > left or providers == PROVIDERS_AT_ONCE:
            chunks.append([])
            left, providers = ENTRY_MOST, 0
        chunks[-1] += its
        left, providers = left - size, providers + 1
    return whole, chunks


def _post(
    work: UnitOfWork,
    pool: HeldPool,
    event: Event,
    whole: Gross,
    chunks: list[list[tuple[Line, int]]],
    *,
    reference: str,
    effective_on: date | None,
    details: dict[str, Any],
) -> list[Outcome]:
    outcomes = []
    for chunk in chunks:
        those = {one: whole.by_provider[one] for one in {line.provider_id for line, _ in chunk}}
        transaction = new_transaction(
            pool,
            work,
            effective_on=effective_on,
            clause=pool.fund.clause_of(event),
            reference=reference,
            postings=capitate(details["scheme_id"], dict(sorted(those.items()))),
        )
        said = {
            **details,
            "lines": tuple(line for line, _ in chunk),
            "lines_minor": tuple(part for _, part in chunk),
            "gross_minor": sum(part for part, _ in those.values()),
            "withheld_minor": sum(kept for _, kept in those.values()),
        }
        outcomes.append(write(work, pool, event, transaction, details=said))
    return outcomes


def _runs(work: UnitOfWork, scheme_id: UUID, months: Sequence[date]) -> set[date]:
    """Return those of *months* that stand as paid for."""
    undoing, row = aliased(PoolTransaction), CapitationMonth
    standing = (
        select(row.month)
        .outerjoin(undoing, undoing.reverses == row.transaction_id)
        .where(row.scheme_id == scheme_id, row.month.in_(months), undoing.id.is_(None))
    )
    return set(work.session.scalars(standing))
