"""What else is said of a patient, each in a private group of its own: for the test of erasure."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from ledger.access import service as access
from ledger.access.matters import service as matters
from ledger.access.matters.rules import Sort
from ledger.access.question import Question
from ledger.access.reported import service as reported
from ledger.access.rules.words import Action
from ledger.consent import service as consents
from ledger.consent.rules.choices import Choice, Source
from ledger.consent.service import Said
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory.acting import findings
from ledger.directory.acting import service as acting
from ledger.directory.acting.basis import BASES
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.rules import PowerKind
from ledger.directory.identity import doubting
from ledger.messages.contact.entries import Where
from ledger.messages.contact.service import choose_contact
from ledger.vocabulary.categories import Category
from tests.given.acting import EVERYTHING
from tests.given.directory import cared_for

NAME = "Zebedee Quillfeather"
SINCE = [
    "why did Doctor Candleford look",
    "%PDF Quillfeather signed this form",
    "the certificate of Wilhelmina Candleford",
    "whether Quillfeather may decide on his letters",
    "Quillfeather shares a number with another",
    "safe.quillfeather@lark-rise.example",
]


def lived_on(patient_id: UUID, number: str, steward: Actor, clinician: Actor, me: Actor) -> None:
    """What else is said of a patient, each in a private group of its own."""
    trust = steward.organisation_id
    assert trust is not None
    today = clock.civil_date(clock.now())
    patient: dict[str, Any] = {"patient_id": patient_id}
    asked = Question(
        **patient,
        person_id=clinician.id,
        organisation_id=trust,
        action=Action.ACCESS,
        category=Category.MEDICINES,
        holder_id=trust,
        purpose="TREAT",
    )
    look_id = access.evaluate(db.session(), clinician, asked, now=clock.now()).entry_id
    scan = Said(source=Source.PHONE, evidence=SINCE[1].encode(), media_type="application/pdf")
    no = Choice(purposes=frozenset({"TREAT"}), categories=frozenset(), organisation_ids=frozenset())
    seen: dict[str, Any] = {
        "name": "Cousin",
        "email": "cousin@lark-rise.example",
        "evidence": SINCE[2],
    }
    by: dict[str, Any] = {
        "kind": PowerKind.PARENT,
        "basis": min(BASES[PowerKind.PARENT]),
        "scope": EVERYTHING,
    }
    with unit_of_work(me) as work:
        matters.raise_matter(work, **patient, look_id=look_id, sort=Sort.COMPLAINT, words=SINCE[0])
        choose_contact(work, patient_id, where=Where.ADDRESS, address=SINCE[5])
    with unit_of_work(clinician) as work:
        consents.dissent(work, **patient, choice=no, said=scan)
    with unit_of_work(steward) as work:
        acting.record_power(work, **patient, **seen, **by, from_on=today, until_on=None)
        doubting.raise_doubt(work, **patient, evidence=SINCE[4])
    cared_for(patient_id, by=clinician)
    with unit_of_work(clinician) as work:
        days: dict[str, Any] = {"found_on": today, "review_on": today + timedelta(days=9)}
        finding = Capable.LACKS_CAPACITY
        findings.record_capacity(work, **patient, finding=finding, **days, words=SINCE[3])
    with unit_of_work(reporter(trust)) as work:
        assert reported.report(work, read_of(number))[0].new


def reporter(trust: UUID) -> Actor:
    scopes = frozenset({"read:report"})
    roles = frozenset({Role.SERVICE})
    return Actor.client(UUID(int=7), roles=roles, organisation_id=trust, scopes=scopes)


def read_of(number: str) -> dict[str, Any]:
    """A read that a source system reports, which names the patient as sources do."""
    who = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": number}
    patient = {"identifier": who, "display": NAME}
    return {
        "resourceType": "AuditEvent",
        "id": "e-1",
        "type": {"code": "rest"},
        "action": "R",
        "recorded": clock.now().isoformat(),
        "agent": [{"who": {"display": "Ward system"}, "requestor": True}],
        "source": {"observer": {"display": "Ward system"}},
        "entity": [{"what": patient, "role": {"code": "1"}}],
    }
