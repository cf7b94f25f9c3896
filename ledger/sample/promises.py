"""The chapter about commitments: one in each state, and payments that wait for a second person."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.work import unit_of_work
from ledger.funding.rules.dimensions import Said
from ledger.funding.rules.postings import Nature
from ledger.funding.service import money, spending
from ledger.sample.fund_terms import year_start
from ledger.sample.scene import Scene


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised for a scheme, and what became of it, by days from the year's first."""

    scheme: str
    provider: str
    reference: str
    day: int
    promised_minor: int
    came_minor: int = 0
    released_minor: int = 0


PROMISES: Final = (
    Promise("Reablement at home", "carers", "Order {}/13", 9, 96_000_00),
    Promise("Community equipment, Kirklees", "carers", "Order {}/14", 23, 84_000_00, 31_250_00),
    Promise("Community equipment, Wakefield", "carers", "Order {}/15", 30, 42_500_00, 42_500_00),
    Promise("Carers’ breaks", "carers", "Order {}/16", 44, 24_000_00, 9_600_00, 14_400_00),
    Promise("Community equipment, Calderdale", "carers", "Order {}/17", 51, 9_000_00, 0, 9_000_00),
    Promise("Falls prevention", "advocacy", "Order {}/18", 80, 36_000_00, 4_200_00),
)  # fmt: skip


def tell(scene: Scene) -> None:
    """Promise, accrue and release; prepare the payment of what came."""
    start = year_start(clock.today())
    pool = scene.pool()
    schemes = {one.label: one.id for one in pool.schemes}
    owed: dict[str, int] = {}
    with unit_of_work(scene.actor("paul.pool", Role.POOL_MANAGER)) as work:
        for one in PROMISES:
            day = start + timedelta(days=one.day)
            reference = one.reference.format(start.year)
            provider_id = scene.organisation(one.provider)
            commitment_id, _ = spending.commit(
                work,
                pool.id,
                scheme_id=schemes[one.scheme],
                provider_id=provider_id,
                amount_minor=one.promised_minor,
                reference=reference,
                effective_on=day,
            )
            if one.came_minor:
                spending.accrue(
                    work,
                    pool.id,
                    scheme_id=schemes[one.scheme],
                    provider_id=provider_id,
                    amount_minor=one.came_minor,
                    said=Said(nature=Nature.SUPPLIES),
                    commitment_id=commitment_id,
                    reference=f"{reference}, delivered",
                    effective_on=day + timedelta(days=8),
                )
                owed[one.provider] = owed.get(one.provider, 0) + one.came_minor
            if one.released_minor:
                spending.release(
                    work,
                    pool.id,
                    commitment_id=commitment_id,
                    amount_minor=one.released_minor,
                    effective_on=day + timedelta(days=9),
                )
        for provider, amount_minor in owed.items():
            money.propose_payment(
                work,
                pool.id,
                provider_id=scene.organisation(provider),
                amount_minor=amount_minor,
                reference=f"Orders of {start.year}",
            )
    scene.pages["commitments"] = f"/pools/{pool.id}/commitments"
    scene.say(f"{len(PROMISES)} more commitments: open, part spent, spent and released")
