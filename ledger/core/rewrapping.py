"""Another master key: everything that the old one wraps or keys is put under the new one.

The service stands still meanwhile. Each layer declares its part:

    @rewraps("look-ups of patients")
    def patients(session: Session, old: MasterKey, new: MasterKey, after: str, limit: int) -> Done:

A step does at most *limit* rows that come after *after*, in one transaction that also keeps how
far it is. So a rotation that is killed anywhere goes on where it was, and until it has finished
no process serves: `ledger.core.keys` sees to that.

What the old key had derived for digests that cannot be made anew, because nobody keeps what
they were made of, goes on as it is, wrapped: see `ledger.core.privacy.pin`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Engine, String, Table, delete, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.core import clock, privacy
from ledger.core.db import TO_WRITE, LogTable, Operational, table_of, writing
from ledger.core.ids import new_id
from ledger.core.master_key import MasterKey, Tampered, decrypt, encrypt
from ledger.core.privacy import SubjectKey

BATCH: Final = 500


class Done(NamedTuple):
    """What a step has done: the last key it came to (None if there are no more), and how many."""

    after: str | None
    rows: int


Step: TypeAlias = Callable[[Session, MasterKey, MasterKey, str, int], Done]

_steps: dict[str, Step] = {}


class CannotRotate(Exception):
    """The keys given are not those of the rotation that was begun, or open nothing."""


class KeyRotation(Operational):
    """One replacement of the master key, and how far it is."""

    __tablename__ = "master_key_rotations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    old_key: Mapped[str] = mapped_column(String(16))
    new_key: Mapped[str] = mapped_column(String(16))
    began_at: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(40))
    after: Mapped[str] = mapped_column(String(64))
    done: Mapped[int]
    finished_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a rotation came to: how many rows, in all its runs, and whether this was the last."""

    done: int
    resumed: bool


def rewraps(name: str) -> Callable[[Step], Step]:
    """Declare a step of every rotation; they run in the order in which they were declared."""

    def declare(step: Step) -> Step:
        _steps[name] = step
        return step

    return declare


def unfinished(session: Session) -> KeyRotation | None:
    """Return the rotation that was begun and not finished, if there is one."""
    return session.scalar(select(KeyRotation).where(KeyRotation.finished_at.is_(None)))


def size(session: Session) -> int:
    """Return about how many rows a rotation will write: each key of a person, and fingerprints."""
    return 2 * (session.scalar(select(func.count()).select_from(SubjectKey)) or 0)


def rotate(
    engine: Engine,
    old: MasterKey,
    new: MasterKey,
    *,
    advance: Callable[[str, int], None] = lambda _step, _done: None,
) -> Report:
    """Put everything under *new*; go on with a rotation between the same keys that was killed.

    *advance* is told the step and how many rows are done. Nothing may be served meanwhile.

    Raises:
        CannotRotate: *old* is not the database's key, both are one key, or another rotation
            was begun and not finished.
    """
    resumed = _begin(engine, old, new)
    privacy.use_master_key(new)
    names = list(_steps)
    while True:
        with _writing(engine) as session:
            row = session.scalars(
                select(KeyRotation).where(KeyRotation.finished_at.is_(None)).with_for_update()
            ).one()
            at = _steps[row.step](session, old, new, row.after, BATCH)
            row.done += at.rows
            if at.after is not None:
                row.after = at.after
            elif row.step != names[-1]:
                row.step, row.after = names[names.index(row.step) + 1], ""
            else:
                row.finished_at = clock.now()
            done, step, over = row.done, row.step, row.finished_at is not None
        advance(step, done)
        if over:
            return Report(done, resumed)


def _begin(engine: Engine, old: MasterKey, new: MasterKey) -> bool:
    """Note that a rotation begins, unless it had; return whether it had."""
    named = (old.fingerprint, new.fingerprint)
    if named[0] == named[1]:
        raise CannotRotate("the new master key is the previous one: make another")
    with _writing(engine) as session:
        there = unfinished(session)
        if there is not None:
            if (there.old_key, there.new_key) != named:
                raise CannotRotate(
                    f"a rotation from key {there.old_key} to {there.new_key} was begun and is "
                    f"not finished: give those two, not {named[0]} and {named[1]}"
                )
            return True
        row = session.execute(select(SubjectKey.id, SubjectKey.wrapped).limit(1)).one_or_none()
        if row is not None:
            try:
                old.unwrap(row.wrapped, about=row.id.bytes)
            except Tampered as error:
                raise CannotRotate("the previous master key does not open this database") from error
        session.add(
            KeyRotation(
                id=new_id(),
                old_key=named[0],
                new_key=named[1],
                began_at=clock.now(),
                step=next(iter(_steps)),
                after="",
                done=0,
                finished_at=None,
            )
        )
    return False


@contextmanager
def _writing(engine: Engine) -> Iterator[Session]:
    """Open one transaction that writes; on the connection, or PostgreSQL would commit each row."""
    with (
        engine.connect().execution_options(**TO_WRITE) as connection,
        Session(connection) as session,
        session.begin(),
    ):
        yield session


def reseal(
    session: Session,
    table: Table,
    columns: Sequence[str],
    *,
    keys: tuple[bytes, bytes],
    about: Callable[[object], bytes],
) -> Done:
    """Encrypt *columns* of every row of *table* with another key; for tables of few rows.

    Args:
        session: In which to do it.
        table: Has one column as its primary key.
        columns: What is encrypted; a value may be None.
        keys: The old key and the new one, derived from the two master keys.
        about: What a row is bound to, given its primary key.
    """
    (name,) = (column.name for column in table.primary_key)
    rows = session.execute(select(table.c[name], *(table.c[each] for each in columns))).all()
    for key, *sealed in rows:
        to = about(key)
        fresh = {
            column: encrypt(keys[1], decrypt(keys[0], value, about=to), about=to)
            for column, value in zip(columns, sealed, strict=True)
            if value is not None
        }
        session.execute(update(table).where(table.c[name] == key).values(fresh))
    return Done(None, len(rows))


@rewraps("keys of people")
def _subject_keys(session: Session, old: MasterKey, new: MasterKey, after: str, limit: int) -> Done:
    table = table_of(SubjectKey)
    some = select(table).order_by(table.c.id).limit(limit)
    if after:
        some = some.where(table.c.id > UUID(after))
    rows = session.execute(some).all()
    if not rows:
        return Done(None, 0)
    fresh = [
        {
            "id": row.id,
            "subject_id": row.subject_id,
            "wrapped": new.wrap(old.unwrap(row.wrapped, about=row.id.bytes), about=row.id.bytes),
        }
        for row in rows
    ]
    with writing(LogTable):  # The database refuses to change such a row; it may be replaced.
        session.execute(delete(table).where(table.c.id.in_([row.id for row in rows])))
        session.execute(insert(table), fresh)
    return Done(str(rows[-1].id), len(rows))


@rewraps("keys of digests")
def _pinned(session: Session, old: MasterKey, new: MasterKey, _after: str, _limit: int) -> Done:
    return Done(None, privacy.pin_all(session, old, new))
