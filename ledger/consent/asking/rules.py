"""What may be asked, of how many, and until when."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ledger.consent.rules.lifecycle import Status
from ledger.core.errors import Conflict, Fault, Invalid

PATIENTS_MAX: Final = 100
DAYS_MIN: Final = 7
"""So that a letter arrives, and nobody is hurried."""
DAYS_MAX: Final = 365
REMIND_BEFORE: Final = timedelta(days=7)
SPLIT_FROM: Final = 5
"""Of fewer answers, how many said yes would tell who did."""


class Channel(StrEnum):
    """How a patient is told. The value is stored and logged: never rename one."""

    EMAIL = "e-mail"
    LETTER = "letter"


class RequestNotPossible(Invalid):
    """What cannot be asked; each fault names what is wrong."""

    slug = "consent-request-not-possible"
    title = "This cannot be asked"


class AskedAlready(Conflict):
    """The organisation waits for an answer of this patient to the same question."""

    slug = "consent-asked-already"
    title = "The patient has been asked this already"


class AnswersAnother(Conflict):
    """An answer is to what was asked: the same agreement and the same purposes."""

    slug = "consent-answers-another"
    title = "This answers another question than was asked"


def check(*, patients: int, awaited_to: date, today: date) -> None:
    """Check a request.

    Raises:
        RequestNotPossible: naming each thing that is wrong.
    """
    faults = []
    if not 1 <= patients <= PATIENTS_MAX:
        faults.append(Fault("/patient_ids", f"name 1 to {PATIENTS_MAX} patients"))
    first, last = today + timedelta(days=DAYS_MIN), today + timedelta(days=DAYS_MAX)
    if not first <= awaited_to <= last:
        said = f"the last day for an answer is from {first} to {last}"
        faults.append(Fault("/awaited_to", said))
    if faults:
        raise RequestNotPossible("; ".join(fault.detail for fault in faults), faults)


class Outcome(StrEnum):
    """What became of a question to a patient, as the requester counts it."""

    WAITING = "waiting"
    ANSWERED = "answered"
    YES = "yes"
    NO = "no"
    UNANSWERED = "unanswered"


_WAITING: Final = {Status.REQUESTED, Status.OFFERED}


def counts(answers: Mapping[tuple[Status, bool], int]) -> dict[Outcome, int | None]:
    """Return how many answered what.

    How many said yes is told once nobody is waited for, and of enough answers: otherwise the
    figure that moves tells who moved it.

    Args:
        answers: How many for each status and whether the answer was a yes when it was given.
    """
    waiting = sum(n for (status, _), n in answers.items() if status in _WAITING)
    lapsed = sum(n for (status, _), n in answers.items() if status is Status.UNANSWERED)
    answered = sum(answers.values()) - waiting - lapsed
    yes = sum(n for (_, said_yes), n in answers.items() if said_yes)
    told = waiting == 0 and answered >= SPLIT_FROM
    return {
        Outcome.WAITING: waiting,
        Outcome.ANSWERED: answered,
        Outcome.YES: yes if told else None,
        Outcome.NO: answered - yes if told else None,
        Outcome.UNANSWERED: lapsed,
    }
