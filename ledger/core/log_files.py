"""Files of a published log on disk: each whole or not there, whenever the machine stops.

A file is written under ``.unfinished``, flushed to the disk, and renamed into its place. A
directory is flushed before anything is published that depends on what is in it.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

from audit.tiles import Tile, TileError

OPEN_FILE: Final = 0o644
OPEN_FOLDER: Final = 0o755
CLOSED_FILE: Final = 0o640
CLOSED_FOLDER: Final = 0o750

_UNFINISHED: Final = ".unfinished"
_LOCK: Final = ".lock"


class InUse(Exception):
    """Something else is there, or somebody else publishes there."""


class LogFiles:
    """The files below *path*, as long as this object is open. Nobody else may write there.

    Raises:
        InUse: somebody else does, or the folder holds what is no log's.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        path.mkdir(parents=True, exist_ok=True)
        if not (path / _LOCK).exists() and any(path.iterdir()):
            raise InUse(
                f"{path} holds other files, which anybody could then read: give an empty one"
            )
        path.chmod(OPEN_FOLDER)
        self._lock: Final = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise InUse(f"somebody else publishes in {path}") from error
        self._numbers: Final = count()
        self._to_flush: set[Path] = set()
        try:
            unfinished = path / _UNFINISHED
            shutil.rmtree(unfinished, ignore_errors=True)  # Of a run that was cut short.
            unfinished.mkdir(mode=0o700, exist_ok=True)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let others publish there."""
        os.close(self._lock)

    def read(self, name: str) -> bytes | None:
        """Return what is in a file; None if it is not there."""
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def bytes_of(self, name: str) -> int | None:
        """Return the length of a file; None if it is not there."""
        try:
            return (self._path / name).stat().st_size
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes, *, closed: bool = False) -> None:
        """Put *content* in the place of *name*. With *closed*, only our group may read it."""
        target = self._path / name
        self._make_folder(target.parent, CLOSED_FOLDER if closed else OPEN_FOLDER)
        unfinished = self._path / _UNFINISHED / str(next(self._numbers))
        with unfinished.open("xb") as file:
            os.fchmod(file.fileno(), CLOSED_FILE if closed else OPEN_FILE)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)  # noqa: PTH105  (so that tests can stop it here)
        self._to_flush.add(target.parent)

    def move(self, name: str, to: str) -> None:
        """Give a finished folder its place, whole."""
        target = self._path / to
        self._make_folder(target.parent, OPEN_FOLDER)
        self.flush()
        os.replace(self._path / name, target)  # noqa: PTH105
        self._to_flush.add(target.parent)

    def flush(self) -> None:
        """Have the disk keep what was put in its place so far."""
        for folder in sorted(self._to_flush, reverse=True):
            if folder.is_dir():
                _flush(folder)
        self._to_flush.clear()

    def partials(self) -> Iterator[str]:
        """Return the names of the partial tiles that are there."""
        for folder in (self._path / "tile").glob("**/*.p"):
            for file in folder.iterdir():
                name = file.relative_to(self._path).as_posix()
                try:
                    Tile.parse(name)
                except TileError:
                    continue
                yield name

    def age_s(self, name: str, *, now_s: float) -> float:
        """Return how long ago a file was written, or marked by `mark`."""
        return now_s - (self._path / name).stat().st_mtime

    def mark(self, name: str, *, now_s: float) -> None:
        """Note that a file is superseded from now on."""
        os.utime(self._path / name, (now_s, now_s))

    def drop(self, name: str) -> None:
        """Remove a file, and its folder if that is empty then."""
        file = self._path / name
        file.unlink(missing_ok=True)
        if not any(file.parent.iterdir()):
            file.parent.rmdir()

    def _make_folder(self, folder: Path, mode: int) -> None:
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for one in reversed(missing):
            one.mkdir()
            one.chmod(mode)
            self._to_flush.add(one.parent)


def _flush(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
