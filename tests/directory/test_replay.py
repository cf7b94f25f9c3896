"""What the log says of the directory is what its tables hold, also after somebody was erased."""

from datetime import date

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.replay import replay
from ledger.core.work import unit_of_work
from ledger.directory import service
from ledger.directory.entries import EndReason
from ledger.directory.rules.care import DeclaredReason
from ledger.directory.rules.periods import Period
from tests.conftest import Sequenced
from tests.given.directory import another_role, cared_for, member, organisation, patient


def everything() -> None:
    """Use every command that changes the directory's tables."""
    trust = organisation()
    steward, clinician = member(Role.STEWARD, at=trust), member(Role.CLINICIAN, at=trust)
    signatory = another_role(clinician, Role.SIGNATORY, at=trust)
    (first, _), (second, _), (third, _) = (patient(at=trust) for _ in range(3))
    relationship_id = cared_for(first, by=clinician)
    with unit_of_work(steward) as work:
        service.rename_organisation(work, organisation_id=trust, name="Southmoor Trust")
        assert signatory.membership_id
        service.end_role(work, membership_id=signatory.membership_id, reason=EndReason.LEFT)
        team_id = service.form_team(work, organisation_id=trust, name="Falls")
        ever = Period(date(2026, 1, 1))
        joined = service.join_team(work, team_id=team_id, person_id=clinician.id, period=ever)
        service.leave_team(work, team_membership_id=joined, reason=EndReason.LEFT)
        service.end_care(work, relationship_id=relationship_id, reason=EndReason.DISCHARGED)
        service.unlink(work, patient_id=second, reason=EndReason.MISTAKE)
    locum = member(Role.CLINICIAN)
    with unit_of_work(locum) as work:
        declared = service.declare_care(
            work, patient_id=second, reason=DeclaredReason.COVER, words="Night cover"
        )
        service.find_patient(work, nhs_number="9990000018", date_of_birth=date(1948, 3, 1))
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=locum.organisation_id)) as work:
        service.review_declaration(
            work, relationship_id=declared, justified=False, finding="Not on duty"
        )
    with unit_of_work(member(Role.PRIVACY_OFFICER, at=trust)) as work:
        service.erase(work, patient_id=third)
        service.erase_person(work, person_id=clinician.id)


def test_replaying_the_log_makes_the_directory_anew(session: Session, sequenced: Sequenced) -> None:
    everything()
    sequenced()
    copy = create_engine("sqlite://")

    report = replay(db.engine, copy)

    copy.dispose()
    assert report.differences == []
    assert report.erased
    for table in ("memberships", "patients", "patient_lookups", "team_memberships", "enrolments"):
        assert report.rows[table]
