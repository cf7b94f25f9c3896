"""How each sort of setting is read from its text. Each raises `ValueError` with what it must be."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_SECRET_LENGTH_MIN: Final = 32
_KEY_BYTES: Final = 32
LEVELS: Final = ("low", "medium", "high")
"""How sure it is who has signed in, weakest first. What a provider's words mean is its setting."""
_DRIVERS: Final = ("sqlite", "postgresql", "postgresql+psycopg")


def secret(text: str) -> str:
    """Read a secret that signs cookies."""
    if len(text) < _SECRET_LENGTH_MIN:
        raise ValueError(f"needs {_SECRET_LENGTH_MIN} characters or more")
    return text


def key(text: str) -> bytes:
    """Read a key of 32 bytes."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:  # AES-256 and Ed25519 keys have 32 bytes.
        raise ValueError("must be 64 hex digits")
    return key


def whole(text: str) -> int:
    """Read a whole number above zero."""
    if not text.isdecimal() or int(text) == 0:
        raise ValueError("must be a whole number above zero")
    return int(text)


def at_least(least: int) -> Callable[[str], int]:
    """Return what reads a whole number of at least *least*."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise ValueError(f"must be a whole number, {least} or more")
        return int(text)

    return parse


def switch(text: str) -> bool:
    """Read ``on`` or ``off``."""
    try:
        return {"on": True, "off": False}[text]
    except KeyError:
        raise ValueError("must be 'on' or 'off'") from None


def zone(text: str) -> str:
    """Read the name of a time zone."""
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("must be a time zone such as Europe/London") from None


def address(text: str) -> str:
    """Read an address that paths are added to."""
    if not text.startswith(("http://", "https://")) or text.endswith("/"):
        raise ValueError("must be like https://ledger.example.org, without a slash at the end")
    return text


def mail(text: str) -> str:
    """Read where a mail server is; empty: there is none."""
    parts = urlsplit(text)
    if text and (parts.scheme not in {"smtp", "smtps", "smtp+plain"} or not parts.hostname):
        raise ValueError(
            "must be like smtp://user:word@mail.example.org:587, smtps://… or smtp+plain://…"
        )
    return text


def origin(text: str) -> str:
    """Read the name of a log, which is that of its key."""
    if not text or "+" in text or any(map(str.isspace, text)):
        raise ValueError(
            "must be a name without spaces and plus signs, like ledger.example.org/log"
        )
    return text


def database(text: str) -> str:
    """Read the URL of a database."""
    try:
        named = make_url(text)
    except (ArgumentError, ValueError):
        named = None
    if named is None or named.drivername not in _DRIVERS or not named.database:
        raise ValueError(
            "must be like sqlite:///ledger.sqlite3 or postgresql+psycopg://user:word@host/ledger"
        )
    return text


def level(text: str) -> str:
    """Read a level of assurance."""
    if text not in LEVELS:
        raise ValueError(f"must be one of {', '.join(LEVELS)}")
    return text
