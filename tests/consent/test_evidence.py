"""What shows that something was said: kept, and read back; and how sure a no needs one to be."""

import base64
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.consent import service
from ledger.consent.rules.choices import Source
from ledger.consent.service import Said, evidence
from ledger.consent.service.stopping import stop_everything
from ledger.core.actor import Actor, Role
from ledger.core.authority import StrongerSignInNeeded
from ledger.core.errors import Forbidden, NotFound
from ledger.core.policy import Permission
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.edge.assurance import Need, needs
from ledger.vocabulary.categories import Category
from tests.consent.conftest import ActAs, Partnership
from tests.given import consent as given
from tests.given.directory import cared_for, member, patient

SCAN = Said(source=Source.PHONE, evidence=b"%PDF a no", media_type="application/pdf")


def read(actor: Actor, consent_id: UUID, entry_id: UUID) -> evidence.Evidence:
    with unit_of_work(actor) as work:
        return evidence.read(work, consent_id, entry_id)


def test_every_no_keeps_its_evidence_for_the_patient_and_the_privacy_officer(
    session: Session, partnership: Partnership
) -> None:
    p = partnership
    clinician = member(Role.CLINICIAN, at=p.trust)
    cared_for(p.patient_id, by=clinician)
    officer = member(Role.PRIVACY_OFFICER, at=p.trust)
    less = given.choice(p.council, categories=frozenset({Category.CARE_PLAN}))
    yes = given.granted(p.patient, p.agreement_id, to=p.council)
    recorded = []
    with unit_of_work(clinician) as work:
        recorded.append(service.narrow(work, yes, choice=less, said=SCAN))
    with unit_of_work(clinician) as work:
        recorded.append(service.suspend(work, yes, said=SCAN))
    with unit_of_work(clinician) as work:
        recorded.append(service.withdraw(work, yes, said=SCAN))
    with unit_of_work(clinician) as work:
        refused = service.refuse(
            work,
            patient_id=p.patient_id,
            agreement_id=p.agreement_id,
            choice=given.choice(p.council),
            said=SCAN,
        )
        recorded.append(refused)
    for one in recorded:
        found = read(p.patient, one.consent_id, one.entry_id)
        assert (found.content, found.media_type) == (b"%PDF a no", "application/pdf")
    assert read(officer, yes, recorded[0].entry_id).content == b"%PDF a no"
    session.rollback()
    reads = select(LogEntry.actor).where(LogEntry.kind == "consent.evidence-read")
    who = session.scalars(reads.order_by(LogEntry.position)).all()
    assert who == [p.patient.ref] * 4 + [officer.ref]
    with pytest.raises(NotFound):
        read(member(Role.PRIVACY_OFFICER, at=p.council), yes, recorded[0].entry_id)
    with pytest.raises(Forbidden):
        read(clinician, yes, recorded[0].entry_id)
    _, stranger = patient(at=p.trust)
    with pytest.raises(NotFound):
        read(stranger, yes, recorded[0].entry_id)
    with pytest.raises(NotFound):  # Of another consent.
        read(p.patient, yes, refused.entry_id)
    granted = session.scalars(select(LogEntry).where(LogEntry.kind == "consent.granted")).first()
    assert granted is not None
    with pytest.raises(NotFound):  # There is none.
        read(p.patient, yes, granted.id)


def test_over_http(partnership: Partnership, act_as: ActAs) -> None:
    p = partnership
    yes = given.granted(p.patient, p.agreement_id, to=p.council)
    client = act_as(member(Role.CLINICIAN, at=p.trust))
    for wrong in ("not base64!", "", "A" * 900_001):
        form = {"media_type": "application/pdf", "content": wrong}
        where = f"/api/v1/patients/{p.patient_id}/dissents"
        sent = {"purposes": ["TREAT"], "source": "phone", "evidence": form}
        assert client.post(where, json=sent).status_code == 422
    form = {"media_type": "image/png", "content": base64.b64encode(b"\x89PNG").decode()}
    done = client.post(
        f"/api/v1/patients/{p.patient_id}/dissents",
        json={"purposes": ["TREAT"], "source": "phone", "evidence": form},
    )
    assert done.status_code == 201, done.json
    body = done.json or {}
    where = f"/api/v1/consents/{body['consent_id']}/evidence/{body['entry_id']}"
    assert client.get(where).status_code == 403
    shown = act_as(p.patient).get(where)
    assert (shown.data, shown.content_type) == (b"\x89PNG", "image/png")
    assert act_as(p.patient).get(f"/api/v1/consents/{yes}/evidence/{yes}").status_code == 404


def test_saying_no_needs_any_sign_in_and_saying_yes_a_sure_one(partnership: Partnership) -> None:
    p = partnership
    unproven = frozenset(one for one in Permission if needs(one, as_patient=True) is not Need.ANY)
    weak = replace(p.patient, unproven=unproven)
    yes, other = (given.granted(p.patient, p.agreement_id, to=p.council) for _ in range(2))
    less = given.choice(p.council, categories=frozenset({Category.CARE_PLAN}))
    for say_no in (
        lambda work: service.narrow(work, other, choice=less),
        lambda work: service.suspend(work, other),
        lambda work: service.withdraw(work, other),
        lambda work: service.refuse(
            work,
            patient_id=p.patient_id,
            agreement_id=p.agreement_id,
            choice=given.choice(p.council),
        ),
        lambda work: service.dissent(work, patient_id=p.patient_id, choice=given.choice()),
        lambda work: stop_everything(work, patient_id=p.patient_id),
    ):
        with unit_of_work(weak) as work:
            say_no(work)
    with pytest.raises(StrongerSignInNeeded), unit_of_work(weak) as work:
        service.grant(
            work,
            patient_id=p.patient_id,
            agreement_id=p.agreement_id,
            choice=given.choice(p.council),
        )
    with pytest.raises(StrongerSignInNeeded), unit_of_work(weak) as work:
        evidence.read(work, yes, yes)
