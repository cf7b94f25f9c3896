"""Which holds stand, and what of somebody an erasure does not reach."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core.destroying import Part
from ledger.core.retention import Ends, Erasure, RetentionClass, Schedule
from ledger.directory import erasing
from ledger.directory.retention import events as _events  # noqa: F401  (says when periods run)
from ledger.directory.retention.models import RetentionHold
from ledger.directory.retention.rules import concerned, due


def standing(session: Session, subject_ids: Iterable[UUID]) -> list[RetentionHold]:
    """Return the holds that stand on any of *subject_ids*, oldest first."""
    row = RetentionHold
    return list(
        session.scalars(
            select(row)
            .where(row.subject_id.in_(list(subject_ids)), row.lifted_at.is_(None))
            .order_by(row.placed_at, row.id)
        )
    )


def all_held(session: Session) -> frozenset[UUID]:
    """Return the id of everything that a hold stands on."""
    row = RetentionHold
    return frozenset(session.scalars(select(row.subject_id).where(row.lifted_at.is_(None))))


def reached(
    session: Session, parts: list[Part], schedule: Schedule, today: date
) -> tuple[list[Part], list[Part]]:
    """Divide the parts of whoever is erased into what goes and what the law wants kept.

    What is exempt goes too once its period is over. What nobody has put into a class is not
    exempt. What concerns something that is held, such as an agreement, stays in either case.
    """
    gone, exempt = list[Part](), dict[RetentionClass, list[Part]]()
    held = all_held(session)
    for part in parts:
        its = schedule.of_group(part.kind, part.group)
        if concerned(part) & held:
            continue
        if its is not None and its.erasure is Erasure.KEPT:
            exempt.setdefault(its, []).append(part)
        else:
            gone.append(part)
    for its, some in exempt.items():
        events = erasing.days_of(its.runs, session, some)
        over = due(some, its, events=events, held=held, today=today)
        gone += over if its.ends is not Ends.NEVER else []
    names = {(part.entry_id, part.group) for part in gone}
    return gone, [part for part in parts if (part.entry_id, part.group) not in names]
