"""Bundles: what `ledger.core.exports` has announced, written as `audit.bundle` lays down."""

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from typing import BinaryIO, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import NoteError, ProofError, bundle
from audit.bundle import Proved, Stated
from audit.note import Verifier
from audit.proofs import inclusion_proof
from audit.values import to_json
from ledger.core import blobs, chains, log_names, receipts
from ledger.core.blobs import Blob
from ledger.core.entries import PolicyActivated
from ledger.core.errors import Conflict
from ledger.core.exports import Export, entries
from ledger.core.trail import LogEntry

_DIGEST: Final = re.compile(rb'"([0-9a-f]{64})"')
_ASK_AT_ONCE: Final = 500  # Fewer values than any database takes in one statement.


class LogDamaged(Conflict):
    """The entries do not lead to what the log has signed."""

    slug = "log-damaged"
    title = "The log is not what it signed"


def write(
    session: Session,
    export: Export,
    file: BinaryIO,
    *,
    key: Verifier,
    demonstration: bool,
    ledger_key: Verifier | None = None,
) -> None:
    """Write the bundle that was announced. *session* should be a snapshot.

    Args:
        session: A snapshot.
        export: What was announced.
        file: Where it goes.
        key: Of the log that the entries are of: the one that signs now. A past one is taken
            instead where that has signed the checkpoint.
        demonstration: Whether the service holds sample data only.
        ledger_key: Of the ledger log, where a chain of another log is written.

    Raises:
        LogDamaged: the log is not what it signed.
    """
    checkpoint = receipts.checkpoint_of(session, export.tree, export.size)
    key = log_names.key_that_signed(session, export.tree, checkpoint.note, key)
    stated = Stated(
        made_at=str(to_json(export.at)),
        made_by=export.by.ref,
        recipient=export.recipient,
        selection={} if export.whole else export.which.spelled(),
        demonstration=demonstration,
    )
    kept = {digest: partial(_text, session, digest) for digest in _blobs(session, export)}
    with closing(entries(session, export)) as found:  # Even if it fails halfway.
        bodies = ((index, body) for index, body, _ in found)
        if export.chain is not None:
            pieces = chains.pieces(
                session,
                export.chain,
                note=checkpoint.note,
                key=key,
                ledger_key=ledger_key,
                stated=stated,
                shown=(export.rows, bodies),
                blobs=kept,
            )
        elif export.whole:
            pieces = bundle.whole(
                note=checkpoint.note,
                key=key,
                stated=stated,
                entries=(body for _, body in bodies),
                blobs=kept,
            )
        else:
            pieces = bundle.selection(
                note=checkpoint.note,
                key=key,
                stated=stated,
                count=export.rows,
                entries=_proved(session, export, bodies),
                blobs=kept,
            )
        try:
            file.writelines(pieces)
        except (bundle.WrongLog, ProofError, NoteError) as error:
            raise LogDamaged(f"{error}: have the operator run `ledger log check`") from error


def _text(session: Session, digest: str) -> bytes:
    return receipts.as_bytes(blobs.read(session, digest))


def _proved(
    session: Session, export: Export, found: Iterable[tuple[int, bytes]]
) -> Iterator[Proved]:
    nodes = receipts.nodes(session, export.tree, size=export.size)
    for index, body in found:
        yield Proved(index, body, inclusion_proof(index, export.size, nodes))


def _blobs(session: Session, export: Export) -> list[str]:
    """Return which texts go with the entries: those they name, and the policies they name."""
    if export.whole:
        return list(session.scalars(select(Blob.digest)))
    named: set[str] = set()
    for _, body, _ in entries(session, export):
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
