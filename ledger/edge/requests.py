"""One id and one line of log for each request, with nothing personal in either.

The line has the route's pattern (``/my/consents/<uuid:consent_id>``) and never the path: a path
may name somebody, its pattern cannot. No query, no body, no address, no account.
"""

import json
import logging
import re
import sys
import traceback
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import orjson
import structlog
from flask import Flask, Response, g, has_request_context, request
from structlog.typing import EventDict

from ledger.core import clock

_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
_ID: Final = "ledger.request_id"
_BEGAN: Final = "ledger.began_at_s"
_UNMATCHED: Final = "(no such route)"

log: Final = logging.getLogger("ledger.requests")


class _JsonLines(logging.Formatter):
    """What structlog made is JSON already; anything else becomes so."""

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if record.name.startswith("ledger") and message.startswith("{"):
            return message
        line = {
            "event": message,
            "logger": record.name,
            "level": record.levelname.lower(),
        }
        if record.exc_info:
            line["exception"] = traceback_of(record.exc_info[1])
        return json.dumps(line)


def traceback_of(error: BaseException | None) -> str:
    """Return where an error came from, and what it says unless that may name somebody.

    A database quotes the values it refuses; of its errors only the kind is written down.
    """
    lines: list[str] = []
    while error is not None:
        kind = type(error)
        quotes = kind.__module__.partition(".")[0] in {"sqlalchemy", "psycopg", "sqlite3"}
        said = "(what the database said may name somebody)" if quotes else str(error)
        found = [*traceback.format_tb(error.__traceback__), f"{kind.__name__}: {said}\n"]
        lines = [*found, *lines] if not lines else [*found, "\nand then:\n", *lines]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(lines)


def configure_logging(*, level: int = logging.INFO) -> None:
    """Write logs to standard error, one JSON object a line; libraries' from WARNING up."""
    _render_as_json()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ledger").setLevel(level)


def _with_request_id(_: Any, __: str, line: EventDict) -> EventDict:
    if has_request_context():
        line["request_id"] = request_id()
    return line


def _with_traceback(_: Any, __: str, line: EventDict) -> EventDict:
    error = line.pop("exc_info", None)
    if isinstance(error, BaseException):
        line["exception"] = traceback_of(error)
    return line


def _render_as_json() -> None:
    structlog.configure(
        processors=[
            _with_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _with_traceback,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def request_id() -> str:
    """Return this request's id: the caller's, if it gave a usable one."""
    environ = request.environ
    found: str | None = environ.get(_ID)
    if found is None:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        found = given if _GIVEN_ID.fullmatch(given) else uuid4().hex
        environ[_ID] = found
    return found


def route() -> str:
    """Return the pattern of the route that matched."""
    rule = request.url_rule
    return rule.rule if rule else _UNMATCHED


def took_s() -> float:
    """Return how long this request has taken so far, in seconds."""
    return perf_counter() - float(request.environ[_BEGAN])


def init_app(app: Flask) -> None:
    """Name each request before anything else happens, and log it after all else has."""
    _render_as_json()
    # Each view and hook of ours is a plain function; to ask anew whether it is, as Flask does for
    # each of them at each request, takes longer than a decision.
    app.ensure_sync = _plain  # type: ignore[method-assign, assignment]

    @app.before_request
    def begin() -> None:
        request.environ[_BEGAN] = perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        asked = request._get_current_object()  # type: ignore[attr-defined]  # Once, not each time.
        name, rule = request_id(), asked.url_rule
        response.headers.setdefault("X-Request-Id", name)  # AuthZEN returns any name as sent.
        if log.isEnabledFor(logging.INFO):
            line = {
                "event": "request",
                "level": "info",
                "at": clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "request_id": name,
                "method": asked.method,
                "route": rule.rule if rule else _UNMATCHED,
                "status": response.status_code,
                "latency_ms": round((perf_counter() - asked.environ[_BEGAN]) * 1000, 1),
                "asked_by": getattr(g.get("actor"), "kind", "nobody"),
            }
            # Straight to the logger: one line a request, without the processors' 70 µs.
            log.info(orjson.dumps(line).decode())
        return response


def _plain(function: Any) -> Any:
    return function
