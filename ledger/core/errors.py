"""Errors that are part of the contract: each one is a sentence a person can act on.

An area declares its own beside the rule that raises it, as a subclass of one of
these five. The edge maps the five to HTTP once, in `ledger.api.problem`, so no
area ever mentions a status code. A programmer's mistake is a `Bug`, never one of
these.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from audit import Entry


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a request.

    Attributes:
        field: Where: a JSON pointer into the request, a clause number, a line of a file.
        detail: What is wrong and what would be right; nothing personal.
    """

    field: str
    detail: str


class LedgerError(Exception):
    """Base. *slug* is public and permanent: it ends the RFC 9457 ``type`` URI.

    Attributes:
        faults: Every single thing that is wrong, where there may be several.
        fact: What the unit of work records once it has rolled back: that this was refused.
            None for what nobody needs to know later.
    """

    slug: ClassVar[str] = "error"
    title: ClassVar[str] = "The request could not be carried out"
    fact: Entry | None = None

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)


class NotAuthenticated(LedgerError):
    """Nobody is signed in."""

    slug = "not-authenticated"
    title = "Sign in first"


class Forbidden(LedgerError):
    """The policy refuses. The detail never says why: that would help a prober."""

    slug = "forbidden"
    title = "You may not do this"


class NotFound(LedgerError):
    """Also raised when the thing exists but the actor may not know that it does."""

    slug = "not-found"
    title = "There is no such thing, or you may not see it"


class Conflict(LedgerError):
    """The request was fine, but what is already recorded rules it out."""

    slug = "conflict"
    title = "This clashes with what is already recorded"


class Invalid(LedgerError):
    """The request itself breaks a rule, whatever is recorded."""

    slug = "invalid"
    title = "Something in the request is not acceptable"


class Bug(AssertionError):
    """The program broke its own promise. Never caught; answered as a bare 500.

    Raised, not asserted, where security hangs on it: ``python -O`` drops asserts.
    """
