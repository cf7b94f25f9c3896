"""Witnesses for tests: real HTTP servers, one that is honest and some that are not.

A fault is a function that is given the request and answers it wrongly. `FAULTS` names them all
with what the log is expected to note about each.
"""

import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Final

from audit import Checkpoint, Verifier, verify_consistency
from audit.cosignature import CosignatureSigner, CosignatureVerifier
from audit.note import read, signature_line
from audit.policy import Policy
from ledger.core import clock

Answer = Callable[["Handler"], None]
TIMEOUT_S: Final = 2.0
"""Where a witness hangs, and so the whole of it is waited for."""
PATIENT_S: Final = 30.0
"""Where every witness answers: a busy machine may take its time."""


def now_s() -> int:
    return int(clock.now().timestamp())


@dataclass
class Stand:
    """A witness: what it has seen, how it answers, and how often it was asked."""

    name: str
    answer: Answer | None = None
    logs: dict[str, Checkpoint] = field(default_factory=dict)
    keys: list[Verifier] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    stopping: Event = field(default_factory=Event)

    def signer(self, at_s: int | None = None) -> CosignatureSigner:
        seed = sha256(self.name.encode()).digest()
        return CosignatureSigner(self.name, seed, now_s=lambda: at_s or now_s())

    @property
    def key(self) -> CosignatureVerifier:
        return self.signer().verifier()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Any
    body: str

    @property
    def stand(self) -> Stand:
        stand: Stand = self.server.stand
        return stand

    @property
    def note(self) -> str:
        return self.body.partition("\n\n")[2]

    @property
    def text(self) -> str:
        return self.note.rpartition("\n\n")[0] + "\n"

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.stand.asked.append(self.body)
        with suppress(OSError):
            (self.stand.answer or honest)(self)

    def say(self, status: int, content: str | bytes = "", **headers: str) -> None:
        sent = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def honest(to: Handler) -> None:
    """Do as https://c2sp.org/tlog-witness says."""
    old, *proof = to.body.partition("\n\n")[0].split("\n")
    size = int(old.removeprefix("old "))
    origin = to.text.split("\n")[0]
    key = next((one for one in to.stand.keys if one.name == origin), None)
    if key is None:
        return to.say(404)
    checkpoint = Checkpoint.from_text(read(to.note, key))
    seen = to.stand.logs.get(origin)
    if size != (seen.size if seen else 0):
        return to.say(409, f"{seen.size if seen else 0}\n", Content_Type="text/x.tlog.size")
    if seen is not None:
        path = [_hash(one) for one in proof]
        verify_consistency(
            old=size, new=checkpoint.size, old_root=seen.root, new_root=checkpoint.root, path=path
        )
    to.stand.logs[origin] = checkpoint
    return to.say(200, signature_line(to.text, to.stand.signer()))


def _hash(line: str) -> bytes:
    from base64 import b64decode  # noqa: PLC0415

    return b64decode(line)


def _hangs(to: Handler) -> None:
    to.stand.stopping.wait(20)


def _drips(head: bytes, drop: bytes) -> Answer:
    def answer(to: Handler) -> None:
        to.wfile.write(head)
        while not to.stand.stopping.wait(0.05):
            to.wfile.write(drop)
            to.wfile.flush()

    return answer


def _raw(content: bytes) -> Answer:
    def answer(to: Handler) -> None:
        to.wfile.write(content)
        to.wfile.flush()
        to.connection.shutdown(socket.SHUT_RDWR)

    return answer


def _status(status: int, content: str | bytes = "", **headers: str) -> Answer:
    return lambda to: to.say(status, content, **headers)


def _rising(to: Handler) -> None:
    to.say(409, f"{len(to.stand.asked)}\n")


def _another_key(to: Handler) -> None:
    line = signature_line(to.text, CosignatureSigner(to.stand.name, b"?" * 32, now_s=now_s))
    to.say(200, line)


def _forged(to: Handler) -> None:
    key_id = to.stand.key.key_id
    encoded = b64encode(key_id + bytes(72)).decode()
    to.say(200, f"— {to.stand.name} {encoded}\n")


