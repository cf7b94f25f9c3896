"""The chapter about a file of payments: smaller services of the pool, paid by its host.

The file is what an office exports: a line above the headings, services spelled in several ways,
amounts with and without commas, a total at the end. Whoever pays the bills imports it, a
finance lead approves it, and every row is posted or none.
"""

from typing import Final
from uuid import UUID

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Bug
from ledger.core.work import unit_of_work
from ledger.funding.imports import background as importing
from ledger.funding.imports.models import PaymentUpload
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from ledger.funding.service import budget, pools
from ledger.sample.fund_terms import year_start
from ledger.sample.moving import lines_until
from ledger.sample.scene import Scene

BUDGETS_MINOR: Final = {
    "Reablement at home": 640_000_00,
    "Carers’ breaks": 260_000_00,
    "Home from hospital": 250_000_00,
    "Falls prevention": 180_000_00,
    "Home adaptations": 220_000_00,
}
"""What each of the smaller services may spend in the year."""
RING_FENCED: Final = "Home adaptations"
SPELLED: Final = {"Carers Breaks": "Carers’ breaks", "Carers' breaks": "Carers’ breaks"}
"""Words of the file whose scheme has another name."""
SUPPLIERS: Final = {
    "NORTHMOOR CARERS TOGETHER": "carers",
    "Northmoor Comm & Hosp NHST": "trust",
    "Moorside Advocacy CIC": "advocacy",
}
"""Who is paid, as the file writes it."""


def tell(scene: Scene) -> None:
    """Give five services their budgets, and import what was paid for them."""
    pool_id = scene.pool().id
    schemes = _budgets(scene, pool_id)
    upload_id = _uploaded(scene, pool_id, schemes)
    importing.read(upload_id)
    with unit_of_work(scene.actor("paul.pool", Role.POOL_MANAGER)) as work:
        import_batches.send(work, upload_id)
    with unit_of_work(scene.actor("fay.finance", Role.FINANCE_LEAD)) as work:
        import_batches.approve(work, upload_id)
    importing.post(upload_id)
    row = db.session().get(PaymentUpload, upload_id)
    if row is None or row.stage != "posted":
        raise Bug(f"the file of payments was not posted: {row and row.problem}")
    count = row.report["rows"] if row.report else 0
    db.session.remove()
    scene.pages["payments"] = f"/pools/{pool_id}/imports/{upload_id}"
    scene.pages["spending"] = f"/pools/{pool_id}/spending"
    scene.say(f"{count} payments of five smaller services, brought in from a file and approved")


def _budgets(scene: Scene, pool_id: UUID) -> dict[str, UUID]:
    start = year_start(clock.today())
    with unit_of_work(scene.actor("paul.pool", Role.POOL_MANAGER)) as work:
        schemes = {
            title: pools.add_scheme(work, pool_id, title=title, ring_fenced=title == RING_FENCED)
            for title in BUDGETS_MINOR
        }
        pools.add_provider(work, pool_id, provider_id=scene.organisation("advocacy"))
        budget.allocate(
            work,
            pool_id,
            amounts_minor={schemes[title]: minor for title, minor in BUDGETS_MINOR.items()},
            reference="Joint board, minute 6",
            effective_on=start,
        )
    return schemes


def _uploaded(scene: Scene, pool_id: UUID, schemes: dict[str, UUID]) -> UUID:
    """Bring the file in, and say what its words mean where that could not be guessed."""
    today = clock.today()
    content = lines_until("payments.csv", year_start(today), today)
    manager = scene.actor("paul.pool", Role.POOL_MANAGER)
    with unit_of_work(manager) as work:
        upload_id = imports.upload(work, pool_id, content=content)
    providers = {words: str(scene.organisation(key)) for words, key in SUPPLIERS.items()}
    with unit_of_work(manager) as work:
        row, _ = imports.held_upload(work, upload_id)
        known = dict(row.mapping["schemes"])
        known |= {words: str(schemes[title]) for words, title in SPELLED.items()}
        imports.correct(work, upload_id, said={"providers": providers, "schemes": known})
    return upload_id
