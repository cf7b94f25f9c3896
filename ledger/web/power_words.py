"""Powers, scopes and findings in words."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ledger.directory.acting.basis import BASES, Basis
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.rules import PowerKind, Scope, SuspendReason
from ledger.directory.acting.views import CapacityView, PowerView
from ledger.web.shell import day

KIND_WORDS: Final = {
    PowerKind.PARENT: "Parent",
    PowerKind.ATTORNEY: "Attorney for health and welfare",
    PowerKind.DEPUTY: "Deputy appointed by the court",
    PowerKind.OTHER: "Somebody else who may decide",
    PowerKind.HELPER: "Helper or advocate, who may only say no",
}
BASIS_WORDS: Final = {
    Basis.PATIENT_CONSENT: "the patient’s own wish",
    Basis.BEST_INTERESTS: "a best interests decision",
    Basis.ATTORNEY_OR_DEPUTY: "a lasting power of attorney, or a court order",
    Basis.PARENTAL_RESPONSIBILITY: "parental responsibility",
}
SCOPE_WORDS: Final = {
    Scope.READ: "see choices",
    Scope.DECIDE: "agree to sharing",
    Scope.LOOKS: "see who asked",
}
SUSPEND_WORDS: Final = {
    SuspendReason.SAFEGUARDING: "There is a fear for the patient’s safety",
    SuspendReason.DISPUTE: "There is a dispute about it",
    SuspendReason.EVIDENCE_DOUBTED: "The evidence is in doubt",
}
CAPABLE_WORDS: Final = {
    Capable.HAS_CAPACITY: "Has capacity to decide about sharing",
    Capable.LACKS_CAPACITY: "Lacks capacity to decide about sharing",
    Capable.COMPETENT: "Is competent to decide (Gillick), under 16",
    Capable.NOT_COMPETENT: "Is not competent to decide (Gillick), under 16",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCard:
    """One power in words, and what the reader may do about it."""

    id: UUID
    who: str
    kind: str
    basis: str
    may: str
    days: str
    status: str
    colour: str
    evidence: str | None
    waits: bool
    may_end: bool
    paused: bool
    over: bool

    @classmethod
    def of(cls, view: PowerView, *, own: bool = False) -> "PowerCard":
        """Present a power. Patients end themselves what rests on their own wish."""
        waits = view.kind in {PowerKind.ATTORNEY, PowerKind.DEPUTY} and not view.verified
        status, colour = _status(view, waits=waits)
        scope = [SCOPE_WORDS[each] for each in Scope if each in view.scope]
        theirs = view.kind is PowerKind.HELPER or view.basis is Basis.PATIENT_CONSENT
        until = f" until {day(view.until_on)}" if view.until_on else ""
        return cls(
            id=view.id,
            who=view.person or "Name erased",
            kind=KIND_WORDS[view.kind],
            basis=BASIS_WORDS[view.basis],
            may=", ".join(["say no", *scope]),
            days=f"From {day(view.from_on)}{until}",
            status=status,
            colour=colour,
            evidence=view.evidence,
            waits=waits and not view.ended,
            may_end=not view.ended and (theirs or not own),
            paused=view.paused,
            over=view.ended,
        )


def _status(view: PowerView, *, waits: bool) -> tuple[str, str]:
    if view.ended:
        return "Over", "grey"
    if view.paused:
        return "Stopped for now", "red"
    if waits:
        return "To be verified", "orange"
    return ("Can act now", "green") if view.holds else ("Cannot act now", "grey")


def capacity_line(view: CapacityView | None) -> str:
    """Say what was last found."""
    if view is None:
        return "Nothing is recorded: from 16 on, people are taken to decide for themselves."
    return (
        f"{CAPABLE_WORDS[view.finding]}. Found on {day(view.found_on)}, "
        f"to be looked at again by {day(view.review_on)}."
    )


def kind_options(chosen: str) -> list[dict[str, object]]:
    """Return kinds with their bases, as the radios component takes them."""
    return [
        {
            "value": f"{kind.value}/{basis.value}",
            "text": words,
            "hint": {"text": f"By {BASIS_WORDS[basis]}"},
            "checked": chosen == f"{kind.value}/{basis.value}",
        }
        for kind, words in KIND_WORDS.items()
        for basis in sorted(BASES[kind])
    ]


def options(words: dict[str, str], chosen: str = "") -> list[dict[str, object]]:
    """Return a choice as the radios component takes it."""
    return [
        {"value": str(key), "text": text, "checked": str(key) == chosen}
        for key, text in words.items()
    ]
