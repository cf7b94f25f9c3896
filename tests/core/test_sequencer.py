"""Entries get their indexes after they are committed, and commands never wait for it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from threading import Event, Thread
from time import sleep
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from audit import Checkpoint, Frontier, Record, leaf_hash
from audit.merkle import node_hash
from audit.note import read
from ledger.core import sequencer, trail
from ledger.core.db import TO_WRITE, db
from ledger.core.ids import new_id
from ledger.core.leading import lead
from ledger.core.trail import ChainLink, Leaf, LogEntry, Pending, SignedCheckpoint, TreeNode
from ledger.core.work import unit_of_work
from ledger.directory.entries import OrganisationRenamed
from tests.conftest import NOW
from tests.core.given import STEWARD, authorise, register_organisation, registered
from tests.databases import ORIGIN

THREADS = 8
COMMANDS_EACH = 12


def only_on(app: Flask, dialect: str) -> None:
    if db.engine.dialect.name != dialect:
        pytest.skip(f"about concurrency that only {dialect} has")


@contextmanager
def sequencing(app: Flask) -> Iterator[None]:
    """Run a sequencer in a thread of its own, and let it finish what is there."""
    stop = Event()
    options = {"every_ms": 5, "stop": stop}
    signers = app.extensions["signers"]
    thread = Thread(target=sequencer.run, args=(db.engine, signers), kwargs=options)
    thread.start()
    try:
        yield
        for _ in range(2000):
            if db.session.scalar(select(Pending.position).limit(1)) is None:
                break
            db.session.rollback()
            sleep(0.005)
    finally:
        db.session.rollback()
        stop.set()
        thread.join()


def register_and_rename(app: Flask) -> None:
    with app.app_context():
        for _ in range(COMMANDS_EACH // 2):
            organisation_id = register_organisation()
            with unit_of_work(STEWARD) as work:
                authorise(work)
                work.record(OrganisationRenamed(organisation_id=organisation_id, name="Other"))


def log(session: Session) -> Sequence[tuple[int, bytes, bytes]]:
    """Index, hash and body of every leaf of the ledger."""
    leaves = select(Leaf.index, Leaf.hash, LogEntry.body).where(Leaf.log == "ledger")
    joined = leaves.join(LogEntry, LogEntry.position == Leaf.position).order_by(Leaf.index)
    return session.execute(joined).all()


def test_nothing_is_lost_when_many_threads_record_while_the_log_is_sequenced(
    app: Flask, session: Session
) -> None:
    with sequencing(app), ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(register_and_rename, app) for _ in range(THREADS)]:
            done.result()

    leaves = log(session)
    assert len(leaves) == THREADS * COMMANDS_EACH
    assert [index for index, *_ in leaves] == list(range(len(leaves)))
    assert all(stored == leaf_hash(body) for _, stored, body in leaves)

    registered_ids: set[object] = set()
    for _, _, body in leaves:  # A rename is never before the registration that it saw.
        entry = Record.from_bytes(body).entry
        if isinstance(entry, OrganisationRenamed):
            assert entry.organisation_id in registered_ids
        else:
            registered_ids.add(entry.organisation_id)  # type: ignore[attr-defined]

    frontier, roots = Frontier(), {}
    for _, stored, _ in leaves:
        frontier = frontier.append(stored)
        roots[frontier.size] = frontier.root()
    verifier = app.extensions["signers"]["ledger"].verifier()
    notes = session.scalars(select(SignedCheckpoint).order_by(SignedCheckpoint.size)).all()
    assert notes[-1].size == len(leaves)
    for row in notes:
        promised = Checkpoint.from_text(read(row.note, verifier))
        assert promised == Checkpoint(ORIGIN, row.size, roots[row.size])


def test_no_checkpoint_shows_half_a_unit_of_work(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "BATCH_UNITS", 2)
    works: list[UUID] = []
    for records in (1, 3, 2, 4, 1):
        with unit_of_work(STEWARD) as work:
            authorise(work, records=records)
            for _ in range(records):
                work.record(registered())
            works += [work.id] * records
    sequencer.drain(db.engine, app.extensions["signers"])

    assert [Record.from_bytes(body).work for *_, body in log(session)] == works
    sizes = session.scalars(select(SignedCheckpoint.size).order_by(SignedCheckpoint.size)).all()
    assert sizes == [4, 10, 11]


def test_each_subject_has_a_chain_of_the_entries_about_it(app: Flask, session: Session) -> None:
    one = register_organisation()
    register_organisation()
    with unit_of_work(STEWARD) as work:
        authorise(work)
        work.record(OrganisationRenamed(organisation_id=one, name="Other"))
    sequencer.drain(db.engine, app.extensions["signers"])

    hashes = [stored for _, stored, _ in log(session)]
    first = sha256(hashes[0]).digest()
    chain = select(ChainLink).where(ChainLink.subject == f"organisation:{one}")
    links = session.scalars(chain.order_by(ChainLink.n)).all()
    assert [(link.n, link.index) for link in links] == [(1, 0), (2, 2)]
    assert [link.head for link in links] == [first, sha256(first + hashes[2]).digest()]


def test_the_tree_keeps_the_root_of_every_whole_group_of_256(app: Flask, session: Session) -> None:
    for records in (200, 100, 230):
        with unit_of_work(STEWARD) as work:
            authorise(work, records=records)
            for _ in range(records):
                work.record(registered())
        sequencer.drain(db.engine, app.extensions["signers"])
    hashes = [stored for _, stored, _ in log(session)]

    def root(nodes: list[bytes]) -> bytes:
        half = len(nodes) // 2
        return node_hash(root(nodes[:half]), root(nodes[half:])) if half else nodes[0]

    nodes = session.scalars(select(TreeNode).order_by(TreeNode.level, TreeNode.index)).all()
    assert [(node.level, node.index) for node in nodes] == [(1, 0), (1, 1)]
    assert [node.hash for node in nodes] == [root(hashes[:256]), root(hashes[256:512])]


def test_a_batch_that_is_rolled_back_leaves_everything_pending(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> object:
        raise RuntimeError("the machine stops here")

    register_organisation()
    signer = app.extensions["signers"]["ledger"]
    monkeypatch.setattr(sequencer, "_take", fail)
    with db.engine.connect().execution_options(**TO_WRITE) as connection:
        with pytest.raises(RuntimeError):
            sequencer.sequence(connection, "ledger")
        assert log(session) == []
        session.rollback()

        monkeypatch.undo()
        assert sequencer.sequence(connection, "ledger") == 1
        sequencer.publish(connection, "ledger", signer, at=NOW)
        sequencer.publish(connection, "ledger", signer, at=NOW)  # Nothing new is not signed.
    assert [row.size for row in session.scalars(select(SignedCheckpoint))] == [1]


def test_a_command_that_is_slow_to_commit_holds_up_nobody(app: Flask, session: Session) -> None:
    only_on(app, "postgresql")
    with unit_of_work(STEWARD) as slow:
        authorise(slow)
        slow.record(registered())
        with ThreadPoolExecutor(1) as thread:
            thread.submit(register_and_rename, app).result(timeout=30)
        with db.engine.connect() as connection:
            assert sequencer.sequence(connection, "ledger") == COMMANDS_EACH

    with db.engine.connect() as connection:
        assert sequencer.sequence(connection, "ledger") == 1
    assert [index for index, *_ in log(session)] == list(range(1 + COMMANDS_EACH))


def test_one_process_leads_until_its_connection_ends(app: Flask) -> None:
    only_on(app, "postgresql")
    stop, second_leads = Event(), Event()

    def second(engine: Engine) -> None:
        with lead(engine, "sequencer", stop=stop, ask_every_s=0.01) as leads:
            if leads():
                second_leads.set()

    with lead(db.engine, "sequencer", stop=stop) as leads:
        waiting = Thread(target=second, args=(db.engine,))
        waiting.start()
        assert leads()
        assert not second_leads.wait(0.1)

        leads.connection.close()  # The server needs a moment to notice.
        assert second_leads.wait(10)
        waiting.join()


def test_a_batch_may_hold_more_entries_than_a_statement_takes_values(
    app: Flask, session: Session
) -> None:
    """As after imports of thousands of rows each while nothing sequenced; and one unit alone."""
    only_on(app, "postgresql")
    record = Record(
        id=new_id(),
        entry=registered(),
        actor=STEWARD.ref,
        at=NOW,
        work=new_id(),
        policy="0" * 64,
    )
    records = [replace(record, id=new_id()) for _ in range(66_000)]
    records += [replace(record, id=new_id(), work=new_id()) for _ in range(3)]
    with db.engine.connect().execution_options(**TO_WRITE) as connection, connection.begin():
        trail.append_together(Session(connection), [(one, one.to_bytes()) for one in records])
    sequencer.drain(db.engine, app.extensions["signers"])
    assert session.scalar(select(Pending.position).limit(1)) is None
    ((n,),) = session.execute(select(func.max(ChainLink.n))).all()
    assert n == len(records)
