"""Words and refusals of retention."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from ledger.core.destroying import Part
from ledger.core.errors import Conflict, Forbidden, Invalid
from ledger.core.retention import RetentionClass

WORDS_MAX: Final = 500
PARTS_MAX: Final = 5_000
"""Of one disposal, so that its approval is one short unit of work."""
SUBJECTS_MAX: Final = 300
"""Of one disposal: an entry names each of them, in at most 65,535 bytes."""


class HoldReason(StrEnum):
    """Why something has to be kept. Never rename one."""

    LEGAL_CLAIM = "legal-claim"
    COURT_ORDER = "court-order"
    PUBLIC_INQUIRY = "public-inquiry"
    REGULATOR = "regulator"
    COMPLAINT = "complaint"
    SAFEGUARDING = "safeguarding"
    OTHER_DUTY = "other-duty"


class Ground(StrEnum):
    """Why a request to be erased is declined: UK GDPR Art. 17(3). Never rename one."""

    LEGAL_OBLIGATION = "legal-obligation"
    """Art. 17(3)(b)."""
    PUBLIC_HEALTH = "public-health"
    """Art. 17(3)(c)."""
    ARCHIVING = "archiving"
    """Art. 17(3)(d)."""
    LEGAL_CLAIMS = "legal-claims"
    """Art. 17(3)(e)."""
    NOT_THIS_PERSON = "not-this-person"
    """It was not shown that the request is the patient's own (Art. 12(6))."""


class Held(Conflict):
    """A retention hold stands: the law wants this kept."""

    slug = "retention-hold"
    title = "This has to be kept for now"

    def __init__(self, reasons: Iterable[HoldReason]) -> None:
        self.reasons = tuple(sorted(set(reasons)))
        super().__init__(f"a hold stands ({', '.join(self.reasons)}); it was not erased")


class HoldOver(Conflict):
    """A hold is lifted once."""

    slug = "hold-already-lifted"
    title = "This hold is over already"


class AlreadyAsked(Conflict):
    """A request to be erased is open already."""

    slug = "erasure-already-asked"
    title = "You have asked already"


class AlreadyAnswered(Conflict):
    """A request to be erased is answered once."""

    slug = "erasure-already-answered"
    title = "This request has been answered"


class NothingDue(Conflict):
    """No private value of the class may go yet."""

    slug = "nothing-due"
    title = "Nothing is due"


class DisposalDecided(Conflict):
    """A disposal is approved or declined once."""

    slug = "disposal-already-decided"
    title = "This disposal has been decided"


class SamePerson(Forbidden):
    """Disposal takes two people."""

    slug = "disposal-takes-two"
    title = "Somebody else has to decide this"

    def __init__(self) -> None:
        super().__init__("whoever proposes a disposal cannot decide it; ask a colleague")


class NotDisposable(Invalid):
    """The class is unknown, or nobody disposes of it."""

    slug = "not-disposable"
    title = "That class is not disposed of"


class WithoutReason(Invalid):
    """Words are needed, in reasonable number."""

    slug = "retention-without-reason"
    title = "Say why"


def words(text: str) -> str:
    """Return *text* on one line. Raises `WithoutReason` if it is empty or too long."""
    found = " ".join(text.split())
    if not 0 < len(found) <= WORDS_MAX:
        raise WithoutReason(f"say why, in 1 to {WORDS_MAX} characters")
    return found


def concerned(part: Part) -> set[UUID]:
    """Return the ids of all that a part concerns: a hold on any of them keeps it."""
    return {part.subject_id, *(UUID(one.partition(":")[2]) for one in part.about)}


def due(
    parts: Iterable[Part],
    its: RetentionClass,
    *,
    events: Mapping[UUID, date | None],
    held: frozenset[UUID],
    today: date,
) -> list[Part]:
    """Return those of *parts* whose period is over and that no hold keeps.

    Args:
        parts: All of one class.
        its: That class.
        events: For each entry the day from which its period runs; None if it does not yet.
        held: Ids of whatever is under a hold.
        today: The civil date.
    """
    found = []
    for part in parts:
        event = events.get(part.entry_id)
        ends = None if event is None else its.due_on(event)
        if ends is not None and ends <= today and not concerned(part) & held:
            found.append(part)
    return found
