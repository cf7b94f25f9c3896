"""Whatever the owner of the database changes, a check says what and where."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from audit import Checkpoint, leaf_hash
from audit.note import sign
from ledger.commands.log import group
from ledger.core import check
from ledger.core.db import db, snapshot
from ledger.core.trail import LogEntry
from tests.conftest import Sequenced
from tests.core.given import register_organisation
from tests.trail.given import Known, partnership, tamper


def run(app: Flask, *command: str) -> Result:
    return app.test_cli_runner().invoke(group, command)


@pytest.fixture
def known(app: Flask, sequenced: Sequenced) -> Known:
    found = partnership(app)
    sequenced()
    return found


@pytest.mark.usefixtures("known")
def test_a_log_that_nobody_touched_agrees(app: Flask) -> None:
    result = run(app, "check")

    assert (result.exit_code, "everything agrees" in result.output) == (0, True)
    assert "ledger: 4 entries, 0 waiting, 1 checkpoints agree" in result.output


@pytest.mark.usefixtures("known")
def test_entries_that_wait_are_counted(app: Flask) -> None:
    register_organisation()

    assert "ledger: 4 entries, 1 waiting" in run(app, "check").output


def test_an_empty_log_agrees(app: Flask) -> None:
    assert "ledger: 0 entries" in run(app, "check").output


TAMPERING = {
    "an entry's bytes": (
        "entries",
        "UPDATE entries SET body = :forged WHERE kind = 'directory.organisation-registered'",
        "entry 0 is not what was hashed (",
        "",
    ),
    "an entry's column": (
        "entries",
        "UPDATE entries SET actor = 'person:x' WHERE kind = 'directory.patient-registered'",
        "the column actor is person:x",
        "its bytes say person:",
    ),
    "whom an entry is about": (
        "entry_subjects",
        "DELETE FROM entry_subjects WHERE subject LIKE 'patient:%'",
        "entry 2: entry_subjects is not what its bytes say",
        "entry 3:",
    ),
    "a leaf": (
        "leaves",
        'UPDATE leaves SET hash = :forged WHERE "index" = 2',
        "entry 2 is not what was hashed (",
        "signed another tree",
    ),
    "a leaf that goes": (
        "leaves",
        'DELETE FROM leaves WHERE "index" = 1',
        "leaf 1 is missing; what follows was not checked",
        "frontier: stored for 4 leaves, and there are 1",
    ),
    "the last leaf": (
        "leaves",
        'DELETE FROM leaves WHERE "index" = 3',
        "checkpoint of size 4: signed, and only 3 leaves are here",
        "has no index and waits for none",
    ),
    "two entries swapped": (
        "leaves",
        (
            'UPDATE leaves SET "index" = 9 WHERE "index" = 1;'
            'UPDATE leaves SET "index" = 1 WHERE "index" = 3;'
            'UPDATE leaves SET "index" = 3 WHERE "index" = 9'
        ),
        "signed another tree",
        "is broken",
    ),
    "a checkpoint": (
        "checkpoints",
        "UPDATE checkpoints SET note = replace(note, '4', '5')",
        "checkpoint of size 4",
        "the signature of test.example/log is wrong",
    ),
    "a checkpoint of the future": (
        "checkpoints",
        "INSERT INTO checkpoints (log, size, at, note) SELECT log, 9, at, note FROM checkpoints",
        "checkpoint of size 9: signed, and only 4 leaves are here",
        "old backup",
    ),
    "a link of a chain": (
        "chains",
        "UPDATE chains SET head = :forged WHERE n = 2",
        "chain of organisation:",
        "is broken",
    ),
    "a chain that is cut": (
        "chains",
        "DELETE FROM chains WHERE subject LIKE 'patient:%'",
        "entry 2: its links in chains are not those of its subjects",
        "entry 3: its links",
    ),
    "the frontier": (
        "frontier",
        "UPDATE frontier SET peaks = :forged WHERE log = 'ledger'",
        "frontier: its peaks are not those of the leaves",
        "",
    ),
    "a node that nobody made": (
        "tree_nodes",
        "INSERT INTO tree_nodes (log, level, \"index\", hash) VALUES ('ledger', 1, 0, :forged)",
        "tree_nodes: there are 1, and the leaves make 0",
        "",
    ),
    "a text": (
        "blobs",
        "INSERT INTO blobs (digest, media_type, content) VALUES ('ab', 'text/plain', :forged)",
        "blobs: the text ab is not what its SHA-256 says",
        "",
    ),
}


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_named(app: Flask, what: str) -> None:
    table, change, complaint, another = TAMPERING[what]
    values = {"forged": b"f" * 32} if ":forged" in change else {}
    tamper(table, change, **values)

    result = run(app, "check")

    assert result.exit_code == 1
    assert complaint in result.output
    assert another in result.output
    assert "Keep this database as it is" in result.output


# PostgreSQL keeps no value of another type than its column has.
@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("UPDATE entries SET body = 'text' WHERE position = 2", "entry 1 is not what was hashed"),
        ("UPDATE entries SET body = replace(body, 'oo', 'o')", "entry 0 is not what was hashed"),
        ("UPDATE entries SET body = CAST(body AS TEXT)", "entry 3 is stored as text"),
        ("UPDATE entries SET at = 'yesterday' WHERE position = 2", "position 2 has a damaged"),
        ("UPDATE entries SET id = 'one' WHERE position = 2", "position 2 has a damaged"),
        ("UPDATE entries SET work = 1 WHERE position = 2", "position 2 has a damaged"),
        ('UPDATE leaves SET hash = 7 WHERE "index" = 1', "entry 1 is not what was hashed"),
        ("UPDATE checkpoints SET note = 7", "checkpoint of size 4"),
        ("UPDATE frontier SET peaks = 'text'", "frontier: its peaks"),
        ("UPDATE chains SET head = 'text' WHERE n = 1", "is broken"),
        (
            "INSERT INTO blobs (digest, media_type, content) VALUES ('ab', 'text', 'text')",
            "the text ab is not what",
        ),
    ],
)
def test_values_of_another_type_are_named_too(
    app: Flask, tmp_path: Path, change: str, complaint: str
) -> None:
    _, second, third, *_ = change.split()
    tamper(third if second == "INTO" else second, change)

    result = run(app, "check")

    assert (result.exit_code, result.exception.__class__) == (1, SystemExit), result.output
    assert complaint in result.output
    export = run(app, "export", str(tmp_path / "bundle.zip"), "--for", "Nobody")
    assert not isinstance(export.exception, TypeError | AttributeError)


@pytest.mark.usefixtures("known")
def test_an_entry_that_is_forged_with_its_leaf_is_found_by_the_signature(app: Flask) -> None:
    body = db.session.scalar(select(LogEntry.body).order_by(LogEntry.position).limit(1))
    assert body is not None
    forged = body.replace(b"Northmoor", b"Southmoor")
    position = "(SELECT min(position) FROM entries)"
    tamper("entries", f"UPDATE entries SET body = :b WHERE position = {position}", b=forged)
    tamper("leaves", 'UPDATE leaves SET hash = :h WHERE "index" = 0', h=leaf_hash(forged))

    output = run(app, "check").output
    assert "is not what was hashed" not in output
    assert "checkpoint of size 4: signed another tree than the leaves make" in output


@pytest.mark.usefixtures("known")
def test_a_log_is_held_to_a_checkpoint_that_was_kept(
    app: Flask, sequenced: Sequenced, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoint"
    kept.write_text(app.test_client().get("/log/checkpoint").text)
    register_organisation()
    sequenced()
    result = run(app, "check", "--kept", str(kept))
    assert "ledger: continues the checkpoint that was kept" in result.output
    assert result.exit_code == 0

    signer = app.extensions["signers"]["ledger"]
    for size in (4, 5, 9):
        forged = Checkpoint(signer.name, size, b"r" * 32).to_text()
        kept.write_text(sign(forged, signer.key))
        result = run(app, "check", "--kept", str(kept))
        assert (result.exit_code, f"kept checkpoint, of size {size}" in result.output) == (1, True)
    kept.write_text("nonsense")
    assert "is not a checkpoint" in run(app, "check", "--kept", str(kept)).output


def test_trees_of_several_tiles_agree_and_a_wrong_node_is_named(
    app: Flask, sequenced: Sequenced
) -> None:
    for _ in range(260):
        register_organisation()
    sequenced()
    key = app.extensions["signers"]["ledger"].verifier()
    with snapshot(db.engine) as session:
        report = check.check(session, "ledger", key)
    assert (report.size, report.faults) == (260, [])

    tamper("tree_nodes", "UPDATE tree_nodes SET hash = :forged", forged=b"f" * 32)
    with snapshot(db.engine) as session:
        report = check.check(session, "ledger", key)
    assert report.faults == ["tile/1/000.p/1: node 0 is not the root of the leaves 0 to 255"]
