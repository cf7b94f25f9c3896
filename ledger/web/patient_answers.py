"""A patient's answers, one question after the other: which is next, and what they add up to."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Self
from uuid import UUID

from ledger.consent.asking.queries import AskedView
from ledger.consent.queries import OnOffer
from ledger.consent.rules import notices
from ledger.consent.rules.choices import Choice
from ledger.consent.rules.model import Effect
from ledger.core.errors import Invalid
from ledger.directory.rules.imports import day as read_day
from ledger.vocabulary import categories, purposes
from ledger.vocabulary.categories import Category
from ledger.web.shell import day

YES: Final = "yes"
NO: Final = "no"
OPEN: Final = "open"
YEAR: Final = "year"
ON_A_DAY: Final = "day"

Names = Mapping[UUID, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was answered so far. Empty is: not answered yet.

    Attributes:
        what: The key of an offer.
        asked: The consent that somebody asked for; none if the patient began by themselves.
        form: In which language and format they read about it, as `patient_notices` has it.
    """

    asked: str = ""
    form: str = ""
    what: str = ""
    answer: str = ""
    who: tuple[str, ...] = ()
    which: tuple[str, ...] = ()
    until: str = ""
    last_day: str = ""

    @classmethod
    def of(cls, kept: object) -> Self:
        """Return the answers that a session keeps; none if it keeps nothing of the sort."""
        if not isinstance(kept, dict) or set(kept) != set(cls.__slots__):
            return cls()
        values: dict[str, Any] = {n: _frozen(v) for n, v in kept.items()}
        return cls(**values)

    def kept(self) -> dict[str, Any]:
        """Return what a session keeps."""
        return {n: list(v) if isinstance(v, tuple) else v for n, v in asdict(self).items()}

    def next_question(self) -> str | None:
        """Return the first question that has no answer; None if all have."""
        order = STEPS if self.answer == YES else STEPS[:2]
        return next((step for step in order if not self._has(step)), None)

    def _has(self, step: str) -> bool:
        needed = step != "last_day" or self.until == ON_A_DAY
        return bool(getattr(self, step)) or not needed

    def answered(self, step: str, sent: Sequence[str], offers: "Offers", *, today: date) -> Self:
        """Return the answers with that of one question.

        Raises:
            NotAnswered: with what is to be put right.
        """
        values = tuple(sent)
        if step == "last_day":
            return replace(self, last_day=_day(values, today))
        known = {option["value"] for option in offers.options(step, self)}
        if not values or not set(values) <= known:
            raise NotAnswered(step, _PROMPTS[step])
        if step == "what":
            same = values[0] == self.what
            return self if same else type(self)(what=values[0], form=self.form)
        if step in {"who", "which"}:
            chosen: dict[str, Any] = {step: values}
            return replace(self, **chosen)
        if step == "until":
            return replace(self, until=values[0], last_day="")
        one: dict[str, Any] = {step: values[0]}
        return replace(self, **one)


STEPS: Final = ("what", "answer", "who", "which", "until", "last_day")
"""The questions, in order."""

_PROMPTS: Final = {
    "what": "Choose what your choice is about",
    "answer": "Choose yes or no",
    "who": "Choose at least one organisation",
    "which": "Choose at least one sort of information",
    "until": "Choose how long it holds",
}


