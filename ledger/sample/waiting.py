"""The chapter about what waits: three virements, and an overspend that the chiefs may authorise.

The table of the agreement asks for more people, and for more senior ones, the more is moved.
"""

from typing import Final

from ledger.core.actor import Role
from ledger.core.work import unit_of_work
from ledger.funding.service import approvals, budget
from ledger.sample.scene import Scene

MOVES: Final = (
    ("Bradford", "Kirklees", 150_000_00, "Joint board, minute 9"),
    ("Leeds", "Wakefield", 1_200_000_00, "Joint board, minute 10"),
    ("Bradford", "Calderdale", 2_600_000_00, "Joint board, minute 11"),
)
"""From where to where budget of learning disability is to be moved: one for each step."""
AUTHORISED_MINOR: Final = 90_000_00
OVERSPENT: Final = "Home from hospital"


def tell(scene: Scene) -> None:
    """Prepare what others have to approve; some of them have done so."""
    pool = scene.pool()
    schemes = {one.label: one.id for one in pool.schemes}
    manager, moved = scene.actor("paul.pool", Role.POOL_MANAGER), []
    for from_place, to_place, amount_minor, reference in MOVES:
        with unit_of_work(manager) as work:
            outcome = budget.vire(
                work,
                pool.id,
                from_scheme_id=schemes[f"Learning disability, {from_place}"],
                to_scheme_id=schemes[f"Learning disability, {to_place}"],
                amount_minor=amount_minor,
                reference=reference,
            )
        moved.append(outcome.transaction_id)
    with unit_of_work(manager) as work:
        budget.authorise_overspend(
            work,
            pool.id,
            scheme_id=schemes[OVERSPENT],
            amount_minor=AUTHORISED_MINOR,
            reference="Joint board, minute 12",
        )
    for username, role, which in (
        ("fay.finance", Role.FINANCE_LEAD, 1),
        ("thea.finance", Role.CHIEF_FINANCE_OFFICER, 2),
    ):
        with unit_of_work(scene.actor(username, role)) as work:
            approvals.approve(work, moved[which])
    scene.say("three virements and an overspend that wait for those whom the agreement names")
