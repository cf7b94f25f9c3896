"""Successions for any test, made by the commands a user would call.

succeeded(a, by=b)                b takes a's place from today; on=day for another day
"""

from datetime import date
from uuid import UUID

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import queries
from ledger.directory.succession import service
from ledger.directory.succession.rules import SuccessionKind
from tests.given.directory import member


def host_steward() -> Actor:
    """Return a steward of the organisation that hosts the service."""
    founded = queries.installation(db.session())
    assert founded is not None
    return member(Role.STEWARD, at=founded.host_id)


def succeeded(predecessor: UUID, *, by: UUID, on: date | None = None) -> None:
    """Record that *by* takes the place of *predecessor*."""
    with unit_of_work(host_steward()) as work:
        service.succeed(
            work,
            predecessor_id=predecessor,
            successor_id=by,
            kind=SuccessionKind.MERGER,
            effective_on=on or clock.civil_date(clock.now()),
            order="The Northmoor Trusts (Merger) Order 2026",
        )
