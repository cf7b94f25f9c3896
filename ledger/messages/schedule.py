"""What time brings about messages: what is long done is forgotten, what is late is said."""

from datetime import timedelta
from typing import Final

from ledger.core import clock
from ledger.core.db import db
from ledger.core.scheduler import Job
from ledger.messages import mailing, queue
from ledger.messages.overdue import note_overdue


def forget() -> int:
    """Delete logs of deliveries and alerts that are done with, after `queue.KEPT_FOR`."""
    before = clock.now() - queue.KEPT_FOR
    return queue.forget(db.engine, before=before) + mailing.forget(db.engine, before=before)


JOBS: Final = (
    Job("messages forget", every=timedelta(hours=1), run=forget),
    Job("messages overdue", every=timedelta(hours=1), run=note_overdue),
)
