"""A witness over HTTP: https://c2sp.org/tlog-witness, hardened for the open network.

Threads are few, each request has a deadline and a size, and a stop lets the requests that
are under way finish. TLS is left to whatever stands in front.
"""

import logging
import re
import socket
import sys
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore
from time import monotonic
from typing import Any, Final

from audit.witness.request import Logs, Refused, read_request
from audit.witness.state import State, Unavailable

BODY_BYTES_MAX: Final = 64 * 1024
"""63 hashes and a checkpoint with a hundred signatures of Ed25519 have a third of it."""

_REQUEST_S: Final = 20.0  # To arrive whole, and how long an idle connection is kept.
_CONNECTIONS_MAX: Final = 64
_CHECKPOINT: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")
_LENGTH: Final = re.compile(r"[0-9]{1,9}")
_TEXT: Final = "text/plain; charset=utf-8"

log: Final = logging.getLogger("audit.witness")


class Service(ThreadingHTTPServer):
    """Serves one witness. Stop it with `shutdown`, then `server_close`."""

    daemon_threads = False  # `server_close` waits for the requests that are under way.
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], state: State, logs: Logs, keys: Sequence[str]
    ) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.state: Final = state
        self.logs: Final = logs
        self.keys: Final = keys
        self._free: Final = BoundedSemaphore(_CONNECTIONS_MAX)
        self._deadlines: Final[dict[socket.socket, float]] = {}
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self.expect(request)
        try:
            super().process_request(request, client_address)
        except BaseException:  # No thread could be started, and so none will give this back.
            self._done(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._done(request)

    def _done(self, request: Any) -> None:
        self._deadlines.pop(request, None)
        self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news, and was dealt with; whatever comes here is."""
        log.error("a request failed", exc_info=sys.exception())

    def expect(self, request: socket.socket) -> None:
        """Give *request* its time to arrive, from now."""
        self._deadlines[request] = monotonic() + _REQUEST_S

    def service_actions(self) -> None:
        """End connections whose time is over. Called twice a second."""
        now_s = monotonic()
        for connection, deadline_s in [*self._deadlines.items()]:
            if deadline_s < now_s:
                _end(connection, socket.SHUT_RDWR)

    def server_close(self) -> None:
        for connection in [*self._deadlines]:
            _end(connection, socket.SHUT_RD)  # Idle ones see the end; others may answer.
        super().server_close()


def _end(connection: socket.socket, how: int) -> None:
    try:
        connection.shutdown(how)
    except OSError:
        return  # It has ended by itself.


class _Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"
    server_version = "care-ledger-witness"
    sys_version = ""
    timeout = _REQUEST_S
    wbufsize = -1  # Head and body leave together.

    def handle_one_request(self) -> None:
        self.server.expect(self.connection)
        try:
            super().handle_one_request()
        except OSError:  # It went away, or its time was over.
            self.close_connection = True

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        if self.path != "/add-checkpoint":
            self._answer(HTTPStatus.NOT_FOUND, "no such address\n")
            return
        try:
            request = read_request(body, self.server.logs)
        except Refused as refusal:  # Not a log's doing, as far as anybody can tell: no line.
            self._answer(refusal.status, f"{refusal}\n")
            return
        said = f"{request.checkpoint.origin} {request.old} -> {request.checkpoint.size}"
        try:
            lines = self.server.state.cosign(request)
        except Refused as refusal:
            log.warning("%d %s: %s", refusal.status, said, refusal)
            if refusal.size is None:
                self._answer(refusal.status, f"{refusal}\n")
            else:
                self._answer(refusal.status, f"{refusal.size}\n", kind="text/x.tlog.size")
        except Unavailable as error:
            log.error("503 %s: %s", said, error)  # noqa: TRY400  (expected: no traceback)
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "not now, ask again\n")
        else:
            if request.old != request.checkpoint.size:  # A log that stands still is no news.
                log.info("200 %s", said)
            self._answer(HTTPStatus.OK, lines)

    def do_GET(self) -> None:
        try:
            self._get()
        except Unavailable as error:
            log.error("503 %s: %s", self.path, error)  # noqa: TRY400
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "not now, ask again\n")

    do_HEAD = do_GET  # noqa: N815  (the name it has)

    def _get(self) -> None:
        if match := _CHECKPOINT.fullmatch(self.path):
            note = self.server.state.newest(match[1])
            status = HTTPStatus.OK if note else HTTPStatus.NOT_FOUND
            self._answer(status, note or "this witness has no checkpoint of that log\n")
        elif self.path == "/health":
            self.server.state.newest("")  # Fails if the database does.
            self._answer(HTTPStatus.OK, "ok\n")
        elif self.path == "/":
            lines = ["A witness of transparency logs (https://c2sp.org/tlog-witness).", ""]
            lines += [*self.server.keys, "", "It knows the logs:", *self.server.logs]
            self._answer(HTTPStatus.OK, "\n".join(lines) + "\n")
        else:
            self._answer(HTTPStatus.NOT_FOUND, "no such address\n")

    def _body(self) -> bytes | None:
        """Return the body; None after an answer why not."""
        lengths = self.headers.get_all("Content-Length") or []
        if "Transfer-Encoding" in self.headers or len(lengths) != 1:
            status, why = HTTPStatus.LENGTH_REQUIRED, "say the length of the body, once\n"
        elif not _LENGTH.fullmatch(lengths[0]):
            status, why = HTTPStatus.BAD_REQUEST, "the length is not a number\n"
        elif int(lengths[0]) > BODY_BYTES_MAX:
            status, why = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {BODY_BYTES_MAX} bytes\n"
        else:
            body = self.rfile.read(int(lengths[0]))
            if len(body) == int(lengths[0]):
                return body
            status, why = HTTPStatus.BAD_REQUEST, "the body ends too early\n"
        self.close_connection = True  # What follows is no request.
        self._answer(status, why)
        return None

    def _answer(self, status: HTTPStatus, text: str, *, kind: str = _TEXT) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name it has)
        """Say nothing: what is worth a line is said where it happens."""
