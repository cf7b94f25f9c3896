"""Payment files are read, and approved ones posted, in the background, by a job.

Reading and posting are each safe to begin again. What a killed process leaves is a file that is
still to be read, or an import that is still to be posted: never half of either. What is refused
stops, with the reason, until a person has it tried again or drops it.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.scheduler import Job
from ledger.core.work import unit_of_work
from ledger.funding.imports.models import PaymentUpload
from ledger.funding.imports.rules.files import open_file
from ledger.funding.imports.service.files import mapping_of
from ledger.funding.imports.service.posting import post_import
from ledger.funding.imports.service.reading import Progress, read_all, report_of


def carry_on() -> int:
    """Read every file that waits to be read, and post every import that is approved."""
    done = 0
    for stage, step in (("reading", read), ("posting", post)):
        waiting = select(PaymentUpload.id).where(PaymentUpload.stage == stage)
        ids = db.session().scalars(waiting.order_by(PaymentUpload.at, PaymentUpload.id)).all()
        db.session.remove()
        for upload_id in ids:
            step(upload_id)
            done += 1
    return done


def read(upload_id: UUID, *, progress: Progress | None = None) -> None:
    """Read all of a file, and keep what was found in it."""
    row = db.session().get(PaymentUpload, upload_id)
    if row is None:
        return
    said, content, mapping = row.mapping, row.content, mapping_of(row)
    pool_id = row.pool_id
    db.session.remove()
    today, report, problem = clock.today(), None, None
    try:
        told = progress or _progress(upload_id)
        checked, good = read_all(open_file(content), mapping, today=today, progress=told)
        report = report_of(db.session(), pool_id, mapping, checked, good)
    except LedgerError as refused:
        problem = refused.detail[:500]
    db.session.remove()
    with unit_of_work(Actor.system("clock")) as work:
        row = work.session.get(PaymentUpload, upload_id, with_for_update=True)
        if row is None or row.stage != "reading" or row.mapping != said:
            return  # It was corrected meanwhile: then it is read again.
        row.report, row.problem, row.stage = report, problem, "read"
        row.rows_done = row.rows_all


def post(upload_id: UUID, *, progress: Progress | None = None) -> int:
    """Post an approved import; return how many transactions that made, 0 if it was refused.

    A refused one stops there: it was approved as it is, and only a person can say what now.
    """
    row = db.session().get(PaymentUpload, upload_id)
    if row is None or row.stage != "posting":
        return 0
    content, mapping, made_on = row.content, mapping_of(row), clock.today()
    db.session.remove()
    try:
        told = progress or _progress(upload_id)
        found = read_all(open_file(content), mapping, today=made_on, progress=told)
        told(found[0].rows)  # What is left is one write, of which nothing is seen until it is done.
        with unit_of_work(Actor.system("clock")) as work:
            return post_import(work, upload_id, mapping, found)
    except LedgerError as refused:
        with unit_of_work(Actor.system("clock")) as work:
            row = work.session.get(PaymentUpload, upload_id, with_for_update=True)
            if row is not None and row.stage == "posting":
                row.problem = f"{refused.title}: {refused.detail}"[:500]
                row.stage = "failed"
        return 0


def _progress(upload_id: UUID) -> Progress:
    def say(count: int) -> None:
        with unit_of_work(Actor.system("clock")) as work:
            row = work.session.get(PaymentUpload, upload_id)
            if row is not None:
                row.rows_done = count

    return say


JOBS: Final = (Job("payment files", every=timedelta(seconds=1), run=carry_on),)
