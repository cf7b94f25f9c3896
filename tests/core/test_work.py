"""The promise of the unit of work: record is the only way to change the ledger."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from audit import Record
from ledger.core import projection
from ledger.core.actor import Actor, Role
from ledger.core.authority import Resource
from ledger.core.db import db, table_of
from ledger.core.errors import Bug, Forbidden
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.trail import LogEntry, Pending
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory.entries import OrganisationRegistered
from ledger.directory.models import Organisation
from ledger.edge.once import IdempotencyKey
from tests.conftest import NOW
from tests.core.given import STEWARD, authorise, count, register_organisation, registered


def row() -> dict[str, object]:
    return {"id": new_id(), "name": "X", "kind": "trust", "registered_at": NOW}


def flush(work: UnitOfWork) -> None:
    work.session.add(Organisation(**row()))
    work.session.flush()


def flush_when_recording(work: UnitOfWork) -> None:
    work.session.add(Organisation(**row()))
    work.record(registered())


def leave_it_to_the_commit(work: UnitOfWork) -> None:
    work.session.add(Organisation(**row()))


def bulk_update(work: UnitOfWork) -> None:
    work.session.execute(update(Organisation).values(name="T"))


def bulk_insert_past_the_orm(work: UnitOfWork) -> None:
    work.session.connection().execute(insert(table_of(Organisation)), [row()])


def insert_into_the_log(work: UnitOfWork) -> None:
    work.session.execute(insert(Pending).values(position=1, log="ledger", work=new_id()))


@pytest.mark.parametrize(
    "change",
    [
        flush,
        flush_when_recording,
        leave_it_to_the_commit,
        bulk_update,
        bulk_insert_past_the_orm,
        insert_into_the_log,
    ],
)
def test_a_change_without_a_record_is_a_bug(
    session: Session, change: Callable[[UnitOfWork], None]
) -> None:
    with pytest.raises(Bug, match=r"work\.record"), unit_of_work(STEWARD) as work:
        authorise(work)
        change(work)
    assert count(session, Organisation) == count(session, LogEntry) == 0


def test_the_fence_stands_outside_a_unit_of_work_too(session: Session) -> None:
    session.get_one(Organisation, register_organisation()).name = "Another"
    with pytest.raises(Bug, match=r"work\.record"):
        session.commit()
    session.rollback()


def test_a_record_that_nobody_authorised_is_a_bug(session: Session) -> None:
    with pytest.raises(Bug, match="authorise"), unit_of_work(STEWARD) as work:
        work.record(registered())
    assert count(session, LogEntry) == 0


def test_an_authorisation_covers_as_many_records_as_it_says(session: Session) -> None:
    with pytest.raises(Bug, match="authorise"), unit_of_work(STEWARD) as work:
        authorise(work, records=2)
        for _ in range(3):
            work.record(registered())
    assert count(session, Organisation) == count(session, LogEntry) == 0


def test_an_error_after_the_entry_leaves_neither(session: Session) -> None:
    with pytest.raises(RuntimeError), unit_of_work(STEWARD) as work:
        authorise(work)
        work.record(registered())
        raise RuntimeError
    assert count(session, Organisation) == count(session, LogEntry) == 0


def test_all_entries_of_one_unit_of_work_name_it(session: Session) -> None:
    with unit_of_work(STEWARD) as work:
        authorise(work, records=2)
        work.record(registered())
        work.record(registered())
    records = [Record.from_bytes(body) for body in session.scalars(select(LogEntry.body))]
    assert [record.work for record in records] == [work.id, work.id]
    assert {record.policy for record in records} == {work.policy.digest}
    assert {record.actor for record in records} == {STEWARD.ref}


def test_a_projection_writes_state_and_nothing_else(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def note_it_elsewhere(session: Session, *_: object) -> None:
        session.execute(insert(IdempotencyKey))

    monkeypatch.setitem(projection._projections, OrganisationRegistered, note_it_elsewhere)
    with pytest.raises(Bug, match="idempotency_keys is Operational"), unit_of_work(STEWARD) as work:
        authorise(work)
        work.record(registered())


def test_an_entry_without_a_projection_is_a_bug(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(projection._projections, OrganisationRegistered)
    with pytest.raises(Bug, match="has no projection"), unit_of_work(STEWARD) as work:
        authorise(work)
        work.record(registered())
    assert count(session, LogEntry) == 0


def test_a_record_that_failed_halfway_cannot_be_ignored(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(projection._projections, OrganisationRegistered)
    with pytest.raises(Bug, match="halfway"), unit_of_work(STEWARD) as work:
        authorise(work)
        with suppress(Bug):
            work.record(registered())
    assert count(session, LogEntry) == 0


def test_units_of_work_do_not_nest(app: Flask) -> None:
    with pytest.raises(Bug, match="inside another"), unit_of_work(STEWARD), unit_of_work(STEWARD):
        pass
    assert not db.session().info


PROBER = Role.CLINICIAN


def probe(actor: Actor, permission: Permission = Permission.LOG_READ) -> None:
    with pytest.raises(Forbidden), unit_of_work(actor) as work:
        work.authorise(permission, on=Resource())


def refusals(session: Session) -> list[tuple[str, str]]:
    chosen = select(LogEntry.body).where(LogEntry.kind == "authority.refused")
    records = [Record.from_bytes(body) for body in session.scalars(chosen)]
    return [(record.actor, record.entry.data()["permission"]) for record in records]  # type: ignore[misc]


def test_a_refusal_tells_the_prober_nothing_and_the_log_everything(session: Session) -> None:
    prober = Actor.person(new_id(), roles=frozenset({PROBER}))
    with pytest.raises(Forbidden) as refusal, unit_of_work(prober) as work:
        work.authorise(Permission.LOG_READ, on=Resource())
    assert "log" not in refusal.value.detail
    assert refusals(session) == [(prober.ref, "log:read")]


def test_somebody_who_tries_in_a_loop_does_not_fill_the_log(session: Session) -> None:
    prober = Actor.person(new_id(), roles=frozenset({PROBER}))
    for _ in range(20):
        probe(prober)
    probe(prober, Permission.LOG_EXPORT)
    assert refusals(session) == [(prober.ref, "log:read"), (prober.ref, "log:export")]
