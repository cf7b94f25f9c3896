"""What waits at a privacy officer's desk and is settled with a choice and a few words.

Each `Pile` lists its cases, oldest first, presents one, and settles it. Those with pages of
their own (quarantine, broken glass, declared care, questions) are in `privacy_desk` by a link.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.access import queries as access
from ledger.access.breaches import queries as breaches
from ledger.access.breaches import service as breach_service
from ledger.access.keeping import queries as keeping
from ledger.access.keeping import settling
from ledger.access.reported import queries as reported
from ledger.access.reported import service as reported_service
from ledger.access.rules.words import Consent
from ledger.consent.rules.lifecycle import Event
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.work import UnitOfWork
from ledger.directory.identity import doubting
from ledger.directory.identity import queries as identity
from ledger.directory.identity.rules import Outcome as DoubtOutcome
from ledger.messages import taken_back
from ledger.messages.service import acknowledging
from ledger.vocabulary import purposes
from ledger.web.shell import moment

MET_WORDS: Final = {
    Consent.CONFLICT: "People who speak for a patient disagree",
    Consent.INDETERMINATE: "A patient’s choice could not be worked out",
}
READ_WORDS: Final = {
    "no-decision": "Somebody looked without asking this service",
    "after-deny": "Somebody looked although they were told no",
    "outside-residual": "Somebody looked at something that the patient keeps back",
}
LESS_WORDS: Final = {
    Event.WITHDRAWN: "A patient took a yes back",
    Event.NARROWED: "A patient shares less",
    Event.SUSPENDED: "A yes was put on hold",
    Event.PROXY_FROZEN: "A yes waits for a young person",
    Event.SUPERSEDED: "A yes was replaced",
    Event.INVALIDATED: "A yes was never valid",
    Event.ENTERED_IN_ERROR: "A yes was recorded in error",
}
YES_NO: Final = (("yes", "Yes"), ("no", "No"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that waits.

    Attributes:
        lines: What there is to know, as key and value.
        state: With a colour, where it is pressing.
    """

    id: UUID
    text: str
    since: datetime | None
    lines: tuple[tuple[str, str], ...]
    state: str = ""
    colour: str = "yellow"
    patient_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Cases of one sort.

    Attributes:
        choice: What is asked, with the answers; empty where words are enough.
        words: What is to be written; empty where nothing is.
        help_text: What settling does.
    """

    key: str
    title: str
    choice: str
    choices: tuple[tuple[str, str], ...]
    words: str
    help_text: str
    cases: Callable[[Session, Actor], Sequence[Case]]
    settle: Callable[[UnitOfWork, UUID, str, str], object]


def _conflicts(session: Session, actor: Actor) -> list[Case]:
    return [
        Case(
            id=one.id,
            text=MET_WORDS[Consent(one.met)],
            since=one.raised_at,
            lines=(
                ("Met", moment(one.raised_at)),
                ("Somebody asked", purposes.words(one.purpose)),
                ("Patient", str(one.patient_id)),
            ),
            patient_id=one.patient_id,
        )
        for one in access.conflicts(session, actor)
    ]


def _reads(session: Session, actor: Actor) -> list[Case]:
    return [
        Case(
            id=one.id,
            text=READ_WORDS[one.finding],
            since=one.read_at,
            lines=(
                ("Looked", moment(one.read_at)),
                ("For", purposes.words(one.purpose) if one.purpose else "Not said"),
                ("Patient", str(one.patient_id)),
                ("Decision", str(one.decision_id) if one.decision_id else "None"),
            ),
        )
        for one in reported.flagged(session, actor, limit=100)
    ]


def breach_state(due_at: datetime, now: datetime) -> tuple[str, str]:
    """Say how long is left to tell the Information Commissioner, with a colour."""
    hours = int((due_at - now).total_seconds() // 3600)
    if hours < 0:
        return "The 72 hours are over", "red"
    return f"{hours} hours left", "red" if hours < 24 else "yellow"  # noqa: PLR2004


def _breaches(session: Session, actor: Actor) -> list[Case]:
    now, found = clock.now(), []
    for one in breaches.waiting(session, actor):
        state, colour = breach_state(one.due_at, now)
        why = "A consent was recorded for the wrong patient"
        if one.consent_id is None:
            why = "A complaint about a look was upheld"
        seen = "1 answer" if one.decisions == 1 else f"{one.decisions} answers"
        lines = (
            ("Came out", moment(one.found_at)),
            ("Find out by", moment(one.due_at)),
            ("How", why),
            ("Let somebody see something", seen),
            ("Patient", str(one.patient_id)),
        )
        found.append(
            Case(
                id=one.id,
                text=f"Possible breach: {seen}",
                since=one.found_at,
                lines=lines,
                state=state,
                colour=colour,
            )
        )
    return found


def _doubts(session: Session, actor: Actor) -> list[Case]:
    if actor.organisation_id is None:
        return []
    return [
        Case(
            id=patient_id,
            text="A record may hold what is another patient’s",
            since=None,
            lines=(("Patient", str(patient_id)), ("Meanwhile", "It permits direct care alone")),
        )
        for patient_id in identity.doubted(session, actor.organisation_id)
    ]


def _less(session: Session, actor: Actor) -> list[Case]:
    if actor.organisation_id is None:
        return []
    found = taken_back.to_acknowledge(session, actor.organisation_id, now=clock.now())
    return [
        Case(
            id=one.entry_id,
            text=LESS_WORDS[Event(one.kind.partition(".")[2])],
            since=one.at,
            lines=(("Since", moment(one.at)), ("Entry", str(one.entry_id))),
            state="Late" if one.overdue else "",
            colour="red",
        )
        for one in found
    ]


PILES: Final = {
    pile.key: pile
    for pile in (
        Pile(
            key="breaches",
            title="Possible breaches",
            choice="Was the Information Commissioner told?",
            choices=YES_NO,
            words="What came of it?",
            help_text="You have 72 hours to find out whether they have to be told.",
            cases=_breaches,
            settle=lambda work, key, chosen, words: breach_service.settle(
                work, key, notified=chosen == "yes", finding=words
            ),
        ),
        Pile(
            key="conflicts",
            title="Conflicts and choices that could not be worked out",
            choice="",
            choices=(),
            words="What was done about it?",
            help_text="If a decision meets it again, it comes back here.",
            cases=_conflicts,
            settle=lambda work, key, _, words: settling.settle(work, key, finding=words),
        ),
        Pile(
            key="reads",
            title="Reads without a decision, or after a no",
            choice="Was it justified?",
            choices=YES_NO,
            words="What did you find?",
            help_text="The patient sees this read in their list.",
            cases=_reads,
            settle=lambda work, key, chosen, words: reported_service.settle(
                work, key, justified=chosen == "yes", finding=words
            ),
        ),
        Pile(
            key="doubts",
            title="Records in doubt",
            choice="What became of it?",
            choices=(
                (DoubtOutcome.ONE_PERSON.value, "It is one person’s record after all"),
                (DoubtOutcome.PUT_RIGHT.value, "What was another’s is moved to their record"),
            ),
            words="How do you know?",
            help_text="From then on it counts as before.",
            cases=_doubts,
            settle=lambda work, key, chosen, words: doubting.settle_doubt(
                work, patient_id=key, outcome=DoubtOutcome(chosen), evidence=words
            ),
        ),
        Pile(
            key="taken-back",
            title="Withdrawals to acknowledge",
            choice="",
            choices=(),
            words="",
            help_text="It counts at every decision already. Acknowledge when copies you hold are "
            "dealt with; the patient sees that you did.",
            cases=_less,
            settle=lambda work, key, _, __: acknowledging.acknowledge(work, entry_id=key),
        ),
    )
}


def withholding_lines(session: Session, actor: Actor) -> list[Case]:
    """Return what is kept from patients for now, what ends first on top."""
    own = access.reviewed_by(actor)
    if own is None:
        return []
    return [
        Case(
            id=one.override_id,
            text="A patient is not told of a broken glass",
            since=one.decided_at,
            lines=(
                ("Until", moment(one.ends_at)),
                ("Asked to", moment(one.asked_until) if one.asked_until else ""),
            ),
            state="To confirm" if one.asked_until else f"Until {moment(one.ends_at)}",
        )
        for one in keeping.withholdings(session, own, clock.now())
    ]
