"""That a party has acted on what it was told: it says so once, and that is recorded."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ledger.core.authority import Resource
from ledger.core.errors import Conflict, NotFound
from ledger.core.permissions import Permission
from ledger.core.trail import LogEntry
from ledger.core.work import UnitOfWork
from ledger.messages import audience
from ledger.messages.entries import Acknowledged
from ledger.messages.models import Acknowledgement


class AcknowledgedAlready(Conflict):
    """The organisation has said so before."""

    slug = "already-acknowledged"
    title = "This was acknowledged before"


def acknowledge(work: UnitOfWork, *, entry_id: UUID) -> UUID:
    """Record that the actor's organisation has acted on an entry that concerns it.

    Returns:
        The id of the entry that says so.

    Raises:
        NotFound: there is no such entry, or it does not concern the organisation.
        AcknowledgedAlready: it was said before.
    """
    organisation_id = work.actor.organisation_id
    entry = work.session.scalar(select(LogEntry).where(LogEntry.id == entry_id))
    told = audience.concerned(work.session, [entry]) if entry is not None else {}
    if organisation_id is None or organisation_id not in told.get(entry_id, ()):
        raise NotFound("there is no such entry, or it does not concern your organisation")
    resource = Resource(organisation_ids=frozenset({organisation_id}))
    work.authorise(Permission.MESSAGE_ACKNOWLEDGE, on=resource)
    if work.session.get(Acknowledgement, (entry_id, organisation_id)) is not None:
        raise AcknowledgedAlready("your organisation has acknowledged it before")
    record = work.record(Acknowledged(entry_id=entry_id, organisation_id=organisation_id))
    try:
        work.session.flush()
    except IntegrityError as error:
        raise AcknowledgedAlready("your organisation has just acknowledged it") from error
    return record.id
