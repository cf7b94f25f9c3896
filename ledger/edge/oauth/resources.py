"""What a token may be for (RFC 8707): the whole service, or one interface of it."""

from collections.abc import Iterable
from typing import Final

from authlib.oauth2 import OAuth2Error

INTERFACES: Final = ("/api/v1", "/access/v1", "/fhir/R4", "/fhir/R5", "/log", "/mcp")
USERINFO: Final = "/oauth/userinfo"


class InvalidTarget(OAuth2Error):  # type: ignore[misc]  # Authlib has no types.
    """The resource that was asked for is not one of this service's."""

    error = "invalid_target"
    description = "resource must be this service's address, or that of one of its interfaces"


def asked(values: Iterable[str], issuer: str) -> tuple[str, ...]:
    """Return the resources asked for; the whole service if none is.

    Raises:
        InvalidTarget: one is not ours.
    """
    wanted = tuple(dict.fromkeys(values))
    known = {issuer, *(issuer + path for path in INTERFACES)}
    if not known.issuperset(wanted):
        raise InvalidTarget
    return wanted or (issuer,)


def narrowed(values: Iterable[str], given: Iterable[str]) -> tuple[str, ...]:
    """Return the resources asked for of those that were given; all of those if none is.

    Raises:
        InvalidTarget: one was not given.
    """
    wanted, given = tuple(dict.fromkeys(values)), tuple(given)
    if not set(given).issuperset(wanted):
        raise InvalidTarget
    return wanted or given


def covers(audience: Iterable[str], issuer: str, path: str) -> bool:
    """Say whether a token for *audience* is for the address *path* of this service."""
    for one in audience:
        if one == issuer:
            return True
        if one.startswith(issuer):
            prefix = one[len(issuer) :]
            if path == prefix or path.startswith(prefix + "/"):
                return True
    return False
