"""Followers see every entry, in order, and go on where they stopped."""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ledger.core import followers
from ledger.core.db import TO_WRITE, db
from ledger.core.followers import Counts, counts, follow
from ledger.core.trail import LogEntry
from tests.conftest import Sequenced
from tests.core.given import register_organisation, register_patient


class Listening:
    """Remembers the kinds it was handed; may fail once."""

    name, log = "listening", "ledger"

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.fails = False

    def take(self, _session: Session, entries: Sequence[LogEntry]) -> None:
        if self.fails:
            raise RuntimeError("the machine stops here")
        self.heard += [entry.kind for entry in entries]


def step(follower: followers.Follower) -> int:
    with db.engine.connect().execution_options(**TO_WRITE) as connection:
        return follow(connection, follower)


def test_a_follower_hears_each_entry_once_it_has_an_index(
    app: Flask, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followers, "BATCH", 2)
    listening = Listening()
    organisation_id = register_organisation()
    assert step(listening) == 0  # Recorded, and not yet in the log.
    register_patient(organisation_id)
    register_organisation()
    sequenced()

    assert [step(listening) for _ in range(3)] == [2, 1, 0]
    assert listening.heard == [
        "directory.organisation-registered",
        "directory.patient-registered",
        "directory.organisation-registered",
    ]


def test_a_follower_that_failed_is_handed_the_same_again(app: Flask, sequenced: Sequenced) -> None:
    listening = Listening()
    register_organisation()
    sequenced()
    listening.fails = True
    with pytest.raises(RuntimeError):
        step(listening)
    listening.fails = False

    assert step(listening) == 1
    assert listening.heard == ["directory.organisation-registered"]


def test_entries_are_counted_by_kind(app: Flask, sequenced: Sequenced, session: Session) -> None:
    organisation_id = register_organisation()
    for _ in range(2):
        register_organisation()
    sequenced()
    step(Counts("ledger"))
    register_patient(organisation_id)
    register_organisation()
    sequenced()
    step(Counts("ledger"))

    assert counts(session, "ledger") == {
        "directory.organisation-registered": 4,
        "directory.patient-registered": 1,
    }
    assert counts(session, "access") == {}
