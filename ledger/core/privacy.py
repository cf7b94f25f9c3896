"""Private data: in the log only as a commitment, in the database only encrypted.

Each private group of an entry, with its salt, is encrypted with AES-256-GCM under a key of
the person it is about. That key is wrapped by the master key, which is in no table. Erasing
a person deletes their key and their sealed rows: the log still verifies, the commitments
stay, and what they commit to can no longer be read by anyone.

What that trusts: the master key's holder, until the erasure; and that the database
forgets. A deleted row lives on in dead tuples until VACUUM, in write-ahead logs and
in backups: an erasure is complete when those are gone or the master key is replaced.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from hmac import digest as hmac_digest
from secrets import token_bytes
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ForeignKey, LargeBinary, String, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.canonical import Json, encode
from audit.entries import SALT_BYTES, Entry, commit
from ledger.core.db import Base, LogTable, Operational, Sealed, db, sort_of, table_of, writing
from ledger.core.errors import Bug
from ledger.core.ids import new_id
from ledger.core.master_key import LocalKey, MasterKey, Tampered, decrypt, encrypt

__all__ = ["Payload", "PrivatePayload", "SubjectKey", "Tampered", "decrypt", "encrypt"]

KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Payload:
    """A private group as it was committed to: the salt, and the fields as JSON values."""

    salt: bytes
    fields: dict[str, Json]

    def commitment(self) -> bytes:
        """Return what the entry says about this payload."""
        return commit(self.salt, encode(self.fields))


class SubjectKey(LogTable):
    """A person's key, wrapped. The only row of the log that may be deleted."""

    __tablename__ = "subject_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(unique=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class PrivatePayload(LogTable):
    """One private group of one entry, encrypted. Says whose only while the key exists.

    `sealed` is empty where the group alone was disposed of, and the key still opens others.
    """

    __tablename__ = "private_payloads"

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    group: Mapped[str] = mapped_column(String(32), primary_key=True)
    key_id: Mapped[UUID] = mapped_column(index=True)  # No foreign key: the key may go.
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class EarlierKey(Operational):
    """A key that an earlier master key had derived, wrapped under the present one; see `pin`."""

    __tablename__ = "earlier_keys"

    label: Mapped[str] = mapped_column(String(64), primary_key=True)
    master_key: Mapped[str] = mapped_column(String(16), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class _Master:
    """Wraps subject keys. One for the process, given once by `use_master_key`."""

    key: MasterKey | None = None
    fits: bool = False
    """Whether it has opened a key of the database, or there was none yet."""


def use_master_key(key: bytes | MasterKey) -> None:
    """Wrap and unwrap with *key* from now on; 32 bytes are held in this process."""
    _Master.key, _Master.fits = LocalKey(key) if isinstance(key, bytes) else key, False
    _derived.cache_clear()


def must_open(session: Session) -> None:
    """Raise `Tampered` if there are wrapped keys and this master key did not wrap them."""
    row = session.execute(select(SubjectKey.id, SubjectKey.wrapped).limit(1)).one_or_none()
    if row is not None:
        _master().unwrap(row.wrapped, about=row.id.bytes)
    _Master.fits = True


_pinned: set[str] = set()


def pin(what: str) -> None:
    """Have the key of `lookup_hmac` for *what* outlive the master key it was derived from.

    For digests that cannot be made anew, as nobody keeps what they were made of: the name
    somebody signs in by, their account at a provider.
    """
    _pinned.add(f"lookup {what}")


def pin_all(session: Session, old: MasterKey, new: MasterKey) -> int:
    """Keep what *old* had derived for each of what is pinned, under *new*; return how many."""
    rows = {row.label: row for row in session.scalars(select(EarlierKey))}
    for label in sorted(_pinned):
        row = rows.get(label)
        about = label.encode()
        key = old.unwrap(row.wrapped, about=about) if row else old.derive(label)
        named = row.master_key if row else old.fingerprint
        wrapped = new.wrap(key, about=about)
        session.merge(EarlierKey(label=label, master_key=named, wrapped=wrapped))
    return len(_pinned)


def new_salt() -> bytes:
    """Return 32 random bytes: a fresh salt for each payload."""
    return token_bytes(SALT_BYTES)


def lookup_hmac(what: str, value: str) -> bytes:
    """Return the keyed HMAC-SHA-256 by which a personal *value* can be looked up.

    Args:
        what: The sort of value, such as ``nhs-number``: equal values of two sorts differ.
        value: In its one spelling.
    """
    return hmac_digest(_derived(f"lookup {what}"), value.encode(), sha256)


def seal_group(session: Session, entry_id: UUID, entry: Entry, salts: Mapping[str, bytes]) -> None:
    """Store the private groups of *entry*, each encrypted under its subject's key."""
    rows = []
    with writing(LogTable):
        for group, (_, of) in entry.groups.items():
            key_id, key = _key(session, getattr(entry, of))
            plain = salts[group] + encode(entry.payload(group))
            sealed = encrypt(key, plain, about=entry_id.bytes + group.encode())
            row = {"entry_id": entry_id, "group": group, "key_id": key_id, "sealed": sealed}
            rows.append(row)
        if rows:
            session.execute(insert(table_of(PrivatePayload)), rows)


def read(session: Session, entry_ids: Iterable[UUID]) -> dict[UUID, dict[str, Payload | None]]:
    """Return the private groups of each entry that has any; None where one is erased.

    Raises:
        Tampered: a row was changed, or this master key did not wrap its key.
    """
    wanted = list(entry_ids)
    if not wanted:
        return {}
    payload = PrivatePayload
    rows = session.execute(
        select(payload.entry_id, payload.group, payload.sealed, SubjectKey.id, SubjectKey.wrapped)
        .outerjoin(SubjectKey, SubjectKey.id == payload.key_id)
        .where(payload.entry_id.in_(wanted))
    )
    found: dict[UUID, dict[str, Payload | None]] = {}
    for entry_id, group, sealed, key_id, wrapped in rows:
        groups = found.setdefault(entry_id, {})
        groups[group] = None
        if sealed and wrapped is not None:
            key = _master().unwrap(wrapped, about=key_id.bytes)
            plain = decrypt(key, sealed, about=entry_id.bytes + group.encode())
            groups[group] = Payload(plain[:SALT_BYTES], json.loads(plain[SALT_BYTES:]))
    return found


def opened(
    session: Session, entry_ids: Iterable[UUID]
) -> dict[UUID, dict[str, dict[str, Any] | None]]:
    """Return the private fields of entries, as JSON values: ``{entry: {group: fields | None}}``."""
    return {
        entry_id: {name: payload.fields if payload else None for name, payload in groups.items()}
        for entry_id, groups in read(session, entry_ids).items()
    }


def erase(
    session: Session, subject_id: UUID, *, keep: Collection[tuple[UUID, str]] = frozenset()
) -> None:
    """Delete a person's key and sealed rows. Waits for commands that write about them.

    What is in *keep*, as (entry, group), the law wants kept: it is moved under a new key of
    the same person before the old one goes.
    """
    with writing(LogTable, Sealed):
        _move(session, subject_id, keep)
        for table in Base.metadata.sorted_tables:
            if sort_of(table.name) is Sealed:
                session.execute(delete(table).where(table.c.subject_id == subject_id))


def destroy(session: Session, parts: Iterable[tuple[UUID, str]]) -> None:
    """Delete the ciphertexts of *parts*, as (entry, group), and nothing else of their subjects.

    An empty row stays, so that reading finds the group destroyed rather than missing.
    """
    table = table_of(PrivatePayload)
    with writing(LogTable):
        for entry_id, group in parts:
            mine = (table.c.entry_id == entry_id, table.c.group == group)
            key_id = session.scalar(select(table.c.key_id).where(*mine))
            if key_id is not None:  # In a replay there are no payloads.
                session.execute(delete(table).where(*mine))
                row = {"entry_id": entry_id, "group": group, "key_id": key_id, "sealed": b""}
                session.execute(insert(table).values(row))


def hold_key(session: Session, subject_id: UUID) -> None:
    """Let nobody write about a person until this transaction ends."""
    mine = select(SubjectKey.id).where(SubjectKey.subject_id == subject_id)
    session.execute(mine.with_for_update()).all()


def _move(session: Session, subject_id: UUID, keep: Collection[tuple[UUID, str]]) -> None:
    """Delete the key of a person; what is in *keep* gets a new one first."""
    key_id = session.scalar(select(SubjectKey.id).where(SubjectKey.subject_id == subject_id))
    if key_id is None:
        return
    table, kept = table_of(PrivatePayload), list[tuple[UUID, str, bytes]]()
    _, old = _key(session, subject_id)
    rows = session.execute(select(table).where(table.c.key_id == key_id)).all() if keep else ()
    for row in rows:
        if row.sealed and (row.entry_id, row.group) in keep:
            about = row.entry_id.bytes + row.group.encode()
            kept.append((row.entry_id, row.group, decrypt(old, row.sealed, about=about)))
    session.execute(delete(SubjectKey).where(SubjectKey.id == key_id))
    if not kept:
        return
    new_key_id, new = _key(session, subject_id)
    for entry_id, group, plain in kept:
        mine = (table.c.entry_id == entry_id, table.c.group == group)
        sealed = encrypt(new, plain, about=entry_id.bytes + group.encode())
        session.execute(delete(table).where(*mine))
        row_of = {"entry_id": entry_id, "group": group, "key_id": new_key_id, "sealed": sealed}
        session.execute(insert(table).values(row_of))


def derived_key(purpose: str) -> bytes:
    """Return 32 bytes that only this service has, for one *purpose* of its own."""
    return _derived(f"derived {purpose}")


def _key(session: Session, subject_id: UUID) -> tuple[UUID, bytes]:
    """Return the subject's key, made on first use, and held until commit."""
    held = select(SubjectKey.id, SubjectKey.wrapped).where(SubjectKey.subject_id == subject_id)
    held = held.with_for_update(read=True)
    row = session.execute(held).one_or_none()
    if row is None:
        if not _Master.fits:
            must_open(session)  # Or one table would hold the keys of two masters.
        key_id = new_id()
        wrapped = _master().wrap(AESGCM.generate_key(KEY_BYTES * 8), about=key_id.bytes)
        columns = {"id": key_id, "subject_id": subject_id, "wrapped": wrapped}
        try:
            with session.begin_nested():
                session.execute(insert(table_of(SubjectKey)).values(columns))
        except IntegrityError:
            pass  # Another transaction has just made it: that is the one to use.
        row = session.execute(held).one()
    return row.id, _master().unwrap(row.wrapped, about=row.id.bytes)


@lru_cache(maxsize=64)
def _derived(label: str) -> bytes:
    if label in _pinned:
        kept = select(EarlierKey.wrapped).where(EarlierKey.label == label)
        with Session(db.engine) as session:
            wrapped = session.scalar(kept)
        if wrapped is not None:
            return _master().unwrap(wrapped, about=label.encode())
    return _master().derive(label)


def _master() -> MasterKey:
    if _Master.key is None:
        raise Bug("create_app gives the master key before anything private is touched")
    return _Master.key
