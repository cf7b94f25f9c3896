"""The checkpoint store: what each log has signed, kept apart from the database.

A log must never sign two trees of one size. Its own database cannot see to that: a restored
backup does not know what was signed after it was made, nor a clone what the other signed.
So every (origin, size, root) goes through compare-and-swap in a second place *before* it is
signed, and nothing signed exists that is not there first.

    held = store.newest(origin)                      # what may be continued
    store.advance(checkpoint, after=held)            # or it raises; only then is it signed

Two kinds: a directory, for leaders on one machine, and another PostgreSQL database, which
every leader can reach. Neither may be in the backup of the data: restored together with it,
a store knows no more than the database. And what is copied together with the keys and the
database (a clone of the whole machine) cannot be told apart from here: only a store that
both still share, or witnesses, can do that.
"""

import fcntl
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    create_engine,
    func,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from audit import Checkpoint, NoteError


class StoreRefused(Exception):
    """Another tree went through the store: whoever asked must not sign theirs."""


class StoreUnavailable(Exception):
    """The store cannot be read or written. Nothing may be signed until it can."""


class CheckpointStore(Protocol):
    """Where the newest checkpoint of each origin is kept; see the module."""

    def newest(self, origin: str) -> Checkpoint | None:
        """Return what was signed last under *origin*; None if nothing ever was.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        ...

    def advance(self, checkpoint: Checkpoint, *, after: Checkpoint | None) -> None:
        """Keep *checkpoint*, durably, if the newest is still *after*; then it may be signed.

        Keeping what is kept already is no change.

        Raises:
            StoreRefused: the newest is neither; or *checkpoint* is smaller than it, or
                another tree of the same size.
            StoreUnavailable: it could not be kept.
        """
        ...


def open_store(place: str) -> CheckpointStore:
    """Return the store at *place*: the URL of a PostgreSQL database, or the path of a directory."""
    if place.startswith("postgresql"):
        return DatabaseStore(place)
    return DirectoryStore(Path(place))


def _must_follow(held: Checkpoint | None, after: Checkpoint | None, new: Checkpoint) -> None:
    if held != after:
        raise StoreRefused(
            f"the checkpoint store has {_spelled(held)} for {new.origin}, and not "
            f"{_spelled(after)}: another instance has signed"
        )
    if held is not None and new.size <= held.size:
        raise StoreRefused(f"{_spelled(new)} does not continue {_spelled(held)} of {new.origin}")


def _spelled(checkpoint: Checkpoint | None) -> str:
    if checkpoint is None:
        return "nothing"
    return f"size {checkpoint.size}, root {checkpoint.root.hex()[:12]}…"


class DirectoryStore:
    """One small file for each origin, replaced as a whole, under a lock that processes share.

    The directory must be on a disk of the machine: not every network file system keeps
    what a lock or a rename promises.
    """

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder

    def newest(self, origin: str) -> Checkpoint | None:
        try:
            return self._read(origin)
        except OSError as error:
            raise self._unavailable(error) from error

    def advance(self, checkpoint: Checkpoint, *, after: Checkpoint | None) -> None:
        try:
            with self._locked():
                held = self._read(checkpoint.origin)
                if held == checkpoint:
                    return
                _must_follow(held, after, checkpoint)
                self._write(checkpoint)
        except OSError as error:
            raise self._unavailable(error) from error

    def _file(self, origin: str) -> Path:
        return self._folder / f"{sha256(origin.encode()).hexdigest()}.checkpoint"

    def _read(self, origin: str) -> Checkpoint | None:
        file = self._file(origin)
        try:
            found = Checkpoint.from_text(file.read_text())
        except FileNotFoundError:
            return None
        except (NoteError, UnicodeDecodeError) as error:
            raise StoreUnavailable(f"the checkpoint store is damaged: {file}: {error}") from error
        if found.origin != origin:
            raise StoreUnavailable(f"the checkpoint store is damaged: {file} is of {found.origin}")
        return found

    def _write(self, checkpoint: Checkpoint) -> None:
        file = self._file(checkpoint.origin)
        unfinished = file.with_suffix(".unfinished")
        with unfinished.open("w") as out:
            out.write(checkpoint.to_text())
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
        _sync(self._folder)  # Or a power cut could bring the old file back.

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if not self._folder.is_dir():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self._folder.parent)
        with (self._folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # Ends with the file, or with the process.
            yield

    def _unavailable(self, error: OSError) -> StoreUnavailable:
        return StoreUnavailable(
            f"the checkpoint store {self._folder} cannot be used ({error.strerror}): "
            "nothing is signed until it can be"
        )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_METADATA: Final = MetaData()  # Apart from the ledger's own tables, as the database is.
_KEPT: Final = Table(
    "care_ledger_checkpoints",
    _METADATA,
    Column("origin", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", Text, nullable=False),
)


_ANSWERS_OR_FAILS: Final = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "options": "-c statement_timeout=10000 -c idle_in_transaction_session_timeout=60000",
}
"""Whoever asks holds the lead, and a lock of the log: a store that says nothing must be said
to be out of reach, so that another process, which may reach it, can lead."""


class DatabaseStore:
    """A table in another PostgreSQL database, made when it is first used."""

    def __init__(self, url: str) -> None:
        self._url: Final = url

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(
            self._url, pool_size=1, pool_pre_ping=True, connect_args=_ANSWERS_OR_FAILS
        )
        _METADATA.create_all(engine)
        return engine

    def newest(self, origin: str) -> Checkpoint | None:
        try:
            with self._engine.begin() as connection:
                return _newest(connection, origin)
        except SQLAlchemyError as error:
            raise _unreachable(error) from error

    def advance(self, checkpoint: Checkpoint, *, after: Checkpoint | None) -> None:
        try:
            with self._engine.begin() as connection:
                # Whatever the server's default: what was kept must survive its crash.
                connection.execute(select(func.set_config("synchronous_commit", "on", true())))
                held = _newest(connection, checkpoint.origin, lock=True)
                if held == checkpoint:
                    return
                _must_follow(held, after, checkpoint)
                _keep(connection, checkpoint)
        except IntegrityError as error:  # Another was the first for this origin.
            raise StoreRefused(f"another instance began to sign {checkpoint.origin}") from error
        except SQLAlchemyError as error:
            raise _unreachable(error) from error


def _newest(connection: Connection, origin: str, *, lock: bool = False) -> Checkpoint | None:
    chosen = select(_KEPT.c.size, _KEPT.c.root).where(_KEPT.c.origin == origin)
    row = connection.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    return None if row is None else Checkpoint(origin, row.size, b64decode(row.root))


def _keep(connection: Connection, new: Checkpoint) -> None:
    values = {"size": new.size, "root": b64encode(new.root).decode()}
    known = connection.execute(
        update(_KEPT).where(_KEPT.c.origin == new.origin, _KEPT.c.size < new.size).values(values)
    )
    if not known.rowcount:
        connection.execute(insert(_KEPT).values(origin=new.origin, **values))


def _unreachable(error: SQLAlchemyError) -> StoreUnavailable:
    said = str(getattr(error, "orig", error)).strip().splitlines()[0]
    return StoreUnavailable(
        f"the checkpoint store cannot be reached ({said}): nothing is signed until it can be"
    )


class NoStore:
    """Stands where none was chosen: nothing can be signed, and the reason says what to do."""

    def newest(self, origin: str) -> Checkpoint | None:
        raise StoreUnavailable(
            f"there is no checkpoint store for {origin}: set LEDGER_CHECKPOINT_STORE to a "
            "directory that is not in the backup of the data, or to another PostgreSQL "
            "database; on PostgreSQL there is no default"
        )

    def advance(self, checkpoint: Checkpoint, *, after: Checkpoint | None) -> None:
        self.newest(checkpoint.origin)
