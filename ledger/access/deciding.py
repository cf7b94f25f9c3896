"""Deciding: from what is known to an answer. Reads no clock, no database and no setting.

The facts are found one by one (`_agreement`, `_consent`, `_relationship`, `_standing`);
what they add up to is a look-up in the ruleset.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from ledger.access.chosen import as_fact, identifiers, what_they_say
from ledger.access.keeping.queries import NOBODY, OptOutCopy, Standings
from ledger.access.question import Question
from ledger.access.rules.regimes import RegimeRow
from ledger.access.rules.verdicts import NOT_AVAILABLE, Facts, Verdict
from ledger.access.rules.words import (
    Agreement,
    Reason,
    Regime,
    Register,
    Relationship,
    Standing,
)
from ledger.access.ruleset import Ruleset
from ledger.agreements.queries import Between
from ledger.agreements.rules.cover import Cover, NotCovered
from ledger.consent.queries import PatientConsents
from ledger.consent.rules.combining import Combined
from ledger.core import clock
from ledger.core.actor import Role
from ledger.directory.queries import PatientRoster, PersonState
from ledger.directory.rules.care import CareSource, standing
from ledger.directory.succession.rules import NONE as NO_SUCCESSIONS
from ledger.directory.succession.rules import Successions
from ledger.vocabulary import purposes

BREAK_GLASS: Final = "BTG"
_PROGRAM: Final = frozenset({Role.SERVICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a decision may know.

    Attributes:
        choices: What the patient has said; None if there is no such patient.
        roster: Who looks after the patient; None if there is no such patient.
        person: None if a program asks for itself, or there is no such person.
        between: What agreements say of the holder and the acting organisation, which may be
            one; None in decisions of the past that did not ask that of one.
        successions: Who stands for whom.
        override_id: An override that is open for this person, patient and organisation.
        override_seconded: A second person stands by that.
        register: The copy of the opt-out register that counts.
        standings: Who has stepped aside, and who is suspended.
    """

    choices: PatientConsents | None
    roster: PatientRoster | None
    person: PersonState | None
    between: Between | None
    successions: Successions = NO_SUCCESSIONS
    override_id: UUID | None = None
    override_seconded: bool = False
    register: OptOutCopy | None = None
    standings: Standings = NOBODY

    @property
    def hidden(self) -> bool:
        """Say whether not even carers are told that something is withheld."""
        return self.choices is not None and self.choices.marks.hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict, and everything that it came from.

    Attributes:
        permits_otherwise: For a residual: what no tree is about may be seen.
    """

    question: Question
    at: datetime
    facts: Facts
    verdict: Verdict
    regime: str
    roles: frozenset[Role]
    combined: Combined
    cover: Cover | NotCovered | None
    stood_for: tuple[UUID, ...]
    known: Known
    permits_otherwise: bool = False

    @property
    def told(self) -> Verdict:
        """What the requester is told."""
        told = self.verdict.told or self.verdict
        if not self.known.hidden or told.reason not in _TELLING:
            return told
        if not told.permits:
            return NOT_AVAILABLE
        return Verdict(told.outcome, Reason.IMPLIED_CARE, told.alerts)


_TELLING: Final = frozenset(
    {
        Reason.CONSENTED_IN_PART,
        Reason.REFUSED,
        Reason.CONFLICT,
        Reason.LABELS_MISSING,
        Reason.INDETERMINATE,
    }
)
"""Reasons by which one learns that the patient withholds something."""


def decide(question: Question, known: Known, rules: Ruleset, at: datetime) -> Decision:
    """Return the decision on *question* at a moment."""
    today = clock.civil_date(at)
    stood_for = known.successions.stood_for(question.organisation_id, today)
    row = rules.governing(question.purpose, question.category, today)
    regime = Regime.OPT_IN if row is None else row.regime
    held = _held(question, known, today)
    roles = held if question.role is None else held & {question.role}
    agreement, cover = _agreement(question, known, today)
    # All that they are: who has two roles does not step round a no to one of them.
    actors = identifiers(question, known.person, held, today, stood_for)
    there = known.choices if known.roster is not None else None  # Of a closed record: nothing.
    combined = what_they_say(
        question, there, between=known.between, regime=regime, actors=actors, at=at
    )
    register = _register(known, row, rules, at)
    facts = Facts(
        regime,
        agreement,
        as_fact(combined, regime, register),
        _relationship(question, known, regime, today, stood_for),
        _standing(question, known, stood_for),
        register,
    )
    reach = rules.reach[question.category, purposes.family(question.purpose)]
    return Decision(
        question=question,
        at=at,
        facts=facts,
        verdict=rules.verdict(facts, roles, held, reach),
        regime="-" if row is None else row.name,
        roles=roles,
        combined=combined,
        cover=cover,
        stood_for=stood_for,
        known=known,
        permits_otherwise=combined.permits_otherwise or rules.permits_unasked(facts),
    )


def _held(question: Question, known: Known, on: date) -> frozenset[Role]:
    person = known.person
    if known.successions.succeeded(question.organisation_id, on):
        return frozenset()  # Nobody acts for an organisation in whose place another stands.
    if question.client_id is not None:
        return _PROGRAM
    if person is None:
        return frozenset()
    return person.roles_on(question.organisation_id, on)


def _agreement(
    question: Question, known: Known, on: date
) -> tuple[Agreement, Cover | NotCovered | None]:
    between = known.between
    holder = known.successions.current(question.holder_id, on)
    if between is None or holder == question.organisation_id:
        return Agreement.INTERNAL, None
    cover = between.covering(purpose=question.purpose, category=question.category, on=on)
    if isinstance(cover, Cover):
        return Agreement.IN_FORCE, cover
    return Agreement(cover.why), cover


def _relationship(
    question: Question, known: Known, regime: Regime, on: date, stood_for: tuple[UUID, ...]
) -> Relationship:
    if known.roster is None or known.person is None:
        return Relationship.NONE  # Of somebody erased, not even a refusal can be read any more.
    if regime is Regime.BREAK_GLASS and known.override_id is not None:
        seconded = known.override_seconded
        return Relationship.OVERRIDE_SECONDED if seconded else Relationship.OVERRIDE
    found = standing(
        known.roster.relationships,
        organisation_id=question.organisation_id,
        person_id=known.person.person_id,
        team_ids=known.person.teams_on(on),
        on=on,
        stood_for=stood_for,
    )
    if found is None:
        return Relationship.NONE
    return Relationship.CARE if found.source is CareSource.ROSTER else Relationship.DECLARED


def _standing(question: Question, known: Known, stood_for: tuple[UUID, ...]) -> Standing:
    person, standings = known.person, known.standings
    own = None if person is None else person.patient_id
    records = known.roster.records if known.roster else frozenset[UUID]()
    if own is not None and (own == question.patient_id or own in records):
        return Standing.RECUSED  # One's own record is looked at as a patient, never as staff.
    if person is not None and question.patient_id is not None:
        for patient_id in {question.patient_id, *records}:
            if (person.person_id, patient_id) in standings.recused:
                return Standing.RECUSED
    for organisation_id in (question.organisation_id, *stood_for):
        if organisation_id in standings.organisations:
            return Standing.SUSPENDED
        if person is not None and (person.person_id, organisation_id) in standings.people:
            return Standing.SUSPENDED
    return Standing.CLEAR


def _register(known: Known, row: RegimeRow | None, rules: Ruleset, at: datetime) -> Register:
    """Return what the copy of the opt-out register says. It never speaks of direct care."""
    if row is None or row.regime is not Regime.OPT_OUT:
        return Register.UNASKED
    if row.exemption is not None:
        return Register.EXEMPT
    copy, roster = known.register, known.roster
    if copy is None or roster is None:
        return Register.ABSENT
    if roster.registered_at is None or roster.registered_at > copy.checked_at:
        return Register.ABSENT  # Nobody has asked about them yet.
    if at - copy.checked_at > rules.register_lasts:
        return Register.STALE
    opted_out = known.choices is not None and known.choices.marks.opted_out
    return Register.OPTED_OUT if opted_out else Register.CLEAR
