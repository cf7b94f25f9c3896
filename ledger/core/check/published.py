"""What was published against what was signed, and the signatures of witnesses under it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from audit import NoteError, Verifier
from audit.note import read_any
from ledger.core.check.report import Report
from ledger.core.published import PublishedCheckpoint
from ledger.core.trail import SignedCheckpoint

_AT_ONCE = 500


def check_published(
    session: Session,
    keys: Sequence[Verifier],
    witnesses: Sequence[Verifier],
    report: Report,
    *,
    above: int = 0,
) -> None:
    """Check each published note of more than *above* entries.

    It must be the text that was signed at that size, which `check_checkpoints` holds to the
    leaves; one of the log's *keys* must have signed it; and of what *witnesses* are named as
    having signed, nothing may be wrong. Lines of witnesses that are not known are not judged.
    """
    same = and_(
        SignedCheckpoint.log == PublishedCheckpoint.log,
        SignedCheckpoint.size == PublishedCheckpoint.size,
    )
    rows = (
        select(PublishedCheckpoint.size, PublishedCheckpoint.note, SignedCheckpoint.note)
        .outerjoin(SignedCheckpoint, same)
        .where(PublishedCheckpoint.log == report.log, PublishedCheckpoint.size > above)
        .order_by(PublishedCheckpoint.size)
        .execution_options(yield_per=_AT_ONCE)
    )
    found: Any = session.execute(rows)  # Of an outer join: nothing may be signed there.
    for size, note, signed in found:
        where = f"published checkpoint of size {size}"
        if signed is None:
            report.fault(f"{where}: nothing was signed at that size")
            continue
        origin, text = str(note).partition("\n")[0], _text(str(note))
        known = [key for key in keys if key.name == origin]
        if text != _text(str(signed)):
            report.fault(f"{where}: it is not the tree that was signed at that size")
            continue
        try:
            signers = read_any(note, [*known, *witnesses])[1]
        except NoteError as error:
            report.fault(f"{where}: {error}")
            continue
        if not any(key in signers for key in known):
            report.fault(f"{where}: the log's own signature is not there")
        else:
            report.published += 1


def _text(note: str) -> str:
    return note.rpartition("\n\n")[0]
