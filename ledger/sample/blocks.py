"""The chapter about block contracts: five places pay a trust by the quarter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.dimensions import Said
from ledger.funding.rules.postings import Nature
from ledger.funding.rules.sharing import share
from ledger.funding.service import approvals, money, spending
from ledger.sample.fund_terms import year_start
from ledger.sample.scene import Scene

MINOR: Final = {
    "Bradford": 32_000_000_00,
    "Calderdale": 11_400_000_00,
    "Craven": 1_400_000_00,
    "Kirklees": 23_400_000_00,
    "Wakefield": 19_600_000_00,
}
"""What each place's contract for learning disability comes to in the year.

With the contracts of `funding` less than what the agreement lets a pool manager promise in a month.
"""
PAID_AFTER: Final = timedelta(days=15)
_QUARTERS: Final = range(4)


@dataclass(frozen=True, slots=True)
class _Block:
    """A place's contract: its commitment, its scheme, and what each quarter costs."""

    commitment_id: UUID
    scheme_id: UUID
    parts_minor: dict[int, int]


def tell(scene: Scene) -> None:
    """Promise the year's sums, accrue each quarter that is over, and pay what is due of it."""
    today = clock.today()
    start = year_start(today)
    pool = scene.pool()
    schemes = {one.label: one.id for one in pool.schemes}
    manager, trust_id = scene.actor("paul.pool", Role.POOL_MANAGER), scene.organisation("trust")
    with unit_of_work(manager) as work:
        blocks = [
            _promised(work, pool, schemes[f"Learning disability, {place}"], place, trust_id)
            for place in MINOR
        ]
    for quarter, last_day in _over(start, today):
        with unit_of_work(manager) as work:
            for block in blocks:
                spending.accrue(
                    work,
                    pool.id,
                    scheme_id=block.scheme_id,
                    provider_id=trust_id,
                    amount_minor=block.parts_minor[quarter],
                    said=Said(nature=Nature.THIRD_PARTY),
                    commitment_id=block.commitment_id,
                    reference=f"Block, quarter {quarter + 1}",
                    effective_on=last_day,
                )
        if last_day + PAID_AFTER > today:
            continue
        with unit_of_work(manager) as work:
            outcome = money.propose_payment(
                work,
                pool.id,
                provider_id=trust_id,
                amount_minor=sum(block.parts_minor[quarter] for block in blocks),
                reference=f"Blocks, quarter {quarter + 1}",
                effective_on=last_day + PAID_AFTER,
            )
        with unit_of_work(scene.actor("fay.finance", Role.FINANCE_LEAD)) as work:
            approvals.approve(work, outcome.transaction_id)
    scene.say(f"{len(blocks)} block contracts, paid by the quarter")


def _promised(
    work: UnitOfWork, pool: PoolView, scheme_id: UUID, place: str, trust_id: UUID
) -> _Block:
    start = pool.periods[0].first_day
    commitment_id, _ = spending.commit(
        work,
        pool.id,
        scheme_id=scheme_id,
        provider_id=trust_id,
        amount_minor=MINOR[place],
        reference=f"Contract {start.year}/{3 + list(MINOR).index(place)}",
        effective_on=start,
    )
    parts = share(MINOR[place], dict.fromkeys(_QUARTERS, 1))
    return _Block(commitment_id, scheme_id, parts)


def _over(start: date, today: date) -> Iterator[tuple[int, date]]:
    """Return each quarter that is over, from 0, and its last day."""
    ends = (
        date(start.year, 6, 30),
        date(start.year, 9, 30),
        date(start.year, 12, 31),
        date(start.year + 1, 3, 31),
    )
    yield from ((n, last) for n, last in enumerate(ends) if last < today)
