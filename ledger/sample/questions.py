"""After the first questions: the glass is broken, and patients ask who looked, and why.

Dev breaks the glass for Jonah, who complains; Iris asks why Cara looked. Priya answers neither
yet: both wait at her desk, with the review.
"""

from ledger.access import queries
from ledger.access import service as looking
from ledger.access.deciding import BREAK_GLASS
from ledger.access.matters import service
from ledger.access.matters.rules import Sort
from ledger.access.question import Question
from ledger.access.rules.words import Action, OverrideReason
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.sample.scene import Scene
from ledger.vocabulary.categories import Category


def tell(scene: Scene) -> None:
    """Break the glass once; have two patients ask about a look."""
    dev = scene.actor("dev.clinician", Role.CLINICIAN)
    with unit_of_work(dev) as work:
        looking.open_override(
            work,
            patient_id=scene.patient("jonah"),
            organisation_id=scene.organisation("trust"),
            reason_code=OverrideReason.CANNOT_COMMUNICATE,
            reason="Brought in confused after a fall, alone. (Demonstration)",
        )
    question = Question(
        person_id=dev.id,
        organisation_id=scene.organisation("trust"),
        action=Action.ACCESS,
        patient_id=scene.patient("jonah"),
        category=Category.CARE_PLAN,
        holder_id=scene.organisation("council"),
        purpose=BREAK_GLASS,
    )
    looking.evaluate(db.session(), dev, question, now=clock.now())
    db.session.remove()
    _ask(
        scene.actor("jonah.patient"),
        Sort.COMPLAINT,
        "I had said no, and I was awake. Why did he look? (Demonstration)",
    )
    _ask(
        scene.actor("iris.patient"),
        Sort.QUESTION,
        "I do not know this person. What did they need? (Demonstration)",
    )
    scene.say("a broken glass to review, and a complaint and a question about who looked")


def _ask(patient: Actor, sort: Sort, words: str) -> None:
    assert patient.patient_id is not None
    newest = queries.looked(db.session(), patient, patient.patient_id, limit=1)[0]
    db.session.remove()
    with unit_of_work(patient) as work:
        service.raise_matter(
            work, patient_id=patient.patient_id, look_id=newest.entry_id, sort=sort, words=words
        )
