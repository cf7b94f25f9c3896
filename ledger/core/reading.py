"""Reading the trail: by subject, actor, kind, organisation, time and code. That is recorded.

An auditor searches all of it, by `search`, which records who asked for what and how many
rows they got. Others see the entries that concern them, by `search_own` and `open_entry`: a
patient those about themselves, a member of an organisation those of that organisation. What
somebody may see is decided in SQL, so that nothing else is counted, listed or found.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from audit import Tile, leaf_hash
from ledger.core import authority, clock, receipts, together
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.entries import TrailRead
from ledger.core.errors import NotFound
from ledger.core.filters import Entries, Filter
from ledger.core.policy import Permission
from ledger.core.trail import EntrySubject, Leaf, LogEntry
from ledger.core.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as it is listed or opened.

    Attributes:
        index: Its number in its log; None until the sequencer has come by.
        position: Where it stands among the insertions: for cursors.
        body: The exact bytes that are hashed.
        leaf: What the log has hashed them to; None like the index.
    """

    id: UUID
    log: str
    index: int | None
    kind: str
    at: datetime
    actor: str
    org: UUID | None
    position: int
    body: bytes
    leaf: bytes | None

    @property
    def intact(self) -> bool:
        """Whether the bytes are those that the log hashed, as far as it has."""
        return self.leaf is None or leaf_hash(self.body) == self.leaf

    def parsed(self) -> dict[str, Any]:
        """Return the entry as the object that it is; empty if its bytes are no entry's."""
        try:
            read = json.loads(self.body)
            objects = (read, read["data"], read["private"])
        except (ValueError, TypeError, KeyError):
            return {}
        return read if all(isinstance(one, dict) for one in objects) else {}

    def about(self) -> tuple[str, ...]:
        """Return whom it concerns."""
        about = self.parsed().get("about")
        return tuple(map(str, about)) if isinstance(about, list) else ()


