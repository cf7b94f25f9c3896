"""The checkpoints that others are shown: fewer than are signed, and cosigned by witnesses.

The sequencer signs after each batch, a few times a second; ``checkpoints`` has those. Of them
one every few seconds is published, once as many witnesses have cosigned it as the policy
demands; ``published`` has those, each with every line that it was published with. A size may
be published again, to show that the log is alive and that nothing was added.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, String, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.core.db import LogTable, writing
from ledger.core.trail import LogFrontier, Position, SignedCheckpoint

_MOMENT: Final = timedelta(microseconds=1)


class PublishedCheckpoint(LogTable):
    """A signed note as it was published, with all its cosignatures."""

    __tablename__ = "published"

    log: Mapped[str] = mapped_column(String(16), primary_key=True)
    size: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    note: Mapped[str] = mapped_column(Text)


def trees(session: Session) -> list[str]:
    """Return the names of all trees: the ledger log first."""
    return sorted(session.scalars(select(LogFrontier.log)), key=lambda log: (log != "ledger", log))


def newest_signed(session: Session, log: str) -> SignedCheckpoint | None:
    """Return what *log* signed last, published or not; None if it has signed nothing."""
    signed = select(SignedCheckpoint).where(SignedCheckpoint.log == log)
    return session.scalar(signed.order_by(SignedCheckpoint.size.desc()).limit(1))


def newest(session: Session, log: str) -> PublishedCheckpoint | None:
    """Return what *log* published last; None if it has published nothing."""
    order = (PublishedCheckpoint.size.desc(), PublishedCheckpoint.at.desc())
    return session.scalar(
        select(PublishedCheckpoint).where(PublishedCheckpoint.log == log).order_by(*order).limit(1)
    )


def size_of(session: Session, log: str) -> int:
    """Return the size of the newest published tree of *log*; 0 if there is none."""
    sizes = select(func.max(PublishedCheckpoint.size)).where(PublishedCheckpoint.log == log)
    return session.scalar(sizes) or 0


def at_size(session: Session, log: str, size: int) -> PublishedCheckpoint | None:
    """Return the newest note that *log* published at *size*; None if it published none."""
    there = select(PublishedCheckpoint).where(
        PublishedCheckpoint.log == log, PublishedCheckpoint.size == size
    )
    return session.scalar(there.order_by(PublishedCheckpoint.at.desc()).limit(1))


def add(connection: Connection, log: str, *, size: int, note: str, at: datetime) -> bool:
    """Publish *note*, unless a larger tree is published already; say whether it was done.

    Of several notes of one size the first and the newest are kept.
    """
    with writing(LogTable), Session(connection) as session, session.begin():
        last = newest(session, log)
        if last is not None and last.size > size:
            return False
        if last is not None and last.size == size:
            at = max(at, last.at + _MOMENT)  # The clock may have gone back.
            same = (PublishedCheckpoint.log == log, PublishedCheckpoint.size == size)
            first = select(func.min(PublishedCheckpoint.at)).where(*same).scalar_subquery()
            session.execute(
                delete(PublishedCheckpoint)
                .where(*same, PublishedCheckpoint.at > first)
                .execution_options(synchronize_session=False)
            )
        session.add(PublishedCheckpoint(log=log, size=size, at=at, note=note))
    return True
