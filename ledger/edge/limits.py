"""How many requests a caller may make; said in each answer by ``RateLimit`` headers.

A caller is an account, or a network address before there is one. Places where guessing pays
have limits of their own: ``@limiter.limit(GUESSES)``. Counts are kept in this process, so with
several processes the limit is that many times higher.
"""

from time import time
from typing import Any, Final

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter

from ledger.edge.counts import Counts
from ledger.edge.guard import signed_in
from ledger.settings import Settings

GUESSES: Final = "10 per minute"
"""For sign-in, invitations and finding a patient."""

_FREE: Final = ("/static/", "/healthz", "/readyz", "/metrics", "/access/", "/log/")
"""Files, probes, and what clients read or ask in bulk; those have their own fences."""


def caller() -> str:
    """Return whose requests are counted together."""
    actor = signed_in()
    return actor.ref if actor else f"address:{request.remote_addr}"


def each() -> str:
    """Return what any caller may ask, all routes together."""
    settings: Settings = current_app.extensions["settings"]
    return f"{settings.requests_per_minute} per minute"


class _Limiter(Limiter):
    """Asks nothing where it has nothing to say: to find that out takes it 80 µs."""

    def _check_request_limit(self, *args: Any, **options: Any) -> None:
        of_one_view = bool(args or options)
        if of_one_view or not request.path.startswith(_FREE):
            super()._check_request_limit(*args, **options)


limiter: Final = _Limiter(
    caller,
    application_limits=[each],
    storage_uri=f"{Counts.STORAGE_SCHEME[0]}://",
    headers_enabled=False,  # Ours are those of the IETF draft; the library's are older.
)


def init_app(app: Flask) -> None:
    """Count requests, and tell callers where they stand."""
    limiter.init_app(app)

    @app.after_request
    def tell(response: Response) -> Response:
        if request.path.startswith(_FREE):
            return response
        limit = limiter.current_limit
        if limit is not None:
            wait_s = max(0, int(limit.reset_at - time()))
            per_s = limit.limit.get_expiry()
            policy = f'"default";q={limit.limit.amount};w={per_s}'
            response.headers["RateLimit-Policy"] = policy
            response.headers["RateLimit"] = f'"default";r={max(0, limit.remaining)};t={wait_s}'
            if response.status_code == 429:  # noqa: PLR2004  (Too Many Requests)
                response.headers.setdefault("Retry-After", str(max(1, wait_s)))
        return response
