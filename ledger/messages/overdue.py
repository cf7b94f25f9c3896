"""Who is late to say that they know that a patient shares less: recorded once, then alerted."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.access.ruleset import in_force
from ledger.consent.queries.taken_back import SHARES_LESS
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.permissions import Permission
from ledger.core.trail import LogEntry
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.messages.audience import concerned
from ledger.messages.entries import AcknowledgementOverdue
from ledger.messages.queries import acknowledged_by

_NOTED_FOR: Final = timedelta(days=30)
"""What became late longer ago is not noted any more: no job has been down for so long."""
_AT_ONCE: Final = 100


def note_overdue() -> int:
    """Record who has become late, some at a time; return how many."""
    done = 0
    while True:
        with unit_of_work(Actor.system("clock")) as work:
            found = note(work, limit=_AT_ONCE)
        done += found
        if found < _AT_ONCE:
            return done


def note(work: UnitOfWork, *, limit: int = _AT_ONCE) -> int:
    """Record each party that has become late, once for each entry; return how many."""
    done = 0
    for entry_id, organisation_id in _late(work):
        if done == limit:
            break
        on = Resource(organisation_ids=frozenset({organisation_id}))
        work.authorise(Permission.CONSENT_LAPSE, on=on)
        work.record(AcknowledgementOverdue(entry_id=entry_id, organisation_id=organisation_id))
        done += 1
    return done


def _late(work: UnitOfWork) -> Iterator[tuple[UUID, UUID]]:
    """Yield which party is late with which entry, and was not noted before."""
    until = work.now - in_force().withdrawal_lasts
    kinds = {f"consent.{event}" for event in SHARES_LESS}
    late = select(LogEntry).where(LogEntry.kind.in_(kinds), LogEntry.at <= until)
    late = late.where(LogEntry.at > until - _NOTED_FOR).order_by(LogEntry.position)
    entries = work.session.scalars(late).all()
    noted = _noted(work)
    for entry_id, parties in concerned(work.session, entries).items():
        said = acknowledged_by(work.session, entry_id)
        for party in sorted(parties):
            if party not in said and (entry_id, party) not in noted:
                yield entry_id, party


def _noted(work: UnitOfWork) -> set[tuple[UUID, UUID]]:
    found = select(LogEntry.body).where(LogEntry.kind == AcknowledgementOverdue.kind)
    found = found.where(LogEntry.at > work.now - 2 * _NOTED_FOR)
    each = (json.loads(body)["data"] for body in work.session.scalars(found))
    return {(UUID(one["entry_id"]), UUID(one["organisation_id"])) for one in each}
