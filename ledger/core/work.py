"""The unit of work: load, authorise, check, record. In that order, or not at all.

    with unit_of_work(actor) as work:
        consent.withdraw(work, consent_id)

Everything a command does happens in one database transaction. It never changes a row
itself: `record` appends an entry to the log and applies that entry's projection, so
there is never a change without its entry, nor an entry without its change. What would
break that is a bug rather than a user's error, and raises `Bug`:

* an entry is recorded that nobody was authorised for, or only halfway (here);
* a row changes and no projection is being applied (the fence in `ledger.core.db`).

A refusal rolls everything back, and is then recorded by itself: see `refusals`.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from audit import Entry, Record
from ledger.core import authority, clock, projection, refusals, trail
from ledger.core.actor import Actor, Mandate
from ledger.core.authority import Refused, Resource
from ledger.core.db import TO_WRITE, Projected, db
from ledger.core.errors import Bug, LedgerError, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission, Policy

Row = TypeVar("Row", bound=Projected)

AWAITED: Final = "awaited_entries"
"""Where a session keeps the ids of what was recorded, if somebody began a list there."""


class UnitOfWork:
    """What a command may do. Made by `unit_of_work`, never directly.

    Attributes:
        id: Names this unit in each entry that it records.
        policy: The ruleset it is judged by, whatever is reloaded meanwhile.
        recorded: The ids of the entries so far.
        mandate: By which decision a body acts, while `acting_as` one.
    """

    def __init__(self, session: Session, actor: Actor, now: datetime) -> None:
        self.session: Final = session
        self.actor = actor
        self.mandate: Mandate | None = None
        self.now: Final = now
        self.id: Final = new_id()
        self.policy: Final[Policy] = authority.in_force()
        self._authorised = 0
        self._halfway = False
        self._inserted: list[object] = []
        self._refused: list[LedgerError] = []
        self._waiting: list[Entry] = []
        self.recorded: Final[list[UUID]] = []

    @property
    def today(self) -> date:
        """The civil date, where the service is, that every rule here is judged by."""
        return clock.civil_date(self.now)

    def load(self, kind: type[Row], key: Any, *, to_change: bool = True) -> Row:
        """Return a row as it is now, locked until this unit of work ends.

        Load what the decision depends on, and not only what will change: a row that
        is only read (*to_change* is False) can then be read by others and changed by
        nobody, so an entry never comes after one that would have refused it.

        Raises:
            NotFound: there is no such row.
        """
        self.record_waiting()
        lock: Any = {"read": not to_change}
        row = self.session.get(kind, key, with_for_update=lock, populate_existing=True)
        if row is None:
            raise NotFound(f"no such {kind.__name__.lower()}")
        return row

    def authorise(self, permission: Permission, *, on: Resource, records: int = 1) -> None:
        """Raise `Forbidden` unless the actor has *permission*. Covers *records* entries."""
        authority.require(self.policy, self.actor, permission, on)
        self._authorised = records

    def may(self, permission: Permission, *, on: Resource) -> bool:
        """Say whether the actor has *permission*, without recording or covering anything."""
        return authority.permits(self.policy, self.actor, permission, on)

    def record(self, entry: Entry) -> Record[Entry]:
        """Append *entry* to the log and apply its projection."""
        if not self._authorised:
            raise Bug(f"{entry.kind} is recorded before work.authorise(...)")
        self.record_waiting()
        self._authorised, self._halfway = self._authorised - 1, True
        self.session.flush()  # Whatever the command changed by itself meets the fence here.
        record = append(self, entry)
        self.recorded.append(record.id)
        opened = {group: entry.opened(group, entry.payload(group)) for group in entry.groups}
        self._inserted += projection.apply(self.session, record, opened)
        self._halfway = False
        return record

    def record_together(self, entries: Sequence[Entry]) -> None:
        """Append many entries of an import in one go, and apply their projections in order.

        For thousands of entries that one command makes: the rows go in together. They have no
        private groups, and their projections are declared by `projection.projects_together`.
        """
        if self._authorised < len(entries):
            raise Bug("entries are recorded that nobody was authorised for")
        self.record_waiting()
        self._authorised -= len(entries)
        self._record_all(entries)

    def record_later(self, entry: Entry) -> None:
        """Append *entry* together with others, before anything else is loaded or recorded.

        For one command of many in a unit of work, whose next ones need not read what it changes.
        """
        if not self._authorised:
            raise Bug(f"{entry.kind} is recorded before work.authorise(...)")
        self._authorised -= 1
        self._waiting.append(entry)

    def record_waiting(self) -> None:
        """Append what was to be recorded later."""
        if self._waiting:
            entries, self._waiting = self._waiting, []
            self._record_all(entries)

    def _record_all(self, entries: Sequence[Entry]) -> None:
        self._halfway = True
        self.session.flush()
        records = trail.append_many(
            self.session,
            entries,
            actor=self.actor,
            at=self.now,
            work=self.id,
            policy=self.policy.digest,
        )
        self.recorded.extend(record.id for record in records)
        projection.apply_together(self.session, records)
        self._halfway = False

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Carry out one of many commands: what refuses it undoes it alone, and is raised.

        Whoever catches that goes on with the next. Refusals are recorded at the end, as ever.
        """
        self.record_waiting()
        inserted, recorded = len(self._inserted), len(self.recorded)
        try:
            with self.session.begin_nested():
                yield
                self.record_waiting()
        except LedgerError as refusal:
            del self._inserted[inserted:], self.recorded[recorded:], self._waiting[:]
            self._halfway = False
            self._refused.append(refusal)
            raise
        finally:
            self._authorised = 0  # What one was authorised for covers no other.

    @contextmanager
    def acting_as(self, mandate: Mandate) -> Iterator[None]:
        """Carry out what a body decided: as the body, whoever set it going.

        Entries name both: who set it going, and on whose behalf. The policy says what a body
        may do; what that person may do otherwise counts neither for it nor against it.
        """
        self.record_waiting()
        before = self.actor, self.mandate
        self.actor, self.mandate = self.actor.for_body(mandate), mandate
        self._authorised = 0
        try:
            yield
            self.record_waiting()
        finally:
            self.actor, self.mandate = before
            self._authorised = 0  # What the body was authorised for covers nobody else.

    def _commit(self) -> None:
        self.record_waiting()
        if self._halfway:
            raise Bug("a record failed halfway, and the command went on regardless")
        self.session.commit()
        if AWAITED in self.session.info:
            self.session.info[AWAITED] += self.recorded


