"""Those who may vote are told that they can, and again before it closes if they have not."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core.db import db
from ledger.core.trail import LogEntry
from ledger.governance.motions import schedule
from ledger.governance.motions.rules import Choice
from ledger.messages.alerting import Alerting
from ledger.messages.models import Alert
from tests.conftest import NOW
from tests.given.motions import board, opened, voted


def test_the_roll_is_told_and_only_who_has_not_voted_is_reminded(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = board()
    motion_id = opened(given)
    assert _told("governance.vote-opened") == {one.id for one in given.members}
    voted(given, motion_id, {0: Choice.FOR, 2: Choice.AGAINST})
    monkeypatch.setattr("ledger.core.clock.now", lambda: NOW + timedelta(days=6))
    assert schedule.run() == 1
    assert _told("governance.vote-reminded") == {given.members[1].id}


def _told(kind: str) -> set[object]:
    """Have the follower read every entry of a kind, and return whom it queued for it."""
    session = db.session()
    entries = list(session.scalars(select(LogEntry).where(LogEntry.kind == kind)))
    Alerting("Europe/London").take(session, entries)
    found = select(Alert).where(Alert.entry_id.in_([one.id for one in entries]))
    told: set[object] = {one.person_id for one in session.scalars(found)}
    session.rollback()
    return told