class NotAnswered(Invalid):
    """A question without an answer that can be used."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Offers:
    """What can be chosen about, as radios and check boxes take it."""

    def __init__(
        self, offers: Sequence[OnOffer], names: Names, asked: AskedView | None = None
    ) -> None:
        self._by_key = {f"{o.agreement_id}.{o.purpose}": o for o in offers}
        self._names = names
        self.asked = asked
        if asked is not None:
            self._by_key = {k: _within(o, asked) for k, o in self._by_key.items() if _is(o, asked)}

    def chosen(self, answers: Answers) -> OnOffer | None:
        """Return what the choice is about; None if that is not on offer (any more)."""
        return self._by_key.get(answers.what)

    def names(self, offer: OnOffer) -> list[str]:
        """Return who would get something, by name."""
        return sorted(self._names[one] for one in offer.organisation_ids)

    def codes(self, offer: OnOffer) -> frozenset[str]:
        """Return what it is for: all that was asked about together, or the one purpose."""
        return frozenset(self.asked.purposes if self.asked else {offer.purpose})

    def why(self, offer: OnOffer) -> str:
        """Say what it is for."""
        return "; ".join(sorted(map(purposes.words, self.codes(offer))))

    def options(self, step: str, answers: Answers) -> list[dict[str, Any]]:
        """Return what can be answered to a question."""
        offer = self.chosen(answers)
        if step == "what":
            return [
                {
                    "value": key,
                    "text": purposes.words(one.purpose),
                    "hint": {"text": f"{one.title}: {', '.join(self.names(one))}"},
                    "checked": key == answers.what,
                }
                for key, one in self._by_key.items()
            ]
        if offer is None:
            return []
        if step == "who":
            ids = sorted(offer.organisation_ids, key=lambda one: self._names[one])
            return _boxes([(str(one), self._names[one]) for one in ids], answers.who)
        if step == "which":
            listed = [one for one in Category if one in offer.categories]
            return _boxes([(one.value, categories.words(one)) for one in listed], answers.which)
        return [
            {"value": value, "text": text, "checked": getattr(answers, step) == value}
            for value, text in _FIXED[step]
        ]

    def subject(self, answers: Answers) -> notices.Subject:
        """Return what the notice is about."""
        offer = self._by_key[answers.what]
        said_yes = answers.answer == YES
        return notices.Subject(
            agreement=offer.title,
            purpose=offer.purpose,
            organisations=sorted(self._names[UUID(one)] for one in answers.who)
            if said_yes
            else self.names(offer),
            categories=[categories.words(Category(one)) for one in answers.which],
        )

    def choice(self, answers: Answers, *, today: date) -> Choice:
        """Return what the answers add up to."""
        offer = self._by_key[answers.what]
        if answers.answer != YES:
            return Choice(purposes=self.codes(offer), organisation_ids=offer.organisation_ids)
        return Choice(
            purposes=self.codes(offer),
            categories=frozenset(map(Category, answers.which)),
            organisation_ids=frozenset(map(UUID, answers.who)),
            last_day=last_day(answers, today=today),
        )


def _is(offer: OnOffer, asked: AskedView) -> bool:
    fits = all(purposes.is_a(code, offer.purpose) for code in asked.purposes)
    return offer.agreement_id == asked.agreement_id and fits


def _within(offer: OnOffer, asked: AskedView) -> OnOffer:
    """Return *offer* with no more than was asked for."""
    wanted = asked.terms.scope.categories if asked.terms else frozenset()
    return replace(
        offer,
        organisation_ids=offer.organisation_ids & frozenset(asked.party_ids),
        categories=(offer.categories & wanted) if wanted else offer.categories,
    )


def effect(answers: Answers) -> Effect:
    """Return whether the answer is a yes or a no."""
    return Effect.PERMIT if answers.answer == YES else Effect.DENY


def last_day(answers: Answers, *, today: date) -> date | None:
    """Return the last day that was chosen; None is until they change their mind."""
    if answers.until == YEAR:
        return today + timedelta(days=365)
    return date.fromisoformat(answers.last_day) if answers.until == ON_A_DAY else None


def until_words(answers: Answers, *, today: date) -> str:
    """Say how long it holds."""
    last = last_day(answers, today=today)
    return "Until you change your mind" if last is None else f"Until the end of {day(last)}"


_FIXED: Final = {
    "answer": (
        (YES, "Yes, and let me choose who and what"),
        (NO, "No"),
    ),
    "until": (
        (OPEN, "Until I change my mind"),
        (YEAR, "For one year"),
        (ON_A_DAY, "Until a day that I choose"),
    ),
}


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _boxes(options: list[tuple[str, str]], chosen: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"value": v, "text": text, "checked": v in chosen} for v, text in options]


def _day(sent: Sequence[str], today: date) -> str:
    try:
        last = read_day((sent[0] if sent else "").strip())
    except Invalid as error:
        raise NotAnswered("last_day", "Enter the last day, such as 31/12/2027") from error
    if last < today:
        raise NotAnswered("last_day", "The last day must be today or later")
    return last.isoformat()
