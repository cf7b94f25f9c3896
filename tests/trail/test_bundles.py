"""A bundle leaves recorded, and somebody with nothing of ours but `audit` can check it."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from audit import Damaged, Record, leaf_hash
from audit.verify import entries, verify
from ledger.commands.log import group
from ledger.core import bundles, exports, heads, privacy, rulesets
from ledger.core.actor import Actor
from ledger.core.bundles import LogDamaged
from ledger.core.db import db, snapshot
from ledger.core.entries import TrailExportedInForm
from ledger.core.errors import Forbidden
from ledger.core.exports import BadRecipient
from ledger.core.filters import Filter
from ledger.core.receipts import NoCheckpoint
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from tests.conftest import Sequenced
from tests.core.given import STEWARD
from tests.trail.given import AUDITOR, Known, partnership, tamper

ROOT = Path(__file__).parents[2]


@pytest.fixture
def known(app: Flask, sequenced: Sequenced) -> Known:
    found = partnership(app)
    sequenced()
    return found


def run(app: Flask, *command: str) -> Result:
    return app.test_cli_runner().invoke(group, command)


def bundle_of(app: Flask, which: Filter) -> bytes:
    with unit_of_work(AUDITOR) as work:
        announced = exports.announce(work, which=which, recipient="The Board's auditors")
    file, key = BytesIO(), app.extensions["signers"][which.log].verifier()
    with snapshot(db.engine) as session:
        bundles.write(session, announced, file, key=key, demonstration=True)
    return file.getvalue()


def test_the_whole_log_verifies_and_who_took_it_is_recorded(app: Flask, known: Known) -> None:
    content = bundle_of(app, Filter())
    found = verify(BytesIO(content), app.extensions["signers"]["ledger"].verifier())

    assert found.statement.entries == 4
    assert found.statement.demonstration
    assert found.statement.recipient == "The Board's auditors"
    stored = db.session.scalars(select(LogEntry.body).order_by(LogEntry.position)).all()
    assert [body for _, body in entries(BytesIO(content))] == stored[:4]
    last = Record.from_bytes(stored[-1])
    assert isinstance(last.entry, TrailExportedInForm)
    assert (last.actor, last.entry.rows, last.entry.size) == (AUDITOR.ref, 4, 4)
    assert b"auditors" not in stored[-1]  # Words about people are beside the log.
    kept = privacy.opened(db.session(), [last.id])[last.id]["recipient"]
    assert kept == {"recipient": "The Board's auditors"}


def test_a_selection_holds_what_the_filter_fits(app: Flask, known: Known) -> None:
    content = bundle_of(app, Filter(kind="directory.patient-registered"))
    found = verify(BytesIO(content), app.extensions["signers"]["ledger"].verifier())

    assert found.statement.selection["kind"] == "directory.patient-registered"
    (index, body), (other, _) = entries(BytesIO(content))
    assert (index, Record.from_bytes(body).id) == (2, known.entry_id)
    assert other == 3


def test_texts_that_entries_name_go_with_them(app: Flask, sequenced: Sequenced) -> None:
    with unit_of_work(Actor.system("installer")) as work:
        files = rulesets.activate(work).files
    known = partnership(app)
    sequenced()

    heads.commit_all(db.engine, by=Actor.system("clock"))
    sequenced()
    for which in (Filter(), Filter(subject=f"patient:{known.patient_id}")):
        content = bundle_of(app, which)
        blobs = verify(BytesIO(content)).statement.blobs
        assert set(files[1::2]) == set(blobs)


def test_a_flipped_byte_fails_and_says_where(app: Flask, known: Known) -> None:
    for which in (Filter(), Filter(kind="directory")):
        content = bundle_of(app, which)
        chance = Random(7)
        for offset in {*range(60), *(chance.randrange(len(content)) for _ in range(300))}:
            damaged = bytearray(content)
            damaged[offset] ^= 1 << chance.randrange(8)
            with pytest.raises(Damaged, match=r"^byte [0-9,]+, "):
                verify(BytesIO(damaged))


def test_who_gets_it_must_be_said_and_who_takes_it_must_be_allowed(
    app: Flask, known: Known
) -> None:
    for recipient in ("", "  ", "x" * 201, "a\x00b"):
        with pytest.raises(BadRecipient), unit_of_work(AUDITOR) as work:
            exports.announce(work, which=Filter(), recipient=recipient)
    with pytest.raises(Forbidden), unit_of_work(STEWARD) as work:
        exports.announce(work, which=Filter(), recipient="Myself")


def test_there_is_no_bundle_before_there_is_a_signature(app: Flask) -> None:
    with pytest.raises(NoCheckpoint), unit_of_work(AUDITOR) as work:
        exports.announce(work, which=Filter(), recipient="The auditors")


def test_no_bundle_is_made_of_a_log_that_was_tampered_with(app: Flask, known: Known) -> None:
    body = db.session.scalar(select(LogEntry.body).order_by(LogEntry.position).limit(1))
    assert body is not None
    forged = body.replace(b"Northmoor", b"Southmoor")
    where = "WHERE position = (SELECT min(position) FROM entries)"
    tamper("entries", f"UPDATE entries SET body = :b {where}", b=forged)
    tamper("leaves", 'UPDATE leaves SET hash = :h WHERE "index" = 0', h=leaf_hash(forged))

    with pytest.raises(LogDamaged):
        bundle_of(app, Filter())


def test_an_auditor_with_a_bundle_and_python_is_enough(
    app: Flask, known: Known, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.zip"
    key = run(app, "key").output.strip()
    made = run(app, "export", str(file), "--for", "The auditors")
    assert made.exit_code == 0, made.output
    assert f"python -m audit verify {file}" in made.output
    command = [sys.executable, "-m", "audit", "verify", str(file), "--key", key]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "VERIFIED: all 4 entries, of the log test.example/log" in done.stdout

    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("DOES NOT VERIFY: byte ")


def test_the_command_writes_a_file_whole_or_not_at_all(
    app: Flask, known: Known, tmp_path: Path
) -> None:
    file = tmp_path / "bundle.zip"
    assert run(app, "export", str(file)).exit_code == 2
    assert "cannot write" in run(app, "export", str(tmp_path / "no" / "x"), "--for", "A").output
    made = run(app, "export", str(file), "--for", "A", "--kind", "directory", "--log", "ledger")
    assert made.exit_code == 0, made.output
    assert "is there already" in run(app, "export", str(file), "--for", "A").output
    assert list(tmp_path.iterdir()) == [file]
    assert run(app, "verify", str(file)).exit_code == 0


def test_a_receipt_from_the_command_is_checked_alone(
    app: Flask, known: Known, tmp_path: Path
) -> None:
    receipt, entry = tmp_path / "receipt", tmp_path / "entry"
    receipt.write_text(run(app, "receipt", str(known.entry_id)).output)
    body = db.session.scalar(select(LogEntry.body).where(LogEntry.id == known.entry_id))
    assert body is not None
    entry.write_bytes(body)
    key = run(app, "key").output.strip()
    command = [sys.executable, "-m", "audit", "receipt", str(receipt)]

    done = subprocess.run(
        [*command, "--entry", str(entry), "--key", key],
        cwd=ROOT, capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "this is entry 2 of the log" in done.stdout
