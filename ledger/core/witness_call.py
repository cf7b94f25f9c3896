"""Asking one witness for its cosignature, over https://c2sp.org/tlog-witness.

A witness is somebody else's program. It may be down, slow, mistaken or malicious, so nothing
that it says is believed: a line counts only if it is the right key's signature of exactly this
checkpoint, made now. What else it answers only steers what it is asked next.
"""

import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection, IncompleteRead
from threading import Event, Timer
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from audit.note import Checkpoint, Cosigner, NoteError, read_signed

ANSWER_BYTES_MAX: Final = 64 * 1024  # Sixteen lines of the largest sort of signature.
CLOCKS_APART_S: Final = 300
_TRIES: Final = 3  # Two answers may say another size; a third is a game.
_LINES_MAX: Final = 100
_OK: Final = range(200, 300)
_DIGITS_MAX: Final = 19


class Refused(Exception):
    """No cosignature. The message is a word or two of ours, never the witness's own.

    Attributes:
        size: What the witness says that it has cosigned last; None if it did not say.
    """

    def __init__(self, why: str, *, size: int | None = None) -> None:
        super().__init__(why)
        self.size: Final = size


@dataclass(frozen=True, slots=True)
class Partner:
    """A witness as the policy names it.

    Attributes:
        name: Its name in the policy.
        url: Where ``add-checkpoint`` is, without a slash at the end.
    """

    name: str
    key: Cosigner
    url: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a witness is asked to cosign.

    Attributes:
        note: The checkpoint as the log signed it.
        text: Its text, which is cosigned.
        prove: Returns the consistency proof from a smaller size; [] from 0 and from itself.
    """

    note: str
    text: str
    size: int
    prove: Callable[[int], Sequence[bytes]]

    @classmethod
    def of(cls, note: str, prove: Callable[[int], Sequence[bytes]]) -> "Question":
        """Read a signed checkpoint. Raises `NoteError` if it is none."""
        text = note.rpartition("\n\n")[0] + "\n"
        return cls(note, text, Checkpoint.from_text(text).size, prove)


def ask(partner: Partner, question: Question, *, old: int, now_s: int, timeout_s: float) -> str:
    """Return the witness's signature line for the checkpoint.

    Args:
        partner: Whom to ask.
        question: What to cosign.
        old: The size that it cosigned last, as far as we know; it says so if that is wrong.
        now_s: Seconds since 1970; a cosignature of another time is an old one, repeated.
        timeout_s: For everything together.

    Raises:
        Refused: it gave none that counts.
    """
    end_s = monotonic() + timeout_s
    for _ in range(_TRIES):
        if old > question.size:
            raise Refused("has cosigned a larger tree than there is", size=old)
        status, answer = _post(partner.url, _body(question, old), end_s - monotonic())
        if status in _OK:
            return _own_line(partner.key, question.text, answer, now_s)
        # By the specification 409 says the size; but whatever is a size is taken for one.
        said = _size(answer)
        if said is None or said == old:
            raise Refused(f"answered {status}", size=said)
        old = said
    raise Refused("says another size each time", size=old)


def _body(question: Question, old: int) -> bytes:
    proof = "".join(f"{b64encode(one).decode()}\n" for one in question.prove(old))
    return f"old {old}\n{proof}\n{question.note}".encode()


def _size(answer: bytes) -> int | None:
    digits = answer.removesuffix(b"\n")
    whole = 0 < len(digits) <= _DIGITS_MAX and digits.isdigit()
    return int(digits) if whole and str(int(digits)).encode() == digits else None


def _own_line(key: Cosigner, text: str, answer: bytes, now_s: int) -> str:
    """Return the one line of *answer* that is *key*'s fresh signature of *text*."""
    try:
        lines = answer.decode().split("\n")
    except UnicodeDecodeError as error:
        raise Refused("answered with no cosignature") from error
    newest: tuple[int, str] | None = None
    wrong = "answered with no cosignature"
    for line in lines[:_LINES_MAX]:
        try:
            _, found = read_signed(f"{text}\n{line}\n", [key])
        except NoteError as error:
            wrong = "signed wrongly" if "is wrong" in str(error) else wrong
            continue
        at_s = key.signed_at_s(found[0][1])
        if abs(at_s - now_s) > CLOCKS_APART_S:
            wrong = "signed at another time than now"
        elif newest is None or at_s > newest[0]:
            newest = (at_s, line)
    if newest is None:
        raise Refused(wrong)
    return f"{newest[1]}\n"


def _post(url: str, body: bytes, timeout_s: float) -> tuple[int, bytes]:
    """Send *body*; return status and answer. Raises `Refused`, at the latest after *timeout_s*."""
    if timeout_s <= 0:
        raise Refused("took too long")
    where = urlsplit(url)
    sort = HTTPSConnection if where.scheme == "https" else HTTPConnection
    connection = sort(where.hostname or "", where.port, timeout=timeout_s)
    # A time-out of the socket is for each read: who sends a byte a second is never late.
    late = Event()
    clock = Timer(timeout_s, _hang_up, [connection, late])
    clock.daemon = True
    clock.start()
    headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "care-ledger"}
    try:
        connection.connect()
        if not late.is_set():  # Connecting to one address after another takes time, too.
            connection.request("POST", f"{where.path}/add-checkpoint", body, headers)
        answer = connection.getresponse()  # Fails if nothing was sent.
        content = answer.read(ANSWER_BYTES_MAX + 1)
        if late.is_set() or (answer.length and len(content) <= ANSWER_BYTES_MAX):
            raise IncompleteRead(content)  # With a limit, read does not say so by itself.
    except TimeoutError as error:
        raise Refused("took too long") from error
    except ssl.SSLError as error:
        raise Refused("has no certificate that is good here") from error
    except (OSError, HTTPException, ValueError) as error:
        raise Refused("took too long" if late.is_set() else "cannot be reached") from error
    finally:
        clock.cancel()
        connection.close()
    if len(content) > ANSWER_BYTES_MAX:
        raise Refused("answered too much")
    return answer.status, content


def _hang_up(connection: HTTPConnection, late: Event) -> None:
    late.set()
    with suppress(OSError, AttributeError):  # It may have ended meanwhile.
        connection.sock.shutdown(socket.SHUT_RDWR)
