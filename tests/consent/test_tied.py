"""A yes under one agreement counts under no other."""

from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.consent import queries, service
from ledger.consent.rules import Data, Outcome, Request, evaluate
from ledger.consent.rules.tied import counting_under
from ledger.core.ids import new_id
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.conftest import NOW
from tests.consent.conftest import Partnership
from tests.given import consent as given


def ask(session: Session, p: Partnership, *agreement_ids: UUID) -> Outcome:
    found = queries.standing(session, p.patient_id)
    request = Request(
        subject=p.patient_id,
        actors=frozenset({f"organisation:{p.council}"}),
        action="access",
        purpose="TREAT",
        at=found.instant(NOW),
        data=Data(category=Category.MEDICINES),
    )
    return evaluate(counting_under(found.consents, agreement_ids), request).outcome


def test_a_yes_counts_under_its_own_agreement_alone(
    session: Session, partnership: Partnership
) -> None:
    p, other = partnership, new_id()
    given.granted(p.patient, p.agreement_id, to=p.council)
    assert ask(session, p, p.agreement_id) is Outcome.PERMIT
    assert ask(session, p, p.agreement_id, other) is Outcome.PERMIT
    assert ask(session, p, other) is Outcome.NOT_APPLICABLE
    assert ask(session, p) is Outcome.NOT_APPLICABLE  # None is in force, or its party has left.


@pytest.mark.parametrize("tied", [True, False])
def test_a_no_counts_under_every_agreement(
    session: Session,
    partnership: Partnership,
    tied: bool,  # noqa: FBT001 - a case of the table
) -> None:
    p = partnership
    given.granted(p.patient, p.agreement_id, to=p.council)
    with unit_of_work(p.patient) as work:
        service.dissent(
            work,
            patient_id=p.patient_id,
            choice=given.choice(categories=frozenset()),
            agreement_id=p.agreement_id if tied else None,
        )
    assert ask(session, p, p.agreement_id) is Outcome.DENY
    assert ask(session, p, new_id()) is Outcome.DENY
    assert ask(session, p) is Outcome.DENY


def test_what_a_yes_replaced_stays_replaced(session: Session, partnership: Partnership) -> None:
    p = partnership
    given.granted(p.patient, p.agreement_id, to=p.council)
    newer = given.granted(
        p.patient, p.agreement_id, to=p.council, categories=frozenset({Category.CARE_PLAN})
    )
    counted = counting_under(queries.standing(session, p.patient_id).consents, ())
    assert {v.consent_id for v in counted} >= {newer}
    assert ask(session, p, p.agreement_id) is Outcome.NOT_APPLICABLE
