"""The notice a person reads before they answer. Its exact text is kept with the answer.

A changed word is a new `VERSION`. Other languages and an easy-read form get texts of their
own under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.consent.rules.model import Effect
from ledger.vocabulary import purposes
from ledger.vocabulary.purposes import Family

ID: Final = "sharing"
VERSION: Final = 1
LANGUAGE: Final = "en-GB"
FORMAT: Final = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a notice is about, in words."""

    agreement: str
    purpose: str
    organisations: Sequence[str]
    categories: Sequence[str]


def paragraphs(subject: Subject, effect: Effect) -> tuple[str, ...]:
    """Return the notice, paragraph by paragraph."""
    who = ", ".join(subject.organisations)
    why = purposes.words(subject.purpose).lower()
    if effect is Effect.PERMIT:
        return (
            (
                f"Under the agreement “{subject.agreement}”, you agree that information about you "
                f"may be used by: {who}."
            ),
            f"They may use this: {'; '.join(subject.categories)}.",
            f"They may use it for this and nothing else: {why}.",
            (
                "You can change your mind at any time, here, by telling a member of staff, or on "
                "paper. It takes effect at once. What was seen before cannot be unseen."
            ),
            "Your care does not depend on your answer.",
        )
    return (
        f"Under the agreement “{subject.agreement}”, these organisations work together: {who}.",
        f"You say that they must not use information about you for this: {why}.",
        *_what_a_no_does(subject.purpose),
        "You can take this back at any time. It takes effect at once.",
    )


def text(subject: Subject, effect: Effect) -> str:
    """Return the notice as one text: what is kept as evidence."""
    return "\n\n".join(paragraphs(subject, effect)) + "\n"


def easy(subject: Subject, effect: Effect) -> tuple[str, ...]:
    """Return the notice in easy read: short sentences, one thought each."""
    who = ", ".join(subject.organisations)
    aim = purposes.words(subject.purpose).lower()
    change = (
        "You can change your mind. You can do that on any day.",
        "You can do it here. You can tell a member of staff. You can do it on paper.",
        "It works straight away.",
    )
    if effect is Effect.PERMIT:
        return (
            "You say yes.",
            f"These can use information about you: {who}.",
            f"They can see: {'; '.join(subject.categories)}.",
            f"They can use it only for this: {aim}.",
            *change,
            "We cannot take back what somebody has seen already.",
            "Your care stays the same. It does not matter if you say yes or no.",
        )
    return (
        "You say no.",
        f"These must not use information about you: {who}.",
        f"They must not use it for this: {aim}.",
        *(_EASY_NO_TO_CARE if _is_care(subject.purpose) else ("Your own care stays the same.",)),
        *change,
    )


_EASY_NO_TO_CARE: Final = (
    "People who look after you may not know about your medicines and allergies.",
    "They may have to ask you again. They can see that something is kept back.",
    "In an emergency somebody may still look. They must say why.",
    "We tell you if they do. Somebody else checks it.",
)


def _is_care(purpose: str) -> bool:
    return purposes.family(purpose) in {Family.CARE, Family.EMERGENCY}


def _what_a_no_does(purpose: str) -> tuple[str, ...]:
    if _is_care(purpose):
        return (
            (
                "People who look after you may then not know about your medicines, allergies or "
                "care plan, and may have to ask you again. They are told that information is "
                "withheld, so that nobody takes it that there is none."
            ),
            (
                "In an emergency, somebody may still look if they must. They have to say why, "
                "you are told, and somebody else checks it."
            ),
        )
    return ("Your own care goes on as before: this is not about your care.",)
