"""Payments from a file: read, corrected, sent, approved by somebody else, posted whole or not."""

import csv
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.authority import Refused
from ledger.core.db import TO_WRITE, Projected, db, writing
from ledger.core.errors import NotFound
from ledger.core.replay import replay
from ledger.funding.imports import background as importing
from ledger.funding.imports import queries
from ledger.funding.imports.models import ImportedPayment
from ledger.funding.imports.queries import ImportView
from ledger.funding.imports.rules.cells import read_amount
from ledger.funding.imports.rules.files import open_file
from ledger.funding.imports.rules.mapping import (
    FileMapping,
    MappingRefused,
    Part,
    guess_columns,
    words_of,
)
from ledger.funding.imports.service import batches as import_batches
from ledger.funding.imports.service import files as imports
from ledger.funding.imports.service import posting as import_posting
from ledger.funding.imports.service.batches import ImportNotWaiting, RowsNotRight
from ledger.funding.imports.service.files import FileImportedAlready, NotInThatStage
from ledger.funding.imports.service.reading import read_all
from ledger.funding.models import PoolTransaction
from ledger.funding.queries import transactions
from ledger.funding.queries.spending import spent
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import MakerApproves, SpeaksForNobodyHere
from tests.given import directory, payments
from tests.given.funding import GivenPool, held, pool, posted


def seen(given: GivenPool, import_id: UUID) -> ImportView:
    db.session.remove()
    return queries.import_of(db.session(), given.view, import_id)


def test_every_row_becomes_a_pair_of_postings_and_replay_agrees(
    session: Session, given: GivenPool, tmp_path: Path
) -> None:
    import_id = payments.imported(given, payments.file(payments.rows(150)))
    one = seen(given, import_id)
    assert one.stage == "posted"
    assert one.report is not None
    total_minor = one.report["total_minor"]
    rows = queries.payments(db.session(), given.view, import_id, limit=1000)
    assert [row.line for row in rows] == list(range(2, 152))
    for row in rows[::29]:
        legs = transactions.transaction(db.session(), given.view, row.transaction_id).postings
        assert [leg.amount_minor for leg in legs[row.seq : row.seq + 2]] == [
            row.amount_minor, -row.amount_minor,
        ]  # fmt: skip
        found = queries.payment_of_posting(db.session(), row.transaction_id, row.seq + 1)
        assert found == row
    spent_minor = sum(one.amount_minor for one in spent(db.session(), given.view))
    assert spent_minor == total_minor == -held(db.session(), given, Head.DUE_HOST)
    assert held(db.session(), given, Head.PAYABLE, given.partners[0]) == 0
    db.session.remove()
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []
    assert report.rows["pool_payments"] == 150


def test_nothing_is_posted_before_somebody_else_approves(given: GivenPool) -> None:
    import_id = payments.uploaded(given, payments.file(payments.rows(20)))
    posted(given.manager, import_batches.send, import_id)
    assert importing.post(import_id) == 0
    with pytest.raises(MakerApproves):
        posted(_also_approves(given), import_batches.approve, import_id)
    with pytest.raises(SpeaksForNobodyHere):
        posted(given.leads[1], import_batches.approve, import_id)
    with pytest.raises(Refused):
        posted(given.manager, import_batches.approve, import_id)
    assert queries.posted_count(db.session(), import_id) == 0
    posted(given.approver, import_batches.approve, import_id)
    for again in (import_batches.approve, import_batches.drop):
        with pytest.raises(ImportNotWaiting):
            posted(given.approver, again, import_id)
    importing.carry_on()
    assert queries.posted_count(db.session(), import_id) == 20
    assert importing.post(import_id) == 0
    assert queries.posted_count(db.session(), import_id) == 20


def _also_approves(given: GivenPool) -> Actor:
    return replace(given.manager, roles=frozenset({Role.POOL_MANAGER, Role.FINANCE_LEAD}))


def test_who_may(given: GivenPool) -> None:
    content = payments.file(payments.rows(3))
    host, other = given.partners[0], given.partners[1]
    may = {
        directory.member(Role.POOL_MANAGER, at=host): None,
        directory.member(Role.POOL_MANAGER, at=other): Refused,
        directory.member(Role.POOL_MANAGER): NotFound,
        directory.member(Role.CLINICIAN, at=host): NotFound,
    }
    for actor, error in may.items():
        if error is None:
            posted(actor, imports.upload, given.id, content=content)
        else:
            with pytest.raises(error):
                posted(actor, imports.upload, given.id, content=b"x")


def test_wrong_rows_and_repeated_payments_stop_all_of_it(given: GivenPool) -> None:
    rows = payments.rows(30)
    wrong = payments.uploaded(given, payments.file([*rows, "soon,Reablement,,,9-9,1.00"]))
    with pytest.raises(RowsNotRight, match="1 things are wrong"):
        posted(given.manager, import_batches.send, wrong)
    twice = payments.uploaded(given, payments.file([*rows, rows[4]]))
    assert seen(given, twice).report["duplicates"] == [[32, "line 6"]]  # type: ignore[index]
    with pytest.raises(RowsNotRight, match="look like others"):
        posted(given.manager, import_batches.send, twice)
    posted(given.manager, imports.correct, twice, said={"distinct": [32]})
    importing.carry_on()
    posted(given.manager, import_batches.send, twice)
    assert seen(given, twice).stage == "sent"


