"""What a request asks for in its query: ids, days, and as of which size of the log."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from ledger.core.as_said import check_size, log_size
from ledger.core.errors import Fault, Invalid

_DIGITS_MAX: Final = 15


def asked_size(session: Session) -> int:
    """Return the size of the log that ``size`` names; the newest, if it names none.

    Raises:
        Invalid: it is no whole number.
        LogNotThatLong: the log is shorter.
    """
    text = request.args.get("size")
    if not text:
        return log_size(session)
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
        raise Invalid("that is no size of the log", [Fault("size", "give a whole number")])
    check_size(session, int(text))
    return int(text)


def asked_id(name: str) -> UUID | None:
    """Return an id of the query, or None. Raises `Invalid` if it is no id."""
    if not (text := request.args.get(name)):
        return None
    try:
        return UUID(text)
    except ValueError as error:
        raise Invalid(f"{name} is no id", [Fault(name, "give an id")]) from error


def asked_day(name: str) -> date | None:
    """Return a day of the query, or None. Raises `Invalid` if it is no day."""
    if not (text := request.args.get(name)):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError as error:
        raise Invalid(f"{name} is no day", [Fault(name, "write it like 2026-04-01")]) from error
