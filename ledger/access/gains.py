"""Who gains and who loses access by a choice, before it is made.

The choice is made, by the very command that would make it, in a unit of work that is undone:
so a preview refuses what the command refuses. What decisions would say before and after is
compared for everybody whom agreements in force and rosters can lead to the patient's data.
Nothing is recorded, and nobody has looked.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from ledger.access.deciding import Known, decide
from ledger.access.index import Index
from ledger.access.question import Question
from ledger.access.rules.words import Action, Outcome
from ledger.access.ruleset import Ruleset, in_force
from ledger.agreements import queries as agreements
from ledger.consent import queries as consents
from ledger.consent.queries import PatientConsents
from ledger.core.actor import Actor, Role
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory.queries import PatientRoster, PersonState
from ledger.directory.rules.care import CareRelationship, CareSource
from ledger.directory.rules.periods import Period
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category

_SOMEBODY: Final = UUID(int=0)
_CARE: Final = ("TREAT", "ETREAT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What changes for people in one role, for one purpose and one holder's data.

    Attributes:
        gained, lost: Categories that they would see, or would not see any more.
        partly: Categories of which they would see more or less than now.
        caring: Whether this is about staff who look after the patient.
    """

    organisation_id: UUID
    holder_id: UUID
    role: Role
    purpose: str
    caring: bool
    gained: tuple[Category, ...] = ()
    lost: tuple[Category, ...] = ()
    partly: tuple[Category, ...] = ()


class _Undone(Exception):
    """Thrown to undo a unit of work."""


def preview(
    actor: Actor, patient_id: UUID, change: Callable[[UnitOfWork], object]
) -> dict[UUID, tuple[Change, ...]]:
    """Return what *change* would change, by organisation; nothing of it is kept.

    Args:
        actor: Who would make the choice.
        patient_id: Whose choice it is.
        change: The command that would make it.

    What a choice changes shows what stood before it. So whoever may write down a patient's no
    and not read what they said before, sees nothing here: to them there is no such patient.

    Raises:
        NotFound: the actor may not read what the patient has said.
        LedgerError: whatever the command raises.
    """
    found: dict[UUID, list[Change]] = defaultdict(list)
    try:
        with unit_of_work(actor) as work:
            on = consents.resource(work.session, actor, patient_id, on=work.today)
            if not work.may(Permission.CONSENT_READ, on=on):
                raise NotFound("no such patient")
            before = consents.standing(work.session, patient_id)
            change(work)
            after = consents.standing(work.session, patient_id)
            for one in _changes(work, patient_id, before, after):
                found[one.organisation_id].append(one)
            raise _Undone  # noqa: TRY301
    except _Undone:
        return {organisation_id: tuple(changes) for organisation_id, changes in found.items()}


def _changes(
    work: UnitOfWork, patient_id: UUID, before: PatientConsents, after: PatientConsents
) -> Iterator[Change]:
    index, rules = Index(), in_force()  # An index of its own: this is never committed.
    first = Question(
        person_id=_SOMEBODY,
        organisation_id=_SOMEBODY,
        action=Action.ACCESS,
        patient_id=patient_id,
        category=Category.MEDICINES,
        holder_id=_SOMEBODY,
        purpose="TREAT",
    )
    roster = index.known(work.session, first, work.now).roster
    caring = _caring(work, roster)
    for (holder_id, organisation_id), asked in sorted(_reachable(work, caring).items()):
        here = replace(first, holder_id=holder_id, organisation_id=organisation_id)
        known = index.known(work.session, here, work.now)
        for role in Role:
            somebody = _somebody(known, here, role, caring=organisation_id in caring, work=work)
            for purpose in sorted(asked):
                cells = [c for c in Category if _reaches(rules, role, c, purpose)]
                question = replace(here, purpose=purpose)
                if role is Role.SERVICE:
                    question = replace(question, person_id=None, client_id=_SOMEBODY)
                yield from _compare(
                    [replace(question, category=category) for category in cells],
                    (replace(somebody, choices=before), replace(somebody, choices=after)),
                    rules,
                    role=role,
                    caring=organisation_id in caring,
                    work=work,
                )


def _compare(
    questions: Iterable[Question],
    known: tuple[Known, Known],
    rules: Ruleset,
    *,
    role: Role,
    caring: bool,
    work: UnitOfWork,
) -> Iterator[Change]:
    gained: list[Category] = []
    lost: list[Category] = []
    partly: list[Category] = []
    asked = None
    for asked in questions:
        was, will = (decide(asked, each, rules, work.now) for each in known)
        if was.verdict.permits is not will.verdict.permits:
            (gained if will.verdict.permits else lost).append(asked.category)
        elif will.verdict.permits and _part(was.verdict.outcome) is not _part(will.verdict.outcome):
            partly.append(asked.category)
    if asked is not None and (gained or lost or partly):
        yield Change(
            organisation_id=asked.organisation_id,
            holder_id=asked.holder_id,
            role=role,
            purpose=asked.purpose,
            caring=caring,
            gained=tuple(gained),
            lost=tuple(lost),
            partly=tuple(partly),
        )


def _part(outcome: Outcome) -> bool:
    return outcome is Outcome.PERMIT_RESIDUAL


def _caring(work: UnitOfWork, roster: PatientRoster | None) -> frozenset[UUID]:
    """Return the organisations somebody of which looks after the patient today."""
    relationships = roster.relationships if roster else ()
    return frozenset(r.organisation_id for r in relationships if r.period.holds(work.today))


def _reachable(
    work: UnitOfWork, caring: frozenset[UUID]
) -> dict[tuple[UUID, UUID], frozenset[str]]:
    """Return whose data may get to whom, (holder, organisation), and for which purposes."""
    found: dict[tuple[UUID, UUID], set[str]] = defaultdict(set)
    for organisation_id in caring:
        found[organisation_id, organisation_id].update(_CARE)
    for summary in agreements.register(work.session, on=work.today):
        for _, flow in agreements.hold(work, summary.id).flows:
            found[flow.from_party, flow.to_party].add(flow.purpose)
            found[flow.to_party, flow.to_party].add(flow.purpose)
            if flow.to_party in caring:
                found[flow.from_party, flow.to_party].update(_CARE)
    return {pair: frozenset(codes) for pair, codes in found.items()}


def _reaches(rules: Ruleset, role: Role, category: Category, purpose: str) -> bool:
    reach = rules.reach[category, purposes.family(purpose)]
    return role in reach.allowed and role not in reach.denied


def _somebody(
    known: Known, question: Question, role: Role, *, caring: bool, work: UnitOfWork
) -> Known:
    """Return *known* of somebody in that role there, who looks after the patient if any does."""
    here, always = question.organisation_id, Period(work.today, None)
    person = PersonState(
        person_id=_SOMEBODY,
        version=0,
        memberships=((here, role, always),),
        teams=(),
        patient_id=None,
    )
    roster = known.roster
    if roster is not None:
        care = CareRelationship(
            id=_SOMEBODY,
            patient_id=question.patient_id or _SOMEBODY,
            organisation_id=here,
            team_id=None,
            person_id=_SOMEBODY,
            source=CareSource.ROSTER,
            period=always,
        )
        roster = replace(roster, relationships=(care,) if caring else ())
    return replace(known, roster=roster, person=None if role is Role.SERVICE else person)
