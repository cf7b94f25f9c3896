"""What a notice must be."""

import re
from enum import StrEnum
from typing import Final

from ledger.core.errors import Conflict, Fault, Invalid

TEXT_MAX: Final = 100_000
TITLE_MAX: Final = 200
ID_MAX: Final = 64
_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*$")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?$")
"""The part of BCP 47 (RFC 5646) that is needed: ``en``, ``en-GB``, ``cy``."""


class Format(StrEnum):
    """How a notice is written. The value is stored and logged: never rename one."""

    STANDARD = "standard"
    EASY_READ = "easy-read"
    LARGE_PRINT = "large-print"


class NoticeNotPossible(Invalid):
    """A notice that cannot be kept; each fault names what is wrong."""

    slug = "consent-notice-not-possible"
    title = "This notice cannot be kept"


class NoticeThere(Conflict):
    """A version of a notice is written once in each language and format."""

    slug = "consent-notice-there"
    title = "This version is there already in this language and format"


class NoticeRetired(Conflict):
    """Nobody is shown a notice that is retired, nor is anything added to it."""

    slug = "consent-notice-retired"
    title = "This notice is retired"


def check(
    *, notice_id: str, version: int, newest: int, language: str, title: str, text: str
) -> None:
    """Check what is to be kept; *newest* is the version that there is, 0 if there is none.

    Raises:
        NoticeNotPossible: naming each thing that is wrong.
    """
    faults = []
    if len(notice_id) > ID_MAX or not _ID.match(notice_id):
        faults.append(Fault("/id", f"use small letters, digits and hyphens, {ID_MAX} at most"))
    if not _LANGUAGE.match(language):
        faults.append(Fault("/language", "use a code such as en-GB or cy"))
    if version not in {newest, newest + 1} or version < 1:
        faults.append(Fault("/version", f"the next version is {newest + 1}"))
    if not title.strip() or len(title) > TITLE_MAX:
        faults.append(Fault("/title", f"write 1 to {TITLE_MAX} characters"))
    if not text.strip() or len(text) > TEXT_MAX:
        faults.append(Fault("/text", f"write 1 to {TEXT_MAX} characters"))
    if faults:
        raise NoticeNotPossible("; ".join(fault.detail for fault in faults[:3]), faults)
