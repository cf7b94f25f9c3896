"""What cannot be asked or replaced: no agreement is in force, or the other consent is no newer."""

from datetime import timedelta

import pytest

from ledger.agreements import service as agreements
from ledger.agreements.rules.leaving import Ground
from ledger.consent import service
from ledger.consent.asking import service as asking
from ledger.consent.asking.service import NotInForce
from ledger.consent.notices.rules import Format
from ledger.consent.service.life import NotNewer
from ledger.core.actor import Role
from ledger.core.ids import new_id
from ledger.core.work import unit_of_work
from tests.conftest import NOW
from tests.consent.conftest import Partnership
from tests.given import consent as given
from tests.given.directory import member
from tests.given.notices import authored


def test_nobody_is_asked_about_what_is_not_in_force(partnership: Partnership) -> None:
    p = partnership
    steward = member(Role.STEWARD, at=p.trust)
    authored(steward)
    officer = member(Role.PRIVACY_OFFICER, at=p.trust)
    until = NOW.date() + timedelta(days=1)
    with unit_of_work(officer) as work:
        agreements.suspend(work, p.agreement_id, ground=Ground.BREACH, to=until)
    with pytest.raises(NotInForce), unit_of_work(steward) as work:
        asking.ask(
            work,
            patient_ids=[p.patient_id],
            agreement_id=p.agreement_id,
            choice=given.choice(p.council),
            notice_id="sharing",
            language="en-GB",
            how=Format.STANDARD,
            awaited_to=NOW.date() + timedelta(days=28),
        )


def test_only_a_newer_consent_on_the_same_matter_takes_anothers_place(
    partnership: Partnership,
) -> None:
    p = partnership
    older, newer = (given.granted(p.patient, p.agreement_id, to=p.council) for _ in range(2))
    no = given.dissented(p.patient)
    for one, by in ((newer, older), (older, older), (older, no), (older, new_id())):
        with pytest.raises(NotNewer), unit_of_work(p.patient) as work:
            service.supersede(work, one, by=by)
    with unit_of_work(p.patient) as work:
        service.supersede(work, older, by=newer)
