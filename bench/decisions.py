"""One decision inside the process: the policy's look-up, and the whole evaluation.

Evaluation is what a thread does between question and group commit: find all that is known
in the index, find the facts, look the verdict up. The index is filled with made-up patients,
each with two consents of the shape that pages record: one to their care and one to research,
each with an exception. Times are the thread's own on the processor: a neighbour who takes the
core away for a slice would otherwise be all of the p99. Wall-clock figures stand beside them.
"""

import gc
import random
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from time import perf_counter_ns, thread_time_ns
from typing import Any, Final, cast
from uuid import UUID

import casbin
from sqlalchemy.orm import Session

import ledger.access.ruleset  # noqa: F401  (its part of the policy is loaded with the rest)
from ledger.access.deciding import decide
from ledger.access.index import Index
from ledger.access.keeping.queries import NOBODY, OptOutCopy
from ledger.access.question import Question
from ledger.access.rules.words import Action
from ledger.access.ruleset import in_force
from ledger.agreements.queries import Between
from ledger.agreements.rules.cover import Line
from ledger.consent.queries import PatientConsents
from ledger.consent.rules.lifecycle import Event, StatusEvent
from ledger.consent.rules.model import (
    Conditions,
    Effect,
    Grantor,
    Kind,
    Node,
    Period,
    Terms,
    Version,
)
from ledger.core import authority
from ledger.core.actor import Actor, Role
from ledger.core.authority import Resource, policies_folder
from ledger.core.policy import Permission, Relation
from ledger.directory.queries import PatientRoster, PersonState
from ledger.directory.rules.care import CareRelationship, CareSource
from ledger.directory.rules.periods import Period as Days
from ledger.directory.succession.rules import Successions
from ledger.vocabulary.categories import Category

SMALL: Final = 1_000
LARGE: Final = 1_000_000
EACH: Final = 2
"""Consents of one patient."""
ASKED: Final = 30_000
LOOKED_UP: Final = 200_000
STOCK: Final = 2_000

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TRUST, COUNCIL, DOCTOR, AGREEMENT = (UUID(int=n) for n in (1, 2, 3, 4))
STARTS, ENDS = date(2026, 1, 1), date(2027, 12, 31)


def measure() -> list[dict[str, Any]]:
    authority.reload()
    return [_policy(), *_evaluations(), _strangers()]


def _policy() -> dict[str, Any]:
    """The same questions to our table and to stock pycasbin, which parses its matcher anew."""
    policy = authority.in_force()
    folder = policies_folder()
    stock = casbin.Enforcer(str(folder / "model.conf"), str(folder / "policy.csv"))
    actor = Actor.person(DOCTOR, roles=frozenset({Role.CLINICIAN}), organisation_id=TRUST)
    on = Resource(patient_id=UUID(int=9), held=frozenset({Relation.CARE}))
    asked = Permission.CONSENT_READ
    ours = _each_us(lambda: authority.permits(policy, actor, asked, on), LOOKED_UP)
    theirs = _each_us(lambda: stock.enforce(Role.CLINICIAN, asked, Relation.CARE), STOCK)
    figures = {"ours_p50_us": _at(ours, 0.5), "ours_p99_us": _at(ours, 0.99)}
    figures |= {"pycasbin_p50_us": _at(theirs, 0.5), "pycasbin_p99_us": _at(theirs, 0.99)}
    return {
        "name": "policy look-up / stock pycasbin, same policy",
        "ratio": _at(theirs, 0.5) / _at(ours, 0.5),
        "target": ">= 50",
        "figures": figures,
    }


def _evaluations() -> list[dict[str, Any]]:
    small, _, _ = _evaluation(SMALL)
    large, wall, bytes_each = _evaluation(LARGE)
    figures = {
        "p50_us_at_1e3": _at(small, 0.5),
        "p50_us_at_1e6": _at(large, 0.5),
        "p99_us_at_1e3": _at(small, 0.99),
        "p99_us_at_1e6": _at(large, 0.99),
        "wall_p50_us_at_1e6": _at(wall, 0.5),
        "wall_p99_us_at_1e6": _at(wall, 0.99),
        "index_bytes_a_consent": bytes_each,
    }
    return [
        {
            "name": "evaluation in the process, 10^6 consents / 10^3, median",
            "ratio": _at(large, 0.5) / _at(small, 0.5),
            "target": "<= 1.5",
            "figures": figures,
        },
        {
            "name": "evaluation in the process, 10^6 consents, p99 in microseconds",
            "ratio": _at(large, 0.99),
            "target": "< 200",
            "figures": figures,
        },
    ]


def _strangers() -> dict[str, Any]:
    """Spec P14: how long a stranger waits who is refused, and one who asks about nobody.

    What they wait for besides is the same: the group commit, a thousand times as long.
    """
    index, rules = Index(), in_force()
    patient_id, no_database = UUID(int=1 << 100), cast(Session, None)
    _fill(index, [patient_id])
    index._rosters[patient_id] = PatientRoster(1, ())
    denied = _question(patient_id, "TREAT")
    absent = replace(denied, patient_id=None)
    took: dict[Question, list[float]] = {denied: [], absent: []}
    for n in range(ASKED):  # By turns, so that what slows one slows the other.
        asked = (denied, absent)[n % 2]
        began = thread_time_ns()
        decision = decide(asked, index.known(no_database, asked, NOW), rules, NOW)
        took[asked].append((thread_time_ns() - began) / 1000)
        assert not decision.verdict.permits
    medians = {asked: _at(sorted(each), 0.5) for asked, each in took.items()}
    return {
        "name": "a stranger refused / about nobody, in the process, medians",
        "ratio": medians[denied] / medians[absent],
        "target": "< 5",
        "figures": {"denied_p50_us": medians[denied], "absent_p50_us": medians[absent]},
    }


