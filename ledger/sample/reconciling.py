"""The chapter about the bank: a quarter's statement, half reconciled.

What does not match is what goes wrong in offices: a transfer in two parts, another reference,
two digits swapped, a penny, charges that nobody recorded, and payments that left a day later.
"""

from datetime import date, timedelta

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.funding.reconciliation import queries as reconciliations
from ledger.funding.reconciliation import saying as reconciling_said
from ledger.funding.reconciliation import service as reconciling
from ledger.funding.reconciliation.rules.files import read_lines
from ledger.funding.reconciliation.rules.findings import Reason, Source
from ledger.sample.fund_terms import year_start
from ledger.sample.moving import lines_until
from ledger.sample.scene import Scene


def tell(scene: Scene) -> None:
    """Take the statement of the year's first quarter, compare it, and settle some of it."""
    today = clock.today()
    start = year_start(today)
    pool_id = scene.pool().id
    content = lines_until("bank-statement.csv", start, today)
    closing_minor = sum(line.amount_minor for line in read_lines(content, Source.BANK))
    fay = scene.actor("fay.finance", Role.FINANCE_LEAD)
    with unit_of_work(fay) as work:
        key = reconciling.receive(
            work,
            pool_id,
            organisation_id=scene.organisation("board"),
            source=Source.BANK,
            first_day=start,
            last_day=date(start.year, 6, 30),
            content=content,
            opening_minor=0,
            closing_minor=closing_minor,
        )
    scene.numbered()  # What is compared is what the log has numbered.
    with unit_of_work(fay) as work:
        reconciling.run(work, pool_id, key)
    with unit_of_work(fay) as work:
        view = reconciliations.reconciliation(work.session, pool_id, key)
        found = reconciliations.result(work.session, view).unmatched
        other = [one.key for one in found if one.reason is Reason.OTHER_REFERENCE]
        missing = next(one.key for one in found if one.reason is Reason.MISSING_HERE)
        reconciling_said.accept(work, pool_id, key, other)
        reconciling_said.explain(
            work,
            pool_id,
            key,
            missing,
            words="The bank’s charges of May, to be recorded.",
            owner_id=scene.organisation("board"),
            due_on=work.today + timedelta(days=14),
        )
    db.session.remove()
    scene.pages["reconciliation"] = f"/pools/{pool_id}/reconciliations/{key}"
    scene.say("a bank statement, half reconciled")