def test_what_was_imported_before_is_recognised(given: GivenPool) -> None:
    content = payments.file(payments.rows(30))
    payments.imported(given, content)
    with pytest.raises(FileImportedAlready):
        posted(given.manager, imports.upload, given.id, content=content)
    later = payments.uploaded(given, payments.file(payments.rows(30, first=20)))
    report = seen(given, later).report
    assert report is not None
    assert report["duplicate_count"] == 10
    assert report["duplicates"][0] == [2, "line 22 of an earlier file"]


def test_two_files_with_the_same_payments_are_not_both_posted(given: GivenPool) -> None:
    rows = payments.rows(10)
    both = [payments.uploaded(given, payments.file(some)) for some in (rows, rows[::-1])]
    posted(given.manager, import_batches.send, both[0])
    importing.carry_on()
    posted(given.manager, import_batches.send, both[1])
    for import_id in both:
        posted(given.approver, import_batches.approve, import_id)
    importing.carry_on()
    counts = {queries.posted_count(db.session(), one): one for one in both}
    assert set(counts) == {10, 0}
    assert "meanwhile" in (seen(given, counts[0]).problem or "")


def test_a_mapping_is_corrected(given: GivenPool) -> None:
    import_id = payments.uploaded(given, payments.file(payments.rows(10)))
    said = {"schemes": {"Community equipment store": str(given.schemes[1])}, "order": "month-first"}
    posted(given.manager, imports.correct, import_id, said=said)
    importing.carry_on()
    report = seen(given, import_id).report
    assert report is not None
    assert report["new_schemes"] == []
    for wrong in (
        {"columns": {"day": 0}},
        {"schemes": {"Reablement": str(given.provider)}},
        {"provider_id": str(given.partners[2])},
    ):
        with pytest.raises(MappingRefused):
            posted(given.manager, imports.correct, import_id, said=wrong)
    posted(given.manager, import_batches.send, import_id)
    for late in (imports.discard, import_batches.send):
        with pytest.raises(NotInThatStage):
            posted(given.manager, late, import_id)


def test_a_dropped_import_leaves_nothing(given: GivenPool) -> None:
    import_id = payments.uploaded(given, payments.file(payments.rows(5)))
    posted(given.manager, import_batches.send, import_id)
    posted(given.approver, import_batches.drop, import_id)
    importing.carry_on()
    assert seen(given, import_id).stage == "dropped"
    assert queries.posted_count(db.session(), import_id) == 0


def test_a_failure_in_the_middle_leaves_nothing_and_it_is_done_again(
    given: GivenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = payments.uploaded(given, payments.file(payments.rows(40)))
    posted(given.manager, import_batches.send, import_id)
    posted(given.approver, import_batches.approve, import_id)
    count = select(func.count()).select_from(PoolTransaction)
    before = db.session().scalar(count)
    with monkeypatch.context() as broken:
        broken.setattr(import_posting, "ImportPosted", None)  # After every posting is inserted.
        with pytest.raises(TypeError):
            importing.post(import_id)
    db.session.remove()
    assert db.session().scalar(count) == before
    assert queries.posted_count(db.session(), import_id) == 0
    importing.carry_on()
    assert queries.posted_count(db.session(), import_id) == 40


def test_the_database_refuses_to_change_what_was_imported(given: GivenPool) -> None:
    payments.imported(given, payments.file(payments.rows(3)))
    db.session.remove()
    table = ImportedPayment.__table__
    for statement in (table.update().values(amount_minor=1), table.delete()):  # type: ignore[attr-defined]
        with (
            pytest.raises(DBAPIError),
            writing(Projected),
            db.engine.connect().execution_options(**TO_WRITE) as connection,
        ):
            connection.execute(statement)


def published(folder: Path) -> dict[tuple[str, str, str], int]:
    """Return what the council published for each month, service and category."""
    with (folder / "leeds_pooled_budget_monthly.csv").open() as file:
        return {
            (row["month"], row["service"], row["category"]): read_amount(row["amount_gbp"])
            for row in csv.DictReader(file)
        }


def test_the_real_rows_sum_to_the_published_months(real_data: Path) -> None:
    folder = real_data / "funding"
    file = open_file((folder / "leeds_pooled_budget_payments.csv").read_bytes())
    columns = {p: g.column for p, g in guess_columns(file).items() if g.column is not None}
    host = uuid4()
    schemes = dict.fromkeys(words_of(file, columns[Part.SERVICE]), host)
    mapping = FileMapping(columns=columns, schemes=schemes, provider_id=host)
    found, payments_ = read_all(file, mapping, today=date(2026, 3, 2))
    assert (found.rows, found.fault_count, found.twice) == (28_086, 0, {})
    assert found.months == published(folder)
    assert sum(one.amount_minor for one in payments_) == 181_172_115_32


@pytest.mark.soak
def test_the_real_payments_are_posted_to_the_penny(session: Session, real_data: Path) -> None:
    given, folder = pool(), real_data / "funding"
    content = (folder / "leeds_pooled_budget_payments.csv").read_bytes()
    import_id = payments.imported(given, content)
    assert queries.posted_count(db.session(), import_id) == 28_086
    names = {one.id: one.title for one in given.view.schemes}
    found: Counter[tuple[str, str, str]] = Counter()
    for one in spent(db.session(), given.view):
        nature = one.nature.value if one.nature else ""
        found[one.month, names[one.scheme_id], nature] += one.amount_minor
    assert found == {
        (month, service, category.lower().replace(" ", "-")): minor
        for (month, service, category), minor in published(folder).items()
    }
