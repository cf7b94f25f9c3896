"""Deciding: from what is known to an answer. Reads no clock, no database and no setting.

The facts are found one by one (`_agreement`, `_consent`, `_relationship`, `_standing`);
what they add up to is a look-up in the ruleset.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from ledger.access.question import Question
from ledger.access.rules.verdicts import Facts, Verdict
from ledger.access.rules.words import Agreement, Consent, Regime, Relationship, Standing
from ledger.access.ruleset import Ruleset
from ledger.agreements.queries import Between
from ledger.agreements.rules.cover import Cover, NotCovered
from ledger.consent.queries import PatientConsents
from ledger.consent.rules.combining import Combined, evaluate
from ledger.consent.rules.evaluation import Outcome
from ledger.consent.rules.model import Data, Labels, Request
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
        between: What agreements say of the holder and the acting organisation; None if they
            are one.
        successions: Who stands for whom.
        override_id: An override that is open for this person, patient and organisation.
    """

    choices: PatientConsents | None
    roster: PatientRoster | None
    person: PersonState | None
    between: Between | None
    successions: Successions = NO_SUCCESSIONS
    override_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict, and everything that it came from."""

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

    @property
    def told(self) -> Verdict:
        """What the requester is told."""
        return self.verdict.told or self.verdict


_CONSENTS: Final = {
    Outcome.PERMIT: Consent.PERMIT,
    Outcome.RESIDUAL: Consent.RESIDUAL,
    Outcome.NOT_APPLICABLE: Consent.NONE,
    Outcome.DENY: Consent.DENY,
    Outcome.INDETERMINATE: Consent.INDETERMINATE,
    Outcome.CONFLICT: Consent.CONFLICT,
}
_ASKS_FIRST: Final = frozenset({Regime.EXPLICIT_CARE, Regime.OPT_OUT, Regime.OPT_IN})
"""Under these nothing goes that the patient has not agreed to."""
_NOTHING: Final = Combined(outcome=Outcome.NOT_APPLICABLE)


def decide(question: Question, known: Known, rules: Ruleset, at: datetime) -> Decision:
    """Return the decision on *question* at a moment."""
    today = clock.civil_date(at)
    stood_for = known.successions.stood_for(question.organisation_id, today)
    row = rules.governing(question.purpose, question.category, today)
    regime = Regime.OPT_IN if row is None else row.regime
    held = _held(question, known, today)
    roles = held if question.role is None else held & {question.role}
    agreement, cover = _agreement(question, known.between, today)
    actors = _identifiers(question, known.person, roles, today, stood_for)
    combined = _combined(question, known, actors, at)
    facts = Facts(
        regime,
        agreement,
        _consent(combined, regime),
        _relationship(question, known, regime, today, stood_for),
        _standing(question, known.person),
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
    question: Question, between: Between | None, on: date
) -> tuple[Agreement, Cover | NotCovered | None]:
    if between is None:
        return Agreement.INTERNAL, None
    cover = between.covering(purpose=question.purpose, category=question.category, on=on)
    if isinstance(cover, Cover):
        return Agreement.IN_FORCE, cover
    return Agreement(cover.why), cover


def _combined(question: Question, known: Known, actors: frozenset[str], at: datetime) -> Combined:
    if known.choices is None or question.patient_id is None or not known.choices.consents:
        return _NOTHING
    labels = Labels(question.confidentiality, question.sensitivities)
    request = Request(
        subject=question.patient_id,
        actors=actors,
        action=question.action.value,
        purpose=question.purpose,
        at=known.choices.instant(at),
        data=Data(category=question.category, labels=labels if question.labelled else None),
    )
    return evaluate(known.choices.consents, request, known.choices.circumstances)


def _identifiers(
    question: Question,
    person: PersonState | None,
    roles: Iterable[Role],
    on: date,
    stood_for: tuple[UUID, ...],
) -> frozenset[str]:
    """Return all that consents may name the asker by; a yes or no to a predecessor follows."""
    found = {f"organisation:{one}" for one in (question.organisation_id, *stood_for)}
    if question.client_id is not None:
        found.add(f"client:{question.client_id}")
    if person is not None:
        found.add(f"person:{person.person_id}")
        found.update(f"role:{role}" for role in roles)
        found.update(f"team:{team_id}" for team_id in person.teams_on(on))
    return frozenset(found)


def _consent(combined: Combined, regime: Regime) -> Consent:
    word = _CONSENTS[combined.outcome]
    if word is Consent.RESIDUAL and regime in _ASKS_FIRST and not combined.may_permit:
        return Consent.NONE  # A no to part of it is no yes to the rest.
    if word is Consent.INDETERMINATE and all(
        answer.why == "labels-missing"
        for answer in combined.answers
        if answer.outcome is Outcome.INDETERMINATE
    ):
        return Consent.UNLABELLED
    return word


def _relationship(
    question: Question, known: Known, regime: Regime, on: date, stood_for: tuple[UUID, ...]
) -> Relationship:
    if known.roster is None or known.person is None:
        return Relationship.NONE  # Of somebody erased, not even a refusal can be read any more.
    if regime is Regime.BREAK_GLASS and known.override_id is not None:
        return Relationship.OVERRIDE
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


def _standing(question: Question, person: PersonState | None) -> Standing:
    own = None if person is None else person.patient_id
    if own is not None and own == question.patient_id:
        return Standing.RECUSED  # One's own record is looked at as a patient, never as staff.
    return Standing.CLEAR
