"""Who stands for whom on which day. Pure: the day is always an argument."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from ledger.core.errors import Conflict, Invalid

LATE_MAX: Final = timedelta(days=366)
"""An order may be recorded late, by up to a year: what was decided meanwhile stays decided."""
AHEAD_MAX: Final = timedelta(days=3 * 366)
ORDER_MAX: Final = 200
_ONE_DAY: Final = timedelta(days=1)


class SuccessionKind(StrEnum):
    """Why another stands in the place. The value is logged: never rename one.

    There is no *split*: an order that divides an organisation says who does what from then on,
    which only new agreements, and patients asked anew, can say here.
    """

    MERGER = "merger"
    SUCCESSION = "succession"
    NEW_CODE = "renamed-with-new-code"


class SetAsideReason(StrEnum):
    """Why a recorded succession is as if it had not been. Never rename one."""

    MISTAKE = "mistake"
    ORDER_REVOKED = "order-revoked"
    POSTPONED = "postponed"


class SucceedsItself(Invalid):
    """One organisation named as both."""

    slug = "organisation-succeeds-itself"
    title = "An organisation cannot take its own place"


class AlreadySucceeded(Conflict):
    """Each organisation has one successor at most."""

    slug = "organisation-already-succeeded"
    title = "Another organisation already takes this one's place"


class SuccessionInACircle(Conflict):
    """The successor's own successors lead back to the predecessor."""

    slug = "succession-in-a-circle"
    title = "These successions would go round in a circle"


class BadSuccessionDay(Invalid):
    """A day too long ago or too far ahead."""

    slug = "bad-succession-day"
    title = "This cannot be the day of a succession"


class NoOrder(Invalid):
    """A succession is made by an order, which has a title."""

    slug = "succession-without-order"
    title = "Name the order that this is done by"


class OrganisationSucceeded(Conflict):
    """Something new for an organisation on a day on which another stands in its place."""

    slug = "organisation-succeeded"
    title = "Another organisation stands in the place of this one"


@dataclass(frozen=True, slots=True)
class Window:
    """Days, both included; open where None. The days on which one stands for another."""

    first_day: date | None
    last_day: date | None

    def holds(self, on: date) -> bool:
        """Say whether *on* is one of them."""
        after = self.first_day is None or self.first_day <= on
        return after and (self.last_day is None or on <= self.last_day)


@dataclass(frozen=True, slots=True)
class Successions:
    """All that is known of who succeeds whom, as of a count of changes.

    Attributes:
        n: How often any of it had changed.
        by_predecessor: The successor of each, and the first day on which it is that.
    """

    n: int = 0
    by_predecessor: Mapping[UUID, tuple[UUID, date]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    _before: Mapping[UUID, tuple[UUID, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out who has which predecessors: decisions ask that way round."""
        before: dict[UUID, list[UUID]] = defaultdict(list)
        for predecessor, (successor, _) in sorted(self.by_predecessor.items()):
            before[successor].append(predecessor)
        object.__setattr__(self, "_before", {key: tuple(found) for key, found in before.items()})

    def current(self, organisation_id: UUID, on: date) -> UUID:
        """Return who stands in the place of an organisation on a day: mostly itself."""
        found = organisation_id
        while (after := self.by_predecessor.get(found)) is not None and after[1] <= on:
            found = after[0]
        return found

    def succeeded(self, organisation_id: UUID, on: date) -> bool:
        """Say whether another stands in its place on that day."""
        after = self.by_predecessor.get(organisation_id)
        return after is not None and after[1] <= on

    def stood_for(self, organisation_id: UUID, on: date) -> tuple[UUID, ...]:
        """Return the predecessors for which an organisation stands on that day."""
        if not self._before or self.succeeded(organisation_id, on):
            return ()
        found: list[UUID] = []
        left = list(self._before.get(organisation_id, ()))
        while left:
            one = left.pop()
            if self.by_predecessor[one][1] <= on:  # If not, nobody stands for those before it.
                found.append(one)
                left.extend(self._before.get(one, ()))
        return tuple(sorted(found))

    def windows(self, organisation_id: UUID) -> Iterator[tuple[UUID, Window]]:
        """Yield whom an organisation ever stands for, itself first, and on which days."""
        own = self.by_predecessor.get(organisation_id)
        last_day = None if own is None else own[1] - _ONE_DAY
        left: list[tuple[UUID, date | None]] = [(organisation_id, None)]
        while left:
            one, first_day = left.pop()
            if first_day is None or last_day is None or first_day <= last_day:
                yield one, Window(first_day, last_day)
            for before in self._before.get(one, ()):
                since = self.by_predecessor[before][1]
                left.append((before, since if first_day is None else max(since, first_day)))


NONE: Final = Successions()


def check_succession(
    known: Successions, *, predecessor: UUID, successor: UUID, effective_on: date, today: date
) -> None:
    """Check that one organisation may take another's place from a day.

    Raises:
        SucceedsItself, AlreadySucceeded, SuccessionInACircle, BadSuccessionDay: see each.
    """
    if predecessor == successor:
        raise SucceedsItself("name the organisation that takes its place")
    if predecessor in known.by_predecessor:
        raise AlreadySucceeded("set that succession aside first, if it is wrong")
    after: UUID | None = successor
    while after is not None:
        if after == predecessor:
            raise SuccessionInACircle("the successor is itself succeeded by this organisation")
        after = known.by_predecessor.get(after, (None, None))[0]
    if not today - LATE_MAX <= effective_on <= today + AHEAD_MAX:
        raise BadSuccessionDay(f"it would be {effective_on}: check the year")


def checked_order(title: str) -> str:
    """Return the title of an order with single spaces. Raises `NoOrder` if it is none."""
    tidy = " ".join(title.split())
    if not tidy or len(tidy) > ORDER_MAX:
        raise NoOrder(f"give the title of the order, of at most {ORDER_MAX} letters")
    return tidy


def roles_end_on(effective_on: date, *, today: date) -> date:
    """Return the last day of roles at the predecessor.

    It is the day before the order's, but never before yesterday: what was done on a day that is
    past was done in the role.
    """
    return max(effective_on, today) - _ONE_DAY


def check_stands(
    known: Successions, organisation_id: UUID, *, from_on: date, until_on: date | None
) -> None:
    """Check that an organisation stands for itself on all days of a period.

    Raises:
        OrganisationSucceeded: another takes its place on one of them.
    """
    after = known.by_predecessor.get(organisation_id)
    if after is not None and (until_on is None or until_on >= after[1]):
        raise OrganisationSucceeded(
            f"from {after[1]} another organisation takes its place: name that one"
            if from_on >= after[1]
            else f"another organisation takes its place on {after[1]}: end it the day before"
        )
