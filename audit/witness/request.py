"""What a log sends to ``add-checkpoint``, read as strictly as it is specified."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from audit.merkle import HASH_BYTES
from audit.note import Checkpoint, NoteError, NotSigned, Verifier, read_signed, spelled

HASHES_MAX: Final = 63
SIZE_MAX: Final = (1 << 63) - 1
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")

Logs = Mapping[str, Sequence[Verifier]]
"""The keys that may sign for each log, by its origin."""


class Refused(Exception):
    """The witness does not sign. Carries the answer."""

    def __init__(self, status: HTTPStatus, why: str, *, size: int | None = None) -> None:
        super().__init__(why)
        self.status: Final = status
        self.size: Final = size
        """Of the newest checkpoint that the witness has signed; with 409 only."""


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint that a known log has signed, and what is to connect it to an older one.

    Attributes:
        note: The checkpoint with the signatures of the log's known keys, and no others.
    """

    old: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint
    note: str


def read_request(body: bytes, logs: Logs) -> Request:
    """Read the body of ``add-checkpoint``.

    The checks come in the order of the specification: is the log known, has it signed, is
    the rest well formed.

    Raises:
        Refused: 404, 403 or 400.
    """
    try:
        head, blank_line, note = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, "not UTF-8") from error
    if not blank_line:
        raise Refused(HTTPStatus.BAD_REQUEST, "no blank line before the checkpoint")
    origin = note.partition("\n")[0]
    if origin not in logs:
        raise Refused(HTTPStatus.NOT_FOUND, "this witness does not know the log")
    try:
        text, signatures = read_signed(note, logs[origin])
    except NotSigned as error:
        raise Refused(HTTPStatus.FORBIDDEN, str(error)) from error
    except NoteError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
    try:
        checkpoint = Checkpoint.from_text(text)
    except NoteError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from error
    old, path = _proof(head)
    if not old <= checkpoint.size <= SIZE_MAX:
        raise Refused(HTTPStatus.BAD_REQUEST, f"a log of {checkpoint.size} after one of {old}")
    lines = (spelled(verifier, signature) for verifier, signature in signatures)
    return Request(old, path, checkpoint, f"{text}\n{''.join(dict.fromkeys(lines))}")


def _proof(head: str) -> tuple[int, tuple[bytes, ...]]:
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if old is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "the first line is not `old <size>`")
    if len(lines) > HASHES_MAX:
        raise Refused(HTTPStatus.BAD_REQUEST, f"a proof has at most {HASHES_MAX} hashes")
    return int(old[1]), tuple(map(_hash, lines))


def _hash(line: str) -> bytes:
    try:
        node = b64decode(line, validate=True)
    except ValueError:
        node = b""
    if len(node) != HASH_BYTES or b64encode(node).decode() != line:
        raise Refused(HTTPStatus.BAD_REQUEST, "a line of the proof is not a hash in base64")
    return node
