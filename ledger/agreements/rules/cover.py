"""Does an agreement in force let this organisation have that? From lines in an index."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category


class Why(StrEnum):
    """Why nothing covers it. The value is stored with decisions."""

    MISSING = "missing"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One category of one flow of one version: the unit of the index. Days are inclusive.

    Attributes:
        suspended_to: The last day of a suspension; None if there is none.
        stands_for: The parties as the text names them, where others stand in their place; the
            days are then those on which they do.
    """

    agreement_id: UUID
    version: int
    clause: str
    flow: str
    purpose: str
    category: Category
    first_day: date
    last_day: date
    suspended_to: date | None = None
    stands_for: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What lets it be: quote this. It holds from the first to the last day, both included.

    *stands_for*: the parties of the text in whose place the two stand, if they are not those.
    """

    agreement_id: UUID
    version: int
    clause: str
    flow: str
    first_day: date
    last_day: date
    stands_for: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCovered:
    """Why not; and by what it was covered before, or would be, if by anything."""

    why: Why
    agreement_id: UUID | None = None
    version: int | None = None
    clause: str | None = None


def find(
    lines: Iterable[Line], *, purpose: str, category: Category, on: date
) -> Cover | NotCovered:
    """Return what covers *category* for *purpose* on a day, among the lines of two parties.

    A flow's purpose covers the purposes below it. Of several covers the narrowest purpose
    is quoted, then the latest version.
    """
    above = purposes.lineage(purpose)
    fitting = [line for line in lines if line.category is category and line.purpose in above]
    fitting.sort(key=_narrowest, reverse=True)
    current = [line for line in fitting if line.first_day <= on <= line.last_day]
    for line in current:
        if not _suspended(line, on):
            return Cover(
                agreement_id=line.agreement_id,
                version=line.version,
                clause=line.clause,
                flow=line.flow,
                first_day=line.first_day,
                last_day=line.last_day,
                stands_for=line.stands_for,
            )
    past = [line for line in fitting if line.last_day < on]
    for why, found in ((Why.SUSPENDED, current), (Why.LAPSED, past)):
        if found:
            line = found[0]
            return NotCovered(
                why=why, agreement_id=line.agreement_id, version=line.version, clause=line.clause
            )
    return NotCovered(why=Why.MISSING)


def counting(
    lines: Iterable[Line], *, purpose: str, category: Category, on: date, suspended: bool
) -> frozenset[UUID]:
    """Return every agreement that covers it on that day; with *suspended*, those on hold too."""
    above = purposes.lineage(purpose)
    return frozenset(
        line.agreement_id
        for line in lines
        if line.category is category
        and line.purpose in above
        and line.first_day <= on <= line.last_day
        and (suspended or not _suspended(line, on))
    )


def _suspended(line: Line, on: date) -> bool:
    return line.suspended_to is not None and on <= line.suspended_to


def _narrowest(line: Line) -> tuple[int, date, int, str]:
    return (
        len(purposes.lineage(line.purpose)),
        line.first_day,
        line.version,
        str(line.agreement_id),
    )
