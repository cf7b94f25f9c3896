"""What people and things are called, and how they are reached."""

import re
import unicodedata
from typing import Final

from ledger.core.errors import Invalid

NAME_MAX: Final = 120
EMAIL_MAX: Final = 254

_EMAIL: Final = re.compile(r"^[^@\s,;<>()\"\\]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$")
_FORMULA: Final = ("=", "+", "-", "@")


class BadName(Invalid):
    """A name that is empty, too long, or holds what no name holds."""

    slug = "bad-name"
    title = "This name cannot be used"


class BadEmail(Invalid):
    """Not an address that mail could be sent to. It is never repeated."""

    slug = "bad-email"
    title = "This is not an e-mail address"


def name(text: str, *, what: str = "name") -> str:
    """Return *text* as a name: in one Unicode form, single spaces, nothing invisible.

    Raises:
        BadName: empty, too long, or with characters that hide something. A name that a
            spreadsheet would take for a formula is refused too: the name comes out again
            in exports.
    """
    tidy = " ".join(unicodedata.normalize("NFC", text).split())
    if not tidy:
        raise BadName(f"give a {what}")
    if len(tidy) > NAME_MAX:
        raise BadName(f"a {what} has at most {NAME_MAX} characters")
    if any(unicodedata.category(character).startswith("C") for character in tidy):
        raise BadName(f"the {what} holds characters that cannot be seen: type it again")
    if tidy.startswith(_FORMULA):
        raise BadName(f"a {what} does not begin with {tidy[0]}: a spreadsheet would run it")
    if not any(character.isalnum() for character in tidy):
        raise BadName(f"a {what} has at least one letter or figure")
    return tidy


def email(text: str) -> str:
    """Return an e-mail address in the form in which it is compared: trimmed, lower case.

    Raises:
        BadEmail: it is not one.
    """
    tidy = unicodedata.normalize("NFC", text).strip().lower()
    if len(tidy) > EMAIL_MAX or not _EMAIL.match(tidy):
        raise BadEmail("an e-mail address looks like name@example.org: check it again")
    return tidy


def key(text: str) -> str:
    """Return the form in which two names are the same: case and spacing do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
