"""Consents for any test, made by the commands a user would call.

patient, agreement_id = shared(trust, council)      a patient, and an agreement in force
granted(patient, agreement_id, to=trust)            a yes; the id of the consent
dissented(patient)                                  a standing no to sharing for care
withdrawn(patient, consent_id)                      takes it back
"""

from uuid import UUID

from ledger.consent import service
from ledger.consent.rules.choices import Choice
from ledger.consent.service import Said
from ledger.core.actor import Actor
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.given import agreements
from tests.given.directory import patient

ONLINE = Said()
CATEGORIES = frozenset({Category.CARE_PLAN, Category.MEDICINES})


def choice(*organisation_ids: UUID, **chosen: object) -> Choice:
    """Return an acceptable choice, with *chosen* changes."""
    given = {
        "purposes": frozenset({"TREAT"}),
        "categories": CATEGORIES,
        "organisation_ids": frozenset(organisation_ids),
        **chosen,
    }
    return Choice(**given)  # type: ignore[arg-type]


def shared(*organisations: UUID) -> tuple[Actor, UUID]:
    """Return a new patient of the first organisation, and an agreement between all of them."""
    _, actor = patient(at=organisations[0])
    return actor, agreements.active(*organisations)


def granted(
    patient: Actor, agreement_id: UUID, *, to: UUID, said: Said = ONLINE, **chosen: object
) -> UUID:
    """Have a patient agree that *to* gets their data; return the id of the consent."""
    assert patient.patient_id is not None
    with unit_of_work(patient) as work:
        return service.grant(
            work,
            patient_id=patient.patient_id,
            agreement_id=agreement_id,
            choice=choice(to, **chosen),
            said=said,
        ).consent_id


def dissented(patient: Actor, **chosen: object) -> UUID:
    """Have a patient say no to sharing for their care; return the id of the consent."""
    assert patient.patient_id is not None
    given = {"categories": frozenset(), **chosen}
    with unit_of_work(patient) as work:
        return service.dissent(
            work, patient_id=patient.patient_id, choice=choice(**given)
        ).consent_id


def withdrawn(patient: Actor, consent_id: UUID) -> None:
    """Have a patient take back what they said."""
    with unit_of_work(patient) as work:
        service.withdraw(work, consent_id)
