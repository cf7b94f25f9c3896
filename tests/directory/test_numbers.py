"""A patient's number changes: the new one leads to the record, the old one to nobody."""

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, Invalid, NotFound
from ledger.core.replay import replay
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.service.numbers import NumberTaken, change_number
from tests.conftest import Sequenced
from tests.given.directory import another_role, member, nhs_number, organisation, patient


def test_the_new_number_leads_there_and_the_old_one_nowhere(
    app: Flask, session: Session, sequenced: Sequenced
) -> None:
    trust = organisation()
    born = date(1948, 3, 1)
    patient_id, _ = patient(at=trust, born_on=born)
    before = queries.patient_identities(session, [patient_id])[patient_id]
    assert before is not None
    officer, new = member(Role.PRIVACY_OFFICER, at=trust), nhs_number()

    with unit_of_work(officer) as work:
        change_number(work, patient_id=patient_id, nhs_number=new)
    with unit_of_work(officer) as work:
        change_number(work, patient_id=patient_id, nhs_number=new)

    assert queries.patient_by_nhs_number(db.session(), new) == patient_id
    assert queries.patient_by_nhs_number(db.session(), before.nhs_number) is None
    with unit_of_work(member(Role.STEWARD, at=trust)) as work:
        old = before.nhs_number
        assert service.find_patient(work, nhs_number=old, date_of_birth=born) is None
    bodies = [bytes(body) for (body,) in db.session().query(LogEntry.body)]
    for number in (new, before.nhs_number):
        assert not any(number.encode() in body for body in bodies)
    db.session().rollback()
    sequenced()
    copy = create_engine("sqlite://")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []


def test_who_may_and_what_is_refused(app: Flask, session: Session) -> None:
    trust = organisation()
    (first, _), (second, own) = patient(at=trust), patient(at=trust)
    taken = queries.patient_identities(session, [second])[second]
    assert taken is not None
    officer = member(Role.PRIVACY_OFFICER, at=trust)
    with pytest.raises(NumberTaken), unit_of_work(officer) as work:
        change_number(work, patient_id=first, nhs_number=taken.nhs_number)
    with pytest.raises(Invalid), unit_of_work(officer) as work:
        change_number(work, patient_id=first, nhs_number="1234567890")
    strangers = (
        member(Role.PRIVACY_OFFICER),
        member(Role.CLINICIAN, at=trust),
        another_role(own, Role.PRIVACY_OFFICER, at=trust),
    )
    for actor in strangers:
        with pytest.raises((NotFound, Forbidden)), unit_of_work(actor) as work:
            change_number(work, patient_id=second, nhs_number=nhs_number())
