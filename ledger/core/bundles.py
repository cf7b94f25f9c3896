"""Bundles: a part of the log, or all of it, taken away to be checked elsewhere.

`announce` records that a bundle leaves, for whom, and commits; then `write` makes it from
one snapshot. In this order, as what left unrecorded cannot be called back.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import BinaryIO, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import NoteError, ProofError, bundle
from audit.bundle import Proved, Stated
from audit.note import Verifier
from audit.proofs import inclusion_proof
from audit.values import to_json
from ledger.core import blobs, receipts
from ledger.core.authority import Resource
from ledger.core.blobs import Blob
from ledger.core.entries import PolicyActivated, TrailExported
from ledger.core.errors import Conflict, Fault, Invalid
from ledger.core.filters import Filter
from ledger.core.policy import Permission
from ledger.core.trail import Leaf, LogEntry
from ledger.core.work import UnitOfWork

RECIPIENT_CHARS_MAX: Final = 200
_DIGEST: Final = re.compile(rb'"([0-9a-f]{64})"')
_ASK_AT_ONCE: Final = 500  # Fewer values than any database takes in one statement.
_ROWS_AT_ONCE: Final = 1000


class BadRecipient(Invalid):
    """A bundle goes to somebody who is named."""

    slug = "bad-bundle-recipient"
    title = "Say whom the bundle is for"


class LogDamaged(Conflict):
    """The entries do not lead to what the log has signed."""

    slug = "log-damaged"
    title = "The log is not what it signed"


@dataclass(frozen=True, slots=True)
class Export:
    """A bundle that is announced: what `write` has to make.

    Attributes:
        entry_id: The entry that says that it leaves.
        size: The size of the log at its checkpoint.
        rows: How many entries it holds.
    """

    entry_id: UUID
    which: Filter
    size: int
    rows: int
    at: datetime
    actor: str
    recipient: str

    @property
    def whole(self) -> bool:
        """Whether it holds every entry up to the checkpoint."""
        return self.which == Filter(log=self.which.log)

    @property
    def name(self) -> str:
        """A name for the file."""
        sort = "whole" if self.whole else "selection"
        return f"care-ledger-{self.which.log}-{sort}-{self.size}.zip"


def announce(work: UnitOfWork, *, which: Filter, recipient: str) -> Export:
    """Record that a bundle of these entries leaves, up to the newest checkpoint.

    Raises:
        Forbidden: the actor may not take entries away.
        BadRecipient: nobody is named, or at too great a length.
        NoCheckpoint: the log has signed nothing yet.
    """
    work.authorise(Permission.LOG_EXPORT, on=Resource())
    recipient = " ".join(recipient.split())
    if not recipient or len(recipient) > RECIPIENT_CHARS_MAX or not recipient.isprintable():
        raise BadRecipient(
            "name the organisation or office that gets the bundle",
            [Fault("recipient", f"give 1 to {RECIPIENT_CHARS_MAX} characters")],
        )
    checkpoint = receipts.newest_checkpoint(work.session, which.log)
    rows = work.session.scalar(
        which.restrict(select(func.count()).select_from(LogEntry))
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(Leaf.index < checkpoint.size)
    )
    record = work.record(
        TrailExported(
            tree=which.log,
            filters=which.words(),
            rows=rows or 0,
            size=checkpoint.size,
            until=checkpoint.at,
            recipient=recipient,
        )
    )
    return Export(record.id, which, checkpoint.size, rows or 0, record.at, record.actor, recipient)


def write(
    session: Session, export: Export, file: BinaryIO, *, key: Verifier, demonstration: bool
) -> None:
    """Write the bundle that was announced. *session* should be a snapshot.

    Raises:
        LogDamaged: the log is not what it signed.
    """
    checkpoint = receipts.checkpoint_of(session, export.which.log, export.size)
    stated = Stated(
        made_at=str(to_json(export.at)),
        made_by=export.actor,
        recipient=export.recipient,
        selection={} if export.whole else export.which.spelled(),
        demonstration=demonstration,
    )
    kept = {digest: partial(_text, session, digest) for digest in _blobs(session, export)}
    with closing(_entries(session, export)) as entries:  # Even if it fails halfway.
        if export.whole:
            bodies = (body for _, body in entries)
            pieces = bundle.whole(
                note=checkpoint.note, key=key, stated=stated, entries=bodies, blobs=kept
            )
        else:
            pieces = bundle.selection(
                note=checkpoint.note,
                key=key,
                stated=stated,
                count=export.rows,
                entries=_proved(session, export, entries),
                blobs=kept,
            )
        try:
            file.writelines(pieces)
        except (bundle.WrongLog, ProofError, NoteError) as error:
            raise LogDamaged(f"{error}: have the operator run `ledger log check`") from error


def _text(session: Session, digest: str) -> bytes:
    return receipts.as_bytes(blobs.read(session, digest))


def _entries(session: Session, export: Export) -> Generator[tuple[int, bytes]]:
    chosen = (
        export.which.restrict(select(Leaf.index, LogEntry.body).select_from(LogEntry))
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(Leaf.index < export.size)
        .order_by(Leaf.index)
    )
    with session.execute(chosen.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        yield from ((index, receipts.as_bytes(body)) for index, body in rows)


def _proved(
    session: Session, export: Export, entries: Iterable[tuple[int, bytes]]
) -> Iterator[Proved]:
    nodes = receipts.nodes(session, export.which.log, size=export.size)
    for index, body in entries:
        yield Proved(index, body, inclusion_proof(index, export.size, nodes))


def _blobs(session: Session, export: Export) -> list[str]:
    """Return which texts go with the entries: those they name, and the policies they name."""
    if export.whole:
        return list(session.scalars(select(Blob.digest)))
    named: set[str] = set()
    for _, body in _entries(session, export):
        named.update(digest.decode() for digest in _DIGEST.findall(body))
    policies = session.scalars(select(LogEntry.body).where(LogEntry.kind == PolicyActivated.kind))
    for body in policies:
        digests = {digest.decode() for digest in _DIGEST.findall(body)}
        if digests & named:  # The ruleset's own digest, or one of its files.
            named |= digests
    return list(_kept(session, sorted(named)))


def _kept(session: Session, digests: list[str]) -> Iterable[str]:
    for start in range(0, len(digests), _ASK_AT_ONCE):
        some = digests[start : start + _ASK_AT_ONCE]
        yield from session.scalars(select(Blob.digest).where(Blob.digest.in_(some)))
