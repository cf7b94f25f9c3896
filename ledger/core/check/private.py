"""What lies beside the log, encrypted, against what the entries commit to.

Where a key exists, each private group is opened and its commitment made again. Where one is
gone, an entry must say that it was destroyed; else somebody deleted it.
"""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Entry, Record
from ledger.core import privacy
from ledger.core.check.report import Report
from ledger.core.destroying import DestroyedPart
from ledger.core.privacy import Payload


def check_private(
    session: Session, records: Mapping[int, Record[Entry]], report: Report, *, what: str = "entry"
) -> None:
    """Compare the private groups of *records*, by index, with their payloads."""
    sealed = [record.id for record in records.values() if record.private]
    if not sealed:
        return
    payloads = _opened(session, sealed, report)
    destroyed = _destroyed(session, sealed)
    for number, record in records.items():
        stored = payloads.get(record.id)
        if stored is None and record.private and record.id in payloads:
            continue  # Does not open, which is said.
        where = f"{what} {number} ({record.id})"
        for group, commitment in record.private.items():
            if group not in (stored or {}):
                report.fault(f"{where}: private_payloads has nothing for its group {group}")
                continue
            payload = (stored or {})[group]
            if payload is None:
                if (record.id, group) not in destroyed:
                    report.fault(
                        f"{where}: its private group {group} cannot be opened any more, and no "
                        "entry says that it was destroyed"
                    )
            elif payload.commitment() != commitment:
                report.fault(f"{where}: its private group {group} is not what it committed to")
        for group in (stored or {}).keys() - record.private.keys():
            report.fault(f"{where}: private_payloads has a group {group} that it never had")


def _opened(
    session: Session, entry_ids: Sequence[UUID], report: Report
) -> dict[UUID, dict[str, Payload | None] | None]:
    """Return the private groups of entries; None for an entry with one that does not open."""
    try:
        return dict(privacy.read(session, entry_ids))
    except (privacy.Tampered, ValueError, TypeError) as error:
        if len(entry_ids) == 1:
            report.fault(f"private_payloads {entry_ids[0]}: does not open: {error}")
            return {entry_ids[0]: None}
    found: dict[UUID, dict[str, Payload | None] | None] = {}
    for entry_id in entry_ids:  # One by one, to name those.
        found |= _opened(session, [entry_id], report)
    return found


def _destroyed(session: Session, entry_ids: Iterable[UUID]) -> set[tuple[UUID, str]]:
    rows = select(DestroyedPart.entry_id, DestroyedPart.group)
    rows = rows.where(DestroyedPart.entry_id.in_(list(entry_ids)))
    return {(entry_id, group) for entry_id, group in session.execute(rows)}
