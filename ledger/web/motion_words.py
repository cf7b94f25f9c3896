"""Motions in words and figures. Plain values: templates decide nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from markupsafe import Markup

from ledger.core.errors import LedgerError
from ledger.core.money import format_minor
from ledger.funding.boards.effects import Allocation, Release, Reserve, Virement
from ledger.governance.motions.appointing import Appointment
from ledger.governance.motions.counting import Because, Count
from ledger.governance.motions.effects import Done
from ledger.governance.motions.queries import MotionView, RollView
from ledger.governance.motions.rules import Basis, Choice, State, VotingRules
from ledger.governance.rules import StakeholderClass
from ledger.web.charts import Bar, bars

STATES: Final = {
    State.PROPOSED: ("Proposed", "grey"),
    State.OPEN: ("Vote open", "blue"),
    State.PASSED: ("Passed", "green"),
    State.LOST: ("Not passed", "red"),
    State.NO_QUORUM: ("No quorum", "orange"),
    State.LAPSED: ("Lapsed", "grey"),
    State.WITHDRAWN: ("Taken back", "grey"),
}
CHOICES: Final = {
    Choice.FOR: "For",
    Choice.AGAINST: "Against",
    Choice.ABSTAIN: "I abstain",
}
CLASSES: Final = {
    StakeholderClass.PATIENT: "Patients",
    StakeholderClass.PROVIDER: "Providers",
    StakeholderClass.PAYER: "Payers",
    StakeholderClass.SOCIAL_CARE: "Social care",
    StakeholderClass.COMMUNITY: "The community",
    StakeholderClass.CLINICAL: "Clinicians",
}
BECAUSE: Final = {
    Because.THRESHOLD_REACHED: "Enough were for it.",
    Because.THRESHOLD_MISSED: "Too few were for it.",
    Because.CASTING_VOTE: "As many were for it as against it; the chair's vote counted once more.",
    Because.CLASS_AGAINST: "One of the groups that must agree did not.",
    Because.VETO: "A group that can stop it voted against it.",
    Because.TOO_FEW: "Too few voted for the body to decide.",
    Because.CLASS_ABSENT: "Nobody voted for a group that must take part.",
    Because.BODY_DISSOLVED: "The body was dissolved before the vote was counted.",
}
FIGURES: Final = {
    "B:unallocated": "Not yet allocated",
    "B:reserve": "Risk reserve",
    "B:available": "Free to spend",
}
BALLOTS_SEALED: Final = (
    "This vote is secret. Until it closes only sums are kept, and afterwards nothing that is "
    "stored joins a ballot to who cast it. What we cannot promise: whoever runs this service "
    "could watch requests while people vote; if everybody votes alike, the sums say how; and "
    "backups made during the vote show how the sums grew. A ballot cannot be changed."
)
BY_NAME: Final = (
    "Votes are by name: everybody who may read this motion sees who voted how. "
    "You can change your vote until the vote closes."
)

Names = Mapping[UUID, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionPage:
    """A motion, as its page shows it."""

    status: str
    colour: str
    why: str
    does: Sequence[str]
    rules: Sequence[str]
    secrecy: str
    facts: Sequence[Mapping[str, str]]
    roll_rows: Sequence[Sequence[object]]
    chart: Markup | None
    count_rows: Sequence[Sequence[object]]
    class_rows: Sequence[Sequence[object]]


def page_of(view: MotionView, names: Names, moment: Callable[[datetime], str]) -> MotionPage:
    """Return a motion in words. *names* are of people, schemes and seats."""
    status, colour = STATES[view.state]
    rules = view.rules
    return MotionPage(
        status=status,
        colour=colour,
        why=BECAUSE[view.because] if view.because else "",
        does=effect_words(view.parameters, names),
        rules=rules_words(rules, {one.seat_id: one.title for one in view.roll}) if rules else (),
        secrecy=_secrecy(view),
        facts=_facts(view, names, moment),
        roll_rows=[_roll_row(one, view, names) for one in view.roll],
        chart=_chart(view.count),
        count_rows=_count_rows(view.count),
        class_rows=[
            [CLASSES[one.stakeholder], _n(one.seats), _n(one.votes_for), _n(one.against),
             _n(one.abstained)]
            for one in (view.count.classes if view.count else ())
        ],
    )  # fmt: skip


def effect_words(parameters: object, names: Names) -> list[str]:  # noqa: PLR0911 (a table)
    """Say what a motion will do, a sentence for each thing."""

    def of(key: UUID) -> str:
        return names.get(key, "a scheme that you may not see")

    match parameters:
        case None:
            return ["It is words alone: nothing is posted or changed when it passes."]
        case Allocation(amounts=amounts):
            return [
                f"Give {format_minor(one.amount_minor)} of budget to {of(one.scheme_id)}."
                for one in amounts
            ]
        case Reserve(amount_minor=amount):
            return [f"Hold {format_minor(amount)} back as the risk reserve."]
        case Virement(from_scheme_id=source, to_scheme_id=to, amount_minor=amount):
            return [f"Move {format_minor(amount)} of budget from {of(source)} to {of(to)}."]
        case Release(scheme_id=to, amount_minor=amount):
            return [
                f"Ask every partner to release {format_minor(amount)} of the reserve to {of(to)}.",
                "It counts when each of them has approved it.",
            ]
        case Appointment(seat_id=seat, person_id=person, first_day=first, last_day=last):
            until = f" to {last:%d %B %Y}" if last else ""
            title = names.get(seat, "one of the body's seats")
            who = names.get(person, "a person")
            return [f"Appoint {who} to the seat {title}, from {first:%d %B %Y}{until}."]
    return ["Carry out what its parameters say."]


def rules_words(rules: VotingRules, seats: Names) -> list[str]:
    """Say how a vote is decided."""
    of = {
        Basis.CAST: "of the votes for and against",
        Basis.PRESENT: "of all votes, those who abstain included",
        Basis.SEATS: "of all seats that may vote",
    }[rules.basis]
    than = "More than" if rules.more_than else "At least"
    said = [
        f"{_seats(rules.quorum_seats)} must vote; to abstain is to vote.",
        f"{than} {_part(rules.threshold)} {of} must be for it.",
    ]
    if rules.quorum_classes:
        said.append(f"Somebody must vote for each of: {_classes(rules.quorum_classes)}.")
    if rules.majority_classes:
        said.append(
            f"More for it than against it among each of: {_classes(rules.majority_classes)}."
        )
    if rules.veto_classes:
        said.append(f"One vote against it is enough from: {_classes(rules.veto_classes)}.")
    if rules.casting_seat_id:
        chair = seats.get(rules.casting_seat_id, "the chair")
        said.append(f"In a tie the vote of {chair} counts once more.")
    else:
        said.append("A tie does not pass.")
    return said


def figure_rows(done: Done, names: Names) -> list[list[object]]:
    """Return what a motion would move: each account, before and after."""
    return [
        [
            FIGURES.get(one.name, one.name)
            + (f", {names.get(one.of, 'a scheme')}" if one.of else ""),
            _money(one.before_minor),
            _money(one.after_minor),
        ]
        for one in done.figures
    ]


def _secrecy(view: MotionView) -> str:
    if view.rules is None or (view.state is not State.OPEN and not view.rules.secret):
        return ""
    return BALLOTS_SEALED if view.rules.secret else BY_NAME


def _of(key: UUID | None, names: Names) -> list[str]:
    return [names.get(key, "a scheme")] if key else []


def refused_words(refused: LedgerError) -> str:
    """Say that a motion could not be carried out as things are."""
    return f"As things are, it could not be carried out: {refused.title}."


def _facts(
    view: MotionView, names: Names, moment: Callable[[datetime], str]
) -> list[Mapping[str, str]]:
    mover = names.get(view.mover_id, "Somebody who is not here any more")
    facts: list[Mapping[str, str]] = [
        {"key": "Proposed by", "value": f"{mover}, {moment(view.proposed_at)}"}
    ]
    if view.seconder_id:
        facts.append({"key": "Seconded by", "value": names.get(view.seconder_id, "Somebody")})
    if view.closes_at and view.closed_at is None:
        facts.append({"key": "Vote closes", "value": moment(view.closes_at)})
    if view.closed_at:
        facts.append({"key": "Vote closed", "value": moment(view.closed_at)})
    return facts


def _roll_row(seat: RollView, view: MotionView, names: Names) -> list[object]:
    said = "Not yet" if view.closed_at is None else "Did not vote"
    if seat.recused:
        said = "Stepped aside"
    elif seat.choice:
        said = {Choice.ABSTAIN: "Abstained"}.get(seat.choice, CHOICES[seat.choice])
    elif seat.voted:
        said = "Has voted"
    if seat.interest and not seat.recused:
        said += " (an interest is noted)"
    return [seat.title, names.get(seat.person_id, "-"), CLASSES[seat.stakeholder], said]


def _chart(count: Count | None) -> Markup | None:
    if count is None or count.votes_for is None:
        return None
    said = [
        ("For", count.votes_for),
        ("Against", count.against or 0),
        ("Abstained", count.abstained or 0),
        ("Did not vote", count.seats - count.voted),
    ]
    rows = [Bar(label, part=number, whole=count.seats) for label, number in said]
    return bars(
        "How the seats voted", rows, part_word="voted so", whole_word="seats", say=str, name="count"
    )


def _count_rows(count: Count | None) -> list[list[object]]:
    if count is None:
        return []
    told: list[tuple[str, int | None]] = [
        ("For", count.votes_for), ("Against", count.against), ("Abstained", count.abstained),
        ("Did not vote", count.seats - count.voted), ("Could vote", count.seats),
        ("Stepped aside", count.recused),
    ]  # fmt: skip
    return [[label, _n(number)] for label, number in told]


def _n(number: int | None) -> Mapping[str, Any]:
    return {"text": "Not told" if number is None else str(number), "numeric": True}


def _money(amount_minor: int) -> Mapping[str, Any]:
    return {"text": format_minor(amount_minor), "numeric": True}


def _seats(count: int) -> str:
    return "1 seat" if count == 1 else f"{count} seats"


def _part(part: Fraction) -> str:
    return {Fraction(1, 2): "half", Fraction(1): "all"}.get(part, str(part))


def _classes(classes: frozenset[StakeholderClass]) -> str:
    return ", ".join(CLASSES[one].lower() for one in sorted(classes))
