"""Entries of the access log, without the trouble of asking for a decision."""

from dataclasses import replace

from ledger.access.entries import AccessDecided
from ledger.core import clock, trail
from ledger.core.actor import Actor
from ledger.core.db import TO_WRITE, db
from ledger.core.ids import new_id
from tests.architecture.samples import record_of


def decided(times: int = 1) -> None:
    """Record so many decisions, each in a unit of work of its own."""
    session = db.session()
    session.rollback()
    session.connection(execution_options=TO_WRITE)
    entry = record_of(AccessDecided).entry
    assert isinstance(entry, AccessDecided)
    for _ in range(times):
        trail.append(
            session,
            replace(entry, alerts=()),
            actor=Actor.system("test"),
            at=clock.now(),
            work=new_id(),
            policy="ab" * 32,
        )
    session.commit()
