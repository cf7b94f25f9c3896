"""The question in SQL whether somebody said no since is the pure rule, whatever they said."""

from datetime import timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.consent import service
from ledger.consent.queries.standing import compiled, said_no_since
from ledger.consent.rules.combining import decided_before_a_no
from ledger.consent.rules.lifecycle import IllegalTransition
from ledger.consent.rules.narrowing import NotNarrower
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.conftest import NOW
from tests.consent.conftest import Partnership
from tests.given.consent import choice
from tests.given.directory import patient

SAY = st.sampled_from(["grant", "dissent", "refuse"])
HAPPEN = st.sampled_from(
    ["withdraw", "suspend", "re_validate", "invalidate", "enter_in_error", "narrow"]
)
LESS = frozenset({Category.MEDICINES})
STORIES = st.lists(st.tuples(SAY, st.lists(HAPPEN, max_size=2)), min_size=1, max_size=4)


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=STORIES, later=st.lists(st.integers(1, 3), min_size=12, max_size=12))
def test_the_question_in_sql_is_the_pure_rule(
    app: Flask, partnership: Partnership, story: list[tuple[str, list[str]]], later: list[int]
) -> None:
    p = partnership
    patient_id, actor = patient(at=p.trust)
    about: dict[str, Any] = {
        "patient_id": patient_id,
        "agreement_id": p.agreement_id,
        "choice": choice(p.council),
    }
    now, minutes = NOW, iter(later)
    for say, happens in story:
        now += timedelta(minutes=next(minutes))
        with unit_of_work(actor, now=now) as work:
            consent_id = getattr(service, say)(work, **about).consent_id
        for happen in happens:
            now += timedelta(minutes=next(minutes))
            try:
                with unit_of_work(actor, now=now) as work:
                    less = {"choice": choice(p.council, categories=LESS)}
                    getattr(service, happen)(work, consent_id, **less if happen == "narrow" else {})
            except (IllegalTransition, NotNarrower):
                continue
    session = db.session()
    session.rollback()
    said = compiled(session, patient_id)
    for minute in range(-1, 40):
        decided_at = NOW + timedelta(minutes=minute)
        expected = decided_before_a_no(decided_at, said)
        assert said_no_since(session, patient_id, decided_at) is expected, (story, minute)
