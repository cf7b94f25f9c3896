"""What past decisions knew, rebuilt from the log: exactly the versions that they name.

The entries of the ledger that bear on them are applied, in their order and by their own
projections, to an empty database in memory. Whenever one of the versions that are wanted is
reached, it is read by the same queries that live decisions use, and kept as a value. So what
was known then is known again, whatever has changed since; only what was erased is gone.

Takes time in proportion to the log (the entries about other patients and people are passed
over), and memory in proportion to the decisions: ask for some thousands at once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, cast
from uuid import UUID

from sqlalchemy import ColumnElement, create_engine, insert, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from audit import Entry, Record, Unreadable
from ledger.access.entries import AccessOverrideOpened, AccessOverrideSeconded
from ledger.access.history import History, Wanted
from ledger.access.index import parties
from ledger.access.keeping import queries as keeping
from ledger.access.keeping.entries import RegisterImported
from ledger.access.past import Past, in_lots
from ledger.agreements import queries as agreements
from ledger.consent import queries as consents
from ledger.core import migrate, privacy, projection
from ledger.core.db import TO_WRITE, LogTable, snapshot, table_of, writing
from ledger.core.privacy import PrivatePayload, SubjectKey
from ledger.core.trail import EntrySubject, LogEntry
from ledger.directory import queries as directory
from ledger.directory.acting.entries import DAY
from ledger.directory.entries import IDENTITY
from ledger.directory.succession.queries import successions, successions_epoch

_AREAS: Final = ("directory.", "agreement.", "consent.", "access.")
"""Entries of these bear on decisions."""
_JOINED: Final = "directory.records-joined"
_OF_LIFE: Final = frozenset({IDENTITY, DAY})
_PEOPLE: Final = ("patient:", "person:")
_STANDING: Final = ("access.recus", "access.suspen")
_NAMED_MAX: Final = 500
"""With more patients and people than this the whole log is read, and passed over in Python."""
_AT_ONCE: Final = 200


def gather(live: Session, decisions: Sequence[Past]) -> History:
    """Return what *decisions* knew, as far as the log leads there. Reads *live* only."""
    wanted, found = Wanted(decisions), History()
    with snapshot(live.get_bind().engine) as steady, _scratch() as copy:
        wanted.add_joined(steady)
        _take_agreements(copy, wanted, found)
        for record, opened in _entries(steady, copy, wanted, found):
            try:
                with copy.begin_nested():
                    projection.apply(copy, record, opened)
            except Exception:  # noqa: BLE001, S112  (what it would have led to is named as missing)
                continue
            _take(copy, record, wanted, found)
    return found


@contextmanager
def _scratch() -> Iterator[Session]:
    """Give an empty database of the same shape, in memory."""
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    try:
        migrate.upgrade_engine(engine)
        bare = engine.raw_connection()  # Entries and other people's rows are not copied.
        bare.cursor().execute("PRAGMA foreign_keys = OFF")
        bare.close()
        connection = engine.connect().execution_options(**TO_WRITE)
        with connection, Session(connection, expire_on_commit=False) as copy:
            yield copy
    finally:
        engine.dispose()


def _entries(
    live: Session, copy: Session, wanted: Wanted, found: History
) -> Iterator[tuple[Record[Entry], projection.Opened]]:
    """Yield what bears on the wanted, with what of it can still be read."""
    rows = select(LogEntry.body).where(LogEntry.log == "ledger", _bearing(wanted))
    bodies = live.scalars(rows.order_by(LogEntry.position).execution_options(yield_per=1000))
    for some in in_lots(bodies, _AT_ONCE):
        records = [record for body in some if (record := _read(body, wanted)) is not None]
        sealed = [record.id for record in records if record.private]
        payloads = privacy.opened(live, sealed) if sealed else {}
        _copy_payloads(live, copy, [each.id for each in records if each.private and _counts(each)])
        for record in records:
            opened = {group: payloads.get(record.id, {}).get(group) for group in record.private}
            if _counts(record) and None in opened.values():
                found.erased.update(_ids(record, "patient:"))
            yield record, opened


def _bearing(wanted: Wanted) -> ColumnElement[bool]:
    areas = or_(*(LogEntry.kind.startswith(area) for area in _AREAS))
    if len(wanted.subjects) > _NAMED_MAX:
        return areas
    row = EntrySubject
    mine = select(row.position).where(row.subject.in_(wanted.subjects))
    about = [row.subject.startswith(word) for word in _PEOPLE]
    anybodys = select(row.position).where(row.position == LogEntry.position, or_(*about)).exists()
    agreement = LogEntry.kind.startswith("agreement.")
    return areas & or_(LogEntry.position.in_(mine), agreement, ~anybodys)


def _read(body: bytes, wanted: Wanted) -> Record[Entry] | None:
    """Return an entry; None if it cannot be read, or is about other people only."""
    try:
        record = Record.from_bytes(body)
    except Unreadable:
        return None
    people = [subject for subject in record.about if subject.startswith(_PEOPLE)]
    others = bool(people) and not wanted.subjects.intersection(people)
    return None if others and not record.entry.kind.startswith("agreement.") else record


def _counts(record: Record[Entry]) -> bool:
    """Say whether a decision may hang on what is private of it: choices, birthdays, a death."""
    of_life = not _OF_LIFE.isdisjoint(record.private) and bool(_ids(record, "patient:"))
    return of_life or record.entry.kind.startswith("consent.")


def _copy_payloads(live: Session, copy: Session, entry_ids: Sequence[UUID]) -> None:
    """Copy private payloads, encrypted as they are, for the queries that open them."""
    if not entry_ids:
        return
    payloads, keys = table_of(PrivatePayload), table_of(SubjectKey)
    rows = live.execute(select(payloads).where(payloads.c.entry_id.in_(entry_ids))).mappings().all()
    wanted = {row["key_id"] for row in rows}
    there = set(copy.scalars(select(keys.c.id).where(keys.c.id.in_(wanted))))
    missing = select(keys).where(keys.c.id.in_(wanted - there))
    with writing(LogTable):
        for row in rows:
            copy.execute(insert(payloads), dict(row))
        for row in live.execute(missing).mappings():
            copy.execute(insert(keys), dict(row))


def _take(copy: Session, record: Record[Entry], wanted: Wanted, found: History) -> None:
    """Keep each wanted version that *record* has led to."""
    if _take_kept(copy, record, found):
        return
    patient_ids = wanted.patient_ids & (_ids(record, "patient:") | wanted.joined(record))
    person_ids = _ids(record, "person:") & wanted.person_ids
    if not patient_ids and not _ids(record, "person:"):
        person_ids = wanted.person_ids if _take_successions(copy, wanted, found) else set()
    if record.entry.kind.startswith("agreement.") or person_ids is wanted.person_ids:
        _take_agreements(copy, wanted, found)
    for patient_id in patient_ids:
        _take_patient(copy, patient_id, wanted, found)
    for person_id in person_ids:
        person = directory.person_state(copy, person_id)
        if person is not None and (person_id, person.version) in wanted.people:
            found.people[person_id, person.version] = person


def _take_kept(copy: Session, record: Record[Entry], found: History) -> bool:
    """Keep what *record* says of overrides, the opt-out register, and who may not look."""
    if isinstance(record.entry, AccessOverrideOpened):
        found.overrides[record.entry.override_id] = cast(Record[AccessOverrideOpened], record)
    elif isinstance(record.entry, AccessOverrideSeconded):
        found.seconded[record.entry.override_id] = record.at
    elif isinstance(record.entry, RegisterImported):
        copied = keeping.register(copy, record.entry.n)
        if copied is not None:
            found.registers[copied.n] = copied
    elif record.entry.kind.startswith(_STANDING):
        found.standings.append(keeping.standings(copy))
    else:
        return False
    return True


def _take_patient(copy: Session, patient_id: UUID, wanted: Wanted, found: History) -> None:
    choices = consents.standing(copy, patient_id)
    if (patient_id, choices.version) in wanted.choices:
        found.choices.setdefault((patient_id, choices.version), choices)
    roster = directory.roster(copy, patient_id)
    if roster is not None and (patient_id, roster.version) in wanted.rosters:
        found.rosters[patient_id, roster.version] = roster


def _take_successions(copy: Session, wanted: Wanted, found: History) -> bool:
    """Keep who stands for whom; say whether it has just changed."""
    n = successions_epoch(copy)
    if n in found.successions or n not in wanted.successions:
        return n not in found.successions
    found.successions[n] = successions(copy)
    return True


def _take_agreements(copy: Session, wanted: Wanted, found: History) -> None:
    """Keep what agreements say of all who were asked about at this count of changes."""
    n = successions_epoch(copy)
    standing = found.successions.get(n)
    for past in wanted.agreements.get((agreements.epoch(copy), n), ()):
        if standing is None:
            return
        giver, taker = parties(past.questions()[0], standing, past.at)
        key = (giver, taker, past.entry.saw.agreements, n)
        if key not in found.between:
            found.between[key] = agreements.between(copy, from_party=giver, to_party=taker)


def _ids(record: Record[Entry], word: str) -> set[UUID]:
    return {UUID(one.removeprefix(word)) for one in record.about if one.startswith(word)}
