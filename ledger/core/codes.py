"""The coded reasons of entries, kept where the trail can be searched by them.

An entry may say why, in codes that are public: the purpose and the outcome of a decision and
its reason, the reason for breaking the glass or for a withdrawal. A follower copies them
from the entries' bytes, so that recording is not slowed; a search by code finds an entry a
moment after it has its index.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.core import log_names
from ledger.core.bulk import insert_many
from ledger.core.db import Operational, table_of
from ledger.core.entries import AuthorityRefused
from ledger.core.errors import Conflict
from ledger.core.followers import Cursor, cursor_name
from ledger.core.trail import LogEntry, Position

NAMES: Final = ("outcome", "purpose", "reason")
_FIELDS: Final = {"outcome": "outcome", "purpose": "purpose", "reason": "reason"} | {
    "reason_code": "reason",
    "ground": "reason",
}
"""Which field of an entry is which code; the first of two that are given counts."""
CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


class NotYetFound(Conflict):
    """The codes of the newest entries are not there to search by yet."""

    slug = "codes-not-yet-there"
    title = "The newest entries cannot be searched by code yet"


class EntryCodes(Operational):
    """The codes of one entry that has any."""

    __tablename__ = "entry_codes"
    __table_args__ = tuple(Index(f"ix_entry_codes_{name}", name, "position") for name in NAMES)

    position: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    outcome: Mapped[str | None] = mapped_column(String(64))
    purpose: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(64))


def codes_of(body: bytes) -> dict[str, str]:
    """Return the codes in the bytes of an entry: words of our own lists, never free text."""
    try:
        read: Any = json.loads(body)
        data = read["data"]
        refused = read.get("kind") == AuthorityRefused.kind
        found: dict[str, str] = {"outcome": "deny"} if refused else {}
        for field, name in _FIELDS.items():
            value = data.get(field)
            if isinstance(value, str) and CODE.fullmatch(value):
                found.setdefault(name, value)
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    return found


class Codes:
    """The follower that keeps the codes of one log."""

    def __init__(self, log: str) -> None:
        self.name = f"codes {log}"
        self.log = log

    def take(self, session: Session, entries: Sequence[LogEntry]) -> None:
        """Keep the codes of *entries*."""
        rows = [
            {"position": one.position, **dict.fromkeys(NAMES), **found}
            for one in entries
            if (found := codes_of(one.body))
        ]
        table = table_of(EntryCodes)
        if rows:
            positions = {one.position for one in entries}
            between = table.c.position.between(min(positions), max(positions))
            kept = set(session.scalars(select(table.c.position).where(between)))
            if kept & positions:  # From the first entry again, after a downgrade and an upgrade.
                rows = [row for row in rows if row["position"] not in kept]
            insert_many(session.connection(), table, rows)


def must_reach(session: Session, tree: str, *, size: int) -> None:
    """Raise `NotYetFound` unless the codes of the first *size* entries of *tree* are kept."""
    name = cursor_name(Codes(log_names.log_of(tree)), tree)
    reached = select(Cursor.next_index).where(Cursor.follower == name)
    if (session.scalar(reached) or 0) < size:
        raise NotYetFound("ask again in a moment")