def _evaluation(consents: int) -> tuple[list[float], list[float], float]:
    """Return how long evaluations took (processor, wall), and what a consent takes in memory."""
    chance = random.Random(2026)  # The same patients in each run.
    index, rules = Index(), in_force()
    patients = [UUID(int=chance.getrandbits(128)) for _ in range(consents // EACH)]
    bytes_each = _fill(index, patients)
    no_database: Any = None  # Nothing is missing, so nothing is read.
    session: Session = no_database
    questions = [
        _question(chance.choice(patients), chance.choice(("TREAT", "HRESCH"))) for _ in range(ASKED)
    ]
    gc.collect()
    gc.freeze()  # As the server does once it is warm: what stays is not looked at again.
    took, wall = [], []
    try:
        for question in questions:
            began, began_wall = thread_time_ns(), perf_counter_ns()
            decide(question, index.known(session, question, NOW), rules, NOW)
            took.append((thread_time_ns() - began) / 1000)
            wall.append((perf_counter_ns() - began_wall) / 1000)
    finally:
        gc.unfreeze()
    return sorted(took), sorted(wall), bytes_each


def _fill(index: Index, patients: Sequence[UUID]) -> float:
    index._people[DOCTOR] = PersonState(
        person_id=DOCTOR,
        version=1,
        memberships=((TRUST, Role.CLINICIAN, Days(STARTS)),),
        teams=(),
        patient_id=None,
    )
    index._successions = Successions()
    index._register = OptOutCopy(n=1, checked_at=NOW, imported_at=NOW)
    index._standings = NOBODY
    index._between[COUNCIL, TRUST] = Between(epoch=1, lines=tuple(_lines()))
    measured = min(len(patients), 2_000)
    tracemalloc.start()
    for patient_id in patients[:measured]:
        _keep(index, patient_id)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    gc.disable()
    for patient_id in patients[measured:]:
        _keep(index, patient_id)
    gc.enable()
    return size / (measured * EACH)


def _keep(index: Index, patient_id: UUID) -> None:
    index._choices[patient_id] = PatientConsents(
        patient_id=patient_id,
        version=2,
        changed_at=NOW,
        consents=(_consent(patient_id, 1, "TREAT"), _consent(patient_id, 2, "HRESCH")),
    )
    cares = CareRelationship(
        id=UUID(int=patient_id.int ^ 3),
        patient_id=patient_id,
        organisation_id=TRUST,
        team_id=None,
        person_id=DOCTOR,
        source=CareSource.ROSTER,
        period=Days(STARTS),
    )
    index._rosters[patient_id] = PatientRoster(1, (cares,))


def _consent(patient_id: UUID, order: int, purpose: str) -> Version:
    never = Conditions(actors=frozenset({f"person:{UUID(int=patient_id.int ^ 1)}"}))
    return Version(
        consent_id=UUID(int=patient_id.int ^ order << 64),
        number=1,
        subject=patient_id,
        grantor=Grantor(key="patient"),
        kind=Kind.CONSENT,
        category=purpose,
        agreement_id=AGREEMENT,
        terms=Terms(
            base=Effect.PERMIT,
            scope=Conditions(
                actors=frozenset({f"organisation:{TRUST}"}),
                purposes=frozenset({purpose}),
                categories=frozenset({Category.MEDICINES, Category.TESTS}),
            ),
            exceptions=(Node(never),),
            period=Period.of_days(STARTS, ENDS, UTC),
        ),
        order=order,
        decided_at=NOW,
        events=(StatusEvent(event=Event.GRANTED, at=NOW),),
    )


def _lines() -> list[Line]:
    return [
        Line(
            agreement_id=AGREEMENT,
            version=1,
            clause="4.1",
            flow=purpose,
            purpose=purpose,
            category=category,
            first_day=STARTS,
            last_day=ENDS,
        )
        for purpose in ("TREAT", "HRESCH")
        for category in (Category.MEDICINES, Category.TESTS)
    ]


def _question(patient_id: UUID, purpose: str) -> Question:
    return Question(
        person_id=DOCTOR,
        organisation_id=TRUST,
        action=Action.ACCESS,
        patient_id=patient_id,
        category=Category.MEDICINES,
        holder_id=COUNCIL,
        purpose=purpose,
    )


def _each_us(ask: Callable[[], object], times: int) -> list[float]:
    took = []
    for _ in range(times):
        began = perf_counter_ns()
        ask()
        took.append((perf_counter_ns() - began) / 1000)
    return sorted(took)


def _at(took: Sequence[float], quantile: float) -> float:
    return took[int(len(took) * quantile)]
