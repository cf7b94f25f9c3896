"""Whoever is erased is let go by every area first."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.consent import queries as consents
from ledger.core.actor import Role
from ledger.core.errors import Conflict
from ledger.core.trail import LogEntry
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import erasing, queries, service
from tests.given.consent import dissented, granted, shared
from tests.given.directory import member, organisation, patient


def test_what_an_erased_patient_agreed_to_is_withdrawn_first_and_a_no_is_not(
    session: Session,
) -> None:
    trust, council = organisation(), organisation()
    actor, agreement_id = shared(trust, council)
    yes, no = granted(actor, agreement_id, to=council), dissented(actor)
    assert actor.patient_id
    before = consents.versions(session, [actor.patient_id])
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=trust)) as work:
        service.erase(work, patient_id=actor.patient_id)

    oldest_first = select(LogEntry.body).order_by(LogEntry.position)
    entries = [Record.from_bytes(body) for body in session.scalars(oldest_first)]
    withdrawn, erased = entries[-2:]
    assert [each.entry.kind for each in (withdrawn, erased)] == [
        "consent.withdrawn",
        "directory.erased",
    ]
    assert withdrawn.work == erased.work
    assert str(yes) in withdrawn.to_bytes().decode()
    assert str(no) not in withdrawn.to_bytes().decode()
    assert consents.versions(session, [actor.patient_id]) != before
    assert consents.standing(session, actor.patient_id).consents == ()


def test_a_duty_to_keep_something_refuses_it_and_leaves_all_as_it_was(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hold(work: UnitOfWork, patient_id: object) -> None:
        raise Conflict("an inquiry needs this record until 2030")

    monkeypatch.setattr(erasing, "_steps", [*erasing._steps, hold])
    trust = organisation()
    patient_id, _ = patient(at=trust)
    with (
        pytest.raises(Conflict, match="inquiry"),
        unit_of_work(member(Role.PRIVACY_OFFICER, at=trust)) as work,
    ):
        service.erase(work, patient_id=patient_id)
    assert queries.patient_exists(session, patient_id)
