"""What patients read about who looked: plain Python, so that every word can be tested."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self
from uuid import UUID

from flask_babel import format_date

from ledger.access.looks import Emergency
from ledger.access.queries import Looked
from ledger.access.reported.queries import ReadView
from ledger.access.rules.words import Outcome, OverrideReason, Regime
from ledger.core import clock
from ledger.vocabulary import categories, purposes
from ledger.web.charts import Bar
from ledger.web.navigation import role_words
from ledger.web.patient_words import Names
from ledger.web.shell import moment

_GONE: Final = "an organisation that is no longer listed"

EMERGENCY_WORDS: Final = {
    OverrideReason.UNCONSCIOUS: "you were unconscious",
    OverrideReason.CANNOT_COMMUNICATE: "you could not make yourself understood",
    OverrideReason.RISK_TO_LIFE: "your life was at risk",
    OverrideReason.RISK_TO_OTHERS: "other people were at risk",
    OverrideReason.SAFEGUARDING: "they feared for your safety",
}

REGIME_WORDS: Final = {
    Regime.STATUTORY_DUTY: "The law says that this must be passed on.",
    Regime.STATUTORY_PROHIBITION: "The law says that this must not be passed on.",
    Regime.IMPLIED_CARE: "People recorded as looking after you may see what they need for that, "
    "unless you say no.",
    Regime.EXPLICIT_CARE: "For this sort of information, even people who look after you need "
    "your yes.",
    Regime.BREAK_GLASS: "In an emergency somebody may look who otherwise may not. They say why, "
    "and somebody else checks it.",
    Regime.OPT_OUT: "For planning and research this may be used unless you have opted out.",
    Regime.OPT_IN: "This may be used only if you have said yes.",
}
"""The rule that governed, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedRow:
    """Somebody who asked about the patient, what they were told, and whether they then read it."""

    at: str
    who: str
    what: str
    why: str
    answer: str
    colour: str
    because: str
    read: str
    entry_id: UUID

    @classmethod
    def of(cls, view: Looked, names: Names, reads: Sequence[ReadView] = ()) -> Self:
        """Present a look-up. Staff are shown by role and organisation, not by name."""
        answer, colour = _answer(view)
        return cls(
            at=moment(view.at),
            who=_who(view, names),
            what=categories.words(view.category),
            why=purposes.words(view.purpose),
            answer=answer,
            colour=colour,
            because=view.words,
            read=_read(view, reads),
            entry_id=view.entry_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyCard:
    """That somebody looked in an emergency."""

    at: str
    who: str
    why: str
    state: str
    colour: str
    entry_id: UUID

    @classmethod
    def of(cls, view: Emergency, names: Names) -> Self:
        """Present it, with what the review found."""
        state, colour = "Somebody else has still to check this", "yellow"
        if view.reviewed_at is not None:
            state, colour = "Checked: it was needed", "green"
            if not view.justified:
                state, colour = "Checked: it was not needed", "red"
        return cls(
            at=moment(view.opened_at),
            who=names.get(view.organisation_id, _GONE),
            why=EMERGENCY_WORDS[view.reason_code],
            state=state,
            colour=colour,
            entry_id=view.entry_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """Somebody who read something and had not asked, or had been told no."""

    at: str
    who: str
    words: str

    @classmethod
    def of(cls, view: ReadView, names: Names) -> Self:
        """Present a read that no decision allowed."""
        place = names.get(view.organisation_id, _GONE)
        return cls(at=moment(view.read_at), who=f"Somebody at {place}", words=view.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """How many asked in a month, how many were allowed, and how many were seen to read."""

    first: date
    asked: int
    allowed: int
    read: int

    @property
    def text(self) -> str:
        """Say which: March 2026."""
        return month_words(self.first)

    @property
    def bar(self) -> Bar:
        """Return it as a chart draws it."""
        return Bar(self.text, part=self.allowed, whole=self.asked)


def months(views: Iterable[Looked], reads: Iterable[ReadView]) -> tuple[Month, ...]:
    """Count by month, the latest first; months without any are left out."""
    asked, allowed = Counter[date](), Counter[date]()
    for view in views:
        asked[month_of(view.at)] += 1
        allowed[month_of(view.at)] += view.allowed
    read = Counter(month_of(one.read_at) for one in reads)
    return tuple(
        Month(first=one, asked=asked[one], allowed=allowed[one], read=read[one])
        for one in sorted(asked.keys() | read.keys(), reverse=True)
    )


def month_of(at: datetime) -> date:
    """Return the first day of the month, on the clock of where the service is."""
    return clock.civil_date(at).replace(day=1)


def month_words(first: date) -> str:
    """Say a month: March 2026."""
    return str(format_date(first, "MMMM y"))


def _who(view: Looked, names: Names) -> str:
    roles = " and ".join(sorted(role_words(role).lower() for role in view.roles))
    place = names.get(view.organisation_id, _GONE)
    asked = roles or "a program"
    by_program = f" (asked by a computer system of {place})" if view.asked_by else ""
    return f"{asked[:1].upper()}{asked[1:]}, {place}{by_program}"


def _answer(view: Looked) -> tuple[str, str]:
    if view.outcome is Outcome.PERMIT_BY_OVERRIDE:
        return "Allowed: emergency", "orange"
    return ("Allowed", "blue") if view.allowed else ("Withheld", "grey")


def _read(view: Looked, reads: Sequence[ReadView]) -> str:
    if reads:
        return f"Yes, {moment(reads[0].read_at)}"
    return "Not known: their system has not told us" if view.allowed else "No"
