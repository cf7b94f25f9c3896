"""Versions of things over HTTP: what a client changes must be what it has seen.

return body, 200, etags.header(agreement.version)      # GET
etags.require_match(agreement.version)                 # in the command, once it is loaded
"""

from collections.abc import Mapping

from flask import request

from ledger.core.errors import Conflict


class Stale(Conflict):
    """``If-Match`` names a version that is no longer the latest. Answered 412."""

    slug = "stale"
    title = "This has changed since you looked at it"


def tag(version: object) -> str:
    """Return the entity tag of a version, quoted."""
    return f'"{version}"'


def header(version: object) -> Mapping[str, str]:
    """Return the ``ETag`` header of a thing at *version*."""
    return {"ETag": tag(version)}


def require_match(version: object) -> None:
    """Refuse a change that was made to an older version, if the client says to which.

    Raises:
        Stale: ``If-Match`` is there and does not name *version*.
    """
    if "If-Match" in request.headers and not request.if_match.contains(str(version)):
        raise Stale("fetch it again, see what changed, and send your change with the new ETag")
