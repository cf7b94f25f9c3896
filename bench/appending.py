"""Appends by many writers to the log in PostgreSQL.

*One commit for each entry* is what a log without a sequencer has to do: each writer takes the lock
of the tree's edge, computes its leaf, extends the tree and commits, one after the other. *Ours* is
what the service does: writers leave entries without that lock, those of one process in common
commits, and a sequencer beside them indexes and signs them. Only what is indexed and signed in
the measured time counts, the checkpoint store's flushes included.
"""

from collections.abc import Callable
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from flask import current_app
from sqlalchemy import Connection, Engine, create_engine, func, insert, select, text
from sqlalchemy.orm import Session

from audit import Record, leaf_hash
from ledger.core import clock, sequencer, trail
from ledger.core.actor import Actor, Role
from ledger.core.db import TO_WRITE, LogTable, db, table_of, writing
from ledger.core.group_commit import GroupCommit
from ledger.core.ids import new_id
from ledger.core.migrate import upgrade
from ledger.core.standing import unpack
from ledger.core.trail import Leaf, LogFrontier
from ledger.directory.entries import OrganisationRenamed
from tests.databases import running
from tests.postgresql import PostgreSQL

WRITERS: Final = 32
SECONDS: Final = 5.0
ACTOR: Final = Actor.person(new_id(), roles=frozenset({Role.AUDITOR}))


def measure() -> list[dict[str, Any]]:
    """Return the row of the speed budget that is about appends."""
    return [_appends()]


def written(about: UUID | None = None) -> tuple[Record[Any], bytes]:
    """Return a record to append, and its bytes."""
    made: Record[Any] = Record(
        id=new_id(),
        entry=OrganisationRenamed(organisation_id=about or new_id(), name="Northmoor " * 20),
        actor=ACTOR.ref,
        org=None,
        work=new_id(),
        at=clock.now(),
        policy="ab" * 32,
    )
    return made, made.to_bytes()


def _columns(one: Record[Any], body: bytes) -> dict[str, Any]:
    return {
        "id": one.id,
        "log": one.entry.log,
        "kind": one.entry.kind,
        "actor": one.actor,
        "org": one.org,
        "at": one.at,
        "work": one.work,
        "body": body,
    }


def _appends() -> dict[str, Any]:
    server = PostgreSQL(max_connections="200")
    try:
        rates = {}
        for name, measured in (("one", _one_commit_each), ("ours", _sequenced)):
            with _owner(server) as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            upgrade(server.url(name))
            with TemporaryDirectory() as store, running(server.url(name), checkpoint_store=store):
                rates[name] = measured(db.engine)
    finally:
        server.stop()
    return {
        "name": f"appends, {WRITERS} writers on PostgreSQL, of one commit for each entry",
        "ratio": rates["ours"] / rates["one"],
        "target": ">= 10",
        "figures": {"one_commit_each_per_s": rates["one"], "sequenced_per_s": rates["ours"]},
    }


def _owner(server: PostgreSQL) -> Connection:
    """Return a connection of the owner, on which databases can be made."""
    return create_engine(server.url(), isolation_level="AUTOCOMMIT").connect()


def _by_all(write: Callable[[], None]) -> None:
    """Have every writer write until the time is over."""
    stop = Event()

    def again() -> None:
        while not stop.is_set():
            write()

    threads = [Thread(target=again) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    stop.wait(SECONDS)
    stop.set()
    for thread in threads:
        thread.join()


def _indexed(engine: Engine) -> int:
    with Session(engine) as session:
        leaves = select(func.count()).select_from(Leaf).where(Leaf.log == "ledger")
        return session.scalar(leaves) or 0


def _one_commit_each(engine: Engine) -> float:
    entries = table_of(trail.LogEntry)

    def write() -> None:
        with (
            writing(LogTable),
            engine.connect().execution_options(**TO_WRITE) as connection,
            Session(connection) as session,
            session.begin(),
        ):
            record, body = written()
            row = insert(entries).values(_columns(record, body)).returning(entries.c.position)
            position = session.execute(row).scalar_one()
            locked = select(LogFrontier).where(LogFrontier.log == "ledger").with_for_update()
            edge = session.scalars(locked).one()
            leaf = leaf_hash(body)
            values = {"log": "ledger", "index": edge.size, "position": position, "hash": leaf}
            session.execute(insert(table_of(Leaf)), values)
            frontier = unpack(edge.size, edge.peaks).append(leaf)
            edge.size, edge.peaks = frontier.size, b"".join(frontier.peaks)

    began = perf_counter()
    _by_all(write)
    return _indexed(engine) / (perf_counter() - began)


def _sequenced(engine: Engine) -> float:
    def settle(session: Session, records: Any) -> Any:
        trail.append_together(session, records)
        return [None] * len(records)

    waiting: GroupCommit[Any, None] = GroupCommit(engine, settle)
    stop = Event()
    signers = current_app.extensions["signers"]
    options: dict[str, Any] = {"every_ms": 200, "stop": stop}
    sequencing = Thread(target=sequencer.run, args=(engine, signers), kwargs=options)
    sequencing.start()
    began = perf_counter()
    _by_all(lambda: waiting.submit(written()))
    while _waits(engine):  # All of it has to be indexed and signed.
        Event().wait(0.02)
    took_s = perf_counter() - began
    stop.set()
    sequencing.join()
    return _indexed(engine) / took_s


def _waits(engine: Engine) -> bool:
    with Session(engine) as session:
        return session.scalar(select(trail.Pending.position).limit(1)) is not None
