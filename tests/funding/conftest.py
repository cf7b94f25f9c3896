"""A pool for every test, and clients that are signed in as somebody."""

import pytest
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from tests.beginnings import begins_with
from tests.conftest import Sequenced
from tests.directory.conftest import act_as
from tests.given import directory as people
from tests.given.funding import GivenPool, accrued, allocated, paid, pool, received

__all__ = ["act_as"]


beginning = begins_with(pool)


@pytest.fixture
def given(told: GivenPool) -> GivenPool:
    return told


@pytest.fixture
def busy(session: Session, sequenced: Sequenced, given: GivenPool) -> GivenPool:
    allocated(given, first=500_000_00, second=1_234_56)
    for partner, amount in enumerate((150_000_01, 33_333_33, 7)):
        received(given, amount, partner=partner)
    accrued(given, 40_000_01, reference="=cmd|' /C calc'!A0")
    paid(given, 13_000_00)
    sequenced()
    session.rollback()
    return given


@pytest.fixture
def readers(busy: GivenPool) -> dict[str, Actor]:
    partners = busy.partners
    return {
        "host lead": busy.approver,
        "partner lead": busy.leads[1],
        "partner board": people.member(Role.BOARD_MEMBER, at=partners[1]),
        "partner cfo": people.member(Role.CHIEF_FINANCE_OFFICER, at=partners[1]),
        "auditor": people.member(Role.AUDITOR, at=partners[2]),
        "provider lead": people.member(Role.FINANCE_LEAD, at=busy.provider),
        "clinician": people.member(Role.CLINICIAN, at=partners[1]),
    }
