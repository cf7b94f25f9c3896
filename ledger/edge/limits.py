"""How many requests a caller may make; said in each answer by ``RateLimit`` headers.

A caller is an account, or a network address before there is one. Places where guessing pays
have limits of their own: ``@limiter.limit(GUESSES)``. Counts are kept in this process, so with
several processes the limit is that many times higher.
"""

from time import time
from typing import Final

from flask import Flask, Response, request
from flask_limiter import Limiter

from ledger.edge.guard import signed_in

EACH: Final = "600 per minute"
"""What any caller may ask, all routes together."""

GUESSES: Final = "10 per minute"
"""For sign-in, invitations and finding a patient."""

_FREE: Final = ("/static/", "/healthz", "/readyz", "/metrics", "/access/", "/log/")
"""Files, probes, and what clients read or ask in bulk; those have their own fences."""


def caller() -> str:
    """Return whose requests are counted together."""
    actor = signed_in()
    return actor.ref if actor else f"address:{request.remote_addr}"


limiter: Final = Limiter(
    caller,
    application_limits=[EACH],
    application_limits_exempt_when=lambda: request.path.startswith(_FREE),
    storage_uri="memory://",
    headers_enabled=False,  # Ours are those of the IETF draft; the library's are older.
)


def init_app(app: Flask) -> None:
    """Count requests, and tell callers where they stand."""
    limiter.init_app(app)

    @app.after_request
    def tell(response: Response) -> Response:
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
