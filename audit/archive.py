"""A zip file in which every byte has only one possible value.

Any tool can unpack one. But the zip format leaves much open (times, comments, extra
fields, gaps, compression), and what is open can be changed unnoticed. So here nothing
is: members are stored as they are, all dated 1980-01-01, without gaps, in the order of
the directory at the end. A reader rebuilds each header from what it has read, and
refuses the first byte that is different.
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO, Final
from zlib import crc32

MEMBER_BYTES_MAX: Final = 1 << 26
"""What a reader holds in memory at once. 256 entries have at most a quarter of it."""

_MEMBERS_MAX: Final = 0xFFFF
_BYTES_MAX: Final = 0xFFFF_FFFF  # Beyond this, or that, the zip format has another form.
_LOCAL: Final = Struct("<4s5H3I2H")
_CENTRAL: Final = Struct("<4s6H3I5H2I")
_END: Final = Struct("<4s4H2IH")
_VERSION: Final = 20
_MADE_ON_UNIX: Final = 3 << 8 | _VERSION
_FIRST_DAY: Final = 0x21  # 1980-01-01.
_READ_BY_ALL: Final = 0o100644 << 16


class Damaged(ValueError):
    """The file is not what was written. Says at which byte, or in which part."""

    def __init__(self, at: int | None, member: str, what: str) -> None:
        where = member if at is None else f"byte {at:,}, {member}"
        super().__init__(f"{where}: {what}")
        self.at = at


class TooLarge(ValueError):
    """One archive cannot hold as much."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive; *at* is where its content begins, None if it stands alone."""

    name: str
    content: bytes
    at: int | None = None


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    size: int
    checksum: int
    at: int

    def local(self) -> bytes:
        name = self.name.encode("ascii")
        sizes = (self.checksum, self.size, self.size, len(name), 0)
        return _LOCAL.pack(b"PK\3\4", _VERSION, 0, 0, 0, _FIRST_DAY, *sizes) + name

    def central(self) -> bytes:
        name = self.name.encode("ascii")
        versions = (_MADE_ON_UNIX, _VERSION, 0, 0, 0, _FIRST_DAY)
        sizes = (self.checksum, self.size, self.size, len(name), 0, 0, 0, 0)
        return _CENTRAL.pack(b"PK\1\2", *versions, *sizes, _READ_BY_ALL, self.at) + name


def _directory(headers: list[_Header], at: int) -> bytes:
    central = b"".join(header.central() for header in headers)
    counts = (len(headers), len(headers), len(central), at)
    return central + _END.pack(b"PK\5\6", 0, 0, *counts, 0)


class Writer:
    """Makes an archive piece by piece, to be written or sent as they come."""

    def __init__(self) -> None:
        self._headers: list[_Header] = []
        self._at = 0

    def member(self, name: str, content: bytes) -> bytes:
        """Return the bytes of one more file. Raises `TooLarge` if it no longer fits."""
        header = _Header(name, len(content), crc32(content), self._at)
        local = header.local()
        self._headers.append(header)
        self._at += len(local) + len(content)
        if len(content) > MEMBER_BYTES_MAX:
            raise TooLarge(f"{name} has more than {MEMBER_BYTES_MAX:,} bytes")
        if self._at > _BYTES_MAX or len(self._headers) > _MEMBERS_MAX:
            raise TooLarge(
                "one bundle holds 4 GiB and 65,535 files: export a selection, by time for "
                "example, or publish the whole log as a folder, which `verify` checks as well"
            )
        return local + content

    def end(self) -> bytes:
        """Return the bytes that end the archive."""
        return _directory(self._headers, self._at)


class Reader:
    """Reads an archive from its first byte to its last, and accepts no other spelling."""

    def __init__(self, file: BinaryIO) -> None:
        self._file: Final = file
        self._headers: list[_Header] = []
        self.at = 0

    def take(self, name: str, explain: Callable[[bytes], str] | None = None) -> Member:
        """Return the next file, which must be *name*.

        *explain* is given content that does not fit its checksum, to say more of where.

        Raises:
            Damaged: it is another, or damaged, or missing.
        """
        start = self.at
        fixed = self._read(_LOCAL.size, name)
        if start == 0 and not fixed.startswith(b"PK"):
            raise Damaged(0, name, "this is not a zip file, and so no bundle")
        *_, checksum, size, _, name_bytes, _ = _LOCAL.unpack(fixed)
        header = _Header(name, size, checksum, start)
        expected = header.local()
        found = fixed + self._read(min(name_bytes, len(expected) - _LOCAL.size), name)
        _compare(found, expected, at=start, member=name)
        if size > MEMBER_BYTES_MAX:
            raise Damaged(start, name, f"says that it has {size:,} bytes, more than a member may")
        self._headers.append(header)
        at = self.at
        content = self._read(size, name)
        if crc32(content) != checksum:
            more = explain(content) if explain else ""
            raise Damaged(
                at, name, f"these {size:,} bytes do not fit their checksum{more and ': '}{more}"
            )
        return Member(name, content, at)

    def finish(self) -> None:
        """Read the directory, and that nothing follows. Raises `Damaged` otherwise."""
        expected, name = _directory(self._headers, self.at), "the directory at the end"
        start = self.at
        _compare(self._read(len(expected), name), expected, at=start, member=name)
        if self._file.read(1):
            raise Damaged(self.at, "after the end", "there is more, and there should be nothing")

    def _read(self, size: int, member: str) -> bytes:
        content = self._file.read(size)
        if len(content) != size:
            raise Damaged(self.at + len(content), member, "the file ends here, too early")
        self.at += size
        return content


def _compare(found: bytes, expected: bytes, *, at: int, member: str) -> None:
    if found != expected:
        pairs = enumerate(zip(found, expected, strict=False))
        where = next((i for i, (a, b) in pairs if a != b), min(len(found), len(expected)))
        raise Damaged(at + where, member, "the header of this file is not as it was written")
