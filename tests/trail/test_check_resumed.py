"""A check that was interrupted goes on where it was, and believes nothing that was not signed."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from ledger.commands.log import group
from ledger.core import check
from ledger.core.check import entries
from ledger.core.work import unit_of_work
from tests.conftest import Sequenced
from tests.core.given import STEWARD, authorise, registered
from tests.trail.given import tamper


def run(app: Flask, *command: str) -> Result:
    return app.test_cli_runner().invoke(group, ["check", *command])


@pytest.fixture
def grown(app: Flask, sequenced: Sequenced) -> Flask:
    """Two batches: 300 entries signed, and 300 more."""
    for _ in range(2):
        with unit_of_work(STEWARD) as work:
            authorise(work, records=300)
            for _ in range(300):
                work.record(registered())
        sequenced()
    return app


def test_it_reads_no_more_what_it_has_found_in_order(grown: Flask, tmp_path: Path) -> None:
    file = tmp_path / "progress"
    assert run(grown, "--resume", str(file)).exit_code == 0
    again = run(grown, "--resume", str(file))
    assert "an earlier run has checked the first 512 entries" in again.output
    assert (again.exit_code, "ledger: 600 entries" in again.output) == (0, True)

    tamper("entries", "UPDATE entries SET body = :f WHERE position = 9", f=b"f")
    assert run(grown, "--resume", str(file)).exit_code == 0, "what it passes over"
    whole = run(grown)
    assert (whole.exit_code, "entry 8 is not what was hashed" in whole.output) == (1, True)


def test_what_is_interrupted_goes_on_from_the_last_checkpoint(
    grown: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "progress"
    real = entries.check_entries

    def interrupted(session: object, leaves: object, report: object) -> object:
        if leaves[0].number == 512:  # type: ignore[index]
            raise KeyboardInterrupt
        return real(session, leaves, report)  # type: ignore[arg-type]

    monkeypatch.setattr(check, "check_entries", interrupted)
    assert run(grown, "--resume", str(file)).exit_code != 0
    monkeypatch.undo()
    result = run(grown, "--resume", str(file))
    assert "checked the first 256 entries" in result.output  # Of 300 that were signed then.
    assert result.exit_code == 0


def test_a_fault_is_found_again_by_each_run(grown: Flask, tmp_path: Path) -> None:
    file = tmp_path / "progress"
    tamper("entries", "UPDATE entries SET body = :f WHERE position = 600", f=b"f")
    first = run(grown, "--resume", str(file))
    result = run(grown, "--resume", str(file))
    for one in (first, result):
        assert (one.exit_code, "entry 599 is not what" in one.output) == (1, True)
    assert "checked the first 256 entries" in result.output


def test_leaves_that_are_passed_over_still_lead_to_what_was_signed(
    grown: Flask, tmp_path: Path
) -> None:
    file = tmp_path / "progress"
    assert run(grown, "--resume", str(file)).exit_code == 0
    tamper("tree_nodes", 'UPDATE tree_nodes SET hash = :f WHERE "index" = 0', f=b"f" * 32)
    result = run(grown, "--resume", str(file))
    assert "an earlier run" not in result.output, "all is read again"
    assert (result.exit_code, "node 0 is not the root of the leaves 0" in result.output) == (
        1,
        True,
    )


def test_a_restored_database_is_not_what_was_checked(grown: Flask, tmp_path: Path) -> None:
    file = tmp_path / "progress"
    assert run(grown, "--resume", str(file)).exit_code == 0
    tamper("frontier", "UPDATE frontier SET size = 0, peaks = :f WHERE log = 'ledger'", f=b"")
    result = run(grown, "--resume", str(file))
    assert "an earlier check found 512 signed entries here, and there are 0" in result.output


def test_a_file_that_was_changed_is_refused(grown: Flask, tmp_path: Path) -> None:
    file = tmp_path / "progress"
    assert run(grown, "--resume", str(file)).exit_code == 0
    kept = json.loads(file.read_text())
    forgeries: tuple[object, ...] = (
        {**kept, "by": "00" * 32},
        {**kept, "marks": kept["marks"].replace("a", "b")},
        {**kept, "marks": "[]"},
        [],
        {"marks": 1},
    )
    for forged in forgeries:
        file.write_text(json.dumps(forged))
        result = run(grown, "--resume", str(file))
        assert (result.exit_code, "Error: Invalid value for --resume" in result.output) == (2, True)
