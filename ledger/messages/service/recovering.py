"""A link by e-mail, for somebody who has lost their password."""

from uuid import UUID

from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.ids import new_id
from ledger.messages.models import Alert
from ledger.messages.rules.alerts import Reason


def ask(session: Session, person_id: UUID | None) -> None:
    """Queue a message with a link, whatever the person chose about e-mail otherwise.

    For a name that is nobody's the same is written down, and nothing is sent: how long the
    answer takes tells nobody whether there is such an account.
    """
    now = clock.now()
    session.add(
        Alert(
            entry_id=new_id(),
            person_id=person_id or new_id(),
            reason=Reason.RECOVER,
            subject="",
            queued_at=now,
            due_at=now,
            attempts=0,
        )
    )
