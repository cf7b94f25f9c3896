"""Deciding without a database: labels and residuals, regimes by day, roles, and the instant."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from ledger.access import ruleset
from ledger.access.answers import Answered, as_json
from ledger.access.deciding import Decision, Known, decide
from ledger.access.question import Question
from ledger.access.rules.regimes import parse
from ledger.access.rules.words import Action, Consent, Outcome, Reason, Regime
from ledger.access.ruleset import Ruleset
from ledger.consent.queries import PatientConsents
from ledger.consent.rules.lifecycle import Event, StatusEvent
from ledger.consent.rules.model import (
    Conditions,
    Effect,
    Grantor,
    Kind,
    Node,
    Terms,
    Version,
)
from ledger.core.actor import Role
from ledger.core.authority import policies_folder
from ledger.directory.queries import PatientRoster, PersonState
from ledger.directory.rules.care import CareRelationship, CareSource
from ledger.directory.rules.periods import Period
from ledger.vocabulary.categories import Category

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PATIENT, TRUST, DOCTOR, CONSENT = (UUID(int=n) for n in range(1, 5))
QUESTION = Question(
    person_id=DOCTOR,
    organisation_id=TRUST,
    action=Action.ACCESS,
    patient_id=PATIENT,
    category=Category.TESTS,
    holder_id=TRUST,
    purpose="TREAT",
)


@pytest.fixture(scope="module")
def rules() -> Ruleset:
    return ruleset.load(policies_folder())


def known(*consents: Version, roles: tuple[Role, ...] = (Role.CLINICIAN,)) -> Known:
    days = Period(date(2026, 1, 1))
    cares = CareRelationship(
        id=UUID(int=9),
        patient_id=PATIENT,
        organisation_id=TRUST,
        team_id=None,
        person_id=None,
        source=CareSource.ROSTER,
        period=days,
    )
    return Known(
        choices=PatientConsents(
            patient_id=PATIENT, version=1, changed_at=NOW, consents=tuple(consents)
        ),
        roster=PatientRoster(1, (cares,)),
        person=PersonState(
            person_id=DOCTOR,
            version=1,
            memberships=tuple((TRUST, role, days) for role in roles),
            teams=(),
            patient_id=None,
        ),
        between=None,
    )


def version(terms: Terms, granted_at: datetime = NOW) -> Version:
    return Version(
        consent_id=CONSENT,
        number=1,
        subject=PATIENT,
        grantor=Grantor(key="patient"),
        kind=Kind.CONFIDENTIALITY,
        category="TREAT",
        terms=terms,
        order=1,
        decided_at=granted_at,
        events=(StatusEvent(event=Event.GRANTED, at=granted_at),),
    )


NOT_HIV = version(
    Terms(
        base=Effect.PERMIT,
        scope=Conditions(purposes=frozenset({"TREAT"})),
        exceptions=(Node(Conditions(sensitivities=frozenset({"HIV"}))),),
    )
)


def told(decision: Decision) -> dict[str, object]:
    body = as_json(Answered(decision=decision, entry_id=UUID(int=5), ruleset="ab"))
    context: dict[str, object] = body["context"]
    return context


def test_labels_not_given_leave_a_tree_to_enforce(rules: Ruleset) -> None:
    decision = decide(QUESTION, known(NOT_HIV), rules, NOW)
    assert decision.verdict.outcome is Outcome.PERMIT_RESIDUAL
    assert told(decision)["obligations"] == [
        {
            "code": "enforce-residual",
            "residual": {
                "permits_otherwise": True,
                "trees": [
                    {
                        "base": "permit",
                        "outside": "not-applicable",
                        "unlabelled_is_normal": False,
                        "deny_needs_naming": False,
                        "root": {
                            "conditions": {},
                            "exceptions": [{"conditions": {"sensitivity": ["HIV"]}}],
                        },
                    }
                ],
            },
        }
    ]


@pytest.mark.parametrize(
    ("confidentiality", "sensitivities", "outcome", "reason"),
    [
        (None, {"HIV"}, Outcome.DENY, Reason.REFUSED),
        ("R", {"HIV", "PSY"}, Outcome.DENY, Reason.REFUSED),
        (None, {"PSY"}, Outcome.PERMIT, Reason.CONSENTED),
        ("N", set(), Outcome.PERMIT, Reason.CONSENTED),
        (None, set(), Outcome.INDETERMINATE, Reason.LABELS_MISSING),
    ],
)
def test_labels_decide(
    rules: Ruleset,
    confidentiality: str | None,
    sensitivities: set[str],
    outcome: Outcome,
    reason: Reason,
) -> None:
    labelled = replace(
        QUESTION,
        labelled=True,
        confidentiality=confidentiality,
        sensitivities=frozenset(sensitivities),
    )
    verdict = decide(labelled, known(NOT_HIV), rules, NOW).verdict
    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_a_clock_that_is_behind_does_not_look_into_the_past(rules: Ruleset) -> None:
    """What was recorded by another machine counts, though its clock was ahead of ours."""
    later = NOW + timedelta(seconds=5)
    recorded = replace(
        NOT_HIV,
        events=(*NOT_HIV.events, StatusEvent(event=Event.WITHDRAWN, at=later)),
    )
    seen = known(recorded)
    assert seen.choices is not None
    seen = replace(seen, choices=replace(seen.choices, changed_at=later))
    assert decide(QUESTION, seen, rules, NOW).facts.consent is Consent.NONE


def test_the_role_one_acts_in_is_one_of_those_one_has(rules: Ruleset) -> None:
    both = known(roles=(Role.CLINICIAN, Role.SOCIAL_WORKER))
    asked = replace(QUESTION, category=Category.IMAGING)
    assert decide(asked, both, rules, NOW).verdict.permits
    worker = replace(asked, role=Role.SOCIAL_WORKER)
    assert decide(worker, both, rules, NOW).verdict.reason is Reason.ROLE_REACH
    steward = replace(asked, role=Role.STEWARD)
    assert decide(steward, both, rules, NOW).verdict.reason is Reason.NO_ROLE


def test_the_nearest_row_governs_on_its_days(rules: Ruleset) -> None:
    regimes = parse(
        "all,  1, 2020-01-01, ,           any,    any,           opt-in,        consent\n"
        "care, 1, 2020-01-01, 2025-12-31, TREAT,  any,           explicit-care, law\n"
        "care, 2, 2026-01-01, ,           TREAT,  any,           implied-care,  law\n"
        "sex,  1, 2020-01-01, ,           TREAT,  sexual-health, explicit-care, law\n"
        "er,   1, 2020-01-01, ,           ETREAT, any,           implied-care,  law\n"
    )

    def at(purpose: str, category: Category, on: date) -> str | None:
        row = regimes.governing(purpose, category, on)
        return None if row is None else row.name

    assert at("TREAT", Category.TESTS, date(2025, 12, 31)) == "care/1"
    assert at("TREAT", Category.TESTS, date(2026, 1, 1)) == "care/2"
    assert at("COC", Category.SEXUAL_HEALTH, date(2026, 1, 1)) == "sex/1"
    assert at("ERTREAT", Category.SEXUAL_HEALTH, date(2026, 1, 1)) == "er/1"
    assert at("HRESCH.falls", Category.TESTS, date(2026, 1, 1)) == "all/1"
    assert at("TREAT", Category.TESTS, date(2019, 12, 31)) is None
    decision = decide(QUESTION, known(), replace(rules, regimes=regimes), NOW - timedelta(9999))
    assert decision.facts.regime is Regime.OPT_IN, "before the table began, nothing is implied"


def test_who_has_two_roles_does_not_step_round_a_no_to_one_of_them(rules: Ruleset) -> None:
    coordinators = frozenset({f"role:{Role.CARE_COORDINATOR}"})
    no = version(Terms(base=Effect.DENY, scope=Conditions(actors=coordinators)))
    both = known(no, roles=(Role.CLINICIAN, Role.CARE_COORDINATOR))
    asked = replace(QUESTION, role=Role.CLINICIAN)
    assert decide(asked, both, rules, NOW).verdict.reason is Reason.REFUSED
    assert decide(asked, known(no), rules, NOW).verdict.permits
