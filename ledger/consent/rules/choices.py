"""What a person chooses, in the few words they choose it by, and what that means as terms."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum
from uuid import UUID

from ledger.consent.rules.model import (
    Capacity,
    Conditions,
    Effect,
    Kind,
    Node,
    Period,
    Terms,
)
from ledger.core.errors import Fault, Invalid
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category
from ledger.vocabulary.purposes import Family

WORDS_MAX = 2000


class Source(StrEnum):
    """How we know what somebody said. The value is stored and logged: never rename one."""

    ONLINE = "online"
    PAPER = "paper"
    SPOKEN = "spoken"
    PHONE = "phone"
    IMPORTED = "imported"


class ChoiceNotPossible(Invalid):
    """Choices that cannot be recorded; each fault names the one that is wrong."""

    slug = "consent-choice-not-possible"
    title = "These choices cannot be recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing an agreement lets a patient choose about: a purpose, what, and who gets it."""

    purpose: str
    categories: frozenset[Category]
    organisation_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person says yes or no to.

    Attributes:
        categories: Of data. Empty is: all of it.
        organisation_ids: Who gets it, by name. Empty is: everybody (only for a no).
        but_not: People who never get it, each as ``person:<uuid>``.
        last_day: Inclusive; None is until they say otherwise.
    """

    purposes: frozenset[str]
    categories: frozenset[Category] = frozenset()
    organisation_ids: frozenset[UUID] = frozenset()
    but_not: frozenset[str] = frozenset()
    first_day: date | None = None
    last_day: date | None = None


def kind_of(choice: Choice, effect: Effect) -> Kind:
    """Return what the law calls this choice. Purposes of one sort only, so it has one name."""
    care = _families(choice.purposes) <= {Family.CARE, Family.EMERGENCY}
    if effect is Effect.PERMIT:
        return Kind.CONFIDENTIALITY if care else Kind.CONSENT
    if care:
        return Kind.DISSENT
    return Kind.OPT_OUT if _families(choice.purposes) == {Family.SECONDARY} else Kind.OBJECTION


def category_of(choice: Choice) -> str:
    """Return what a newer choice must have in common with this one to replace it."""
    return " ".join(sorted(choice.purposes))


def terms_of(choice: Choice, effect: Effect, zone: tzinfo) -> Terms:
    """Return the terms that say what was chosen."""
    return Terms(
        base=effect,
        scope=Conditions(
            actors=frozenset(map(organisation, choice.organisation_ids)),
            purposes=choice.purposes,
            categories=choice.categories,
        ),
        exceptions=tuple(
            Node(Conditions(actors=frozenset({one}))) for one in sorted(choice.but_not)
        ),
        period=Period.of_days(choice.first_day, choice.last_day, zone),
    )


def organisation(organisation_id: UUID) -> str:
    """Return the identifier by which terms name an organisation."""
    return f"organisation:{organisation_id}"


def check(choice: Choice, *, today: date) -> None:
    """Check a choice, whatever it is about.

    Raises:
        ChoiceNotPossible: naming each thing that is wrong.
    """
    faults = []
    if not choice.purposes:
        faults.append(Fault("/purposes", "choose at least one purpose"))
    faults += [
        Fault("/purposes", f"{code[:40]!r} is not a purpose we know")
        for code in sorted(choice.purposes)
        if not purposes.is_known(code)
    ]
    care = {Family.CARE, Family.EMERGENCY}
    families = {Family.CARE if f in care else f for f in _families(choice.purposes)}
    if len(families) > 1:
        said = "these purposes follow different rules; answer them one at a time"
        faults.append(Fault("/purposes", said))
    if choice.last_day is not None and choice.last_day < max(today, choice.first_day or today):
        faults.append(Fault("/last_day", "the last day must not be before today or the first day"))
    _stop(faults)


def check_offered(choice: Choice, offers: Iterable[Offer]) -> None:
    """Check that a yes asks for no more than the agreement offers, and says to whom.

    Raises:
        ChoiceNotPossible: naming each thing that is wrong.
    """
    faults = []
    offers = tuple(offers)
    if not choice.organisation_ids:
        faults.append(Fault("/organisation_ids", "say who may have the data"))
    if not choice.categories:
        faults.append(Fault("/categories", "choose what may be shared"))
    for code in sorted(choice.purposes):
        fitting = [offer for offer in offers if purposes.is_a(code, offer.purpose)]
        if not fitting:
            faults.append(Fault("/purposes", f"the agreement shares nothing for {code[:40]}"))
            continue
        offered = frozenset[Category]().union(*(offer.categories for offer in fitting))
        parties = frozenset[UUID]().union(*(offer.organisation_ids for offer in fitting))
        if more := sorted(choice.categories - offered):
            said = f"the agreement does not share {', '.join(more)} for {code[:40]}"
            faults.append(Fault("/categories", said))
        if choice.organisation_ids - parties:
            said = f"the agreement does not share with one of these for {code[:40]}"
            faults.append(Fault("/organisation_ids", said))
    _stop(faults)


def check_no(choice: Choice) -> None:
    """Check that a no lets nobody in: as exceptions to it, the people it names would get the data.

    Raises:
        ChoiceNotPossible: it names people.
    """
    if choice.but_not:
        said = "a no keeps everybody out; name no people, or the organisations it is for"
        _stop([Fault("/but_not_person_ids", said)])


def check_words(words: str | None) -> None:
    """Check what somebody wrote in their own words.

    Raises:
        Invalid: it is too long.
    """
    if words is not None and len(words) > WORDS_MAX:
        fault = Fault("/words", f"write at most {WORDS_MAX} characters")
        raise Invalid(fault.detail, [fault])


def check_known(
    choice: Choice, *, people: Collection[str], organisation_ids: Collection[UUID]
) -> None:
    """Check that everybody whom a choice names is somebody we know.

    A no that names nobody would keep nobody out, and the patient would not know.

    Raises:
        ChoiceNotPossible: naming where somebody unknown is named.
    """
    faults = []
    if choice.but_not - set(people):
        faults.append(Fault("/but_not_person_ids", "one of these is nobody registered here"))
    if choice.organisation_ids - set(organisation_ids):
        faults.append(Fault("/organisation_ids", "one of these is not registered here"))
    _stop(faults)


class Speaker(StrEnum):
    """Who writes down what was said."""

    PATIENT = "patient"
    PROXY = "proxy"
    STAFF = "staff"


def check_source(
    source: Source, capacity: Capacity, *, by: Speaker, decided_at: datetime, now: datetime
) -> None:
    """Check how we know: staff write down what a patient said; nobody decides tomorrow.

    Raises:
        ChoiceNotPossible: naming what is wrong.
    """
    faults = []
    if by is Speaker.STAFF and source is Source.ONLINE:
        said = 'say "paper", "phone" or "spoken": somebody else is writing this down'
        faults.append(Fault("/source", said))
    if (by is Speaker.PROXY) is (capacity is Capacity.PATIENT):
        said = "whoever speaks for a patient says by what right, and nobody else does"
        faults.append(Fault("/capacity", said))
    if decided_at > now:
        faults.append(Fault("/decided_at", "it must not be in the future"))
    _stop(faults)


def _families(codes: Iterable[str]) -> set[Family]:
    return {purposes.family(code) for code in codes}


def _stop(faults: list[Fault]) -> None:
    if faults:
        raise ChoiceNotPossible("; ".join(fault.detail for fault in faults[:3]), faults)
