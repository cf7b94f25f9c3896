"""A log that submits to a witness, and a witness in this process or one of its own."""

import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

from audit import Checkpoint
from audit.cosignature import CosignatureSigner, CosignatureVerifier
from audit.ed25519 import Ed25519Signer
from audit.note import sign
from audit.witness.service import Service
from audit.witness.state import State
from tests.audit.rfc import Tree, leaves_of

LOG = Ed25519Signer("ledger.example/log", b"l" * 32)
TREE = Tree(leaves_of(300))
OTHER_TREE = Tree(leaves_of(300)[::-1])
WITNESS = CosignatureSigner("witness.example", b"w" * 32, now_s=lambda: 1)
WITNESS_KEY: CosignatureVerifier = WITNESS.verifier()


def checkpoint(size: int, tree: Tree = TREE) -> Checkpoint:
    return Checkpoint(LOG.name, size, tree.root(0, size))


def note(size: int, tree: Tree = TREE) -> str:
    return sign(checkpoint(size, tree).to_text(), LOG)


def body(old: int, size: int, tree: Tree = TREE, **changes: object) -> bytes:
    """Return what a log sends to grow from *old* to *size*."""
    proof = tree.proof(old, size) if 0 < old < size else []
    lines = changes.get("lines", [b64encode(node).decode() for node in proof])
    assert isinstance(lines, list)
    return "\n".join(
        [f"old {old}", *lines, "", str(changes.get("note", note(size, tree)))]
    ).encode()


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str
    text: str


def post(port: int, content: bytes, path: str = "/add-checkpoint") -> Answer:
    return _ask(port, "POST", path, content)


def get(port: int, path: str) -> Answer:
    return _ask(port, "GET", path, None)


def _ask(port: int, method: str, path: str, content: bytes | None) -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, content)
        response = connection.getresponse()
        return Answer(response.status, response.headers["Content-Type"], response.read().decode())
    finally:
        connection.close()


@contextmanager
def serving(path: Path, now_s: list[int]) -> Iterator[int]:
    """Serve a witness whose clock shows the last of *now_s*; return the port."""
    state = State(
        path,
        lambda clock: [CosignatureSigner(WITNESS.name, b"w" * 32, now_s=clock)],
        now_s=lambda: now_s[-1],
    )
    logs = {LOG.name: [LOG.verifier()]}
    with Service(("127.0.0.1", 0), state, logs, [str(WITNESS_KEY)]) as service:
        thread = Thread(target=service.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield service.server_address[1]
        finally:
            service.shutdown()
            thread.join()
    state.close()


@contextmanager
def process(
    folder: Path, *more: str, log: object = LOG.verifier()
) -> Iterator[tuple[subprocess.Popen[str], int, str]]:
    """Run the command; return the process, its port, and the key that it printed."""
    command = [sys.executable, "-m", "audit", "witness", "--dir", str(folder)]
    command += ["--name", "witness.example", "--log", str(log)]
    command += ["--listen", "127.0.0.1:0", *more]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert running.stdout is not None
    try:
        key = running.stdout.readline().strip()
        lines = iter(running.stdout.readline, "")
        port = next(int(line.rsplit(":", 1)[1]) for line in lines if "http://" in line)
        yield running, port, key
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
