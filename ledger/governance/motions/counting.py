"""Counting a vote, in whole numbers and exact fractions. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ledger.governance.motions.rules import (
    Basis,
    Choice,
    QuorumOutOfReach,
    State,
    VotingRules,
)
from ledger.governance.rules import StakeholderClass


@dataclass(frozen=True, slots=True, kw_only=True)
class RollSeat:
    """A seat that may vote, and who held it when the vote was opened."""

    seat_id: UUID
    person_id: UUID
    stakeholder: StakeholderClass


class Because(StrEnum):
    """What decided it. The value is logged: never rename one."""

    THRESHOLD_REACHED = "threshold-reached"
    THRESHOLD_MISSED = "threshold-missed"
    CASTING_VOTE = "casting-vote"
    CLASS_AGAINST = "class-against"
    VETO = "veto"
    TOO_FEW = "too-few"
    CLASS_ABSENT = "class-absent"
    BODY_DISSOLVED = "body-dissolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCount:
    """The ballots of one class of seats; only where ballots are named."""

    stakeholder: StakeholderClass
    seats: int
    votes_for: int
    against: int
    abstained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A vote as it was counted.

    Attributes:
        seats: How many could vote: on the roll, and not recused.
        recused: How many stepped aside.
        voted: How many seats voted; what the quorum is about.
        votes_for: Ballots for it; None where it was secret and too few voted to say.
        casting: What the chair's casting vote was, where there was one.
    """

    seats: int
    recused: int
    voted: int
    votes_for: int | None
    against: int | None
    abstained: int | None
    classes: tuple[ClassCount, ...] = ()
    casting: Choice | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of a vote, why, and the whole count."""

    outcome: State
    because: Because
    count: Count


def check_reachable(rules: VotingRules, roll: Iterable[RollSeat]) -> None:
    """Check that the seats on a roll could make a quorum. Raises `QuorumOutOfReach`."""
    seats = list(roll)
    if len(seats) < rules.quorum_seats:
        raise QuorumOutOfReach(f"{rules.quorum_seats} seats must vote, and {len(seats)} can")
    missing = rules.quorum_classes - {seat.stakeholder for seat in seats}
    if missing:
        raise QuorumOutOfReach(f"nobody can vote for {', '.join(sorted(missing))}")


def named(
    rules: VotingRules,
    roll: Iterable[RollSeat],
    *,
    recused: frozenset[UUID],
    ballots: Mapping[UUID, Choice],
) -> Decision:
    """Decide a vote by name. *ballots* are by seat; those of recused seats do not count."""
    everybody = list(roll)
    seats = [one for one in everybody if one.seat_id not in recused]
    cast = {one.seat_id: ballots[one.seat_id] for one in seats if one.seat_id in ballots}
    total = Counter(cast.values())
    count = Count(
        seats=len(seats),
        recused=len(everybody) - len(seats),
        voted=len(cast),
        votes_for=total[Choice.FOR],
        against=total[Choice.AGAINST],
        abstained=total[Choice.ABSTAIN],
        classes=tuple(_by_class(seats, cast)),
        casting=_casting(rules, total, cast),
    )
    present = {one.stakeholder for one in seats if one.seat_id in cast}
    return _decided(rules, count, total, present)


def secret(
    rules: VotingRules,
    roll: Iterable[RollSeat],
    *,
    recused: frozenset[UUID],
    voted: frozenset[UUID],
    sums: Mapping[Choice, int],
) -> Decision:
    """Decide a secret vote by its sums. Without a quorum the sums are told to nobody."""
    everybody = list(roll)
    seats = [one for one in everybody if one.seat_id not in recused]
    present = {one.stakeholder for one in seats if one.seat_id in voted}
    total = Counter(sums)
    quorum = _quorum(rules, sum(one.seat_id in voted for one in seats), present) is None
    count = Count(
        seats=len(seats),
        recused=len(everybody) - len(seats),
        voted=sum(one.seat_id in voted for one in seats),
        votes_for=total[Choice.FOR] if quorum else None,
        against=total[Choice.AGAINST] if quorum else None,
        abstained=total[Choice.ABSTAIN] if quorum else None,
    )
    return _decided(rules, count, total, present)


def _decided(
    rules: VotingRules, count: Count, total: Mapping[Choice, int], present: set[StakeholderClass]
) -> Decision:
    short = _quorum(rules, count.voted, present)
    if short is not None:
        return Decision(State.NO_QUORUM, short, count)
    if any(one.against for one in count.classes if one.stakeholder in rules.veto_classes):
        return Decision(State.LOST, Because.VETO, count)
    agreed = {one.stakeholder for one in count.classes if one.votes_for > one.against}
    if rules.majority_classes - agreed:
        return Decision(State.LOST, Because.CLASS_AGAINST, count)
    if count.casting is not None:
        outcome = State.PASSED if count.casting is Choice.FOR else State.LOST
        return Decision(outcome, Because.CASTING_VOTE, count)
    whole = {
        Basis.CAST: total[Choice.FOR] + total[Choice.AGAINST],
        Basis.PRESENT: count.voted,
        Basis.SEATS: count.seats,
    }[rules.basis]
    if rules.reached(total[Choice.FOR], whole):
        return Decision(State.PASSED, Because.THRESHOLD_REACHED, count)
    return Decision(State.LOST, Because.THRESHOLD_MISSED, count)


def _quorum(rules: VotingRules, voted: int, present: set[StakeholderClass]) -> Because | None:
    """Return what the quorum lacks; None if nothing."""
    if voted < rules.quorum_seats:
        return Because.TOO_FEW
    return Because.CLASS_ABSENT if rules.quorum_classes - present else None


def _casting(
    rules: VotingRules, total: Mapping[Choice, int], cast: Mapping[UUID, Choice]
) -> Choice | None:
    """Return the casting vote, where there is a tie and the chair voted for or against."""
    chair = cast.get(rules.casting_seat_id) if rules.casting_seat_id else None
    tied = total[Choice.FOR] == total[Choice.AGAINST]
    return chair if tied and chair is not Choice.ABSTAIN else None


def _by_class(seats: Iterable[RollSeat], cast: Mapping[UUID, Choice]) -> Iterable[ClassCount]:
    of: dict[StakeholderClass, list[RollSeat]] = {}
    for seat in seats:
        of.setdefault(seat.stakeholder, []).append(seat)
    for stakeholder, its in sorted(of.items()):
        said = Counter(cast[one.seat_id] for one in its if one.seat_id in cast)
        yield ClassCount(
            stakeholder=stakeholder,
            seats=len(its),
            votes_for=said[Choice.FOR],
            against=said[Choice.AGAINST],
            abstained=said[Choice.ABSTAIN],
        )
