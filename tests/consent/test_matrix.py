"""Every status and every event, by the commands: what the table says, and nothing else."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.consent import service
from ledger.consent.models import Consent
from ledger.consent.rules.lifecycle import TRANSITIONS, Event, IllegalTransition, Status
from ledger.core.actor import Actor
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.vocabulary.categories import Category
from tests import docs_consent
from tests.consent.conftest import Partnership
from tests.given import consent as given

Happen = Callable[[UnitOfWork, UUID], object]

PATHS: dict[Status, tuple[Event, ...]] = {
    Status.ACTIVE: (),
    Status.SUSPENDED: (Event.SUSPENDED,),
    Status.WITHDRAWN: (Event.WITHDRAWN,),
    Status.SUPERSEDED: (Event.SUPERSEDED,),
    Status.INVALIDATED: (Event.INVALIDATED,),
    Status.ENTERED_IN_ERROR: (Event.ENTERED_IN_ERROR,),
}
"""How a consent that was granted gets to each status."""


def happenings(p: Partnership, newer: UUID) -> dict[Event, Happen]:
    less = given.choice(p.council, categories=frozenset({Category.CARE_PLAN}))
    answer: dict[str, Any] = {"patient_id": p.patient_id, "agreement_id": p.agreement_id}
    return {
        Event.GRANTED: lambda w, c: service.grant(
            w, **answer, choice=given.choice(p.council), answers=c
        ),
        Event.REFUSED: lambda w, c: service.refuse(
            w, **answer, choice=given.choice(p.council), answers=c
        ),
        Event.NARROWED: lambda w, c: service.narrow(w, c, choice=less),
        Event.WITHDRAWN: service.withdraw,
        Event.SUSPENDED: service.suspend,
        Event.SUPERSEDED: lambda w, c: service.supersede(w, c, by=newer),
        Event.INVALIDATED: service.invalidate,
        Event.ENTERED_IN_ERROR: service.enter_in_error,
        Event.RE_VALIDATED: service.re_validate,
    }


def happen(actor: Actor, command: Happen, consent_id: UUID) -> None:
    with unit_of_work(actor) as work:
        command(work, consent_id)


@pytest.mark.parametrize("status", PATHS)
def test_every_cell_of_the_table(
    session: Session, partnership: Partnership, status: Status
) -> None:
    p = partnership
    for event in happenings(p, p.patient_id):
        consent_id = given.granted(p.patient, p.agreement_id, to=p.council)
        replaces = Event.SUPERSEDED in (*PATHS[status], event)
        newer = given.granted(p.patient, p.agreement_id, to=p.council) if replaces else consent_id
        commands = happenings(p, newer)
        for one in PATHS[status]:
            happen(p.patient, commands[one], consent_id)
        expected = TRANSITIONS[status].get(event)
        if expected is None:
            with pytest.raises(IllegalTransition):
                happen(p.patient, commands[event], consent_id)
            expected = status
        else:
            happen(p.patient, commands[event], consent_id)
        session.rollback()
        now = session.get(Consent, consent_id, populate_existing=True)
        assert now is not None
        assert now.status is expected, (status, event)


def test_the_page_shows_the_table_as_it_is() -> None:
    text = docs_consent.PAGE.read_text()
    assert docs_consent.page(text) == text
