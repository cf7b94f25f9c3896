"""Sending a message to an address that a stranger may have given.

The name is looked up once, the address judged, and exactly that address connected to, while
the certificate is checked against the name: what the name leads to a moment later does not
matter. No redirect is followed, and of the answer no more than its status is read. However slowly
an answer trickles in, after `IN_ALL_SECONDS` the connection is cut: others wait for the thread.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from threading import Timer
from time import perf_counter
from typing import Any, Final
from urllib.parse import urlsplit

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError

from ledger.messages.rules.endpoints import may_be_reached

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
IN_ALL_SECONDS: Final = 30.0
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. *status* is None, and *problem* said, if there was no answer."""

    status: int | None
    problem: str | None
    took_ms: int

    @property
    def taken(self) -> bool:
        """Whether the endpoint took it: 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004

    @property
    def gone(self) -> bool:
        """Whether the endpoint wants no more: 410."""
        return self.status == 410  # noqa: PLR2004


def post(url: str, body: str, headers: Mapping[str, str], *, private: bool) -> Outcome:
    """Send *body* to *url* and say what came of it. Never raises for what the network does.

    Args:
        url: Checked by `rules.endpoints.check` before.
        body: What is sent.
        headers: With the signatures.
        private: Whether addresses of this computer and its network may be reached.
    """
    began = perf_counter()
    try:
        status, problem = _send(url, body, headers, private=private), None
    except (HTTPError, OSError, ValueError) as error:
        status, problem = None, _said(error)
    return Outcome(status, problem, round((perf_counter() - began) * 1000))


class _NotAllowed(ValueError):
    """The name leads to an address that nothing is sent to."""


def _send(url: str, body: str, headers: Mapping[str, str], *, private: bool) -> int:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    timeout = Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
    address = _address(host, port, private=private)
    pool: HTTPConnectionPool
    if parts.scheme == "https":
        pool = HTTPSConnectionPool(
            address,
            port,
            timeout=timeout,
            cert_reqs="CERT_REQUIRED",
            ca_certs=certifi.where(),
            server_hostname=host,
            assert_hostname=host,
        )
    else:
        pool = HTTPConnectionPool(address, port, timeout=timeout)
    with pool, _cut_off(pool, after_s=IN_ALL_SECONDS):
        answer = pool.request(
            "POST",
            path,
            body=body.encode(),
            headers={**headers, "Host": parts.netloc},
            redirect=False,
            retries=False,
            preload_content=False,
        )
        try:
            return answer.status
        finally:
            answer.close()  # Unread: whatever it says, nobody here wants it.


@contextmanager
def _cut_off(pool: HTTPConnectionPool, *, after_s: float) -> Iterator[None]:
    """Shut what *pool* connects to after a while: its timeouts begin anew with every byte."""
    connection, opened = pool.ConnectionCls, list[socket.socket]()

    def watched(*args: Any, **options: Any) -> Any:
        made: Any = connection(*args, **options)
        connect = made._new_conn  # Where urllib3 lets one have the socket.

        def kept() -> socket.socket:
            plain: socket.socket = connect()
            opened.append(plain.dup())  # TLS takes the first away.
            return plain

        made._new_conn = kept
        return made

    def cut() -> None:
        for one in opened:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    pool.ConnectionCls = watched  # type: ignore[assignment]
    timer = Timer(after_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        for one in opened:
            one.close()


def _address(host: str, port: int, *, private: bool) -> str:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [
        str(sockaddr[0])
        for *_, sockaddr in found
        if may_be_reached(ip_address(str(sockaddr[0])), private=private)
    ]
    if not allowed:
        raise _NotAllowed("the name leads to an address that is not public")
    return allowed[0]


def _said(error: Exception) -> str:
    """Return words for the delivery log: what failed, never what was sent."""
    if isinstance(error, _NotAllowed):
        return str(error)
    if isinstance(error, socket.gaierror):
        return "the name is not known"
    return f"no answer: {type(error).__name__}"