_COLUMNS: Final = (
    LogEntry.id,
    LogEntry.log,
    Leaf.index,
    LogEntry.kind,
    LogEntry.at,
    LogEntry.actor,
    LogEntry.org,
    LogEntry.position,
    LogEntry.body,
    Leaf.hash,
)


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first; *more* says whether older ones follow."""

    entries: Sequence[EntryView]
    more: bool


def search(
    work: UnitOfWork, *, which: Filter, limit: int, before_position: int | None = None
) -> Page:
    """Return entries, newest first, and record that they were read.

    Args:
        work: The reader's unit of work.
        which: The conditions.
        limit: How many at most.
        before_position: Where the last page ended.

    Raises:
        Forbidden: the actor may not search the trail.
    """
    work.authorise(Permission.LOG_READ, on=Resource())
    return _page(work, which, limit, before_position)


def search_own(
    work: UnitOfWork, *, which: Filter, limit: int, before_position: int | None = None
) -> Page:
    """Return entries that concern the actor, or their organisation; record that they were read.

    The same as `search`, within what the actor may open one by one. Nothing else is counted.

    Raises:
        Forbidden: no entries are this actor's to see.
    """
    organisation = work.actor.organisation_id
    mine = [Resource(patient_id=one) for one in sorted(_patients_of(work.actor))]
    if organisation is not None:
        mine.append(Resource(organisation_ids=frozenset({organisation})))
    may = (one for one in mine if work.may(Permission.LOG_RECEIPT, on=one))
    work.authorise(Permission.LOG_RECEIPT, on=next(may, Resource()))
    theirs = visible_to(work.session, work.actor, Permission.LOG_READ, work.now)
    return _page(work, which, limit, before_position, theirs)


def _page(
    work: UnitOfWork,
    which: Filter,
    limit: int,
    before_position: int | None,
    *conditions: ColumnElement[bool],
) -> Page:
    statement = which.restrict(_select()).where(*conditions)
    if before_position is not None:
        statement = statement.where(LogEntry.position < before_position)
    statement = statement.order_by(LogEntry.position.desc()).limit(limit + 1)
    found = [_view(row) for row in work.session.execute(statement)]
    shown = found[:limit]
    work.record(TrailRead(filters=which.words(), rows=len(shown)))
    return Page(shown, more=len(found) > limit)


def open_entry(work: UnitOfWork, entry_id: UUID) -> EntryView:
    """Return one entry, if it is one that the actor may see, and record that it was read.

    Raises:
        NotFound: there is none, or not for them.
    """
    view = entry_of(work.session, work.actor, entry_id)
    # Oneself before those one acts for: the condition in SQL has let one of them through.
    theirs = (work.actor.patient_id, *sorted(work.actor.proxy_for))
    named = (one for one in theirs if one is not None)
    resource = Resource(
        patient_id=next((one for one in named if _is_about(work.session, view, one)), None),
        organisation_ids=frozenset({view.org} if view.org else ()),
    )
    work.authorise(Permission.LOG_RECEIPT, on=resource)
    work.record(TrailRead(filters=(f"id={entry_id}",), rows=1))
    return view


def read_bundle(work: UnitOfWork, log: str, tile: Tile) -> bytes:
    """Return an entry bundle of the published log, and record that it was read.

    Raises:
        NotFound: no signed tree has it.
    """
    work.authorise(Permission.LOG_READ, on=Resource())
    content = receipts.tile(work.session, log, tile)
    work.record(TrailRead(filters=(f"log={log}", f"tile={tile}"), rows=tile.width))
    return content


def entry_of(session: Session, actor: Actor, entry_id: UUID) -> EntryView:
    """Return one entry, if it is one that *actor* may see.

    Raises:
        NotFound: there is none, or not for them.
    """
    theirs = visible_to(session, actor, Permission.LOG_READ, clock.now())
    statement = _select().where(LogEntry.id == entry_id, theirs)
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("there is no such entry, or you may not see it")
    return _view(row)


def _view(row: Any) -> EntryView:
    body = receipts.as_bytes(row.body)
    leaf = None if row.hash is None else receipts.as_bytes(row.hash)
    values: tuple[Any, ...] = (*row[:-2], body, leaf)
    return EntryView(*values)


def _select() -> Entries:
    return select(*_COLUMNS).outerjoin(Leaf, Leaf.position == LogEntry.position)


Withheld: TypeAlias = Callable[[Session, Actor, UUID, datetime], Collection[int]]
"""Positions of entries about a patient that an actor is not told of at a moment."""
_withheld: Final[list[Withheld]] = []


def withholds(found: Withheld) -> None:
    """Register what keeps entries from patients and who acts for them, for a time.

    Their chain has the hashes all the same, so that a bundle is whole, and says so.
    """
    _withheld.append(found)


def visible_to(
    session: Session, actor: Actor, everything: Permission, at: datetime
) -> ColumnElement[bool]:
    """Return the condition on entries that *actor* may see one by one at a moment.

    *everything*: the permission that lets them see all.
    """
    policy = authority.in_force()
    if authority.permits(policy, actor, everything, Resource()):
        return LogEntry.id.is_not(None)
    theirs: list[ColumnElement[bool]] = []
    receipt = Permission.LOG_RECEIPT
    for patient_id in sorted(_patients_of(actor)):
        if authority.permits(policy, actor, receipt, Resource(patient_id=patient_id)):
            about = select(EntrySubject.position).where(
                EntrySubject.subject.in_(together.subjects(session, patient_id))
            )
            not_now = [n for each in _withheld for n in each(session, actor, patient_id, at)]
            theirs.append(LogEntry.position.in_(about) & LogEntry.position.not_in(not_now))
    if actor.organisation_id is not None:
        organisation = Resource(organisation_ids=frozenset({actor.organisation_id}))
        if authority.permits(policy, actor, receipt, organisation):
            theirs.append(LogEntry.org == actor.organisation_id)
    return or_(*theirs) if theirs else false()


def _is_about(session: Session, view: EntryView, patient_id: UUID) -> bool:
    return not set(together.subjects(session, patient_id)).isdisjoint(view.about())


def _patients_of(actor: Actor) -> set[UUID]:
    return {*actor.proxy_for} | ({actor.patient_id} if actor.patient_id else set())