def _other_text(to: Handler) -> None:
    other = Checkpoint(to.text.split("\n")[0], 1, bytes(32)).to_text()
    to.say(200, signature_line(other, to.stand.signer()))


def _another_dash(to: Handler) -> None:
    to.say(200, signature_line(to.text, to.stand.signer()).replace("—", "-"))


def _at(seconds: int) -> Answer:
    def answer(to: Handler) -> None:
        to.say(200, signature_line(to.text, to.stand.signer(now_s() + seconds)))

    return answer


def _log_key_type(to: Handler) -> None:
    to.say(200, to.note.rpartition("\n\n")[2])


FAULTS: Final[dict[str, tuple[Answer, str]]] = {
    "hangs": (_hangs, "took too long"),
    "drips a status line": (_drips(b"HTTP/1.1 20", b"0"), "took too long"),
    "drips headers": (_drips(b"HTTP/1.1 200 OK\r\nX: ", b"x"), "took too long"),
    "drips a body": (
        _drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
        "took too long",
    ),
    "says 100 for ever": (_drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "took too long"),
    "speaks no HTTP": (_raw(b"220 smtp.example ESMTP\r\n"), "cannot be reached"),
    "hangs up": (_raw(b""), "cannot be reached"),
    "hangs up in the middle": (
        _raw(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n\xe2\x80\x94 w"),
        "cannot be reached",
    ),
    "does not know the log": (_status(404), "answered 404"),
    "does not trust the log": (_status(403), "answered 403"),
    "calls it malformed": (_status(400), "answered 400"),
    "refuses the proof": (_status(422), "answered 422"),
    "fails": (_status(500, "<html>"), "answered 500"),
    "is overloaded": (_status(503, Retry_After="9"), "answered 503"),
    "sends elsewhere": (_status(302, Location="http://127.0.0.1:1/"), "answered 302"),
    "answers nothing": (_status(200), "answered with no cosignature"),
    "answers a page": (_status(200, "<html>hello</html>"), "answered with no cosignature"),
    "answers noise": (_status(200, bytes(range(256))), "answered with no cosignature"),
    "answers too much": (_status(200, "x" * 10_000_000), "answered too much"),
    "conflict without a size": (_status(409, "no\n"), "answered 409"),
    "conflict with a padded size": (_status(409, "007\n"), "answered 409"),
    "conflict with a huge size": (_status(409, "9" * 4000), "answered 409"),
    "conflict with our own": (_status(409, "0\n"), "answered 409"),
    "conflict with a larger tree": (
        _status(409, "999999\n"),
        "has cosigned a larger tree than there is",
    ),
    "another size each time": (_rising, "says another size each time"),
    "signs with another key": (_another_key, "answered with no cosignature"),
    "forges its own": (_forged, "signed wrongly"),
    "signs another checkpoint": (_other_text, "signed wrongly"),
    "repeats what it signed an hour ago": (_at(-3600), "signed at another time than now"),
    "signs for tomorrow": (_at(86400), "signed at another time than now"),
    "returns the log's own line": (_log_key_type, "answered with no cosignature"),
    "mangles its line": (_another_dash, "answered with no cosignature"),
}


@contextmanager
def serving(stands: list[Stand]) -> Iterator[None]:
    """Serve each of *stands* at an address of its own."""
    servers = []
    for stand in stands:
        server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads, server.stand = True, stand
        stand.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
    try:
        yield
    finally:
        for stand in stands:
            stand.stopping.set()
        for server in servers:
            server.shutdown()
            server.server_close()


def policy_text(stands: list[Stand], threshold: int, log: Verifier | None = None) -> str:
    """Return a policy: *threshold* of *stands* are a quorum."""
    lines = [f"log {log}"] if log else []
    lines += [f"witness {one.name} {one.key} {one.url}" for one in stands]
    members = " ".join(one.name for one in stands)
    return "\n".join([*lines, f"group all-of-us {threshold} {members}", "quorum all-of-us", ""])


def policy(stands: list[Stand], threshold: int, log: Verifier | None = None) -> Policy:
    """Return `policy_text`, read."""
    return Policy.parse(policy_text(stands, threshold, log))
