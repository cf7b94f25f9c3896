"""Who may sit where, and when. Pure: no database, no clock, no framework."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from ledger.core.errors import Conflict, Invalid

NAME_MAX = 120
REFERENCE_MAX = 4000


class StakeholderClass(StrEnum):
    """On whose behalf a seat speaks. The value is stored and logged: never rename one."""

    PATIENT = "patient"
    PROVIDER = "provider"
    PAYER = "payer"
    SOCIAL_CARE = "social-care"
    COMMUNITY = "community"
    CLINICAL = "clinical"


class SeatTaken(Conflict):
    """Somebody holds the seat on some of those days."""

    slug = "seat-taken"
    title = "Somebody holds this seat then"


class SeatVacant(Conflict):
    """Nobody holds the seat whose term should end."""

    slug = "seat-vacant"
    title = "Nobody holds this seat"


class BadBody(Invalid):
    """A body or seat as it may not be described."""

    slug = "body-not-acceptable"
    title = "The body or seat cannot be set up like that"


class BadTerm(Invalid):
    """A term that ends before it starts, or would rewrite the past."""

    slug = "term-not-acceptable"
    title = "The term needs other days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """That a person holds a seat. Both days are included; None: until it is ended."""

    id: UUID
    person_id: UUID
    first_day: date
    last_day: date | None

    def holds(self, day: date) -> bool:
        """Say whether it holds on *day*."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


def check_words(name: str, *, reference: str = "-") -> None:
    """Check a name and terms of reference. Raises `BadBody`."""
    if not 0 < len(name.strip()) <= NAME_MAX:
        raise BadBody(f"a name has 1 to {NAME_MAX} characters")
    if not 0 < len(reference.strip()) <= REFERENCE_MAX:
        raise BadBody(f"say what it may decide, in 1 to {REFERENCE_MAX} characters")


def check_term(first_day: date, last_day: date | None, *, others: Iterable[Term]) -> None:
    """Check that a seat is free for a term.

    Raises:
        BadTerm: it ends before it starts.
        SeatTaken: it overlaps another.
    """
    if last_day is not None and last_day < first_day:
        raise BadTerm("it ends before it starts")
    for other in others:
        starts_after = other.last_day is not None and other.last_day < first_day
        ends_before = last_day is not None and last_day < other.first_day
        if not (starts_after or ends_before):
            until = f"to {other.last_day}" if other.last_day else "without an end"
            raise SeatTaken(f"the seat is held from {other.first_day} {until}")


def holder(terms: Iterable[Term], day: date) -> Term | None:
    """Return the term that holds on *day*, if the seat is not vacant."""
    return next((term for term in terms if term.holds(day)), None)
