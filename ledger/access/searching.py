"""Searching and rehearsing: many decisions in one answer, or one that is only tried.

A search is one decision of this service, and one entry with its count: who is named in the
answer would be let in if they asked now. Nobody else can be told from somebody who is not
there: not by what is said, and not by a total.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.access.deciding import Decision, decide
from ledger.access.desk import desk
from ledger.access.question import Question
from ledger.access.rules.words import Action
from ledger.access.ruleset import in_force
from ledger.access.service import asked_for
from ledger.access.trying_entries import AccessRehearsed, AccessSearched
from ledger.core.authority import Resource
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.queries.lists import listed_patients, people_at

JUDGED_MAX: Final = 1000
"""Candidates that are judged for one page; where few are let in, a page may be short."""


class Sought(StrEnum):
    """What a search is for: the part of the question that is left open."""

    SUBJECT = "subject"
    RESOURCE = "resource"
    ACTION = "action"


@dataclass(frozen=True, slots=True)
class Page:
    """Who, whose or how: one page of them.

    Attributes:
        after: Where the next page goes on; None on the last one.
    """

    found: tuple[UUID | Action, ...]
    after: UUID | None


def search(
    work: UnitOfWork, question: Question, sought: Sought, *, after: UUID | None, limit: int
) -> Page:
    """Return a page of those with whom *question* would be answered yes, and record that.

    Raises:
        Forbidden: the actor may not ask that; for the people of an organisation, only a
            program of it may.
    """
    on = asked_for(work.actor, question)
    if sought is Sought.SUBJECT:  # Nobody asks for all their colleagues as themselves.
        on = replace(on, held=frozenset())
    work.authorise(Permission.ACCESS_ASK, on=on)
    asked, ids = _candidates(work, question, sought, after)
    found: list[UUID | Action] = []
    judged, more = 0, len(ids) > JUDGED_MAX
    for one, decision in zip(ids[:JUDGED_MAX], _decide(work, asked[:JUDGED_MAX]), strict=True):
        if len(found) == limit:
            more = True
            break
        judged += 1
        if decision.verdict.permits:
            found.append(one)
    known = _decide(work, [question])[0].known
    work.record(
        AccessSearched(
            sought=sought,
            patient_id=None if known.roster is None else question.patient_id,
            person_id=None if known.person is None else question.person_id,
            organisation_id=question.organisation_id,
            holder_id=question.holder_id,
            role=question.role,
            action=None if sought is Sought.ACTION else question.action,
            category=question.category,
            purpose=question.purpose,
            confidentiality=question.confidentiality,
            sensitivities=question.sensitivities if question.labelled else None,
            candidates=judged,
            found=len(found),
            continued=after is not None,
        )
    )
    last = ids[judged - 1] if more and judged else None
    return Page(tuple(found), last if isinstance(last, UUID) else None)


def rehearse(work: UnitOfWork, question: Question) -> Decision:
    """Return what would be answered. It is recorded as a rehearsal, and nobody has looked.

    Raises:
        Forbidden: the actor may not try that; the refusal is recorded.
    """
    parties = frozenset({question.organisation_id, question.holder_id})
    work.authorise(Permission.ACCESS_REHEARSE, on=Resource(organisation_ids=parties))
    decision = _decide(work, [question])[0]
    known = decision.known
    work.record(
        AccessRehearsed(
            patient_id=None if known.roster is None else question.patient_id,
            person_id=None if known.person is None else question.person_id,
            organisation_id=question.organisation_id,
            holder_id=question.holder_id,
            role=question.role,
            action=question.action,
            category=question.category,
            purpose=question.purpose,
            outcome=decision.told.outcome,
            told=decision.told.reason,
        )
    )
    return decision


def _candidates(
    work: UnitOfWork, question: Question, sought: Sought, after: UUID | None
) -> tuple[list[Question], Sequence[UUID | Action]]:
    """Return a question for each whom it could be, and who that is; one more than are judged."""
    if sought is Sought.ACTION:
        actions = tuple(Action)
        return [replace(question, action=each) for each in actions], actions
    lists: dict[Sought, tuple[Callable[..., list[UUID]], UUID, str]] = {
        Sought.SUBJECT: (people_at, question.organisation_id, "person_id"),
        Sought.RESOURCE: (listed_patients, question.holder_id, "patient_id"),
    }
    read, at, name = lists[sought]
    today: date = work.today
    ids = read(work.session, at, on=today, after=after, limit=JUDGED_MAX + 1)
    changes: list[dict[str, UUID]] = [{name: each} for each in ids]
    return [replace(question, **change) for change in changes], ids  # type: ignore[arg-type]


def _decide(work: UnitOfWork, questions: Sequence[Question]) -> list[Decision]:
    """Decide by what this very transaction sees."""
    session: Session = work.session
    index, rules = desk(session).index, in_force()
    current = index.current(session, questions)
    return [
        decide(each, index.known(session, each, work.now, current.of(each)), rules, work.now)
        for each in questions
    ]
