"""The chapter about what everybody may see: a quarter's spending, which two partners agree to."""

from datetime import date

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.work import unit_of_work
from ledger.funding.publication import service as publication
from ledger.sample.fund_terms import year_start
from ledger.sample.scene import Scene


def tell(scene: Scene) -> None:
    """Publish what the pool spent in the first quarter of its year."""
    start = year_start(clock.today())
    pool_id = scene.pool().id
    scene.numbered()  # What is published is what the log has numbered.
    with unit_of_work(scene.actor("fay.finance", Role.FINANCE_LEAD)) as work:
        key = publication.ask(work, pool_id, first_day=start, last_day=date(start.year, 6, 30))
    with unit_of_work(scene.actor("cyril.finance", Role.FINANCE_LEAD)) as work:
        publication.agree(work, key)
    scene.pages["public"] = f"/public/pools/{pool_id}/spend"
    scene.say("spending that is public, with small numbers hidden")
