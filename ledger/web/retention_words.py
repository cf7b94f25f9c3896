"""Keeping and forgetting, in plain words."""

from dataclasses import dataclass
from typing import Final

from ledger.core.retention import RetentionClass, Runs
from ledger.directory.retention.queries import KeptView, RequestView
from ledger.directory.retention.rules import Ground, HoldReason
from ledger.web.shell import moment

HOLD_WORDS: Final = {
    HoldReason.LEGAL_CLAIM: "A legal claim",
    HoldReason.COURT_ORDER: "A court order",
    HoldReason.PUBLIC_INQUIRY: "A public inquiry",
    HoldReason.REGULATOR: "A regulator's investigation",
    HoldReason.COMPLAINT: "A complaint",
    HoldReason.SAFEGUARDING: "Keeping somebody safe",
    HoldReason.OTHER_DUTY: "Another legal duty",
}
GROUND_WORDS: Final = {
    Ground.LEGAL_OBLIGATION: "The law tells us to keep it",
    Ground.PUBLIC_HEALTH: "It is needed for public health",
    Ground.ARCHIVING: "It is kept for research or history in the public interest",
    Ground.LEGAL_CLAIMS: "It may be needed in a legal claim",
    Ground.NOT_THIS_PERSON: "We could not make sure that you asked",
}
CLASS_WORDS: Final = {
    "identity-of-patient": "Your name, date of birth and NHS number",
    "identity-of-staff": "The name and e-mail address of staff",
    "consent": "What you agreed to or said no to, and your reasons",
    "evidence-of-access": "Why somebody looked at your record in an emergency or without a roster",
    "evidence-of-signing": "Who signed an agreement, and how they had signed in",
    "rights-requests": "Your requests about your data, and our answers",
}
_FROM_WORDS: Final = {
    Runs.RECORDED: "after it was written down",
    Runs.LAST_SEEN: "after the last thing that was recorded about you",
    Runs.AGREEMENT_ENDED: "after the agreement ends",
    Runs.CONSENT_ENDED: "after your last choice ends",
    Runs.ROLE_ENDED: "after their last role ends",
    Runs.USED: "after it was last used",
}


def class_words(its: RetentionClass) -> str:
    """Return what is in a class, as people say it."""
    return CLASS_WORDS.get(its.name, its.name.replace("-", " ").capitalize())


def until(its: RetentionClass) -> str:
    """Say how long a class is kept, and from when."""
    return f"Kept for {its.period} {_FROM_WORDS[its.runs]}"


@dataclass(frozen=True, slots=True)
class ErasurePage:
    """What a patient is told before they ask to be erased.

    Attributes:
        goes: What would be erased, in words.
        stays: What would be kept: what, and why and until when.
        holds: Why nothing can be erased now; empty if it can.
    """

    goes: tuple[str, ...]
    stays: tuple[tuple[str, str], ...]
    holds: tuple[str, ...]

    @classmethod
    def of(cls, view: KeptView) -> "ErasurePage":
        """Present what an erasure would come to."""
        return cls(
            goes=tuple(class_words(its) for its, _ in view.gone),
            stays=tuple(
                (class_words(its), f"{until(its)}, {its.basis} ({its.source})")
                for its, _ in view.kept
            ),
            holds=tuple(HOLD_WORDS[reason] for reason in view.holds),
        )


@dataclass(frozen=True, slots=True)
class RequestCard:
    """A request, as whoever asked sees it."""

    asked: str
    state: str
    colour: str
    answer: str | None

    @classmethod
    def of(cls, view: RequestView) -> "RequestCard":
        """Present a request."""
        if view.outcome is None:
            return cls(moment(view.asked_at), "Being looked at", "blue", None)
        if view.outcome == "erased":
            return cls(moment(view.asked_at), "Erased", "green", None)
        why = GROUND_WORDS[Ground(view.outcome)]
        said = f"{why}. {view.answer}" if view.answer else f"{why}."
        return cls(moment(view.asked_at), "Declined", "red", said)
