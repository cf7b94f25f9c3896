"""After an erasure nothing that somebody was called, or said, is anywhere the service writes.

One patient lives through the API and the commands; then they are erased, the database is swept
as an operator is told to, and every byte of it is searched: tables, free pages, relation files,
write-ahead logs, dumps, what was exported, and the application's own log.
"""

import sqlite3
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.orm import Session

from audit.verify import verify
from ledger.access import service as access
from ledger.access.rules.words import OverrideReason
from ledger.core import bundles, exports, receipts, sweeping
from ledger.core.actor import Role
from ledger.core.db import db, snapshot
from ledger.core.filters import Filter
from ledger.core.privacy import SubjectKey
from ledger.core.replay import replay
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.entries import Assurance
from ledger.directory.retention import requests
from ledger.directory.rules.care import DeclaredReason
from ledger.edge.once import IdempotencyKey
from ledger.edge.sessions import UserSession
from tests.conftest import Sequenced
from tests.databases import as_owner
from tests.directory.said_since import NAME, SINCE, lived_on
from tests.given import agreements
from tests.given.directory import SYSTEM, member, nhs_number, organisation
from tests.given.identity import account, signed_in
from tests.postgresql import _binaries
from tests.trail.given import AUDITOR

BORN, EMAIL = "1931-07-19", "zebedee.q@lark-rise.example"
SAID = [
    "my cousin Wilhelmina must not know",
    "I live at 7 Candleford Green",
    "found Quillfeather on the floor",
    "covering the Candleford round",
    "please forget my Candleford years",
    *SINCE,
]


class Life:
    """Whom it was about, and what was taken away before."""

    patient_id: UUID
    person_id: UUID
    number: str
    taken: bytes
    receipts: list[tuple[bytes, Any]]
    keys: list[bytes]


def lived(app: Flask, session: Session, sequenced: Sequenced) -> Life:
    app.config["WTF_CSRF_ENABLED"] = False
    life, trust, council = Life(), organisation(), organisation()
    life.number = nhs_number()
    agreement_id = agreements.active(trust, council)
    steward = member(Role.STEWARD, at=trust)
    client = signed_in(app, steward)
    body = {"nhs_number": life.number, "date_of_birth": BORN, "name": NAME}
    made = client.post(
        f"/api/v1/organisations/{trust}/patients", json=body, headers={"Idempotency-Key": "k1"}
    )
    assert made.status_code == 201, made.text
    life.patient_id = UUID(made.json["id"])  # type: ignore[index]
    asked = {"nhs_number": life.number, "date_of_birth": BORN}
    assert client.post("/api/v1/patients/look-ups", json=asked).status_code == 200
    with unit_of_work(steward) as work:
        invited = service.invite_patient(
            work, patient_id=life.patient_id, email=EMAIL, assurance=Assurance.IN_PERSON
        )
    life.person_id = invited.person_id
    account(invited.person_id, EMAIL)
    with unit_of_work(SYSTEM) as work:
        service.accept_invitation(work, person_id=invited.person_id)
    actor = queries.actor_for(session, invited.person_id, None)
    client = signed_in(app, actor)
    mine = f"/api/v1/patients/{life.patient_id}/consents"
    yes = {
        "agreement_id": str(agreement_id),
        "purposes": ["TREAT"],
        "categories": ["medicines", "care-plan"],
        "organisation_ids": [str(council)],
        "words": SAID[0],
    }
    given = client.post(mine, json=yes, headers={"Idempotency-Key": "k2"})
    assert given.status_code == 201, given.text
    root = f"/api/v1/patients/{life.patient_id}"
    no = {"purposes": ["TREAT"], "words": SAID[1]}
    assert client.post(f"{root}/dissents", json=no).status_code == 201
    assert client.get(f"/my/erasure?{EMAIL}").status_code == 200
    clinician = member(Role.CLINICIAN, at=trust)
    with unit_of_work(clinician) as work:
        access.open_override(
            work,
            patient_id=life.patient_id,
            organisation_id=trust,
            reason_code=next(iter(OverrideReason)),
            reason=SAID[2],
        )
        service.declare_care(
            work, patient_id=life.patient_id, reason=DeclaredReason.COVER, words=SAID[3]
        )
    with unit_of_work(actor) as work:
        requests.ask_erasure(work, patient_id=life.patient_id, why=SAID[4])
    lived_on(life.patient_id, life.number, steward, clinician, actor)
    sequenced()
    life.taken, life.receipts = _taken(app, session)
    of = SubjectKey.subject_id.in_([life.patient_id, life.person_id])
    life.keys = list(session.scalars(select(SubjectKey.wrapped).where(of)))
    assert len(life.keys) == 2
    officer = signed_in(app, member(Role.PRIVACY_OFFICER, at=trust))
    gone = officer.post(f"{root}/erasure")
    assert gone.status_code == 204, gone.text
    return life


