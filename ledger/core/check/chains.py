"""Chains of subjects, and the rows that say whom entries are about."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from ledger.core import receipts
from ledger.core.check.report import FAULTS_MAX, Report
from ledger.core.trail import ChainLink, EntrySubject, LogEntry, Pending


def check_chains(
    session: Session, log: str, leaves: Sequence[Any], intact: Sequence[Any], report: Report
) -> None:
    """Check that each subject's chain goes on, by one link, from each entry about it."""
    first, last = leaves[0].number, leaves[-1].number
    by_index = {leaf.number: leaf for leaf in leaves}
    before = aliased(ChainLink)
    links: Any = session.execute(
        select(ChainLink, before.head, before.index)
        .outerjoin(
            before,
            (before.log == ChainLink.log)
            & (before.subject == ChainLink.subject)
            & (before.n == ChainLink.n - 1),
        )
        .where(ChainLink.log == log, ChainLink.index >= first, ChainLink.index <= last)
    )
    linked: dict[int, set[str]] = {}
    for link, head, index in links:
        linked.setdefault(link.index, set()).add(link.subject)
        leaf = by_index.get(link.index)
        follows = link.n == 1 if head is None else index < link.index
        before_it = receipts.as_bytes(head or b"")
        whole = sha256(before_it + receipts.as_bytes(leaf.hash)).digest() if leaf else None
        if not follows or link.head != whole:
            report.fault(
                f"chain of {link.subject}: link {link.n}, at entry {link.index}, is broken"
            )
    session.expunge_all()
    _check_subjects(session, intact, linked, report)


def _check_subjects(
    session: Session, intact: Sequence[Any], linked: dict[int, set[str]], report: Report
) -> None:
    repeated = _subjects(session, intact)
    for leaf in intact:
        about = set(json.loads(leaf.body)["about"])
        if linked.get(leaf.number, set()) != about:
            report.fault(f"entry {leaf.number}: its links in chains are not those of its subjects")
        if repeated.get(leaf.position, set()) != about:
            report.fault(f"entry {leaf.number}: entry_subjects is not what its bytes say")


def _subjects(session: Session, leaves: Sequence[Any]) -> dict[int, set[str]]:
    positions = [leaf.position for leaf in leaves]
    chosen = select(EntrySubject.position, EntrySubject.subject)
    found: dict[int, set[str]] = {}
    for position, subject in session.execute(chosen.where(EntrySubject.position.in_(positions))):
        found.setdefault(position, set()).add(subject)
    return found


def check_chains_end(session: Session, report: Report) -> None:
    """Check that no chain has a link from beyond the last leaf."""
    beyond = select(ChainLink.subject, ChainLink.n, ChainLink.index)
    beyond = beyond.where(ChainLink.log == report.log, ChainLink.index >= report.size)
    for subject, n, index in session.execute(beyond.limit(FAULTS_MAX)):
        report.fault(f"chain of {subject}: link {n} is of entry {index}, which is not here")


def check_subjects_waiting(session: Session, log: str, report: Report) -> None:
    """Check whom entries that have no index are said to be about."""
    rows = select(Pending.position, LogEntry.body)
    rows = rows.join(LogEntry, LogEntry.position == Pending.position).where(Pending.log == log)
    for row in session.execute(rows.order_by(Pending.position).execution_options(yield_per=256)):
        try:
            about = set(json.loads(row.body)["about"])
        except (ValueError, TypeError, KeyError):
            continue  # Named where its columns are checked.
        if _subjects(session, [row]).get(row.position, set()) != about:
            report.fault(
                f"the waiting entry at position {row.position}: entry_subjects is not what its "
                "bytes say"
            )
