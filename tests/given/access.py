"""Questions and decisions for any test, asked as a user would.

scene()                 a patient, a clinician of a trust who cares for them, a council that
                        holds their data, and an agreement in force between the two
scene.question(...)     what the clinician would ask, with changes
scene.ask(...)          the decision, recorded
asked(scene, ...)       the same question as AuthZEN has it
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from ledger.access import service
from ledger.access.answers import Answered
from ledger.access.question import Question
from ledger.access.rules.words import Action
from ledger.agreements.rules.basis import (
    Article6,
    Article9,
    CommonLaw,
    LawfulBasis,
    Schedule1,
)
from ledger.agreements.rules.terms import Approval, ApprovalKind
from ledger.consent import service as consents
from ledger.consent.rules.choices import Choice
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.given import agreements, directory

SHARED = frozenset({Category.MEDICINES, Category.SEXUAL_HEALTH, Category.MENTAL_HEALTH})
RESEARCH = LawfulBasis(
    article_6=Article6.PUBLIC_TASK,
    article_9=Article9.RESEARCH,
    schedule_1=Schedule1.RESEARCH,
    common_law=CommonLaw.EXPLICIT_CONSENT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who is there."""

    trust: UUID
    council: UUID
    agreement_id: UUID
    clinician: Actor
    patient_id: UUID
    patient: Actor

    def question(self, **changes: object) -> Question:
        """Return whether the clinician may see the patient's medicines, to treat them."""
        asked = Question(
            person_id=self.clinician.id,
            organisation_id=self.trust,
            action=Action.ACCESS,
            patient_id=self.patient_id,
            category=Category.MEDICINES,
            holder_id=self.council,
            purpose="TREAT",
        )
        return replace(asked, **changes)  # type: ignore[arg-type]

    def ask(self, **changes: object) -> Answered:
        """Ask it, as the clinician."""
        return service.evaluate(
            db.session(), self.clinician, self.question(**changes), now=clock.now()
        )

    def client(self, **facts: object) -> Actor:
        """Return a program of the trust, as its token makes it."""
        given = {
            "roles": frozenset({Role.SERVICE}),
            "organisation_id": self.trust,
            "scopes": frozenset({"access:ask"}),
            **facts,
        }
        return Actor.client(UUID(int=7), **given)

    def choice(self, purpose: str = "HRESCH", **changes: object) -> Choice:
        """Return a choice to share medicines with the trust."""
        given = {
            "purposes": frozenset({purpose}),
            "categories": frozenset({Category.MEDICINES}),
            "organisation_ids": frozenset({self.trust}),
            **changes,
        }
        return Choice(**given)  # type: ignore[arg-type]

    def grant(self, purpose: str = "HRESCH", **changes: object) -> UUID:
        """Have the patient agree; return the consent's id."""
        with unit_of_work(self.patient) as work:
            return consents.grant(
                work,
                patient_id=self.patient_id,
                agreement_id=self.agreement_id,
                choice=self.choice(purpose, **changes),
            ).consent_id

    def withdraw(self, consent_id: UUID) -> None:
        """Have the patient withdraw."""
        with unit_of_work(self.patient) as work:
            consents.withdraw(work, consent_id)

    def dissent(self, purpose: str = "TREAT", **changes: object) -> UUID:
        """Have the patient say no."""
        with unit_of_work(self.patient) as work:
            return consents.dissent(
                work, patient_id=self.patient_id, choice=self.choice(purpose, **changes)
            ).consent_id


def scene(*, cared_for: bool = True) -> Scene:
    """Return a patient, a clinician, and an agreement between their organisations."""
    trust, council = directory.organisation(), directory.organisation()
    given = agreements.terms(
        trust,
        council,
        flows=(
            agreements.flow("CARE", council, trust, categories=SHARED),
            agreements.flow(
                "RESEARCH", council, trust, purpose="HRESCH", categories=SHARED, basis=RESEARCH
            ),
        ),
    )
    ethics = Approval(kind=ApprovalKind.ETHICS, reference="REC 26/1", approved_on=given.starts_on)
    given = replace(given, approvals=(*given.approvals, ethics))
    agreement_id = agreements.active(trust, council, given=given)
    clinician = directory.member(Role.CLINICIAN, at=trust)
    patient_id, patient = directory.patient(at=council, born_on=date(1948, 3, 1))
    if cared_for:
        directory.cared_for(patient_id, by=clinician)
    return Scene(
        trust=trust,
        council=council,
        agreement_id=agreement_id,
        clinician=clinician,
        patient_id=patient_id,
        patient=patient,
    )


def asked(here: Scene, **changes: Any) -> dict[str, Any]:
    """The question of the scene, with changes by dotted name; None takes a member away."""
    body: dict[str, Any] = {
        "subject": {
            "type": "user",
            "id": str(here.clinician.id),
            "properties": {"organisation": str(here.trust)},
        },
        "action": {"name": "access"},
        "resource": {
            "type": "patient-data",
            "id": str(here.patient_id),
            "properties": {"category": "medicines", "holder": str(here.council)},
        },
        "context": {"purpose": "TREAT"},
    }
    for path, value in changes.items():
        *above, name = path.split("__")
        part = body
        for step in above:
            part = part[step]
        if value is None:
            del part[name]
        else:
            part[name] = value
    return body
