"""The desk: decides, records and only then answers. One for each database of a process.

A question is decided at once, from memory, and its entry is written out in the bytes that
are hashed, all in the thread that asked. It then waits for the group commit, whose transaction
reads in one statement the versions of everything that the waiting decisions hang on, decides
again what has moved, and inserts all the entries in a second one. So an answer leaves when its
entry is committed, and what it says was true in that very transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Final
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from audit import Record
from ledger.access.answers import Answered, as_entry
from ledger.access.deciding import Decision, Known, decide
from ledger.access.entries import AccessDecided
from ledger.access.index import Current, Index, open_override, saw
from ledger.access.question import Question
from ledger.access.rules.words import TO_SETTLE
from ledger.access.ruleset import Ruleset, in_force
from ledger.core import authority, projection, rulesets, trail
from ledger.core.actor import Actor
from ledger.core.group_commit import GroupCommit
from ledger.core.ids import new_id

_NAME: Final = "_access_desk"
_one_at_a_time: Final = Lock()


@dataclass(frozen=True, slots=True)
class _Decided:
    """A decision with its entry, and the bytes of that."""

    decision: Decision
    record: Record[AccessDecided]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Waiting:
    """The decisions of one request, to be recorded together."""

    asking: "_Asking"
    decided: tuple[_Decided, ...]


@dataclass(frozen=True, slots=True)
class _Asking:
    """What all the decisions of one request have in common."""

    actor: Actor
    at: datetime
    rules: Ruleset
    digest: str
    work: UUID

    def by_what_is_in_force(self) -> "_Asking":
        """Return the same, to be judged by the ruleset in force now."""
        digest = authority.in_force().digest
        return self if digest == self.digest else replace(self, rules=in_force(), digest=digest)

    def decide(self, question: Question, known: Known) -> _Decided:
        """Decide *question* by what is known, and write the entry out."""
        decision = decide(question, known, self.rules, self.at)
        entry = as_entry(decision, self.rules, saw(known))
        actor = self.actor
        asked_for = None if entry.person_id is None else f"person:{entry.person_id}"
        record = Record(
            id=new_id(),
            entry=entry,
            actor=actor.ref,
            on_behalf_of=None if asked_for == actor.ref else asked_for,
            org=actor.organisation_id,
            work=self.work,
            at=self.at,
            policy=self.digest,
        )
        return _Decided(decision, record, record.to_bytes())


class Desk:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self.index: Final = Index()
        self._ruleset: int | None = None
        """The place of the activation that was followed last."""
        self._recorded: Final = GroupCommit[_Waiting, tuple[Answered, ...]](engine, self._settle)

    def answer(
        self, session: Session, actor: Actor, questions: Sequence[Question], at: datetime
    ) -> tuple[Answered, ...]:
        """Decide *questions*, record the decisions as *actor*'s asking, and return them."""
        asking = _Asking(actor, at, in_force(), authority.in_force().digest, new_id())
        decided = tuple(
            asking.decide(question, self.index.known(session, question, at))
            for question in questions
        )
        session.rollback()  # Whoever waits for a group commit holds no connection.
        return self._recorded.submit(_Waiting(asking, decided))

    def _settle(
        self, session: Session, batch: Sequence[_Waiting]
    ) -> Sequence[tuple[Answered, ...]]:
        asked = (decided.decision.question for waiting in batch for decided in waiting.decided)
        current = self.index.current(session, asked)
        if current.ruleset != self._ruleset:
            rulesets.follow(session)
            self._ruleset = current.ruleset
        settled = [
            [self._as_it_is(session, waiting, one, current) for one in waiting.decided]
            for waiting in batch
        ]
        recorded = [(one.record, one.body) for decided in settled for one in decided]
        trail.append_together(session, recorded)
        for record, _ in recorded:
            if record.entry.alerts or record.entry.consent in TO_SETTLE:
                projection.apply(session, record, {})
        return [
            tuple(
                Answered(decision=one.decision, entry_id=one.record.id, ruleset=one.record.policy)
                for one in decided
            )
            for decided in settled
        ]

    def _as_it_is(
        self, session: Session, waiting: _Waiting, decided: _Decided, current: Current
    ) -> _Decided:
        """Return what was decided, or what is decided by what has moved meanwhile."""
        decision, asking = decided.decision, waiting.asking.by_what_is_in_force()
        question = decision.question
        as_it_was = current.is_what(decision.known, question) and asking is waiting.asking
        if as_it_was and _override_stands(session, decision):
            return decided
        known = self.index.known(session, question, decision.at, current.of(question))
        return asking.decide(question, known)


def desk(session: Session) -> Desk:
    """Return the desk of the database that *session* is on; it lives as long as the engine."""
    engine = session.get_bind()
    assert isinstance(engine, Engine)
    kept = vars(engine)
    if _NAME not in kept:
        with _one_at_a_time:
            kept.setdefault(_NAME, Desk(engine))
    found: Desk = kept[_NAME]
    return found


def _override_stands(session: Session, decision: Decision) -> bool:
    known = decision.known
    open_now = open_override(session, decision.question, decision.at)
    return open_now == (known.override_id, known.override_seconded)
