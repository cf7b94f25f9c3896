"""``Prefer: wait=5``: a command is answered when the log has signed what it recorded.

A preference (RFC 7240) and no condition. The command is carried out and committed first; if
its entries are in a signed tree in time, the answer says so, and where they and their receipts
are. If not, it is the answer that it would have been. The log signs a few times a second, so
the wait is short.
"""

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from flask import Flask, Response, current_app, request

from ledger.core.db import db
from ledger.core.inclusion import Inclusion
from ledger.core.work import AWAITED

_PLACES: Final = ("/api/",)
_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_WAIT: Final = re.compile(r'\s*wait\s*=\s*"?([0-9]{1,6})"?\s*(?:;.*)?', re.IGNORECASE)


def seconds_preferred(headers: Sequence[str]) -> int:
    """Return how long the caller would wait, by the ``Prefer`` fields of a request; 0 if not.

    Of several the first counts (RFC 7240, section 2). What cannot be read is ignored.
    """
    for header in headers:
        for preference in header.split(","):
            found = _WAIT.fullmatch(preference)
            if found:
                return int(found[1])
    return 0


def init_app(app: Flask) -> None:
    """Keep commands waiting whose callers prefer that."""

    @app.before_request
    def note() -> None:
        if request.method in _METHODS and request.path.startswith(_PLACES) and _preferred():
            db.session().info[AWAITED] = []

    @app.after_request
    def wait(response: Response) -> Response:
        if "Prefer" not in request.headers:
            return response
        entries: list[UUID] = db.session().info.pop(AWAITED, [])
        if entries and response.is_json and response.status_code < 300:  # noqa: PLR2004
            db.session.rollback()  # Nobody waits with a connection in hand.
            indexes = _inclusion().wait(entries, seconds=_preferred())
            for entry in dict.fromkeys(entries):
                response.headers.add("Link", f'</api/v1/log/entries/{entry}>; rel="log-entry"')
            if indexes is not None:
                response.headers["Preference-Applied"] = "wait"
                response.headers["Log-Index"] = ", ".join(str(indexes[one]) for one in entries)
                for entry in dict.fromkeys(entries):
                    address = f"/api/v1/log/entries/{entry}/receipt"
                    response.headers.add("Link", f'<{address}>; rel="log-receipt"')
        return response


def _preferred() -> int:
    longest: int = current_app.extensions["settings"].wait_max_s
    return min(seconds_preferred(request.headers.getlist("Prefer")), longest)


def _inclusion() -> Inclusion:
    found: Inclusion = current_app.extensions.setdefault("inclusion", Inclusion(db.engine))
    return found
