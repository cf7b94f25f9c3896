"""What an endpoint may be, and when it is tried again."""

import re
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import urlsplit

from ledger.core.errors import Conflict, Fault, Invalid

URL_CHARS_MAX: Final = 1000
KINDS_MAX: Final = 50
_EMBEDDING: Final = (
    IPv6Network("64:ff9b::/96"),  # NAT64 (RFC 6052)
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of one's own network (RFC 8215)
    IPv6Network("2002::/16"),  # 6to4 (RFC 3056, given up by RFC 7526)
    IPv6Network("::/96"),  # IPv4-compatible (given up by RFC 4291)
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated (RFC 2765)
    IPv6Network("fec0::/10"),  # site-local (given up by RFC 3879)
)
"""A gateway may turn these into any IPv4 address behind it, or they lead nowhere public."""
_KIND: Final = re.compile(r"[a-z][a-z-]*(\.[a-z][a-z-]*)?")

# What https://www.standardwebhooks.com proposes: about three days in all.
RETRY_AFTER: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)


class BadEndpoint(Invalid):
    """An endpoint that cannot be told anything safely."""

    slug = "endpoint-not-acceptable"
    title = "Messages cannot be sent there"


class NotInThatState(Conflict):
    """It is paused, and should be; or it is not, and should be resumed."""

    slug = "endpoint-not-in-that-state"
    title = "The endpoint is not in the state for that"


def check(url: str, kinds: Sequence[str], *, private: bool) -> None:
    """Check an address and the kinds of entries that are sent there.

    Args:
        url: Where messages go.
        kinds: ``area.past-participle``, or the area alone.
        private: Whether plain HTTP is allowed: for tests, demonstrations, and a network that
            is closed anyway.

    Raises:
        BadEndpoint: with every fault.
    """
    faults = [
        Fault("kinds", f"{kind!r} is no kind of entry; give an area, or area.past-participle")
        for kind in kinds
        if not _KIND.fullmatch(kind)
    ]
    if len(kinds) > KINDS_MAX:
        faults.append(Fault("kinds", f"give {KINDS_MAX} at most; none means all"))
    faults += [Fault("url", said) for said in _of_address(url, private=private)]
    if faults:
        raise BadEndpoint("some of it cannot be used", faults)


def _of_address(url: str, *, private: bool) -> list[str]:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return ["give an address like https://care.example.org/hooks/ledger"]
    schemes = {"https", "http"} if private else {"https"}
    if parts.scheme not in schemes or not host:
        return ["give an address that begins with https:// and names a host"]
    if parts.username or parts.password or parts.fragment:
        return ["leave user names, passwords and fragments out: every message is signed"]
    if len(url) > URL_CHARS_MAX or not url.isascii() or any(c <= " " for c in url):
        return [f"give {URL_CHARS_MAX} ASCII characters at most, without spaces"]
    return []


def may_be_reached(address: IPv4Address | IPv6Address, *, private: bool) -> bool:
    """Say whether a message may go to *address*.

    A name that somebody registers may lead anywhere, so the address it leads to is what is
    judged: never one of this computer or of the network behind it, unless *private*.
    """
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    if private:
        return True
    if isinstance(address, IPv6Address) and any(address in network for network in _EMBEDDING):
        return False
    return address.is_global and not address.is_multicast


def wants(kinds: Sequence[str], kind: str) -> bool:
    """Say whether an endpoint that named *kinds* is told of an entry of *kind*."""
    return not kinds or kind in kinds or kind.partition(".")[0] in kinds


def retry_after(attempts: int, *, share: float) -> timedelta | None:
    """Return how long to wait after that many failed attempts; None: give up.

    Args:
        attempts: How many have failed, from 1.
        share: From 0 to 1, by chance: up to a fifth is added, so that many endpoints that
            failed together do not come back together.
    """
    if attempts > len(RETRY_AFTER):
        return None
    return RETRY_AFTER[attempts - 1] * (1 + share / 5)
