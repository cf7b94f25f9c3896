"""The third chapter: what two patients said. Iris shares for research; Jonah says no to sharing.

Iris also agrees that the council may see her care plan, and takes that back: care goes on, as
nobody needs a yes for it, and what she said and when stays on the record.
"""

from uuid import UUID

from ledger.consent import service
from ledger.consent.rules.choices import Choice
from ledger.core.actor import Role
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.sample.scene import Scene
from ledger.vocabulary.categories import Category


def tell(scene: Scene) -> None:
    """Let Iris agree to two things and take one back, and Jonah refuse."""
    trust, council = scene.organisation("trust"), scene.organisation("council")
    iris = scene.actor("iris.patient", Role.PATIENT)
    with unit_of_work(iris) as work:
        _grant(work, scene, "HRESCH", trust, {Category.CARE_PLAN, Category.MEDICINES})
    with unit_of_work(iris) as work:
        for_care = _grant(work, scene, "TREAT", council, {Category.CARE_PLAN})
    with unit_of_work(iris) as work:
        service.withdraw(work, for_care)
    with unit_of_work(scene.actor("jonah.patient", Role.PATIENT)) as work:
        choice = Choice(purposes=frozenset({"TREAT"}))
        service.dissent(work, patient_id=scene.patient("jonah"), choice=choice)
    scene.say("two patients' choices: given, taken back and refused")


def _grant(
    work: UnitOfWork, scene: Scene, purpose: str, to: UUID, categories: set[Category]
) -> UUID:
    choice = Choice(
        purposes=frozenset({purpose}),
        categories=frozenset(categories),
        organisation_ids=frozenset({to}),
    )
    return service.grant(
        work,
        patient_id=scene.patient("iris"),
        agreement_id=scene.agreements["pathway"],
        choice=choice,
    ).consent_id
