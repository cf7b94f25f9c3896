"""A pool as a command holds it: its partners, its terms, its schemes, what its accounts hold."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.core.authority import Resource, permits
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.models import Pool, PoolBalance, PoolPartner, Scheme
from ledger.funding.rules.chart import CHART, Account
from ledger.funding.service.holding import held
from ledger.funding.service.together import going_on
from ledger.funding.terms import FundInForce, fund_in_force

# Made once: to make a statement takes as long as to have it answered.
_POOL: Final = (
    select(Pool, PoolPartner.organisation_id)
    .join(PoolPartner, PoolPartner.pool_id == Pool.id)
    .where(Pool.id == bindparam("pool_id"))
    .order_by(PoolPartner.rank)
    .with_for_update(read=True, of=Pool)
    .execution_options(populate_existing=True)
)
_BALANCES: Final = (
    select(PoolBalance.account_id, PoolBalance.balance_minor)
    .where(PoolBalance.account_id.in_(bindparam("accounts", expanding=True)))
    .order_by(PoolBalance.account_id)
    .with_for_update()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPool:
    """A pool that nobody can change until the unit of work ends, and its agreement's terms."""

    id: UUID
    agreement_id: UUID
    host_id: UUID
    partner_ids: tuple[UUID, ...]
    fund: FundInForce

    @property
    def resource(self) -> Resource:
        """What a decision about this pool depends on."""
        parties = frozenset((*self.partner_ids, self.host_id))
        return Resource(organisation_ids=parties, host_id=self.host_id)


def hold_pool(
    work: UnitOfWork, pool_id: UUID, *, on: date | None = None, reads_balances_alone: bool = False
) -> HeldPool:
    """Return a pool, its partners in order, and the terms it is run by on a day.

    Args:
        work: The unit of work.
        pool_id: Which pool.
        on: The day whose version of the agreement counts; today, if not given.
        reads_balances_alone: What was posted before in this unit may still wait to be written.

    Raises:
        NotFound: there is none that the actor may see.
    """
    if not reads_balances_alone:
        work.record_waiting()
    _, known = held(work, ("pool", pool_id, on), lambda: _read(work, pool_id, on))
    # Whatever a token is narrowed to, its holder knows of the pools that they may see.
    somebody = replace(work.actor, scopes=None)
    if not permits(work.policy, somebody, Permission.POOL_READ, known.resource):
        raise NotFound("no such pool")
    return known


def _read(work: UnitOfWork, pool_id: UUID, on: date | None) -> tuple[Pool, HeldPool]:
    """Return a pool's row, which its projections ask for again, and what a command needs."""
    rows = work.session.execute(_POOL, {"pool_id": pool_id}).all()
    if not rows:
        raise NotFound("no such pool")
    pool, partners = rows[0][0], tuple(row.organisation_id for row in rows)
    return pool, HeldPool(
        id=pool.id,
        agreement_id=pool.agreement_id,
        host_id=pool.host_id,
        partner_ids=partners,
        fund=fund_in_force(work, pool.agreement_id, on=on),
    )


def hold_scheme(work: UnitOfWork, pool: HeldPool, scheme_id: UUID) -> Scheme:
    """Return a scheme of *pool*. Raises `NotFound` for any other."""
    scheme = work.load(Scheme, scheme_id, to_change=False)
    if scheme.pool_id != pool.id:
        raise NotFound("no such scheme in this pool")
    return scheme


def hold_balances(
    work: UnitOfWork, pool: HeldPool, accounts: Iterable[Account]
) -> dict[Account, int]:
    """Return what accounts hold, locked in the order of their ids so that nobody deadlocks.

    Raises:
        NotFound: the pool has no such account; each has a balance from the start.
    """
    accounts, batch = set(accounts), going_on(work, pool.id)
    known = batch.minor if batch is not None else {}
    found = {account: known[account] for account in accounts & known.keys()}
    wanted = {account.id_in(pool.id): account for account in accounts - found.keys()}
    in_order = sorted(wanted)
    for start in range(0, len(in_order), 500):  # Databases take only so many parameters.
        rows = work.session.execute(_BALANCES, {"accounts": in_order[start : start + 500]})
        found |= {wanted[row.account_id]: row.balance_minor for row in rows}
    for account in wanted.values():
        if account not in found:
            sort = CHART[account.head].of
            raise NotFound(f"this pool has no such {sort}: add the {sort} to it first")
    known |= found
    return found
