"""The last chapter: something of every sort waits at the privacy officer's desk.

What came before left questions, a withdrawal and a broken glass there. Here parents disagree,
and somebody meets that; a system reports a look that nobody decided on; a consent from
elsewhere says two things; a complaint is upheld; and whose record one is comes into doubt.
"""

import json
from datetime import timedelta
from typing import Final

import requests

from ledger.access import queries, service
from ledger.access.keeping import rules as keeping
from ledger.access.keeping import settling
from ledger.access.matters import service as matters
from ledger.access.matters.rules import Outcome, Sort
from ledger.access.question import Question
from ledger.access.rules.words import Action, OverrideReason
from ledger.consent import service as consents
from ledger.consent.rules.choices import Choice, Source
from ledger.consent.rules.lifecycle import Reason
from ledger.consent.service import Said
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.ids import new_id
from ledger.core.work import unit_of_work
from ledger.directory.identity import doubting, joining
from ledger.directory.identity.rules import Act, Ground
from ledger.directory.rules.care import DeclaredReason
from ledger.directory.service.declarations import declare_care
from ledger.edge.oauth import clients
from ledger.sample.parents import disagree
from ledger.sample.scene import Scene, parties
from ledger.vocabulary.categories import Category

_WAIT_S: Final = 30
_NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number"
_TERMINOLOGY: Final = "http://terminology.hl7.org/CodeSystem"


def tell(scene: Scene) -> None:
    """Fill the desk."""
    priya = scene.actor("priya.privacy", Role.PRIVACY_OFFICER)
    disagree(scene)
    _declared_and_met(scene)
    _taken_back(scene)
    _upheld(scene, priya)
    _not_told(scene, priya)
    _from_elsewhere(priya)
    _whose_record(scene)
    _reported(scene)
    scene.pages["desk"] = "/desk"
    scene.say("one of each sort at the privacy officer's desk")


def _declared_and_met(scene: Scene) -> None:
    """Let two who are on no roster declare care, and one of them meet what the parents said."""
    soren = scene.actor("soren.social", Role.SOCIAL_WORKER)
    leo = scene.patient("leo")
    for who in (scene.actor("cara.clinician", Role.CLINICIAN), soren):
        with unit_of_work(who) as work:
            words = "On call for a colleague tonight. (Demonstration)"
            declare_care(work, patient_id=leo, reason=DeclaredReason.COVER, words=words)
    question = Question(
        person_id=soren.id,
        organisation_id=scene.organisation("council"),
        action=Action.ACCESS,
        patient_id=leo,
        category=Category.CARE_PLAN,
        holder_id=scene.organisation("trust"),
        purpose="TREAT",
    )
    service.evaluate(db.session(), soren, question, now=clock.now())
    db.session.remove()


def _taken_back(scene: Scene) -> None:
    """Record on paper that Ruth says yes to research at the trust, and by phone that she does not.

    It counts at once; the trust has not said yet that it knows.
    """
    clinician, ruth = scene.actor("cara.clinician", Role.CLINICIAN), scene.patient("ruth")
    choice = Choice(
        purposes=frozenset({"HRESCH"}),
        categories=frozenset({Category.MEDICINES}),
        organisation_ids=frozenset({scene.organisation("trust")}),
    )
    said = Said(source=Source.PAPER, decided_at=clock.now() - timedelta(days=1))
    with unit_of_work(clinician) as work:
        given = consents.grant(
            work,
            patient_id=ruth,
            agreement_id=scene.agreements["pathway"],
            choice=choice,
            said=said,
        )
    with unit_of_work(clinician) as work:
        consents.withdraw(
            work,
            given.consent_id,
            reason=Reason.CHANGED_MIND,
            said=Said(source=Source.PHONE),
        )


def _upheld(scene: Scene, priya: Actor) -> None:
    """Let a patient complain of a look that was allowed, and the complaint be upheld."""
    iris = scene.actor("iris.patient")
    patient_id = scene.patient("iris")
    looks = queries.looked(db.session(), iris, patient_id, limit=10)
    db.session.remove()
    allowed = [one.entry_id for one in looks if one.allowed]
    with unit_of_work(iris) as work:
        matter_id = matters.raise_matter(
            work,
            patient_id=patient_id,
            look_id=allowed[-1],
            sort=Sort.COMPLAINT,
            words="She lives in my street and was not on duty. (Demonstration)",
        )
    with unit_of_work(priya) as work:
        matters.answer(
            work,
            matter_id,
            outcome=Outcome.UPHELD,
            words="You are right: nobody needed to look that day. We are finding out more.",
        )


