"""Reading the trail: by subject, actor, kind, organisation and time. Reading is recorded.

An auditor searches all of it, by `search`, which records who asked for what and how many
rows they got. Others open the entries that concern them, by `open_entry`: a patient those
about themselves, a member of an organisation those of that organisation. What somebody
may see is decided in SQL, so that nothing else is counted, listed or found.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import Session

from audit import Tile
from audit.entries import SUBJECTS
from ledger.core import authority, receipts
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.entries import TrailRead
from ledger.core.errors import Fault, Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.trail import LOGS, EntrySubject, Leaf, LogEntry
from ledger.core.work import UnitOfWork

Entries: TypeAlias = Select[*tuple[Any, ...]]
"""A statement that selects from entries."""

_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SUBJECT: Final = re.compile(rf"({'|'.join(sorted(SUBJECTS))}):{_UUID}")
_ACTOR: Final = re.compile(rf"(person|client):{_UUID}|system:[a-z][a-z-]{{0,40}}")
_KIND: Final = re.compile(r"[a-z][a-z-]*(\.[a-z][a-z-]*)?")


class BadFilter(Invalid):
    """Something in the question is not spelled as the log spells it."""

    slug = "bad-trail-filter"
    title = "The trail cannot be searched like that"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which entries: all conditions together. None of them asks for everything.

    Attributes:
        log: ``ledger`` or ``access``.
        subject: ``patient:<uuid>`` and so on.
        actor: ``person:<uuid>``, ``client:<uuid>`` or ``system:<job>``.
        kind: A kind, or its first half for every kind of an area.
        org: The organisation that was acted for.
        since: Of this moment or later.
        before: Earlier than this moment.
    """

    log: str = "ledger"
    subject: str | None = None
    actor: str | None = None
    kind: str | None = None
    org: UUID | None = None
    since: datetime | None = None
    before: datetime | None = None

    def __post_init__(self) -> None:
        """Raise `BadFilter`, naming each condition that cannot be asked."""
        faults = [
            Fault(name, f"give it as {example}")
            for name, pattern, example in (
                ("subject", _SUBJECT, "patient:<id>, or another sort of subject and its id"),
                ("actor", _ACTOR, "person:<id>, client:<id> or system:<job>"),
                ("kind", _KIND, "area.past-participle, or the area alone"),
            )
            if (text := getattr(self, name)) is not None and not pattern.fullmatch(text)
        ]
        if self.log not in LOGS:
            faults.append(Fault("log", f"give one of {', '.join(LOGS)}"))
        if self.since and self.before and self.since >= self.before:
            faults.append(Fault("before", "give a moment after the one in since"))
        if faults:
            raise BadFilter("some of the conditions cannot be used", faults)

    def words(self) -> tuple[str, ...]:
        """Return the conditions as ``name=value``, for the log and for bundles."""
        return tuple(f"{name}={value}" for name, value in self.spelled().items())

    def spelled(self) -> dict[str, str]:
        """Return the conditions that were given, as texts; the log always among them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in values.items()
            if value is not None
        }

    def restrict(self, statement: Entries) -> Entries:
        """Return *statement*, which selects from entries, with these conditions."""
        statement = statement.where(LogEntry.log == self.log)
        if self.subject is not None:
            statement = statement.join(EntrySubject, EntrySubject.position == LogEntry.position)
            statement = statement.where(EntrySubject.subject == self.subject)
        if self.kind is not None:
            exact = "." in self.kind
            matches = LogEntry.kind == self.kind if exact else _area(self.kind)
            statement = statement.where(matches)
        conditions: list[ColumnElement[bool]] = []
        if self.actor is not None:
            conditions.append(LogEntry.actor == self.actor)
        if self.org is not None:
            conditions.append(LogEntry.org == self.org)
        if self.since is not None:
            conditions.append(LogEntry.at >= self.since)
        if self.before is not None:
            conditions.append(LogEntry.at < self.before)
        return statement.where(*conditions)


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry as it is listed or opened.

    Attributes:
        index: Its number in its log; None until the sequencer has come by.
        position: Where it stands among the insertions: for cursors.
        body: The exact bytes that are hashed.
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

    def parsed(self) -> dict[str, Any]:
        """Return the entry as the object that it is; empty if its bytes are damaged."""
        try:
            read = json.loads(self.body)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}

    def about(self) -> tuple[str, ...]:
        """Return whom it concerns."""
        return tuple(self.parsed().get("about", ()))


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
    statement = which.restrict(_select())
    if before_position is not None:
        statement = statement.where(LogEntry.position < before_position)
    statement = statement.order_by(LogEntry.position.desc()).limit(limit + 1)
    found = [EntryView(*row) for row in work.session.execute(statement)]
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
    resource = Resource(
        patient_id=next((one for one in theirs if f"patient:{one}" in view.about()), None),
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
    statement = _select().where(LogEntry.id == entry_id, _visible_to(actor))
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("there is no such entry, or you may not see it")
    return EntryView(*row)


def _select() -> Entries:
    return select(*_COLUMNS).outerjoin(Leaf, Leaf.position == LogEntry.position)


def _area(area: str) -> ColumnElement[bool]:
    return LogEntry.kind.startswith(f"{area}.", autoescape=True)


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on entries that *actor* may see one by one."""
    policy = authority.in_force()
    if authority.permits(policy, actor, Permission.LOG_READ, Resource()):
        return LogEntry.id.is_not(None)
    theirs: list[ColumnElement[bool]] = []
    receipt = Permission.LOG_RECEIPT
    patients = {*actor.proxy_for} | ({actor.patient_id} if actor.patient_id else set())
    for patient_id in sorted(patients):
        if authority.permits(policy, actor, receipt, Resource(patient_id=patient_id)):
            about = select(EntrySubject.position).where(
                EntrySubject.subject == f"patient:{patient_id}"
            )
            theirs.append(LogEntry.position.in_(about))
    if actor.organisation_id is not None:
        organisation = Resource(organisation_ids=frozenset({actor.organisation_id}))
        if authority.permits(policy, actor, receipt, organisation):
            theirs.append(LogEntry.org == actor.organisation_id)
    return or_(*theirs) if theirs else false()
