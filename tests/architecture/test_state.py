"""Every table is one of four sorts, and what is replayed depends on the log alone."""

import re
from pathlib import Path

import pytest

import ledger
from ledger.app import create_app
from ledger.core.db import SORTS, Base, Projected, Sealed, sort_of
from tests.databases import settings_for


@pytest.fixture(autouse=True, scope="module")
def every_model() -> None:
    create_app(settings_for("sqlite://"))


def tables(*sorts: type[Base]) -> list[str]:
    return [t.name for t in Base.metadata.sorted_tables if sort_of(t.name) in sorts]


def test_every_table_has_a_sort() -> None:
    assert {sort_of(table.name) for table in Base.metadata.sorted_tables} <= set(SORTS)


def test_state_refers_to_state_only_so_that_it_can_be_rebuilt_alone() -> None:
    state = tables(Projected, Sealed)
    for name in state:
        for key in Base.metadata.tables[name].foreign_keys:
            assert key.column.table.name in state, f"{name}.{key.parent.name}"


def test_nothing_is_filled_in_behind_a_projections_back() -> None:
    for name in tables(Projected, Sealed):
        for column in Base.metadata.tables[name].columns:
            given = (column.default, column.onupdate, column.server_default, column.identity)
            assert given == (None,) * 4, f"{column} is not from the record"


def test_what_is_personal_is_not_in_state_that_stays() -> None:
    personal = re.compile(r"(name|email|birth|nhs_number|phone)$")
    of_no_person = {
        "bodies.name",
        "organisation_names.name",
        "organisations.name",
        "teams.name",
    }
    found = {
        str(column)
        for name in tables(Projected)
        for column in Base.metadata.tables[name].columns
        if personal.search(column.name)
    }
    assert found <= of_no_person, "a person's details belong under their key"


def test_sealed_tables_hold_fingerprints_and_pointers_only() -> None:
    for name in tables(Sealed):
        for column in Base.metadata.tables[name].columns:
            assert column.name.endswith(("_id", "_hmac", "_on", "_at", "version")), (
                f"{column}: a sealed row is found by a keyed HMAC and points to a payload"
            )


@pytest.mark.parametrize(
    ("pattern", "files", "why"),
    [
        (
            r"\.commit\(\)",
            {"core/work.py", "core/refusals.py", "core/replay.py", "edge/operational.py"},
            "a command never commits",
        ),
        (
            r"exec_driver_sql|import .*\btext\b",
            {"core/db.py", "api/operations.py"},
            "the fence does not see raw SQL",
        ),
    ],
)
def test_what_the_fence_cannot_see_is_not_written(pattern: str, files: set[str], why: str) -> None:
    source = Path(ledger.__file__).parent
    found = {
        str(file.relative_to(source))
        for file in source.rglob("*.py")
        if re.search(pattern, file.read_text())
    }
    assert found <= files, why
