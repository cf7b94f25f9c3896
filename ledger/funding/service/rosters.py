"""Paying by head from a kept roster, correcting months by another, dividing by kept need."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ledger.core.errors import Fault, Invalid
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.funding.evidence.models import CorrectedMonth
from ledger.funding.evidence.service import kept_bytes
from ledger.funding.models import PoolProvider, PoolTransaction, Scheme
from ledger.funding.payment_tables import CapitationMonth
from ledger.funding.rules.payment_models import Line
from ledger.funding.rules.rosters import (
    Purpose,
    difference,
    lines_of,
    read_populations,
    read_roster,
)
from ledger.funding.service import budget, capitation
from ledger.funding.service.capitation import NotCapitated
from ledger.funding.service.posting import Outcome, hold_pool


def run(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    month: date,
    roster_digest: str,
    withhold_rate: Fraction,
    reference: str,
    rate_minor: Fraction | None = None,
    effective_on: date | None = None,
) -> list[Outcome]:
    """Pay providers by head for a month, as a kept roster counts them.

    Raises:
        EvidenceNotKept: the roster is not.
        Invalid: it counts a provider that is none of the pool's; each is named.
        CapitatedAlready, RateRefused: see `capitation.run`.
    """
    hold_pool(work, pool_id)
    return capitation.run(
        work,
        pool_id,
        scheme_id=scheme_id,
        month=month,
        lines=_lines(work, pool_id, roster_digest, rate_minor),
        withhold_rate=withhold_rate,
        roster_digest=roster_digest,
        reference=reference,
        effective_on=effective_on,
    )


def correct(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    months: Sequence[date],
    roster_digest: str,
    withhold_rate: Fraction,
    reference: str,
    rate_minor: Fraction | None = None,
    effective_on: date | None = None,
) -> list[Outcome]:
    """Post what another roster makes different in months that were paid for.

    Each month is compared with the roster it was paid by, or last corrected by. Members of
    the lines are member-months; *rate_minor* is what both rosters are priced at where they
    give no rate of their own.

    Raises:
        NotCapitated: a month was not paid for by a roster that is kept.
        EvidenceNotKept, Invalid, RateRefused: as `run`; or nothing differs.
    """
    hold_pool(work, pool_id)
    named = sorted({month.replace(day=1) for month in months})
    now = _lines(work, pool_id, roster_digest, rate_minor)
    changed: dict[tuple[UUID, str, Fraction, Fraction], Line] = {}
    for month in named:
        before = _lines(work, pool_id, _roster_of(work, scheme_id, month), rate_minor)
        for line in difference(before, now):
            key = (line.provider_id, line.stratum, line.rate_minor, line.risk_index)
            members = line.members + (changed[key].members if key in changed else 0)
            changed[key] = Line(
                provider_id=line.provider_id,
                stratum=line.stratum,
                members=members,
                rate_minor=line.rate_minor,
                risk_index=line.risk_index,
            )
    return capitation.correct(
        work,
        pool_id,
        scheme_id=scheme_id,
        months=named,
        lines=list(changed.values()),
        withhold_rate=withhold_rate,
        roster_digest=roster_digest,
        reference=reference,
        effective_on=effective_on,
    )


def divide_by_need(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    title: str,
    total_minor: int,
    populations_digest: str,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Divide an amount between a service's places by their need-weighted populations.

    Those are the pool's schemes of that title, one for each place; places of the file that
    the pool does not serve get nothing. Ties between pence follow the schemes' order.

    Raises:
        EvidenceNotKept: the populations are not.
        Invalid: no such schemes, or a place that the file does not have; each is named.
    """
    hold_pool(work, pool_id)
    weights = read_populations(kept_bytes(work, pool_id, populations_digest, Purpose.POPULATIONS))
    mine = select(Scheme).where(Scheme.pool_id == pool_id, Scheme.title == title)
    schemes = work.session.scalars(mine.order_by(Scheme.rank)).all()
    if not schemes:
        raise Invalid(f"this pool has no scheme called {title}")
    faults = [
        Fault(f"scheme {one.id}", "its place is not in the populations")
        for one in schemes
        if one.place not in weights
    ]
    if faults:
        raise Invalid("some schemes serve places without a population", faults)
    return budget.divide(
        work,
        pool_id,
        total_minor=total_minor,
        weights={one.id: weights[one.place or ""] for one in schemes},
        basis=f"Need-weighted populations, SHA-256 {populations_digest}",
        reference=reference,
        effective_on=effective_on,
    )


def _lines(work: UnitOfWork, pool_id: UUID, digest: str, rate_minor: Fraction | None) -> list[Line]:
    roster = read_roster(kept_bytes(work, pool_id, digest, Purpose.ROSTER))
    ids = work.session.scalars(
        select(PoolProvider.organisation_id).where(PoolProvider.pool_id == pool_id)
    ).all()
    known = directory.organisations(work.session, ids)
    providers = {str(one): one for one in ids}
    providers |= {one.ods_code: one.id for one in known.values() if one.ods_code}
    return lines_of(roster, providers, rate_minor=rate_minor)


def _roster_of(work: UnitOfWork, scheme_id: UUID, month: date) -> str:
    """Return which roster a month stands paid by: its last correction's, or its run's."""
    for kind in (CorrectedMonth, CapitationMonth):
        undoing = aliased(PoolTransaction)
        standing = (
            select(kind.roster_digest)
            .join(PoolTransaction, PoolTransaction.id == kind.transaction_id)
            .outerjoin(undoing, undoing.reverses == kind.transaction_id)
            .where(kind.scheme_id == scheme_id, kind.month == month, undoing.id.is_(None))
            .order_by(PoolTransaction.recorded_at.desc(), PoolTransaction.id.desc())
            .limit(1)
        )
        if digest := work.session.scalar(standing):
            return digest
    raise NotCapitated(f"{month:%Y-%m} was not paid for by head")
