"""What private parts of the log there are of somebody, and which were destroyed by what entry.

A *part* is one private group of one entry. An entry that destroys some names their commitments
in a blob, one line each, sorted: ``<entry id> <group> <commitment>``. Whoever holds the log
can so tell what was destroyed on purpose from what was merely lost; `ledger.core.replay` does.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit import Record
from ledger.core import blobs, privacy
from ledger.core.db import Projected
from ledger.core.privacy import PrivatePayload, SubjectKey
from ledger.core.trail import LogEntry

_AT_ONCE = 500


class DestroyedPart(Projected):
    """A part that an entry destroyed."""

    __tablename__ = "destroyed_parts"

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    group: Mapped[str] = mapped_column(String(32), primary_key=True)
    by_entry_id: Mapped[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One private group of one entry that can still be read.

    Attributes:
        subject_id: Whose key opens it.
        about: Whom the entry concerns, as ``sort:id``.
    """

    entry_id: UUID
    group: str
    commitment: bytes
    kind: str
    at: datetime
    subject_id: UUID
    about: tuple[str, ...]


def parts_of(session: Session, subject_ids: Collection[UUID]) -> list[Part]:
    """Return every part that the keys of *subject_ids* open, in the order of the entries' ids."""
    if not subject_ids:
        return []
    return _parts(session, SubjectKey.subject_id.in_(subject_ids))


def parts_of_kinds(
    session: Session,
    kinds: Collection[str],
    *,
    before: datetime,
    after: tuple[UUID, str] | None,
    limit: int,
) -> list[Part]:
    """Return parts of entries of *kinds* recorded before a moment: *limit* of them after one."""
    conditions = [LogEntry.kind.in_(kinds), LogEntry.at < before]
    if after is not None:
        entry_id, group = after
        same = and_(LogEntry.id == entry_id, PrivatePayload.group > group)
        conditions.append(or_(LogEntry.id > entry_id, same))
    return _parts(session, *conditions, limit=limit)


def listing(parts: Iterable[Part]) -> bytes:
    """Return the lines that name *parts*."""
    lines = (f"{part.entry_id} {part.group} {part.commitment.hex()}\n" for part in parts)
    return "".join(sorted(lines)).encode()


def listed(session: Session, digest: str) -> list[tuple[UUID, str]]:
    """Return the (entry, group) of each line of the blob *digest*."""
    rows = (line.split() for line in blobs.read(session, digest).decode().splitlines())
    return [(UUID(entry_id), group) for entry_id, group, _ in rows]


def note(session: Session, parts: Sequence[tuple[UUID, str]], *, by: UUID) -> None:
    """Keep that the entry *by* destroyed *parts*. For projections."""
    there = set[tuple[UUID, str]]()
    for start in range(0, len(parts), _AT_ONCE):
        ids = [entry_id for entry_id, _ in parts[start : start + _AT_ONCE]]
        rows = select(DestroyedPart.entry_id, DestroyedPart.group)
        there |= {(e, g) for e, g in session.execute(rows.where(DestroyedPart.entry_id.in_(ids)))}
    session.add_all(
        DestroyedPart(entry_id=entry_id, group=group, by_entry_id=by)
        for entry_id, group in parts
        if (entry_id, group) not in there
    )


def erase(session: Session, subject_ids: Iterable[UUID], gone: Sequence[tuple[UUID, str]]) -> None:
    """Destroy the keys of *subject_ids* and with them *gone*; their other parts stay readable."""
    leaves = set(gone)
    for subject_id in subject_ids:
        rows = session.execute(
            select(PrivatePayload.entry_id, PrivatePayload.group)
            .join(SubjectKey, SubjectKey.id == PrivatePayload.key_id)
            .where(SubjectKey.subject_id == subject_id)
        )
        privacy.erase(session, subject_id, keep={(e, g) for e, g in rows} - leaves)


def _parts(session: Session, *conditions: object, limit: int | None = None) -> list[Part]:
    rows = session.execute(
        select(
            PrivatePayload.entry_id,
            PrivatePayload.group,
            SubjectKey.subject_id,
            LogEntry.body,
        )
        .join(SubjectKey, SubjectKey.id == PrivatePayload.key_id)
        .join(LogEntry, LogEntry.id == PrivatePayload.entry_id)
        .where(func.length(PrivatePayload.sealed) > 0, *conditions)  # type: ignore[arg-type]
        .order_by(PrivatePayload.entry_id, PrivatePayload.group)
        .limit(limit)
    )
    found = []
    for entry_id, group, subject_id, body in rows:
        record = Record.from_bytes(body)
        found.append(
            Part(
                entry_id=entry_id,
                group=group,
                commitment=record.private[group],
                kind=record.entry.kind,
                at=record.at,
                subject_id=subject_id,
                about=record.about,
            )
        )
    return found
