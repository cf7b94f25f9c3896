"""Reading a published log over HTTP, as files: connections are kept, answers have a limit.

Redirects are not followed and proxies not asked: what is read is what the address says.
"""

import socket
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Event, Timer, local
from typing import Final
from urllib.parse import urlsplit

TIMEOUT_S: Final = 20.0
"""For each part of an answer to come; a whole answer may take `_WHOLE` times as long."""

_WHOLE: Final = 6
BYTES_MAX: Final = 1 << 25
"""More than the largest file of a log, an entry bundle of 256 times 65,537 bytes."""


class Unreachable(Exception):
    """There was no answer, or not one that says anything about the log."""


class Withheld(Unreachable):
    """The answer is that the caller may not read this (401 or 403)."""


class TooSlow(Unreachable):
    """The answer did not come to its end in time."""


class Site:
    """What lies under a URL; for many threads, each with a connection of its own.

    Args:
        url: ``https://host/path``, or ``http``.
        token: Goes along as ``Authorization: Bearer``, for what is not public.

    Raises:
        ValueError: *url* is not one.
    """

    def __init__(self, url: str, *, token: str | None = None, timeout_s: float = TIMEOUT_S) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError(f"{url!r} is not a URL such as https://ledger.example/log")
        self.url: Final = url.rstrip("/")
        self._host: Final = parts.hostname
        self._port: Final = parts.port
        self._path: Final = parts.path.rstrip("/")
        self._make: Final = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._headers: Final = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._timeout_s: Final = timeout_s
        self._own: Final = local()

    def get(self, name: str, *, fresh: bool = False) -> bytes | None:
        """Return the file *name*; None if there is none (404).

        Args:
            name: Its path under the URL.
            fresh: Ask caches on the way to ask the log.

        Raises:
            Unreachable: nothing was answered, or an error.
        """
        headers = {**self._headers, **({"Cache-Control": "no-cache"} if fresh else {})}
        kept = getattr(self._own, "connection", None)
        if kept is not None:
            try:
                return self._ask(kept, name, headers)
            except (OSError, HTTPException):
                kept.close()  # It was idle for too long, perhaps: once more, on a new one.
        connection = self._make(self._host, self._port, timeout=self._timeout_s)
        self._own.connection = connection
        try:
            return self._ask(connection, name, headers)
        except (OSError, HTTPException) as error:
            connection.close()
            self._own.connection = None
            raise Unreachable(f"{self.url}/{name}: {str(error) or type(error).__name__}") from error

    def _ask(self, connection: HTTPConnection, name: str, headers: dict[str, str]) -> bytes | None:
        # A time-out of the socket is for each read. Who sends a byte now and then would never
        # be late, and could keep a monitor waiting, and silent, for ever.
        late = Event()
        clock = Timer(self._timeout_s * _WHOLE, _hang_up, [connection, late])
        clock.daemon = True
        clock.start()
        try:
            connection.request("GET", f"{self._path}/{name}", headers=headers)
            if late.is_set():  # Connecting to one address after another takes time, too.
                raise TimeoutError
            with connection.getresponse() as response:
                body = _read(response)
            if late.is_set():  # Where a body is cut short, read does not say so by itself.
                raise TimeoutError
        except (OSError, HTTPException) as error:
            if not late.is_set():
                raise
            connection.close()
            raise TooSlow(f"{self.url}/{name}: took too long") from error
        finally:
            clock.cancel()
        if response.will_close:
            connection.close()  # Opens again by itself.
        if response.status == 200:  # noqa: PLR2004
            return body
        if response.status == 404:  # noqa: PLR2004
            return None
        sort = Withheld if response.status in (401, 403) else Unreachable
        raise sort(f"{self.url}/{name}: answered {response.status} {response.reason}")


def _hang_up(connection: HTTPConnection, late: Event) -> None:
    late.set()
    with suppress(OSError, AttributeError):  # It may have ended meanwhile.
        connection.sock.shutdown(socket.SHUT_RDWR)


def _read(response: HTTPResponse) -> bytes:
    body = response.read(BYTES_MAX + 1)
    if len(body) > BYTES_MAX:
        raise HTTPException(f"more than {BYTES_MAX:,} bytes")
    return body
