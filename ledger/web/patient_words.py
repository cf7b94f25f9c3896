"""What patients read about their choices: plain Python, so that every word can be tested."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ledger.access.queries import Looked
from ledger.consent.queries import ConsentView, EventView
from ledger.consent.rules.choices import Source
from ledger.consent.rules.lifecycle import Event, Reason, Status
from ledger.consent.rules.model import ANY, Conditions, Effect, Kind, Terms
from ledger.core import clock
from ledger.messages.taken_back import PartyTold
from ledger.vocabulary import categories, purposes
from ledger.web.patient_notices import form_words
from ledger.web.shell import day, moment

Names = Mapping[UUID, str]

KIND_WORDS = {
    Kind.CONSENT: "You agreed to this use",
    Kind.CONFIDENTIALITY: "You agreed that this is passed on",
    Kind.DISSENT: "You said no to sharing for your care",
    Kind.OBJECTION: "You objected to this use",
    Kind.OPT_OUT: "You opted out of this use",
}
"""Five different things, each by its own name."""

REASON_WORDS = {
    Reason.NOT_SAID: "I would rather not say",
    Reason.CHANGED_MIND: "I changed my mind",
    Reason.NO_LONGER_NEEDED: "It is no longer needed",
    Reason.WORRIED_ABOUT_PRIVACY: "I am worried about my privacy",
    Reason.DID_NOT_UNDERSTAND: "I did not understand what I agreed to",
    Reason.UNDER_PRESSURE: "I felt I had to",
    Reason.MOVED_AWAY: "I moved away",
}
"""Why somebody takes something back: what they may choose from."""

_HAPPENED = {
    Event.REFUSED: "You answered no",
    Event.REQUESTED: "You were asked",
    Event.OFFERED: "You were sent what it is about",
    Event.LAPSED: "The last day for an answer passed",
    Event.NARROWED: "You chose to share less",
    Event.WITHDRAWN: "You took this back",
    Event.SUSPENDED: "It was put on hold",
    Event.RE_VALIDATED: "It was confirmed again",
}

_SOURCES = {
    Source.ONLINE: "",
    Source.PAPER: " on paper; a member of staff wrote it down here",
    Source.SPOKEN: " to a member of staff, who wrote it down here",
    Source.PHONE: " by phone; a member of staff wrote it down here",
    Source.IMPORTED: " elsewhere; it was brought in from there",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCard:
    """One choice, in a list.

    Attributes:
        colour: Of the state, as the library names colours.
    """

    id: UUID
    title: str
    kind: str
    state: str
    colour: str
    who: str
    what: str
    until: str
    live: bool

    @classmethod
    def of(cls, view: ConsentView, names: Names, now: datetime) -> "ConsentCard":
        """Present a choice as it stands *now*."""
        state, colour = _state(view, now)
        return cls(
            id=view.id,
            title=", ".join(purposes.words(code) for code in view.purposes) or "Any use",
            kind=KIND_WORDS[view.kind] if view.base else "You were asked and answered no",
            state=state,
            colour=colour,
            who=_who(view, names),
            what=_what(view.terms, view.base),
            until=_until(view),
            live=view.status is Status.ACTIVE and not (view.expired(now) or view.replaced),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that happened to a choice, in a history."""

    at: str
    what: str
    words: str
    entry_id: UUID

    @classmethod
    def of(cls, view: EventView, base: Effect | None) -> "Happened":
        """Present an event of a yes or a no."""
        said = "You said no" if base is Effect.DENY else "You agreed"
        happened = said if view.event is Event.GRANTED else _HAPPENED.get(view.event, "It ended")
        what = happened + _SOURCES[view.source]
        return cls(at=moment(view.at), what=what, words=view.words or "", entry_id=view.entry_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRow:
    """A party that has to know that the patient shares less, and whether it has said so."""

    who: str
    what: str
    state: str
    colour: str

    @classmethod
    def of(cls, told: PartyTold, names: Names) -> "ToldRow":
        """Present what one party was told."""
        if told.acknowledged_at is not None:
            state, colour = f"Knows since {moment(told.acknowledged_at)}", "green"
        elif told.overdue:
            state, colour = "Has not answered in time", "red"
        else:
            state, colour = "Not acknowledged yet", "yellow"
        what = _HAPPENED.get(told.event, "It ended")
        who = names.get(told.organisation_id, "an organisation that is no longer listed")
        return cls(who=who, what=f"{what}, {moment(told.at)}", state=state, colour=colour)


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """Which notice was shown."""

    name: str
    version: int
    form: str

    @classmethod
    def of(cls, kept: Mapping[str, str | int] | None) -> "NoticeLine | None":
        """Present it; None if none was."""
        if kept is None:
            return None
        form = form_words(f"{kept['language']}/{kept['format']}")
        return cls(str(kept["id"]), int(kept["version"]), form)


def can_be_less(view: ConsentView, now: datetime) -> bool:
    """Say whether some of a yes can be taken back by boxes: it names who and what, plainly."""
    if view.terms is None or view.base is not Effect.PERMIT or not view.in_force(now):
        return False
    scope = view.terms.scope
    plain = Conditions(actors=scope.actors, purposes=scope.purposes, categories=scope.categories)
    named = len(view.party_ids) > 1 or len(scope.categories) > 1
    return scope == plain and not view.terms.exceptions and bool(scope.categories) and named


def changes(view: ConsentView, names: Names) -> tuple[str, ...]:
    """Say what changes when a choice is taken back: who gains access, and who loses it."""
    who = _who(view, names)
    care = view.kind in {Kind.CONFIDENTIALITY, Kind.DISSENT}
    if view.base is Effect.DENY:
        return (
            f"{who} will no longer be kept out by this choice.",
            "People recorded as looking after you can then see what they need for your care."
            if care
            else "This use can then go on, unless you have said no to it in another way.",
            "It takes effect at once.",
        )
    return (
        f"{who} will no longer be allowed to use this information because you agreed.",
        "People recorded as looking after you can still see what they need for your care. "
        "If you want to stop that too, say no to sharing for your care."
        if care
        else "This use stops.",
        "It takes effect at once. What was seen before cannot be unseen.",
    )


def organisation_ids(views: Iterable[ConsentView | Looked]) -> set[UUID]:
    """Return every organisation that *views* name."""
    found: set[UUID] = set()
    for view in views:
        if isinstance(view, ConsentView):
            found.update(view.party_ids)
        else:
            found.add(view.organisation_id)
    return found


def _state(view: ConsentView, now: datetime) -> tuple[str, str]:
    if view.status is Status.ACTIVE:
        if view.expired(now):
            return "Ended", "grey"
        if view.replaced:
            return "Replaced by a newer choice", "grey"
        if not view.in_force(now):
            return "Not started yet", "yellow"
        return ("In force", "green" if view.base is Effect.PERMIT else "red")
    return {
        Status.WITHDRAWN: ("Taken back", "grey"),
        Status.REFUSED: ("Answered no", "grey"),
        Status.REQUESTED: ("Waiting for your answer", "yellow"),
        Status.OFFERED: ("Waiting for your answer", "yellow"),
        Status.UNANSWERED: ("Not answered", "grey"),
        Status.SUSPENDED: ("On hold", "yellow"),
        Status.PROXY_FROZEN: ("Waiting for you", "yellow"),
        Status.SUPERSEDED: ("Replaced", "grey"),
    }.get(view.status, ("Not valid", "grey"))


def _who(view: ConsentView, names: Names) -> str:
    found = [names.get(one, "an organisation that is no longer listed") for one in view.party_ids]
    return ", ".join(sorted(found)) or "Everybody"


def _what(terms: Terms | None, base: Effect | None) -> str:
    if base is None:
        return "Nothing was shared."
    if terms is None:
        return "You asked us to forget what exactly."
    listed = sorted(terms.scope.categories, key=list(categories.Category).index)
    words = ", ".join(categories.words(one) for one in listed)
    if not words:
        words = "Some information about you" if _on_data(terms.scope) else "Everything about you"
    return f"{words}, with exceptions" if terms.exceptions else words


def _on_data(scope: Conditions) -> bool:
    """Say whether a scope that names no categories picks data out in another way."""
    return (
        replace(ANY, actors=scope.actors, actions=scope.actions, purposes=scope.purposes) != scope
    )


def _until(view: ConsentView) -> str:
    if view.ends_at is None:
        return "Until you change your mind"
    last = clock.civil_date(view.ends_at - timedelta(microseconds=1))
    return f"Until the end of {day(last)}"
