"""What time brings about retention: somebody is told what falls due. Nothing goes by itself."""

from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.db import TO_WRITE, db, snapshot
from ledger.core.scheduler import Job
from ledger.directory.retention import queries


def look() -> int:
    """Count what is due of every class, and keep the figures. Returns how many parts are due."""
    now = clock.now()
    with snapshot(db.engine) as reading:
        found = queries.count_due(reading, today=clock.civil_date(now))
    with (
        db.engine.connect().execution_options(**TO_WRITE) as connection,
        Session(connection) as session,
        session.begin(),
    ):
        queries.keep_due(session, found, at=now)
    return sum(each.parts for each in found)


JOBS: Final = (Job("retention falls due", every=timedelta(days=1), run=look),)
