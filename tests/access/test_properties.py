"""Properties of the whole decision, for random patients, choices, askers and agreements."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.access import ruleset
from ledger.access.answers import Answered, as_json
from ledger.access.deciding import Decision, Known, decide
from ledger.access.keeping.queries import Standings
from ledger.access.question import Question
from ledger.access.rules.words import PERMITTING, Action, Outcome
from ledger.access.ruleset import Ruleset
from ledger.agreements.queries import Between
from ledger.agreements.rules.cover import Line
from ledger.consent.queries import PatientConsents
from ledger.consent.rules import Conditions, Effect, Event, StatusEvent, Terms, Version
from ledger.consent.rules.lifecycle import Status, status_at
from ledger.core.actor import Role
from ledger.core.authority import policies_folder
from ledger.directory.queries import PatientRoster, PersonState
from ledger.directory.rules.care import CareRelationship, CareSource
from ledger.directory.rules.periods import Period
from ledger.vocabulary import purposes
from ledger.vocabulary.categories import Category
from tests.consent.strategies import AGREEMENTS, SUBJECT, T0, histories, version

TRUST, COUNCIL, DOCTOR = UUID(int=2), UUID(int=3), UUID(int=4)
DAYS = Period(date(2020, 1, 1))
TODAY = T0.date()
RULES: Ruleset = ruleset.load(policies_folder())
CATEGORIES = [Category.MEDICINES, Category.TESTS, Category.SEXUAL_HEALTH]
ELSEWHERE = replace(
    version(Terms(base=Effect.DENY, scope=Conditions(purposes=frozenset({"TREAT"})))),
    consent_id=UUID(int=99),
    category="another matter",
    agreement_id=None,
    order=99,
)
"""A no to care that names no emergency, on a matter of its own."""


@st.composite
def questions(draw: st.DrawFn, *, purpose: str | None = None) -> Question:
    codes = ["TREAT", "COC", "CAREMGT", "ETREAT", "BTG", "HRESCH", "CLINTRCH", "HMARKT", "HOPERAT"]
    return Question(
        person_id=DOCTOR,
        organisation_id=TRUST,
        action=Action.ACCESS,
        patient_id=SUBJECT,
        category=draw(st.sampled_from(CATEGORIES)),
        holder_id=draw(st.sampled_from([TRUST, COUNCIL])),
        labelled=draw(st.booleans()),
        confidentiality="N",
        purpose=purpose or draw(st.sampled_from(codes)),
    )


@st.composite
def lines(draw: st.DrawFn) -> tuple[Line, ...]:
    """Agreements between the two: in force, on hold, or ended."""
    return tuple(
        Line(
            agreement_id=agreement_id,
            version=1,
            clause="4.2",
            flow="F",
            purpose=draw(st.sampled_from(["TREAT", "HRESCH", "PurposeOfUse"])),
            category=draw(st.sampled_from(CATEGORIES)),
            first_day=TODAY - timedelta(days=30),
            last_day=TODAY + timedelta(days=draw(st.sampled_from([-10, 30]))),
            suspended_to=draw(st.sampled_from([None, None, TODAY + timedelta(days=20)])),
        )
        for agreement_id in draw(st.lists(st.sampled_from(AGREEMENTS), max_size=2))
    )


@st.composite
def knowns(draw: st.DrawFn, *, cares: bool | None = None, override: bool | None = None) -> Known:
    care = CareRelationship(
        id=UUID(int=9),
        patient_id=SUBJECT,
        organisation_id=TRUST,
        team_id=None,
        person_id=None,
        source=draw(st.sampled_from([CareSource.ROSTER, CareSource.DECLARED])),
        period=DAYS,
    )
    cares = draw(st.booleans()) if cares is None else cares
    override = draw(st.booleans()) if override is None else override
    roles = draw(st.sets(st.sampled_from([Role.CLINICIAN, Role.CARE_COORDINATOR, Role.STEWARD])))
    aside = draw(st.sampled_from([frozenset(), frozenset(), frozenset({(DOCTOR, SUBJECT)})]))
    return Known(
        choices=PatientConsents(
            patient_id=SUBJECT, version=1, changed_at=None, consents=tuple(draw(histories()))
        ),
        roster=PatientRoster(1, (care,) if cares else ()),
        person=PersonState(
            person_id=DOCTOR,
            version=1,
            memberships=tuple((TRUST, role, DAYS) for role in roles),
            teams=(),
            patient_id=None,
        ),
        between=Between(epoch=1, lines=draw(lines())),
        override_id=UUID(int=7) if override else None,
        standings=Standings(n=1, recused=aside),
    )


def judge(question: Question, known: Known) -> Decision:
    return decide(question, known, RULES, T0)


def with_(known: Known, *said: Version) -> Known:
    assert known.choices
    return replace(known, choices=replace(known.choices, consents=said))


@settings(max_examples=40, deadline=None)
@given(questions(), knowns())
def test_p5_a_no_more_never_lets_anybody_in(question: Question, known: Known) -> None:
    assert known.choices
    was = judge(question, known).verdict
    will = judge(question, with_(known, *known.choices.consents, ELSEWHERE)).verdict
    assert was.permits or not will.permits


@settings(max_examples=40, deadline=None)
@given(questions(), knowns())
def test_p5_an_agreement_less_lets_nobody_in(question: Question, known: Known) -> None:
    """Where no agreement is, nobody sees what they did not see before."""
    was = judge(question, known).verdict
    will = judge(question, replace(known, between=Between(epoch=2, lines=()))).verdict
    assert was.permits or not will.permits


@settings(max_examples=40, deadline=None)
@given(questions(purpose="BTG"), knowns(override=True))
def test_p9_a_no_to_care_does_not_reach_a_broken_glass(question: Question, known: Known) -> None:
    assert known.choices
    was = judge(question, known).verdict
    will = judge(question, with_(known, *known.choices.consents, ELSEWHERE)).verdict
    assert (was.outcome, was.reason) == (will.outcome, will.reason)


@settings(max_examples=40, deadline=None)
@given(questions(), knowns(), st.lists(st.sampled_from([*Event, "something-new"]), max_size=3))
def test_p10_what_is_not_active_permits_nothing(
    question: Question, known: Known, happened: list[Event]
) -> None:
    """A yes to everything, whatever happened to it: unless it is active, it is as if never said."""
    events = tuple(StatusEvent(event=one, at=T0 - timedelta(days=1)) for one in happened)
    if status_at(events, T0) is Status.ACTIVE:
        return
    yes = version(Terms(base=Effect.PERMIT), agreement_id=None, events=events)
    found = judge(question, with_(known, yes)).verdict
    assert found == judge(question, with_(known)).verdict
    assert found.outcome not in {Outcome.PERMIT, Outcome.PERMIT_RESIDUAL}


@settings(max_examples=40, deadline=None)
@given(questions(purpose="BTG"), knowns())
def test_p11_no_glass_breaks_itself(question: Question, known: Known) -> None:
    """Whatever the patient agreed to: no override, no look; and it is never called a permit."""
    verdict = judge(question, known).verdict
    if verdict.permits:
        assert known.override_id is not None
        assert verdict.outcome is Outcome.PERMIT_BY_OVERRIDE
        assert verdict.alerts[-1:] == ("override",)
    assert not judge(question, replace(known, override_id=None)).verdict.permits


@settings(max_examples=40, deadline=None)
@given(questions(), knowns(cares=False, override=False))
def test_p14_a_stranger_cannot_tell_refused_from_absent(question: Question, known: Known) -> None:
    found = judge(question, known)
    if found.verdict.permits or found.facts.standing != "clear":
        return
    nobody = replace(known, choices=None, roster=None)
    absent = judge(replace(question, patient_id=None), nobody)
    bodies = [
        as_json(Answered(decision=one, entry_id=UUID(int=5), ruleset="ab"))
        for one in (found, absent)
    ]
    assert bodies[0] == bodies[1]


def oracle(question: Question, known: Known, found: Decision) -> bool:
    """Return whether it is let through, by the words of the specification and nothing else.

    Takes from the decision only what others prove: what choices add up to (tests/consent), the
    regime by its row, and whether the roles reach.
    """
    facts = found.facts
    reach = RULES.reach[question.category, purposes.family(question.purpose)]
    if facts.standing != "clear" or not found.roles & reach.allowed or found.roles & reach.denied:
        return False
    covered = facts.agreement in {"internal", "in-force"}
    said, cares = facts.consent, facts.relationship == "care"
    declared = facts.relationship == "declared" and covered and said != "indeterminate"
    agreed = said in {"permit", "residual"}
    return {
        "statutory-prohibition": False,
        "implied-care": said not in {"deny", "conflict", "unlabelled"} and (cares or declared),
        "explicit-care": agreed and cares,
        "break-glass": known.override_id is not None and said != "deny",
        "opt-out": agreed and covered,  # Nobody knows here who has opted out.
        "opt-in": agreed and covered,
    }[facts.regime]


@settings(max_examples=40, deadline=None)
@given(questions(), knowns())
def test_the_whole_decision_is_what_the_specification_says(
    question: Question, known: Known
) -> None:
    found = judge(question, known)
    assert (found.verdict.outcome in PERMITTING) is oracle(question, known, found)
