"""Who is told of a board's votes: those who may vote on it, wherever they work."""

import json
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.core.trail import LogEntry
from ledger.governance.motions import queries

OPENED: Final = "governance.vote-opened"
REMINDED: Final = "governance.vote-reminded"


def voters(session: Session, entry: LogEntry) -> frozenset[UUID]:
    """Return the people who may vote and have not, of an entry by which they are told."""
    if entry.kind not in {OPENED, REMINDED}:
        return frozenset()
    return queries.not_voted(session, UUID(json.loads(entry.body)["data"]["motion_id"]))
