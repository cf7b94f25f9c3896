"""What was read, beside what was decided: allowed, refused, withheld, or never asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from ledger.access.reported.rules.event import ReportedEvent
from ledger.access.rules.words import PERMITTING, Outcome
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import MEANINGS, Category

WINDOW: Final = timedelta(hours=1)
"""How long after a decision a read may come of it, where the event does not name it."""
SKEW: Final = timedelta(minutes=2)
"""How far the source's clock may be behind ours."""


class Finding(StrEnum):
    """What a reported read comes to. The value is stored and logged: never rename one."""

    MATCHED = "matched"
    NO_DECISION = "no-decision"
    AFTER_DENY = "after-deny"
    OUTSIDE_RESIDUAL = "outside-residual"
    RESIDUAL_NOT_CHECKED = "residual-not-checked"
    FAILED = "failed"


FLAGGED: Final = frozenset({Finding.NO_DECISION, Finding.AFTER_DENY, Finding.OUTSIDE_RESIDUAL})

WORDS: Final[Mapping[Finding, str]] = {
    Finding.MATCHED: "They asked, were allowed to, and looked.",
    Finding.NO_DECISION: "They looked without asking this service.",
    Finding.AFTER_DENY: "They looked although they were told no.",
    Finding.OUTSIDE_RESIDUAL: "They looked at something that you keep back from them.",
    Finding.RESIDUAL_NOT_CHECKED: "They were allowed part; which part they saw is not known.",
    Finding.FAILED: "They tried to look, and the system says that they saw nothing.",
}
"""In the patient's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision about the same patient, as far as it bears on a read.

    Attributes:
        version: Of the patient's choices that it saw.
    """

    entry_id: UUID
    at: datetime
    person_id: UUID | None
    organisation_id: UUID
    holder_id: UUID
    purpose: str
    category: Category
    outcome: Outcome
    actors: frozenset[str]
    action: str
    version: int


def reconcile(
    event: ReportedEvent, organisation_id: UUID, decisions: Iterable[Decided]
) -> tuple[Finding, Decided | None]:
    """Return what an event comes to, and the decision that it came of, if there is one.

    A decision that the event names must be about the same person; else the latest of each
    category within `WINDOW` counts, for the same person and purpose. Whether a part that was
    withheld was read (`Outcome.PERMIT_RESIDUAL`) is for the caller to tell.
    """
    if not event.went_well:
        return Finding.FAILED, None
    decisions = [*decisions]
    fitting = [one for one in decisions if _fits(event, organisation_id, one)]
    if any(one.entry_id in event.named for one in decisions):  # Else it is an id of their own.
        fitting = [one for one in fitting if one.entry_id in event.named]
    latest: dict[Category, Decided] = {}
    for one in sorted(fitting, key=lambda one: one.at):
        latest[one.category] = one
    if not latest:
        return Finding.NO_DECISION, None
    newest_first = sorted(latest.values(), key=lambda one: one.at, reverse=True)
    allowed = next((one for one in newest_first if one.outcome in PERMITTING), None)
    if allowed is None:
        return Finding.AFTER_DENY, newest_first[0]
    if allowed.outcome is Outcome.PERMIT_RESIDUAL:
        return Finding.RESIDUAL_NOT_CHECKED, allowed
    return Finding.MATCHED, allowed


def _fits(event: ReportedEvent, organisation_id: UUID, one: Decided) -> bool:
    same_person = event.person_id is None or one.person_id in {None, event.person_id}
    theirs = organisation_id in {one.organisation_id, one.holder_id}
    in_time = one.at - SKEW <= event.read_at <= one.at + WINDOW
    if not (same_person and theirs and in_time):
        return False
    if one.entry_id in event.named:
        return True
    if event.purpose is not None and purposes.is_known(event.purpose):
        related = purposes.is_a(event.purpose, one.purpose) or purposes.is_a(
            one.purpose, event.purpose
        )
        if not related:
            return False
    return _of_category(event.resource_type, one.category)


def _of_category(resource_type: str | None, category: Category) -> bool:
    """Say whether a resource of this type may be of a category: only some are of one alone."""
    of = {one for one, meaning in MEANINGS.items() if resource_type in meaning.resource_types}
    return not of or category in of
