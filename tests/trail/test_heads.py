"""The heads that are committed are those of the definition, at the size that was signed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from audit import Record, leaf_hash
from audit.heads import Chains, Committed, commitment, verify
from ledger.core import clock, heads
from ledger.core.actor import Actor
from ledger.core.db import db, snapshot
from ledger.core.errors import Forbidden
from ledger.core.heads import CommittedHeads, HeadsCommitted, HeadsNotCommitted
from ledger.core.ids import new_id
from ledger.core.trail import Leaf, LogEntry
from ledger.core.work import unit_of_work
from tests.conftest import NOW, Sequenced
from tests.core.given import register_organisation, register_patient
from tests.trail.given import AUDITOR, Known, partnership, tamper

CLOCK = Actor.system("clock")


@pytest.fixture
def known(app: Flask, sequenced: Sequenced) -> Known:
    found = partnership(app)
    sequenced()
    return found


def by_definition(size: int) -> Chains:
    """Return the chains of the ledger's first entries, from their bytes alone."""
    chains = Chains()
    rows = select(LogEntry.body).join(Leaf, Leaf.position == LogEntry.position)
    rows = rows.where(Leaf.log == "ledger", Leaf.index < size).order_by(Leaf.index)
    for body in db.session.scalars(rows):
        chains.add(Record.from_bytes(body).about, leaf_hash(body))
    return chains


def test_the_map_is_that_of_the_definition_at_every_size(app: Flask, known: Known) -> None:
    for size in range(6):
        with snapshot(db.engine) as session:
            found = list(heads.heads(session, "ledger", size=size))
        assert found == list(by_definition(size).heads())
    with snapshot(db.engine) as session:
        assert list(heads.heads(session, "access", size=9)) == []


def test_it_is_committed_when_something_changed_and_then_not_again(
    app: Flask, known: Known, sequenced: Sequenced
) -> None:
    (measured,) = heads.commit_all(db.engine, by=CLOCK)
    sequenced()
    expected = commitment(by_definition(4).heads())
    row = db.session.scalars(select(CommittedHeads)).one()
    body = db.session.scalar(select(LogEntry.body).where(LogEntry.id == row.entry_id))
    assert body is not None
    said = Record.from_bytes(body).entry
    assert isinstance(said, HeadsCommitted)
    assert (said.tree, said.size, said.origin) == ("ledger", 4, "test.example/log")
    assert Committed(said.root, said.heads) == expected == measured.map
    assert heads.commit_all(db.engine, by=CLOCK) == []

    register_organisation()
    sequenced()
    assert [one.checkpoint.size for one in heads.commit_all(db.engine, by=CLOCK)] == [6]


def test_the_scheduler_waits_for_its_interval(
    app: Flask, known: Known, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    (job,) = heads.JOBS
    assert job.run() == 1
    register_organisation()
    sequenced()
    assert job.run() == 0
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=60))
    assert job.run() == 1


def test_whoever_is_missing_is_proved_to_be(app: Flask, known: Known) -> None:
    heads.commit_all(db.engine, by=CLOCK)
    with snapshot(db.engine) as session:
        row = heads.newest_of(session, "ledger")
        assert row is not None
        committed = Committed(row.root, row.subjects)
        nobody, somebody = f"patient:{new_id()}", f"patient:{known.patient_id}"
        assert verify(nobody, heads.place_of(session, row, nobody), committed=committed) is None
        head = verify(somebody, heads.place_of(session, row, somebody), committed=committed)
        assert head is not None
        assert head.n == 1
        assert list(heads.disagreements(session)) == []


def test_chains_that_were_changed_prove_nothing(app: Flask, known: Known) -> None:
    heads.commit_all(db.engine, by=CLOCK)
    tamper("chains", "DELETE FROM chains WHERE subject LIKE 'patient:%'")
    with snapshot(db.engine) as session:
        row = heads.newest_of(session, "ledger")
        assert row is not None
        with pytest.raises(HeadsNotCommitted, match="ledger log check"):
            heads.place_of(session, row, f"patient:{known.patient_id}")
        (said,) = heads.disagreements(session, every=True)
        assert str(row.entry_id) in said


def test_only_the_service_commits(app: Flask, known: Known) -> None:
    with snapshot(db.engine) as session:
        measured = heads.measure(session, "ledger")
    assert measured is not None
    with pytest.raises(Forbidden), unit_of_work(AUDITOR) as work:
        heads.commit(work, measured=measured)
    for done in (True, False):
        with unit_of_work(CLOCK) as work:
            assert (heads.commit(work, measured=measured) is not None) is done


def test_long_chains_of_many_subjects(app: Flask, sequenced: Sequenced) -> None:
    organisation_id = register_organisation()
    for number in range(30):
        register_patient(organisation_id, nhs_number=f"99900001{number:02}")
        if number % 10 == 0:
            sequenced()
    sequenced()
    with snapshot(db.engine) as session:
        for size in (1, 7, 31):
            assert list(heads.heads(session, "ledger", size=size)) == list(
                by_definition(size).heads()
            )
