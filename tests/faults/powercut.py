"""A file system that forgets what was not flushed, for power cuts in tests (FUSE).

Pages live in memory until somebody calls fsync on their file; a cut drops them. What is done to
directories (making, renaming, deleting) and truncation are kept at once: that is more lenient
than a disk, so a missing flush of a *directory* is not found here.

``python -m tests.faults.powercut BACKING MOUNT`` serves it; ``cut`` and ``back`` on its standard
input, answered with a line, take the power away (everything fails with EIO) and give it back.
"""

import errno
import os
import sys
from threading import RLock, Thread
from typing import Any, Final

import mfusepy

PAGE: Final = 4096
_STAT: Final = ("st_mode", "st_ino", "st_nlink", "st_uid", "st_gid", "st_size")


class Forgetful(mfusepy.Operations):  # type: ignore[misc]
    """See the module. `_dirty`: pages that are not flushed, by inode; `_size`: sizes likewise."""

    use_ns = True

    def __init__(self, root: str) -> None:
        self._root: Final = root
        self._dirty: Final[dict[int, dict[int, bytearray]]] = {}
        self._size: Final[dict[int, int]] = {}
        self._lock: Final = RLock()
        self._dead = False

    def cut(self) -> int:
        """Lose everything that was not flushed; return how many pages."""
        with self._lock:
            lost = sum(map(len, self._dirty.values()))
            self._dirty.clear()
            self._size.clear()
            self._dead = True
            return lost

    def back(self) -> int:
        """Answer again."""
        self._dead = False
        return 0

    def _at(self, path: str) -> str:
        if self._dead:
            raise mfusepy.FuseOSError(errno.EIO)
        return self._root + path

    def _forget(self, path: str) -> None:
        try:
            found = os.lstat(self._at(path))
        except FileNotFoundError:
            return
        if found.st_nlink == 1:
            self._dirty.pop(found.st_ino, None)
            self._size.pop(found.st_ino, None)

    def getattr(self, path: str, _fh: int | None = None) -> dict[str, int]:
        found = os.lstat(self._at(path))
        said = {name: getattr(found, name) for name in _STAT}
        times = {"st_atime": found.st_atime_ns, "st_mtime": found.st_mtime_ns}
        said |= times | {"st_ctime": found.st_ctime_ns}
        said["st_size"] = self._size.get(found.st_ino, found.st_size)
        return said

    def readdir(self, path: str, _fh: int) -> list[str]:
        return [".", "..", *os.listdir(self._at(path))]  # noqa: PTH208

    def mkdir(self, path: str, mode: int) -> None:
        os.mkdir(self._at(path), mode)  # noqa: PTH102

    def rmdir(self, path: str) -> None:
        os.rmdir(self._at(path))  # noqa: PTH106

    def unlink(self, path: str) -> None:
        self._forget(path)
        os.unlink(self._at(path))  # noqa: PTH108

    def rename(self, old: str, new: str, *_flags: int) -> None:
        self._forget(new)
        os.rename(self._at(old), self._at(new))  # noqa: PTH104

    def chmod(self, path: str, mode: int, _fh: int | None = None) -> None:
        os.chmod(self._at(path), mode)  # noqa: PTH101

    def utimens(self, path: str, times: Any = None, _fh: int | None = None) -> None:
        os.utime(self._at(path), **({"ns": times} if times else {}))

    def create(self, path: str, mode: int, _info: object = None) -> int:
        return os.open(self._at(path), os.O_CREAT | os.O_RDWR, mode)

    def open(self, path: str, flags: int) -> int:
        opened = os.open(self._at(path), os.O_RDWR)
        if flags & os.O_TRUNC:
            self.truncate(path, 0)
        return opened

    def release(self, _path: str, fh: int) -> None:
        os.close(fh)

    def truncate(self, path: str, length: int, _fh: int | None = None) -> None:
        with self._lock:
            inode = os.lstat(self._at(path)).st_ino
            os.truncate(self._at(path), length)
            self._size.pop(inode, None)
            pages = self._dirty.get(inode, {})
            for number in [number for number in pages if number * PAGE >= length]:
                del pages[number]
            if length // PAGE in pages:
                pages[length // PAGE][length % PAGE :] = bytes(PAGE - length % PAGE)

    def read(self, path: str, count: int, offset: int, fh: int) -> bytes:
        with self._lock:
            self._at(path)
            inode = os.fstat(fh).st_ino
            end = min(offset + count, self._size.get(inode, os.fstat(fh).st_size))
            if end <= offset:
                return b""
            found = bytearray(os.pread(fh, end - offset, offset).ljust(end - offset, b"\0"))
            pages = self._dirty.get(inode, {})
            for number in range(offset // PAGE, (end - 1) // PAGE + 1):
                if number in pages:
                    first, last = max(offset, number * PAGE), min(end, (number + 1) * PAGE)
                    page = pages[number][first - number * PAGE : last - number * PAGE]
                    found[first - offset : last - offset] = page
            return bytes(found)

    def write(self, path: str, content: bytes, offset: int, fh: int) -> int:
        with self._lock:
            self._at(path)
            inode, end = os.fstat(fh).st_ino, offset + len(content)
            pages = self._dirty.setdefault(inode, {})
            for number in range(offset // PAGE, (end - 1) // PAGE + 1):
                if number not in pages:
                    kept = os.pread(fh, PAGE, number * PAGE)
                    pages[number] = bytearray(kept.ljust(PAGE, b"\0"))
                first, last = max(offset, number * PAGE), min(end, (number + 1) * PAGE)
                piece = content[first - offset : last - offset]
                pages[number][first - number * PAGE : last - number * PAGE] = piece
            self._size[inode] = max(self._size.get(inode, os.fstat(fh).st_size), end)
            return len(content)

    def fsync(self, path: str, _datasync: bool, fh: int) -> None:  # noqa: FBT001
        with self._lock:
            self._at(path)
            inode = os.fstat(fh).st_ino
            size = self._size.pop(inode, os.fstat(fh).st_size)
            for number, page in sorted(self._dirty.pop(inode, {}).items()):
                os.pwrite(fh, page[: max(0, size - number * PAGE)], number * PAGE)
            os.ftruncate(fh, size)

    def flush(self, _path: str, _fh: int) -> None:
        """Closing a file flushes nothing."""

    def fsyncdir(self, _path: str, _datasync: bool, _fh: int) -> None:  # noqa: FBT001
        """Directories are kept at once."""


def main() -> None:
    """Serve until the standard input ends or it is unmounted."""
    files = Forgetful(os.path.realpath(sys.argv[1]))

    def listen() -> None:
        for line in sys.stdin:
            done = {"cut": files.cut, "back": files.back}[line.strip()]()
            os.write(1, f"{line.strip()} {done}\n".encode())

    Thread(target=listen, daemon=True).start()
    mfusepy.FUSE(files, sys.argv[2], foreground=True, default_permissions=True, fsname="forgetful")


if __name__ == "__main__":
    main()
