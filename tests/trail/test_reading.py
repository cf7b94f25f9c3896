"""Who may read what of the trail; that they read it is in the trail."""

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from audit import Record
from ledger.core import receipts
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.entries import TrailRead
from ledger.core.errors import Forbidden, NotFound
from ledger.core.filters import BadFilter, Filter
from ledger.core.ids import new_id
from ledger.core.reading import EntryView, entry_of, open_entry, search
from ledger.core.receipts import NotYetSigned
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from tests.conftest import NOW, Sequenced
from tests.core.given import STEWARD, authorise, register_organisation, registered
from tests.trail.given import AUDITOR, Known, partnership


@pytest.fixture
def known(app: Flask) -> Known:
    return partnership(app)


def found(**conditions: object) -> list[EntryView]:
    limit = conditions.pop("limit", 100)
    before = conditions.pop("before_position", None)
    with unit_of_work(AUDITOR) as work:
        which = Filter(**conditions)  # type: ignore[arg-type]
        page = search(work, which=which, limit=limit, before_position=before)  # type: ignore[arg-type]
        assert page.more is (len(page.entries) == limit)
        return list(page.entries)


def test_each_condition_finds_its_entries(app: Flask, known: Known) -> None:
    patient = f"patient:{known.patient_id}"
    organisation = f"organisation:{known.organisation_id}"

    assert [view.id for view in found(subject=patient)] == [known.entry_id]
    assert len(found(subject=organisation)) == 3
    assert len(found(kind="directory.patient-registered")) == 2
    assert len(found(kind="directory")) == 4
    assert found(kind="direct") == []
    assert len(found(actor=STEWARD.ref)) == 4
    assert len(found(kind="directory", since=NOW, before=NOW + timedelta(seconds=1))) == 4
    assert found(kind="directory", before=NOW) == []
    assert found(org=new_id()) == []
    assert found(log="access") == []
    assert [view.id for view in found(subject=patient, kind="directory")] == [known.entry_id]


def test_pages_are_newest_first_and_leave_nothing_out(app: Flask, known: Known) -> None:
    everything = [view.position for view in found(kind="directory")]
    assert everything == sorted(everything, reverse=True)

    first = found(kind="directory", limit=3)
    rest = found(kind="directory", limit=3, before_position=first[-1].position)
    assert [view.position for view in (*first, *rest)] == everything


def test_reading_is_an_entry_that_says_what_and_how_much(app: Flask, known: Known) -> None:
    found(kind="directory.patient-registered", since=NOW)

    body = db.session.scalar(select(LogEntry.body).order_by(LogEntry.position.desc()).limit(1))
    assert body is not None
    record = Record.from_bytes(body)
    assert isinstance(record.entry, TrailRead)
    assert record.actor == AUDITOR.ref
    assert record.entry.rows == 2
    assert record.entry.filters == (
        "log=ledger",
        "kind=directory.patient-registered",
        "since=2026-03-02T09:30:00+00:00",
    )


@pytest.mark.parametrize(
    ("conditions", "field"),
    [
        ({"subject": "patient:9990000018"}, "subject"),
        ({"subject": "pirate:00000000-0000-0000-0000-000000000000"}, "subject"),
        ({"actor": "Ada"}, "actor"),
        ({"kind": "consent granted"}, "kind"),
        ({"log": "other"}, "log"),
        ({"since": NOW, "before": NOW}, "before"),
    ],
)
def test_a_condition_that_the_log_cannot_have_is_named(
    conditions: dict[str, object], field: str
) -> None:
    with pytest.raises(BadFilter) as caught:
        Filter(**conditions)  # type: ignore[arg-type]
    assert [fault.field for fault in caught.value.faults] == [field]


def test_only_who_may_search_searches(app: Flask, known: Known) -> None:
    patient = Actor.person(new_id(), roles=frozenset({Role.PATIENT}), patient_id=known.patient_id)
    with pytest.raises(Forbidden), unit_of_work(patient) as work:
        search(work, which=Filter(), limit=10)


def visible(actor: Actor, entry_id: UUID) -> bool:
    try:
        with unit_of_work(actor) as work:
            return open_entry(work, entry_id).id == entry_id
    except NotFound:
        return False


def test_everybody_opens_what_concerns_them_and_nothing_else(app: Flask, known: Known) -> None:
    def someone(role: Role, **facts: object) -> Actor:
        return Actor.person(new_id(), roles=frozenset({role}), **facts)

    about_her = known.entry_id
    assert visible(AUDITOR, about_her)
    assert visible(someone(Role.PATIENT, patient_id=known.patient_id), about_her)
    assert not visible(someone(Role.PATIENT, patient_id=new_id()), about_her)
    assert not visible(someone(Role.PATIENT), about_her)
    assert visible(someone(Role.PROXY, proxy_for=frozenset({known.patient_id})), about_her)
    assert not visible(someone(Role.CLINICIAN, patient_id=known.patient_id), about_her)
    assert not visible(someone(Role.SIGNATORY, organisation_id=new_id()), about_her)
    assert not visible(AUDITOR, new_id())


def test_a_member_opens_what_their_organisation_did(app: Flask) -> None:
    trust = new_id()
    acting = Actor.person(new_id(), roles=STEWARD.roles, organisation_id=trust)
    with unit_of_work(acting) as work:
        authorise(work)
        entry_id = work.record(registered()).id
    of_trust = Actor.person(new_id(), roles=frozenset({Role.SIGNATORY}), organisation_id=trust)
    assert visible(of_trust, entry_id)


def test_a_receipt_is_given_once_the_entry_is_signed(
    app: Flask, known: Known, sequenced: Sequenced
) -> None:
    with pytest.raises(NotYetSigned):
        receipts.receipt_of(db.session(), known.entry_id)
    with pytest.raises(NotFound):
        receipts.receipt_of(db.session(), new_id())
    db.session.rollback()
    sequenced()
    receipt = receipts.receipt_of(db.session(), known.entry_id)

    key = app.extensions["signers"]["ledger"].verifier()
    body = entry_of(db.session(), AUDITOR, known.entry_id).body
    assert receipt.verify(body, key).size == 4


def test_proofs_hold_across_tiles(app: Flask, sequenced: Sequenced) -> None:
    for _ in range(259):
        register_organisation()
    sequenced()
    key = app.extensions["signers"]["ledger"].verifier()
    rows = db.session.execute(select(LogEntry.id, LogEntry.body).order_by(LogEntry.position)).all()
    for number in (0, 1, 254, 255, 256, 258):
        receipt = receipts.receipt_of(db.session(), rows[number].id)
        assert receipt.verify(rows[number].body, key).size == 259
        assert receipt.index == number
