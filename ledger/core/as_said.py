"""What the ledger had said by one of its sizes: the same entries for that size, for ever.

Whatever is shown as of a size reads names, titles and states from here, and never from tables
that later entries change.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Entry, Record
from audit.proofs import root_of
from ledger.core import receipts
from ledger.core.errors import Conflict, NotFound
from ledger.core.trail import EntrySubject, Leaf, LogEntry, LogFrontier

LEDGER: Final = "ledger"
_AT_ONCE: Final = 500


class LogNotThatLong(Conflict):
    """A size that the log has not reached."""

    slug = "log-not-that-long"
    title = "The log has not got that far"


def log_size(session: Session) -> int:
    """Return how many entries of the ledger have their index."""
    size = session.scalar(select(LogFrontier.size).where(LogFrontier.log == LEDGER))
    return size or 0


def check_size(session: Session, size: int) -> None:
    """Check that the ledger has reached *size*. Raises `LogNotThatLong`."""
    reached = log_size(session)
    if size > reached:
        raise LogNotThatLong(f"its size is {reached}: ask again later, or for that size")


def tree_root(session: Session, size: int) -> str:
    """Return the root of the ledger's tree as it was at *size*, in hex; anybody gets the same."""
    return root_of((0, size), receipts.nodes(session, LEDGER, size=size)).hex()


def indexes_of(session: Session, entry_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the index of each entry that has one."""
    wanted, found = list(dict.fromkeys(entry_ids)), dict[UUID, int]()
    for start in range(0, len(wanted), _AT_ONCE):  # Databases take only so many parameters.
        rows = session.execute(
            select(LogEntry.id, Leaf.index.label("at_index"))
            .join(Leaf, Leaf.position == LogEntry.position)
            .where(LogEntry.id.in_(wanted[start : start + _AT_ONCE]), Leaf.log == LEDGER)
        )
        found |= {row.id: row.at_index for row in rows}
    return found


def body_of(session: Session, entry_id: UUID) -> bytes:
    """Return the exact bytes of an entry. Asks nobody's permission.

    Raises:
        NotFound: there is no such entry.
    """
    body = session.scalar(select(LogEntry.body).where(LogEntry.id == entry_id))
    if body is None:
        raise NotFound("there is no such entry")
    return receipts.as_bytes(body)


def said_of(
    session: Session, subject: str, kinds: Sequence[type[Entry]], *, size: int
) -> Iterator[tuple[int, Record[Entry]]]:
    """Yield index and record of the entries about *subject*, in their order in the log.

    Args:
        session: Where to read.
        subject: Such as ``pool:<id>``.
        kinds: Only entries of these kinds, all versions; seldom ones, as they are all read.
        size: Of the first so many entries.
    """
    rows = session.execute(
        select(Leaf.index.label("at_index"), LogEntry.body)
        .join(EntrySubject, EntrySubject.position == LogEntry.position)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(
            EntrySubject.subject == subject,
            LogEntry.kind.in_({kind.kind for kind in kinds}),
            Leaf.log == LEDGER,
            Leaf.index < size,
        )
        .order_by(Leaf.index)
    )
    for row in rows:
        yield row.at_index, Record.from_bytes(receipts.as_bytes(row.body))
