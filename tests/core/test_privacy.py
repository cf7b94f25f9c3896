"""Private fields: committed to in the log, readable until erased, and then by nobody."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from audit import Record
from ledger.core import privacy
from ledger.core.db import TO_WRITE, Base, LogTable, Sealed, db, sort_of, writing
from ledger.core.ids import new_id
from ledger.core.privacy import PrivatePayload, SubjectKey, Tampered
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory.entries import ErasedV1
from tests.core.given import NAME, STEWARD, authorise, register_organisation, register_patient

MASTER_KEY = b"m" * 32
NUMBER = "9990000018"


@pytest.fixture
def patient(app: Flask) -> tuple[UUID, UUID]:
    """A patient's id, and the id of the entry that registered them."""
    return register_patient(register_organisation(), NUMBER)


def erase(patient_id: UUID) -> None:
    with unit_of_work(STEWARD) as work:
        authorise(work)
        work.record(
            ErasedV1(patient_id=patient_id, person_id=None, private_parts=1, digest=b"d" * 32)
        )


def everything_stored(session: Session) -> bytes:
    """All values of all tables, and on SQLite the file with its free pages too."""
    rows = [session.execute(select(t)).all() for t in Base.metadata.sorted_tables]
    stored = b"".join(
        value if isinstance(value, bytes) else str(value).encode()
        for table in rows
        for row in table
        for value in row
    )
    session.rollback()
    if db.engine.dialect.name == "sqlite":
        session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        stored += Path(db.engine.url.database or "").read_bytes()
    return stored


def test_the_log_commits_to_what_is_read(session: Session, patient: tuple[UUID, UUID]) -> None:
    _, entry_id = patient
    body = session.scalars(select(LogEntry.body).where(LogEntry.id == entry_id)).one()
    payload = privacy.read(session, [entry_id])[entry_id]["identity"]

    assert payload
    assert payload.fields["name"] == NAME
    assert Record.from_bytes(body).private == {"identity": payload.commitment()}


def test_nothing_personal_is_in_clear(session: Session, patient: tuple[UUID, UUID]) -> None:
    stored = everything_stored(session)
    assert NAME.encode() not in stored
    assert NUMBER.encode() not in stored
    assert b"1980-12-10" not in stored


def test_nothing_that_is_left_after_an_erasure_opens_it(
    session: Session, patient: tuple[UUID, UUID]
) -> None:
    patient_id, entry_id = patient
    key_row = session.scalars(select(SubjectKey).where(SubjectKey.subject_id == patient_id)).one()
    key = privacy.decrypt(MASTER_KEY, key_row.wrapped, about=key_row.id.bytes)
    wrapped = key_row.wrapped

    erase(patient_id)

    stored = everything_stored(session)
    assert privacy.opened(session, [entry_id]) == {entry_id: {"identity": None}}
    assert session.scalars(select(SubjectKey)).all() == []
    assert wrapped not in stored
    assert key not in stored
    for table in Base.metadata.sorted_tables:
        if sort_of(table.name) is Sealed:
            gone = select(table).where(table.c.subject_id == patient_id)
            assert session.execute(gone).all() == [], table.name
    # The ciphertext is still there, and the one key that is left does not open it.
    sealed = session.scalars(select(PrivatePayload.sealed)).one()
    about = entry_id.bytes + b"identity"
    with pytest.raises(InvalidTag):
        AESGCM(MASTER_KEY).decrypt(sealed[:12], sealed[12:], about)
    assert NAME.encode() in AESGCM(key).decrypt(sealed[:12], sealed[12:], about)


def test_two_who_write_about_a_person_first_share_one_key(app: Flask, session: Session) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite lets one write at a time")
    subject_id = new_id()

    def make_key() -> UUID:
        with app.app_context(), writing(LogTable):
            db.session().connection(execution_options=TO_WRITE)
            key_id, _ = privacy._key(db.session(), subject_id)
            db.session.commit()
            return key_id

    with ThreadPoolExecutor(1) as thread:
        session.connection(execution_options=TO_WRITE)
        with writing(LogTable):
            first, _ = privacy._key(session, subject_id)
        second = thread.submit(make_key)
        sleep(0.3)
        assert not second.done()  # It waits to see whether the first key is kept.
        session.commit()
        assert second.result(timeout=30) == first
    assert len(session.scalars(select(SubjectKey)).all()) == 1


def test_another_master_key_says_so(session: Session, patient: tuple[UUID, UUID]) -> None:
    privacy.use_master_key(b"x" * 32)
    try:
        with pytest.raises(Tampered, match="another master key"):
            privacy.opened(session, [patient[1]])
    finally:
        privacy.use_master_key(MASTER_KEY)


def test_another_entrys_payload_does_not_open(session: Session, patient: tuple[UUID, UUID]) -> None:
    row = session.scalars(select(PrivatePayload)).one()
    key_row = session.scalars(select(SubjectKey)).one()
    key = privacy.decrypt(MASTER_KEY, key_row.wrapped, about=key_row.id.bytes)

    with pytest.raises(Tampered):
        privacy.decrypt(key, row.sealed, about=new_id().bytes + b"identity")


def test_look_ups_of_two_sorts_have_nothing_in_common(app: Flask) -> None:
    assert privacy.lookup_hmac("a", "x") == privacy.lookup_hmac("a", "x")
    assert privacy.lookup_hmac("a", "x") != privacy.lookup_hmac("b", "x")
