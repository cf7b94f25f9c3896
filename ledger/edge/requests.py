"""One id and one line of log for each request, with nothing personal in either.

The line has the route's pattern (``/my/consents/<uuid:consent_id>``) and never the path: a path
may name somebody, its pattern cannot. No query, no body, no address, no account.
"""

import json
import logging
import re
import sys
from time import perf_counter
from typing import Final
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
_OURS: Final = ("request_id", "csp_nonce", "csp_form_targets", "answered_before")
_UNMATCHED: Final = "(no such route)"

log: structlog.stdlib.BoundLogger = structlog.get_logger("ledger.requests")


class _JsonLines(logging.Formatter):
    """Our own messages are JSON already; a library's becomes so."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith("ledger"):
            return record.getMessage()
        line = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def configure_logging(*, level: int = logging.INFO) -> None:
    """Write logs to standard error, one JSON object a line; libraries' from WARNING up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ledger").setLevel(level)


def _render_as_json() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,  # Plain: no values of variables.
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def request_id() -> str:
    """Return this request's id: the caller's, if it gave a usable one."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _GIVEN_ID.fullmatch(given) else uuid4().hex
    made: str = g.request_id
    return made


def route() -> str:
    """Return the pattern of the route that matched."""
    return request.url_rule.rule if request.url_rule else _UNMATCHED


def took_s() -> float:
    """Return how long this request has taken so far, in seconds."""
    now_s = perf_counter()
    return now_s - float(g.get("began_at_s", now_s))


def init_app(app: Flask) -> None:
    """Name each request before anything else happens, and log it after all else has."""
    _render_as_json()

    @app.before_request
    def begin() -> None:
        for name in _OURS:  # A context may serve several requests: a command's, or a test's.
            g.pop(name, None)
        g.began_at_s = perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id())

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_id()
        if g.get("answered_before"):
            response.headers["Idempotency-Replayed"] = "true"
        log.info(
            "request",
            method=request.method,
            route=route(),
            status=response.status_code,
            latency_ms=round(took_s() * 1000, 1),
            asked_by=getattr(g.get("actor"), "kind", "nobody"),
        )
        return response
