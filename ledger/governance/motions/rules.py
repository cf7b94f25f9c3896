"""How a body decides, and what a motion may look like. Pure: no database, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from ledger.core.errors import Conflict, Invalid
from ledger.governance.rules import StakeholderClass

TITLE_MAX: Final = 150
RESOLUTION_MAX: Final = 8000
DAYS_MAX: Final = 90
SECRET_MIN: Final = 3
"""With fewer ballots than this, sums of a secret vote would say who voted how."""

_MAJORITY: Final = Fraction(1, 2)


class Choice(StrEnum):
    """What a ballot says. The value is stored and logged: never rename one."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


class Basis(StrEnum):
    """Of what a threshold is a part."""

    CAST = "cast"
    """Of the ballots for and against."""
    PRESENT = "present"
    """Of all ballots: whoever abstains counts as not for it."""
    SEATS = "seats"
    """Of all seats that may vote: whoever stays away counts as not for it."""


class State(StrEnum):
    """How far a motion has got. The value is stored: never rename one."""

    PROPOSED = "proposed"
    OPEN = "open"
    PASSED = "passed"
    LOST = "lost"
    NO_QUORUM = "no-quorum"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


class BadRules(Invalid):
    """Rules that cannot be met, or that would give a secret away."""

    slug = "voting-rules-not-acceptable"
    title = "These rules do not work together"


class BadMotion(Invalid):
    """A motion without words, or with too many."""

    slug = "motion-not-acceptable"
    title = "The motion cannot be proposed like that"


class BadVote(Invalid):
    """A vote that closes too soon or too late."""

    slug = "vote-not-acceptable"
    title = "The vote cannot be opened like that"


class WrongState(Conflict):
    """A motion is not where this can be done to it."""

    slug = "motion-not-there"
    title = "The motion is past this, or not there yet"


class QuorumOutOfReach(Conflict):
    """Too few seats that may vote are held for the body to decide anything."""

    slug = "quorum-out-of-reach"
    title = "Too few people could vote for this body to decide"


@dataclass(frozen=True, slots=True, kw_only=True)
class VotingRules:
    """How a body decides.

    Attributes:
        quorum_seats: How many seats must vote; abstaining is voting for this.
        quorum_classes: Classes of which at least one seat must vote.
        threshold: What part must be for it, exactly.
        more_than: It must be more than the threshold; if not, exactly that is enough.
        basis: Of what the threshold is a part.
        majority_classes: Classes in each of which more must be for it than against it.
        veto_classes: Classes of which one seat against it is enough to defeat it.
        casting_seat_id: The chair's seat: where as many are for it as against it, what the
            chair voted counts once more.
        needs_second: Another person must support it before it is voted on.
        secret: Ballots are secret.
        days_open: For how many days a vote is open, if whoever opens it does not say.
    """

    quorum_seats: int
    quorum_classes: frozenset[StakeholderClass] = frozenset()
    threshold: Fraction = _MAJORITY
    more_than: bool = True
    basis: Basis = Basis.CAST
    majority_classes: frozenset[StakeholderClass] = frozenset()
    veto_classes: frozenset[StakeholderClass] = frozenset()
    casting_seat_id: UUID | None = None
    needs_second: bool = True
    secret: bool = False
    days_open: int = 7

    def reached(self, part: int, whole: int) -> bool:
        """Say whether *part* of *whole* is enough. Nobody for it is never enough."""
        if part == 0:
            return False
        needed = self.threshold * whole
        return part > needed if self.more_than else part >= needed


def check_rules(rules: VotingRules, *, classes: dict[UUID, StakeholderClass]) -> None:
    """Check that a body with these seats could decide by *rules*. Raises `BadRules`."""
    if not 1 <= rules.quorum_seats <= len(classes):
        raise BadRules(f"a quorum is 1 to {len(classes)} seats: as many as the body has")
    if not 0 < rules.threshold <= 1 or (rules.more_than and rules.threshold == 1):
        raise BadRules("a threshold is more than none and at most all; nothing is more than all")
    named = rules.quorum_classes | rules.majority_classes | rules.veto_classes
    if named - set(classes.values()):
        raise BadRules("the body has no seat of one of the classes that the rules name")
    if not 1 <= rules.days_open <= DAYS_MAX:
        raise BadRules(f"a vote is open for 1 to {DAYS_MAX} days")
    if rules.casting_seat_id is not None:
        _check_casting(rules, classes)
    if rules.secret:
        _check_secret(rules)


def _check_casting(rules: VotingRules, classes: dict[UUID, StakeholderClass]) -> None:
    if rules.casting_seat_id not in classes:
        raise BadRules("the chair's seat is not one of this body's")
    simple = rules.basis is Basis.CAST and rules.threshold == _MAJORITY and rules.more_than
    if not simple:
        raise BadRules("a casting vote breaks the tie of a simple majority of ballots, no other")


def _check_secret(rules: VotingRules) -> None:
    if rules.majority_classes or rules.veto_classes or rules.casting_seat_id:
        raise BadRules("counting by class, a veto or a casting vote would say who voted how")
    if rules.quorum_seats < SECRET_MIN:
        raise BadRules(f"a secret vote needs a quorum of at least {SECRET_MIN} seats")


def check_words(title: str, resolution: str) -> None:
    """Check the words of a motion. Raises `BadMotion`."""
    if not 0 < len(title.strip()) <= TITLE_MAX:
        raise BadMotion(f"a title has 1 to {TITLE_MAX} characters")
    if not 0 < len(resolution.strip()) <= RESOLUTION_MAX:
        raise BadMotion(f"say what is to be decided, in 1 to {RESOLUTION_MAX} characters")


def check_window(closes_at: datetime, *, now: datetime) -> None:
    """Check when a vote closes. Raises `BadVote`."""
    if closes_at <= now:
        raise BadVote("choose a time that is still to come")
    if closes_at > now + timedelta(days=DAYS_MAX):
        raise BadVote(f"choose a time in the next {DAYS_MAX} days")


def check_state(state: State, *wanted: State) -> None:
    """Check that a motion is where something can be done to it. Raises `WrongState`."""
    if state not in wanted:
        raise WrongState(f"nothing was changed: the motion is {state.replace('-', ' ')}")
