"""Replaying: deciding again what was decided, by what was known and the rules of then (P13)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from audit.values import to_json
from ledger.access import untold
from ledger.access.answers import as_entry
from ledger.access.deciding import decide
from ledger.access.history import History, NotRebuilt
from ledger.access.past import Past, RulesGone, decided, in_lots, newest, rules_of
from ledger.access.rebuilding import gather
from ledger.access.rules.words import Outcome, Reason
from ledger.core import authority, clock
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.directory import queries as directory

CHUNK = 5_000
"""Decisions whose inputs are held in memory together."""


class Finding(StrEnum):
    """What came of it."""

    SAME = "same"
    DIFFERS = "differs"
    ERASED = "erased"
    """It cannot give the same answer, because what the patient had chosen was erased since."""
    NOT_REBUILT = "not-rebuilt"


WORDS = {
    Finding.SAME: "Decided again from the log, it gives the same answer.",
    Finding.DIFFERS: "Decided again from the log, it gives another answer.",
    Finding.ERASED: "Some of what the patient had chosen has been erased since, so it cannot be "
    "decided again.",
    Finding.NOT_REBUILT: "What it was decided by cannot be rebuilt.",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of the entry that came out otherwise; both as the log would spell it."""

    field: str
    recorded: object
    again: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A decision of the past, and what deciding it again gave.

    Attributes:
        why: What is missing, in words, if it could not be rebuilt.
    """

    entry_id: UUID
    at: datetime
    ruleset: str
    outcome: Outcome
    reason: Reason
    finding: Finding
    differences: tuple[Difference, ...] = ()
    why: str | None = None

    @property
    def words(self) -> str:
        """Say what was found."""
        return self.why or WORDS[self.finding]


def replay(session: Session, actor: Actor, entry_id: UUID) -> Replayed:
    """Decide again one decision of the past, from the log alone.

    Raises:
        NotFound: there is none of that id, or the actor may not see the patient's history.
    """
    return next(replayed(session, [check_may(session, actor, entry_id)]))


def check_may(session: Session, actor: Actor, entry_id: UUID) -> Past:
    """Return a decision that *actor* may have decided again.

    Raises:
        NotFound: there is none of that id, or the actor may not see the patient's history.
    """
    past = decided(session, entry_id)
    asked = past.entry.patient_id
    on = Resource(patient_id=None if asked is None else directory.root_of(session, asked))
    may = authority.permits(authority.in_force(), actor, Permission.ACCESS_HISTORY, on)
    if not may or past.position in untold.about(session, actor, past.entry.patient_id, clock.now()):
        raise NotFound("no such decision")
    return past


def replay_newest(session: Session, last: int) -> Iterator[Replayed]:
    """Decide again the *last* decisions, newest first. For an operator: asks nobody's leave."""
    pasts = (past for some in newest(session, last) for past in some)
    for some in in_lots(pasts, CHUNK):
        yield from replayed(session, some)


def replayed(session: Session, pasts: Sequence[Past]) -> Iterator[Replayed]:
    """Decide *pasts* again."""
    history = gather(session, pasts)
    for past in pasts:
        yield _again(session, past, history)


def _again(session: Session, past: Past, history: History) -> Replayed:
    try:
        rules = rules_of(session, past.ruleset)
        tries = [
            decide(question, history.known(past, question), rules, past.at)
            for question in past.questions()
        ]
    except (NotRebuilt, RulesGone) as error:
        return _replayed(past, Finding.NOT_REBUILT, why=f"It cannot be decided again: {error}.")
    found: list[tuple[Difference, ...]] = []
    for decision in tries:
        again = as_entry(decision, rules, past.entry.saw)  # type: ignore[arg-type]
        found.append(_differences(past, again))
    differences = min(found, key=len)
    if not differences:
        return _replayed(past, Finding.SAME)
    erased = past.entry.patient_id in history.erased
    return _replayed(past, Finding.ERASED if erased else Finding.DIFFERS, differences)


def _differences(past: Past, again: object) -> tuple[Difference, ...]:
    """Compare what both have: an older version of the entry says less."""
    found = []
    for one in fields(past.entry):
        if one.name == "saw":  # It is what was rebuilt.
            continue
        before, after = getattr(past.entry, one.name), getattr(again, one.name)
        if before != after:
            found.append(Difference(one.name, to_json(before), to_json(after)))
    return tuple(found)


def _replayed(
    past: Past,
    finding: Finding,
    differences: tuple[Difference, ...] = (),
    *,
    why: str | None = None,
) -> Replayed:
    return Replayed(
        entry_id=past.entry_id,
        at=past.at,
        ruleset=past.ruleset,
        outcome=past.entry.outcome,
        reason=past.entry.reason,
        finding=finding,
        differences=differences,
        why=why,
    )