def _taken(app: Flask, session: Session) -> tuple[bytes, list[tuple[bytes, Any]]]:
    """Take a bundle and every receipt, as people hold them when somebody is erased later."""
    with unit_of_work(AUDITOR) as work:
        announced = exports.announce(work, which=Filter(), recipient="The Board's auditors")
    file, key = BytesIO(), app.extensions["signers"]["ledger"].verifier()
    with snapshot(db.engine) as reading:
        bundles.write(reading, announced, file, key=key, demonstration=True)
        rows = reading.execute(
            select(LogEntry.id, LogEntry.body).where(LogEntry.log == "ledger")
        ).all()[:-1]
        kept = [(body, receipts.receipt_of(reading, entry_id)) for entry_id, body in rows]
    session.rollback()
    return file.getvalue(), kept


def needles(life: Life) -> dict[bytes, str]:
    """Every spelling in which a value might be lying about, and what it is of."""
    found: dict[bytes, str] = {}
    for value in (NAME, "Quillfeather", "Candleford", "Wilhelmina", life.number, EMAIL, *SAID):
        for spelt in {value, value.lower(), value.upper(), value[::-1]}:
            raw = spelt.encode()
            for form in (raw, spelt.encode("utf-16-le"), spelt.encode("utf-16-be")):
                found[form] = value
            found[raw.hex().encode()] = found[raw.hex().upper().encode()] = value
            for shift in range(3):  # Wherever it began, three of four characters are whole.
                inner = b64encode(b"\0" * shift + raw)[4 if shift else 0 : -4]
                found[inner] = found[inner.replace(b"+", b"-").replace(b"/", b"_")] = value
    return {needle: value for needle, value in found.items() if len(needle) >= 8}


def must_not_hold(stored: bytes, sought: dict[bytes, str], where: str) -> None:
    for needle, value in sought.items():
        assert needle not in stored, f"{value!r} is in {where}, as {needle!r}"


def places(dump: Path) -> Iterator[tuple[str, bytes]]:
    """Every file in which the database keeps anything, and a whole copy of it."""
    url = make_url(db.engine.url.render_as_string(hide_password=False))
    if url.drivername.startswith("sqlite"):
        file = Path(url.database or "")
        for path in file.parent.glob(f"{file.name}*"):
            yield path.name, path.read_bytes()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("VACUUM INTO ?", [str(dump)])
        yield "a vacuumed copy", dump.read_bytes()
        return
    owner = create_engine(as_owner(url.render_as_string(hide_password=False)))
    with owner.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        data = Path(connection.scalar(text("SHOW data_directory")) or "")
        oid = connection.scalar(
            text("SELECT oid FROM pg_database WHERE datname = current_database()")
        )
    owner.dispose()
    try:
        files = [
            path for part in (f"base/{oid}", "pg_wal", "global") for path in _files(data / part)
        ]
    except PermissionError:
        pytest.skip("the server's files cannot be read by this user")
    for path in files:
        yield str(path.relative_to(data)), path.read_bytes()
    dumped = subprocess.run(
        [_binaries() / "pg_dump", "--dbname", as_owner(str(url)).replace("+psycopg", "")],
        check=True,
        capture_output=True,
    )
    yield "pg_dump", dumped.stdout


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_file()]


def test_nothing_of_an_erased_patient_is_anywhere(
    app: Flask,
    sequenced: Sequenced,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    session = db.session()
    caplog.set_level("DEBUG", "ledger")
    life = lived(app, session, sequenced)
    sought = needles(life)
    must_not_hold(life.taken, sought, "the bundle that was taken before")
    must_not_hold("".join(capfd.readouterr()).encode() + caplog.text.encode(), sought, "the log")

    mine = UserSession.person_id == life.person_id
    assert session.scalars(select(UserSession).where(mine)).all() == []
    asked = IdempotencyKey.actor_ref == f"person:{life.person_id}"
    assert session.scalars(select(IdempotencyKey).where(asked)).all() == []
    sequenced()
    url = db.engine.url.render_as_string(hide_password=False)
    session.rollback()
    db.session.remove()
    db.engine.dispose()
    owner = create_engine(as_owner(url))
    said = list(sweeping.sweep(owner))
    owner.dispose()
    assert any("anew" in one for one in said)

    looked = 0
    keys = dict.fromkeys(life.keys, "a wrapped key")
    for where, stored in places(tmp_path / "copy.sqlite3"):
        must_not_hold(stored, sought, where)
        if not where.startswith("pg_wal"):  # Recycled segments: `sweep` says what to do there.
            must_not_hold(stored, keys, where)
        looked += len(stored)
    assert looked > 100_000
    _proofs_hold(app, life)


def _proofs_hold(app: Flask, life: Life) -> None:
    """What people held before verifies, and replay makes what there is."""
    key = app.extensions["signers"]["ledger"].verifier()
    assert verify(BytesIO(life.taken), key).statement.entries > 10
    for body, receipt in life.receipts:
        receipt.verify(body, key)
    copy = create_engine("sqlite://")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []
    assert report.unexplained == []


def test_the_search_would_find_what_it_looks_for() -> None:
    """Every spelling that is sought is found where it was hidden."""
    life = Life()
    life.number = "9990000018"
    sought = needles(life)
    for hidden in (
        b"x" + NAME.encode() + b"y",
        NAME.encode("utf-16-le"),
        b64encode(b"??" + SAID[0].encode() + b"!"),
        EMAIL.encode().hex().encode(),
        NAME[::-1].encode(),
    ):
        with pytest.raises(AssertionError, match="is in there"):
            must_not_hold(hidden, sought, "there")
