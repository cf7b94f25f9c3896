"""Everything the areas do together: checked, replayed, taken away and verified."""

from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import create_engine

from audit.verify import verify
from ledger.access import service as access
from ledger.access.rules.words import OverrideReason
from ledger.core import bundles, check, exports, replay
from ledger.core.actor import Role
from ledger.core.db import db, snapshot
from ledger.core.filters import Filter
from ledger.core.work import unit_of_work
from ledger.directory import service as people
from tests.conftest import Sequenced
from tests.given import access as given_access
from tests.given import consent, directory, funding
from tests.given.identity import signed_in
from tests.trail.given import AUDITOR

ALLOCATED_MINOR = 4_000_000
PAID_MINOR = 1_200_000


@pytest.fixture
def year(app: Flask) -> None:
    """Agreements, consents, decisions, money and an erasure, by the commands users call."""
    here = given_access.scene()
    consent_id = here.grant()
    app.config["WTF_CSRF_ENABLED"] = False
    client = signed_in(app, here.clinician)
    answer = client.post("/access/v1/evaluation", json=given_access.asked(here))
    assert answer.status_code == 200, answer.text
    with unit_of_work(here.clinician) as work:
        access.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.UNCONSCIOUS,
            reason="Found unconscious at home",
        )
    here.withdraw(consent_id)
    trust, council = directory.organisation(), directory.organisation()
    patient, agreement_id = consent.shared(trust, council)
    consent.granted(patient, agreement_id, to=council)
    consent.dissented(patient)

    pool = funding.pool()
    funding.received(pool, ALLOCATED_MINOR)
    funding.allocated(pool, first=ALLOCATED_MINOR)
    funding.accrued(pool, PAID_MINOR)
    funding.paid(pool, PAID_MINOR)

    officer = directory.member(Role.PRIVACY_OFFICER, at=here.council)
    with unit_of_work(officer) as work:
        people.erase(work, patient_id=here.patient_id)


@pytest.mark.usefixtures("year")
def test_the_state_is_what_the_log_says_and_the_log_is_what_it_signed(
    app: Flask, sequenced: Sequenced
) -> None:
    unsequenced = _replayed()
    assert unsequenced.differences == []
    sequenced()

    report = _replayed()
    assert report.differences == []
    assert report.erased
    areas = {"consents", "agreements", "organisations", "access_overrides", "pool_postings"}
    assert areas <= {table for table, rows in report.rows.items() if rows}

    signers = app.extensions["signers"]
    with snapshot(db.engine) as session:
        for log in ("ledger", "access"):
            checked = check.check(session, log, signers[log].verifier())
            assert checked.faults == []
            assert checked.size > 0


@pytest.mark.usefixtures("year")
def test_all_of_it_leaves_as_bundles_that_verify(app: Flask, sequenced: Sequenced) -> None:
    sequenced()
    for which in (Filter(), Filter(log="access"), Filter(kind="consent"), Filter(kind="funding")):
        with unit_of_work(AUDITOR) as work:
            export = exports.announce(work, which=which, recipient="The auditors")
        file, key = BytesIO(), app.extensions["signers"][which.log].verifier()
        with snapshot(db.engine) as session:
            bundles.write(session, export, file, key=key, demonstration=True)
        file.seek(0)
        assert verify(file, key).statement.entries == export.rows


def _replayed() -> replay.Report:
    copy = create_engine("sqlite://")
    report = replay.replay(db.engine, copy)
    copy.dispose()
    return report
