"""What a patient's choices say to a question. Reads nothing but what it is given."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from ledger.access.question import Question
from ledger.access.rules.words import Consent, Regime, Register
from ledger.agreements.queries import Between
from ledger.consent.queries import PatientConsents
from ledger.consent.rules.combining import Combined, evaluate
from ledger.consent.rules.emergency import without_refusals
from ledger.consent.rules.evaluation import Outcome
from ledger.consent.rules.model import Data, Labels, Request, Version
from ledger.consent.rules.tied import counting_under
from ledger.core import clock
from ledger.core.actor import Role
from ledger.directory.queries import PersonState

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
_CARE_GOES_ON: Final = frozenset({Regime.IMPLIED_CARE, Regime.EXPLICIT_CARE})
_UNDECIDED: Final = frozenset({Register.CLEAR, Register.EXEMPT})
"""Under these, what the patient said nothing about goes."""
_NOTHING: Final = Combined(outcome=Outcome.NOT_APPLICABLE)


def what_they_say(
    question: Question,
    choices: PatientConsents | None,
    *,
    between: Between | None,
    regime: Regime,
    actors: frozenset[str],
    at: datetime,
) -> Combined:
    """Return what a patient's choices say to *question*; None are those of nobody.

    *between* is what agreements say of holder and asker; None counts a yes under any of them.
    *actors* are all that choices may name the asker by: see `identifiers`.
    """
    if choices is None or question.patient_id is None or not choices.consents:
        return _NOTHING
    labels = Labels(question.confidentiality, question.sensitivities)
    request = Request(
        subject=question.patient_id,
        actors=actors,
        action=question.action.value,
        purpose=question.purpose,
        at=choices.instant(at),
        data=Data(category=question.category, labels=labels if question.labelled else None),
    )
    said: Sequence[Version] = choices.consents
    if regime is Regime.BREAK_GLASS:
        said = [without_refusals(v, request.at, choices.circumstances) for v in said]
    counting = _counting(question, said, between, regime, at)
    return evaluate(counting, request, choices.circumstances)


def _counting(
    question: Question,
    said: Sequence[Version],
    between: Between | None,
    regime: Regime,
    at: datetime,
) -> Sequence[Version]:
    """Return what was said as it counts under the agreements that cover what is asked.

    Where care goes on although an agreement is on hold, so does what was agreed to under it.
    """
    if between is None or all(version.agreement_id is None for version in said):
        return said
    agreement_ids = between.counting(
        purpose=question.purpose,
        category=question.category,
        on=clock.civil_date(at),
        suspended=regime in _CARE_GOES_ON,
    )
    return counting_under(said, agreement_ids)


def identifiers(
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


def as_fact(combined: Combined, regime: Regime, register: Register) -> Consent:
    """Return the one fact that choices add up to, under a regime."""
    word = _CONSENTS[combined.outcome]
    asks_first = regime in _ASKS_FIRST and register not in _UNDECIDED
    if word is Consent.RESIDUAL and asks_first and not combined.may_permit:
        return Consent.NONE  # A no to part of it is no yes to the rest.
    if word is Consent.INDETERMINATE and all(
        answer.why == "labels-missing"
        for answer in combined.answers
        if answer.outcome is Outcome.INDETERMINATE
    ):
        return Consent.UNLABELLED
    return word
