"""What a witness remembers, and the decision to sign: one transaction of SQLite.

The newest checkpoint is compared, replaced and on the disk before anybody hears of a
signature; `BEGIN IMMEDIATE` keeps threads and other processes out meanwhile.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

from audit.merkle import EMPTY_ROOT, ProofError
from audit.note import Signer, spelled
from audit.proofs import verify_consistency
from audit.witness.request import Refused, Request

_BUSY_S: Final = 5.0
_REFUSED_MAX: Final = 100  # Per log: evidence is worth keeping, a flood of it is not.
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS newest (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL,
    signed_at_s INTEGER NOT NULL, note TEXT NOT NULL,
    origin_sha256 TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS refused (
    note_sha256 BLOB PRIMARY KEY, origin TEXT NOT NULL, at_s INTEGER NOT NULL,
    why TEXT NOT NULL, shown TEXT NOT NULL, kept TEXT NOT NULL
) STRICT;
"""


class MakeSigners(Protocol):
    """Returns the witness's keys, all of which sign as of the moment that is given."""

    def __call__(self, now_s: Callable[[], int]) -> Sequence[Signer]: ...


class Unavailable(Exception):
    """The database is busy, full or gone. Nothing was signed; ask again."""


class State:
    """The newest checkpoint of each log, in the file *path*; safe for many threads.

    Args:
        path: The database; made if it is not there.
        signers: The keys that cosign.
        now_s: The time, in seconds since 1970.
    """

    def __init__(self, path: Path, signers: MakeSigners, *, now_s: Callable[[], int]) -> None:
        self._signed_at_s = 0  # Of the signature that is being made; under the lock.
        self._signers: Final = signers(lambda: self._signed_at_s)
        self._now_s: Final = now_s
        self._lock: Final = Lock()
        self._database: Final = sqlite3.connect(
            path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")  # On the disk at every commit.
        for statement in _SCHEMA.split(";"):
            self._database.execute(statement)

    def cosign(self, request: Request) -> str:
        """Return the witness's signature lines, if *request* continues what it has seen.

        Raises:
            Refused: 409 or 422.
            Unavailable: it cannot be kept, and so not be signed.
        """
        try:
            with self._writing():
                return self._cosign(request)
        except Refused as refusal:
            if refusal.status is HTTPStatus.UNPROCESSABLE_ENTITY:
                self._keep_evidence(request, str(refusal))
            raise

    def newest(self, origin_sha256: str) -> str | None:
        """Return the newest cosigned checkpoint of the log with this SHA-256 in hex.

        Raises `Unavailable`.
        """
        with self._lock:
            try:
                row = self._database.execute(
                    "SELECT note FROM newest WHERE origin_sha256 = ?", (origin_sha256,)
                ).fetchone()
            except sqlite3.Error as error:
                raise Unavailable(str(error)) from error
        return None if row is None else str(row[0])

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield
                self._database.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise Unavailable(str(error)) from error
                raise

    def _cosign(self, request: Request) -> str:
        new = request.checkpoint
        size, root, signed_at_s = self._database.execute(
            "SELECT size, root, signed_at_s FROM newest WHERE origin = ?", (new.origin,)
        ).fetchone() or (0, EMPTY_ROOT, 0)
        if request.old != size:
            raise Refused(HTTPStatus.CONFLICT, f"not {request.old}", size=size)
        _check(request, root)
        # A clock that was put back must not make a later signature look earlier.
        self._signed_at_s = max(self._now_s(), signed_at_s)
        text = new.to_text()
        signatures = [(signer, signer.sign(text.encode())) for signer in self._signers]
        lines = "".join(spelled(signer, signature) for signer, signature in signatures)
        row = (new.origin, new.size, new.root, self._signed_at_s, request.note + lines)
        self._database.execute(
            "INSERT INTO newest VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET "
            "size = excluded.size, root = excluded.root, signed_at_s = excluded.signed_at_s, "
            "note = excluded.note",
            (*row, sha256(new.origin.encode()).hexdigest()),
        )
        return lines

    def _keep_evidence(self, request: Request, why: str) -> None:
        """Keep what a log has signed and could not connect to what it had signed before."""
        origin = request.checkpoint.origin
        with suppress(Unavailable), self._writing():
            self._database.execute(
                "INSERT OR IGNORE INTO refused SELECT ?, ?, ?, ?, ?, "
                "coalesce((SELECT note FROM newest WHERE origin = ?), '') "
                "WHERE (SELECT count(*) FROM refused WHERE origin = ?) < ?",
                (
                    sha256(request.checkpoint.to_text().encode()).digest(),
                    *(origin, self._now_s(), why, request.note, origin, origin, _REFUSED_MAX),
                ),
            )


def _check(request: Request, root: bytes) -> None:
    """Raise `Refused` unless the checkpoint continues the tree of size ``old`` and *root*."""
    old, new = request.old, request.checkpoint
    why = None
    if old == 0 and request.path:
        why = "a proof from 0 entries is empty"
    elif new.size == 0 and new.root != EMPTY_ROOT:
        why = "a log without entries has another root"
    elif old:
        roots = {"old_root": root, "new_root": new.root}
        try:
            verify_consistency(old=old, new=new.size, path=request.path, **roots)
        except ProofError as error:
            why = str(error)
    if why is not None:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, why)
