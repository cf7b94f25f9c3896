"""The desk: decides, records and only then answers. One for each database of a process.

A question is decided at once, from memory, in the thread that asked. It then waits for the
group commit, whose transaction reads the versions of everything that the waiting decisions
hang on, decides again what has moved, and inserts all the entries. So an answer leaves when
its entry is committed, and what it says was true in that very transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from audit import Record
from ledger.access.answers import Answered, as_entry
from ledger.access.deciding import Decision, decide
from ledger.access.entries import AccessDecided
from ledger.access.index import Index, open_override, saw
from ledger.access.question import Question
from ledger.access.ruleset import Ruleset, in_force
from ledger.core import authority, projection, trail
from ledger.core.actor import Actor
from ledger.core.group_commit import GroupCommit
from ledger.core.ids import new_id

_NAME: Final = "_access_desk"
_one_at_a_time: Final = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """Decisions of one request, to be recorded together."""

    actor: Actor
    at: datetime
    decisions: tuple[Decision, ...]
    rules: Ruleset
    digest: str


class Desk:
    """See the module."""

    def __init__(self, engine: Engine) -> None:
        self.index: Final = Index()
        self._recorded: Final = GroupCommit[_Waiting, tuple[Answered, ...]](engine, self._settle)

    def answer(
        self, session: Session, actor: Actor, questions: Sequence[Question], at: datetime
    ) -> tuple[Answered, ...]:
        """Decide *questions*, record the decisions as *actor*'s asking, and return them."""
        rules, digest = in_force(), authority.in_force().digest
        decisions = tuple(
            decide(question, self.index.known(session, question, at), rules, at)
            for question in questions
        )
        session.rollback()  # Whoever waits for a group commit holds no connection.
        return self._recorded.submit(
            _Waiting(actor=actor, at=at, decisions=decisions, rules=rules, digest=digest)
        )

    def _settle(
        self, session: Session, batch: Sequence[_Waiting]
    ) -> Sequence[tuple[Answered, ...]]:
        asked = [decision.question for waiting in batch for decision in waiting.decisions]
        current = self.index.current(session, asked)
        answers: list[tuple[Answered, ...]] = []
        records: list[Record[Any]] = []
        for waiting in batch:
            work = new_id()
            settled: list[Answered] = []
            for decided in waiting.decisions:
                versions = current.of(decided.question, decided.at)
                decision = decided
                if saw(decided.known) != versions or not _override_stands(session, decided):
                    known = self.index.known(session, decided.question, decided.at, versions)
                    decision = decide(decided.question, known, waiting.rules, decided.at)
                entry = as_entry(decision, waiting.rules, versions)
                record = _record(waiting, entry, work)
                records.append(record)
                settled.append(
                    Answered(decision=decision, entry_id=record.id, ruleset=waiting.digest)
                )
            answers.append(tuple(settled))
        trail.append_together(session, records)
        for record in records:
            if record.entry.alerts:
                projection.apply(session, record, {})
        return answers


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
    override_id = decision.known.override_id
    return open_override(session, decision.question, decision.at) == override_id


def _record(waiting: _Waiting, entry: AccessDecided, work: UUID) -> Record[AccessDecided]:
    actor = waiting.actor
    on_behalf_of = None if entry.person_id is None else f"person:{entry.person_id}"
    return Record(
        id=new_id(),
        entry=entry,
        actor=actor.ref,
        on_behalf_of=None if on_behalf_of == actor.ref else on_behalf_of,
        org=actor.organisation_id,
        work=work,
        at=waiting.at,
        policy=waiting.digest,
    )