def _not_told(scene: Scene, priya: Actor) -> None:
    """Break the glass for a patient who is not told of it for some days."""
    with unit_of_work(scene.actor("dev.clinician", Role.CLINICIAN)) as work:
        override_id = service.open_override(
            work,
            patient_id=scene.patient("mabel"),
            organisation_id=scene.organisation("trust"),
            reason_code=OverrideReason.CANNOT_COMMUNICATE,
            reason="Found at home by a neighbour, with bruises. (Demonstration)",
        ).id
    with unit_of_work(priya) as work:
        settling.withhold_telling(
            work,
            override_id,
            ground=keeping.Ground.SAFEGUARDING,
            ends_at=work.now + timedelta(days=3),
            words="The letter would be opened by somebody else. (Demonstration)",
        )


def _from_elsewhere(priya: Actor) -> None:
    """Bring in a consent that can be read in two ways: it waits, and counts for nothing."""
    number = parties()["patients"]["amir"]["nhs_number"]
    consent = {
        "resourceType": "Consent",
        "status": "active",
        "scope": _concept("consentscope", "patient-privacy"),
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"identifier": {"system": _NHS_NUMBER, "value": number}},
        "dateTime": f"{clock.today() - timedelta(days=30)}",
        "policyRule": _concept("v3-ActCode", "OPTIN"),
        "provision": {
            "purpose": [{"system": f"{_TERMINOLOGY}/v3-ActReason", "code": "HRESCH"}],
        },
    }
    with unit_of_work(priya) as work:
        consents.import_fhir(work, body=json.dumps(consent).encode())


def _whose_record(scene: Scene) -> None:
    """Propose that two records are one patient's; doubt whose another one is."""
    tess = scene.actor("tess.steward", Role.STEWARD)
    with unit_of_work(tess) as work:
        joining.propose(
            work,
            act=Act.JOIN,
            surviving_id=scene.patient("ruth"),
            superseded_id=scene.patient("ruth-again"),
            ground=Ground.DUPLICATE_REGISTRATION,
            evidence="Registered again under her married name. (Demonstration)",
        )
    with unit_of_work(tess) as work:
        doubting.raise_doubt(
            work,
            patient_id=scene.patient("amir"),
            evidence="A letter about somebody else was filed here. (Demonstration)",
        )


def _reported(scene: Scene) -> None:
    """Let a ward's system report that somebody read what nobody had asked about."""
    with unit_of_work(scene.actor("tess.steward", Role.STEWARD)) as work:
        client_id, secret = clients.register(
            work,
            name="Northmoor ward system (demonstration)",
            organisation_id=scene.organisation("trust"),
            scopes=("read:report",),
        )
    answer = requests.post(
        f"{scene.address}/oauth/token",
        data={"grant_type": "client_credentials", "scope": "read:report"},
        auth=(str(client_id), secret or ""),
        timeout=_WAIT_S,
    )
    answer.raise_for_status()
    sent = requests.post(
        f"{scene.address}/fhir/R4/AuditEvent",
        json=_event(scene),
        headers={
            "Authorization": f"Bearer {answer.json()['access_token']}",
            "Content-Type": "application/fhir+json",
        },
        timeout=_WAIT_S,
    )
    sent.raise_for_status()


def _event(scene: Scene) -> dict[str, object]:
    who = {"system": "urn:care-ledger:actor", "value": f"person:{scene.person('dev.clinician')}"}
    number = parties()["patients"]["ruth"]["nhs_number"]
    patient = {"identifier": {"system": _NHS_NUMBER, "value": number}}
    return {
        "resourceType": "AuditEvent",
        "id": f"e-{new_id()}",
        "type": {"system": f"{_TERMINOLOGY}/audit-event-type", "code": "rest"},
        "action": "R",
        "recorded": clock.now().isoformat(),
        "outcome": "0",
        "agent": [{"who": {"identifier": who}, "requestor": True}],
        "source": {"observer": {"display": "Ward system (demonstration)"}},
        "entity": [
            {"what": patient, "role": {"code": "1"}},
            {"what": {"reference": "MedicationRequest/7"}, "role": {"code": "4"}},
        ],
    }


def _concept(system: str, code: str) -> dict[str, object]:
    return {"coding": [{"system": f"{_TERMINOLOGY}/{system}", "code": code}]}