def append(work: UnitOfWork, entry: Entry) -> Record[Entry]:
    """Append *entry* to the log as part of *work*. `UnitOfWork.record` is what commands call."""
    return trail.append(
        work.session,
        entry,
        actor=work.actor,
        at=work.now,
        work=work.id,
        policy=work.policy.digest,
    )


@contextmanager
def unit_of_work(actor: Actor, *, now: datetime | None = None) -> Iterator[UnitOfWork]:
    """Open a unit of work; commit when the block ends, roll back if it raises."""
    session = db.session()
    if session.info.get("working"):
        raise Bug("a unit of work inside another: a command takes `work`, it does not open one")
    if session.new or session.dirty or session.deleted:
        raise Bug("what was changed before a unit of work would be lost")
    session.rollback()  # Ends what was only read: the transaction is this unit's alone.
    session.info["working"] = True
    began = now or clock.now()
    try:
        session.connection(execution_options=TO_WRITE)
        work = UnitOfWork(session, actor, began)
        yield work
        work._commit()
        for refusal in work._refused:
            _note(session, actor, refusal, began)
    except LedgerError as refusal:
        session.rollback()
        _note(session, actor, refusal, began)
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info["working"]


def _note(session: Session, actor: Actor, refusal: LedgerError, at: datetime) -> None:
    """Record a refusal by itself, if anybody needs to know of it later."""
    if isinstance(refusal, Refused):
        refusals.record(session, actor, refusal.permission, at=at)
    elif refusal.fact is not None:
        about = (refusal.slug, *refusal.fact.about())
        refusals.note(session, actor, refusal.fact, about=about, at=at)
