"""Questions and complaints about a look, in words: for the patient, and for who answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from ledger.access.matters.queries import MatterView
from ledger.access.matters.rules import Outcome, Sort
from ledger.access.queries import Looked
from ledger.core import clock
from ledger.vocabulary import categories, purposes
from ledger.web.navigation import role_words
from ledger.web.shell import day, moment

SORT_WORDS: Final = {
    Sort.QUESTION: "I want to know why",
    Sort.COMPLAINT: "I want to complain",
}
OUTCOME_WORDS: Final = {
    Outcome.EXPLAINED: "Explained",
    Outcome.NOT_UPHELD: "Looked into: it was proper",
    Outcome.UPHELD: "Looked into: it was not proper",
}
ANSWER_WORDS: Final = {
    Outcome.EXPLAINED: "It only needed explaining",
    Outcome.NOT_UPHELD: "I looked into it, and it was proper",
    Outcome.UPHELD: "I looked into it, and it was not proper",
}
_STEPS: Final = {
    "raised": "You wrote",
    "reopened": "You wrote again",
    "acknowledged": "A privacy officer has read it and will answer",
    "answered": "The answer",
    "escalated": "It was not dealt with in time, so the organisation that runs this service "
    "looks at it too",
}
_GONE: Final = "an organisation that is no longer listed"

Names = Mapping[UUID, str]


def look_lines(view: Looked, names: Names) -> list[dict[str, str]]:
    """Say what a look was, as rows of a summary. Staff are shown by role and organisation."""
    roles = " and ".join(sorted(role_words(role).lower() for role in view.roles)) or "a program"
    return [
        {"key": "When", "value": moment(view.at)},
        {
            "key": "Who",
            "value": f"{roles[:1].upper()}{roles[1:]}, {names.get(view.organisation_id, _GONE)}",
        },
        {"key": "What", "value": categories.words(view.category)},
        {"key": "What for", "value": purposes.words(view.purpose)},
        {"key": "They were", "value": "Allowed" if view.allowed else "Refused"},
        {"key": "Because", "value": view.words},
    ]


@dataclass(frozen=True, slots=True)
class Said:
    """Something that happened to a matter."""

    what: str
    at: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterCard:
    """One question or complaint.

    Attributes:
        by: Until when something has to be done, or was.
        again: The patient may raise it again.
    """

    id: UUID
    title: str
    raised: str
    who: str
    state: str
    colour: str
    by: str
    again: bool
    to_acknowledge: bool
    said: tuple[Said, ...]

    @classmethod
    def of(cls, view: MatterView, names: Names, today: date) -> Self:
        """Present it as it stands *today*."""
        state, colour = _state(view, today)
        kind = "Complaint" if view.sort is Sort.COMPLAINT else "Question"
        return cls(
            id=view.id,
            title=f"{kind} about a look",
            raised=day(clock.civil_date(view.raised_at)),
            who=names.get(view.escalated_to or view.owner_id, _GONE),
            state=state,
            colour=colour,
            by=_by(view),
            again=view.answered_at is not None,
            to_acknowledge=view.acknowledged_at is None,
            said=tuple(
                Said(_STEPS.get(one.kind, one.kind), moment(one.at), one.words or "")
                for one in view.steps
            ),
        )


def _state(view: MatterView, today: date) -> tuple[str, str]:
    if view.outcome is not None:
        return OUTCOME_WORDS[view.outcome], "green"
    if view.overdue(today):
        return "Late", "red"
    return ("Being looked into", "blue") if view.acknowledged_at else ("Sent", "yellow")


def _by(view: MatterView) -> str:
    if view.answered_at is not None:
        return f"Answered on {day(clock.civil_date(view.answered_at))}"
    if view.acknowledged_at is None:
        return f"Read by {day(view.acknowledge_by)}, answered by {day(view.answer_by)}"
    return f"Answered by {day(view.answer_by)}"
