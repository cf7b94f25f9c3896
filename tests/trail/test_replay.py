"""The ledger's state is what its log adds up to, and a row changed by hand is named."""

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text

from ledger.commands.log import group
from ledger.core import privacy
from ledger.core.db import db
from ledger.core.replay import NotEmpty, Report, replay
from ledger.core.trail import LogEntry
from ledger.directory.models import Organisation
from tests.conftest import Sequenced
from tests.core.given import register_organisation
from tests.databases import NewDatabase
from tests.trail.given import Known, partnership, tamper


@pytest.fixture
def known(app: Flask) -> Known:
    return partnership(app)


def replayed() -> Report:
    copy = create_engine("sqlite://")
    report = replay(db.engine, copy)
    copy.dispose()
    return report


def test_replay_equals_live_whether_indexed_or_not(
    app: Flask, known: Known, sequenced: Sequenced
) -> None:
    sequenced()
    register_organisation()

    report = replayed()

    assert (report.differences, report.erased, report.entries) == ([], [], 5)
    assert report.rows["organisations"] == 3


def test_the_copy_has_the_triggers_of_the_original(app: Flask, new_database: NewDatabase) -> None:
    copy = create_engine("sqlite://")
    replay(db.engine, copy)
    names = text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")
    with copy.connect() as connection:
        assert connection.scalar(names)
    with pytest.raises(NotEmpty, match="has tables already"):
        replay(db.engine, copy)
    copy.dispose()


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("change", "complaints"),
    [
        (
            "UPDATE organisations SET name = 'Another'",
            ["name is Another, the log says Northmoor Trust"] * 2,
        ),
        (
            "UPDATE patients SET registered_at = '2001-01-01 00:00:00'",
            ["registered_at is 2001-01-01"] * 2,
        ),
    ],
)
def test_a_changed_value_is_named(app: Flask, change: str, complaints: list[str]) -> None:
    tamper(change.split()[1], change)

    differences = replayed().differences
    assert len(differences) == len(complaints)
    for complaint, difference in zip(complaints, differences, strict=True):
        assert complaint in difference


def test_rows_that_came_or_went_are_named(app: Flask, known: Known) -> None:
    columns = ", ".join(column.name for column in Organisation.__table__.columns)
    copied = columns.replace("id,", "'0123456789abcdef0123456789abcdef',", 1)
    one = f"WHERE id = '{known.organisation_id.hex}'"
    if db.engine.dialect.name == "postgresql":
        one = f"WHERE id = '{known.organisation_id}'"
        copied = copied.replace("',", "'::uuid,", 1)
    tamper("organisations", f"INSERT INTO organisations ({columns}) SELECT {copied} "
                            f"FROM organisations {one}")  # fmt: skip

    (difference,) = replayed().differences
    assert difference.endswith("no entry of the log made it")
    assert difference.startswith("organisations 01234567-89ab-cdef-0123-456789abcdef")


def test_what_is_erased_is_no_difference_and_nothing_of_it_is_shown(
    app: Flask, known: Known
) -> None:
    privacy.erase(db.session(), known.patient_id)
    db.session.commit()

    report = replayed()

    assert (report.differences, report.erased) == ([], [known.entry_id])


def test_a_sealed_row_that_was_changed_is_named_without_its_value(app: Flask, known: Known) -> None:
    tamper("patient_lookups", "UPDATE patient_lookups SET identity_hmac = :d", d=b"x" * 32)

    differences = replayed().differences
    assert len(differences) == 2
    for difference in differences:
        assert difference.endswith("identity_hmac is something, the log says something")


def test_a_private_payload_that_was_changed_is_named(app: Flask, known: Known) -> None:
    tamper("private_payloads", "UPDATE private_payloads SET sealed = :s", s=b"x" * 64)

    differences = replayed().differences
    assert f"private_payloads {known.entry_id}: does not open" in differences


def test_an_entry_that_cannot_be_applied_is_named_and_the_rest_is_compared(
    app: Flask, known: Known
) -> None:
    body = db.session.scalar(select(LogEntry.body).order_by(LogEntry.position).limit(1))
    assert body is not None
    second = "(SELECT min(position) + 1 FROM entries)"
    tamper("entries", f"UPDATE entries SET body = :b WHERE position = {second}", b=body)

    differences = replayed().differences
    assert any("entry 1 of the log: directory.organisation-registered" in d for d in differences)
    assert any(d.startswith("organisations ") and "no entry" in d for d in differences)

    unknown = body.replace(b"organisation-registered", b"organisation-guessed")
    tamper("entries", f"UPDATE entries SET body = :b WHERE position = {second}", b=unknown)
    assert any("organisation-guessed" in difference for difference in replayed().differences)


@pytest.mark.usefixtures("known")
def test_the_command_says_equal_or_what_differs(app: Flask) -> None:
    runner = app.test_cli_runner()

    result = runner.invoke(group, ["replay"])
    assert (result.exit_code, "equal: 4 entries" in result.output) == (0, True), result.output

    tamper("organisations", "UPDATE organisations SET name = 'Another'")
    result = runner.invoke(group, ["replay"])
    assert result.exit_code == 1
    assert "DIFFERS organisations " in result.output
    assert "is not what its log says" in result.output

    live = db.engine.url.render_as_string(hide_password=False)
    result = runner.invoke(group, ["replay", live])
    assert (result.exit_code, "has tables already" in result.output) == (1, True)
    assert runner.invoke(group, ["replay", "nonsense"]).exit_code == 2
