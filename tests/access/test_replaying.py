"""Any decision of the past is decided again from the log, and gives the same answer (P13)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ledger.access import replaying, service
from ledger.access.deciding import decide
from ledger.access.question import Question
from ledger.access.replaying import Finding, Replayed
from ledger.access.rules.words import Outcome, OverrideReason
from ledger.consent.queries import of_patient
from ledger.consent.rules.lifecycle import Status
from ledger.core import clock, privacy
from ledger.core.actor import Role
from ledger.core.db import TO_WRITE, db
from ledger.core.errors import Conflict, NotFound
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.given import directory, succession
from tests.given.access import Scene, scene
from tests.given.identity import signed_in


def withdraw_last(here: Scene) -> None:
    live = [
        c
        for c in of_patient(db.session(), here.patient, here.patient_id, now=clock.now())
        if c.status is Status.ACTIVE
    ]
    db.session.rollback()
    if live:
        here.withdraw(live[-1].id)


def break_the_glass(here: Scene) -> None:
    with unit_of_work(here.clinician) as work:
        service.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.RISK_TO_LIFE,
            reason="Collapsed.",
        )


def program_asks(here: Scene, person_id: UUID | None = None) -> None:
    client = here.client()
    asked = here.question(
        person_id=person_id, client_id=None if person_id else client.id, purpose="HRESCH"
    )
    service.evaluate(db.session(), client, asked, now=clock.now())


STEPS: dict[str, Callable[[Scene], object]] = {
    "grant": lambda here: here.grant(),
    "grant care": lambda here: here.grant("TREAT"),
    "dissent": lambda here: here.dissent(),
    "withdraw": withdraw_last,
    "care": lambda here: directory.cared_for(here.patient_id, by=here.clinician),
    "another role": lambda here: directory.another_role(
        here.clinician, Role.SOCIAL_WORKER, at=here.trust
    ),
    "another agreement": lambda _: scene(),
    "break the glass": break_the_glass,
}
ASKS: dict[str, Callable[[Scene], object]] = {
    "ask": lambda here: here.ask(),
    "for research": lambda here: here.ask(purpose="HRESCH"),
    "for letters": lambda here: here.ask(category=Category.LETTERS),
    "labelled": lambda here: here.ask(labelled=True, sensitivities=frozenset({"HIV"})),
    "in a role": lambda here: here.ask(role=Role.SOCIAL_WORKER),
    "inside": lambda here: here.ask(holder_id=here.trust),
    "about nobody": lambda here: here.ask(patient_id=uuid4()),
    "in an emergency": lambda here: here.ask(purpose="BTG"),
    "a program": program_asks,
    "a program for nobody": lambda here: program_asks(here, uuid4()),
}


def replay_all() -> list[Replayed]:
    db.session.rollback()
    return list(replaying.replay_newest(db.session(), 1_000_000))


def check_any_history(
    cared_for: bool,  # noqa: FBT001
    steps: list[str],
) -> None:
    here = scene(cared_for=cared_for)
    for name in (*steps, *ASKS):
        with suppress(Conflict):  # A role that is held already, and the like.
            {**STEPS, **ASKS}[name](here)
    here.dissent("HRESCH")
    directory.cared_for(here.patient_id, by=here.clinician)
    scene()
    wrong = [each for each in replay_all() if each.finding is not Finding.SAME]
    assert not wrong


HISTORIES = (st.booleans(), st.lists(st.sampled_from([*STEPS, *ASKS]), max_size=8))
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(*HISTORIES)
@settings(max_examples=3, deadline=None, suppress_health_check=QUIET)
def test_any_history_is_replayed(
    app: Flask,
    cared_for: bool,  # noqa: FBT001
    steps: list[str],
) -> None:
    check_any_history(cared_for, steps)


@pytest.mark.soak
@given(*HISTORIES)
@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
def test_very_many_histories_are_replayed(
    app: Flask,
    cared_for: bool,  # noqa: FBT001
    steps: list[str],
) -> None:
    check_any_history(cared_for, steps)


def test_a_succession_changes_no_decision_of_before(app: Flask) -> None:
    here = scene()
    here.ask()
    after = directory.organisation()
    succession.succeeded(here.council, by=after)
    here.ask()
    here.ask(holder_id=after)
    assert [each.finding for each in replay_all()] == [Finding.SAME] * 3


def test_one_decision_is_replayed_for_the_patient_and_auditors_alone(
    app: Flask, session: Session
) -> None:
    here = scene()
    entry_id = here.ask().entry_id
    here.dissent()
    found = replaying.replay(session, here.patient, entry_id)
    assert (found.finding, found.outcome) == (Finding.SAME, Outcome.DEFAULT_PERMIT)
    auditor = directory.member(Role.AUDITOR)
    assert replaying.replay(session, auditor, entry_id).finding is Finding.SAME
    for other, wanted in ((here.clinician, entry_id), (auditor, uuid4())):
        with pytest.raises(NotFound):
            replaying.replay(session, other, wanted)
    answer = signed_in(app, here.patient).get(f"/api/v1/decisions/{entry_id}/replay")
    assert answer.get_json()["finding"] == "same"
    assert signed_in(app, here.clinician).get(
        f"/api/v1/decisions/{entry_id}/replay"
    ).status_code in {403, 404}


def test_what_was_erased_is_said_to_be(app: Flask, session: Session) -> None:
    here = scene()
    here.grant()
    entry_id = here.ask(purpose="HRESCH").entry_id
    session.connection(execution_options=TO_WRITE)
    privacy.erase(session, here.patient_id)
    session.commit()
    auditor = directory.member(Role.AUDITOR)
    found = replaying.replay(session, auditor, entry_id)
    assert found.finding is Finding.ERASED
    assert {each.field for each in found.differences} >= {"outcome", "consent"}
    assert "erased" in found.words


def test_a_changed_rule_is_seen(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay that cannot fail proves nothing: decide otherwise, and it says so."""
    here = scene()
    entry_id = here.ask().entry_id
    real = decide

    def otherwise(question: Question, *others: Any) -> Any:
        return real(replace(question, purpose="HRESCH"), *others)

    monkeypatch.setattr(replaying, "decide", otherwise)
    found = replaying.replay(session, here.patient, entry_id)
    assert found.finding is Finding.DIFFERS
    assert "outcome" in {each.field for each in found.differences}
