"""What the entries about a pool's board change."""

from sqlalchemy.orm import Session

from audit import Record
from ledger.core.projection import Opened, projects
from ledger.funding.boards.entries import BoardAgreed
from ledger.funding.boards.models import PoolBoard


@projects(BoardAgreed)
def agreed(session: Session, record: Record[BoardAgreed], _opened: Opened) -> None:
    """A partner has one board in mind at a time."""
    entry = record.entry
    row = session.get(PoolBoard, (entry.pool_id, entry.organisation_id))
    if row is None:
        row = PoolBoard(pool_id=entry.pool_id, organisation_id=entry.organisation_id)
        session.add(row)
    row.body_id, row.person_id, row.agreed_at = entry.body_id, entry.person_id, record.at
