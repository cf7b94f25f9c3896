"""What was sent, sent again.

Nothing is recorded: what is sent was recorded when it happened, and each attempt is in the
delivery log.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from ledger.core.errors import NotFound
from ledger.core.work import UnitOfWork
from ledger.messages.models import Delivery
from ledger.messages.service.endpoints import load


def since(work: UnitOfWork, *, endpoint_id: UUID, moment: datetime) -> int:
    """Send again what was queued for an endpoint at *moment* or later; return how many.

    Raises:
        NotFound: there is no such endpoint of the actor's organisation.
    """
    load(work, endpoint_id)
    again = update(Delivery).where(
        Delivery.endpoint_id == endpoint_id, Delivery.queued_at >= moment
    )
    again = again.values(due_at=work.now, attempts=0).returning(Delivery.entry_id)
    return len(work.session.execute(again).all())


def one(work: UnitOfWork, *, endpoint_id: UUID, entry_id: UUID) -> None:
    """Send one message again.

    Raises:
        NotFound: there is no such endpoint, or it was never to be told of that.
    """
    load(work, endpoint_id)
    row = work.session.get(Delivery, (endpoint_id, entry_id), with_for_update=True)
    if row is None:
        raise NotFound("no such message")
    row.due_at, row.attempts = work.now, 0
