"""The chapter after what patients said: the trust asks, and some of what is said comes otherwise.

Four patients are asked whether the council may see their care plan; two of them by letter. Amir
says yes to research on paper and takes it back by phone: the trust says that it knows, the board
has not yet. A form that Jonah signed before he said no waits for the privacy officer.
"""

import json
from datetime import timedelta
from typing import Final

from ledger.consent import service
from ledger.consent.asking import service as asking
from ledger.consent.notices import service as notices
from ledger.consent.notices.rules import Format
from ledger.consent.rules.choices import Choice, Source
from ledger.consent.rules.lifecycle import Reason
from ledger.consent.service import Said
from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.errors import Bug
from ledger.core.work import unit_of_work
from ledger.messages.service.acknowledging import acknowledge
from ledger.sample.scene import DATA, Scene
from ledger.vocabulary.categories import Category

NOTICE: Final = "sharing-care-plans"
_ASKED: Final = ("iris", "jonah", "mabel", "amir")
_DAYS: Final = 28


def tell(scene: Scene) -> None:
    """Keep the notice, ask four patients, and record what comes on paper and by phone."""
    _write(scene)
    _ask(scene)
    _take_back(scene)
    _find_an_old_form(scene)
    scene.say("a notice in four forms, four patients asked, and answers on paper and by phone")


def _write(scene: Scene) -> None:
    for text in json.loads((DATA / "notices.json").read_text()):
        with unit_of_work(scene.actor("tess.steward", Role.STEWARD)) as work:
            notices.author(
                work,
                notice_id=NOTICE,
                version=1,
                language=text["language"],
                format=Format(text["format"]),
                title=text["title"],
                text=text["text"],
            )


def _ask(scene: Scene) -> None:
    with unit_of_work(scene.actor("tess.steward", Role.STEWARD)) as work:
        asking.ask(
            work,
            patient_ids=[scene.patient(one) for one in _ASKED],
            agreement_id=scene.agreements["pathway"],
            choice=_choice(scene, "COC", "council"),
            notice_id=NOTICE,
            language="en-GB",
            how=Format.STANDARD,
            awaited_to=work.today + timedelta(days=_DAYS),
        )


def _take_back(scene: Scene) -> None:
    """Let Amir say yes on paper and no by phone, and one of two parties know of it."""
    clinician, amir = scene.actor("cara.clinician", Role.CLINICIAN), scene.patient("amir")
    signed = Said(source=Source.PAPER, decided_at=clock.now() - timedelta(days=2))
    with unit_of_work(clinician) as work:
        given = service.grant(
            work,
            patient_id=amir,
            agreement_id=scene.agreements["pathway"],
            choice=_choice(scene, "HRESCH", "trust", "board"),
            said=signed,
        )
    by_phone = Said(source=Source.PHONE, words="I have read more about it and would rather not.")
    with unit_of_work(clinician) as work:
        taken = service.withdraw(work, given.consent_id, reason=Reason.CHANGED_MIND, said=by_phone)
    with unit_of_work(scene.actor("priya.privacy", Role.PRIVACY_OFFICER)) as work:
        acknowledge(work, entry_id=taken.entry_id)


def _find_an_old_form(scene: Scene) -> None:
    found = Said(
        source=Source.PAPER,
        decided_at=clock.now() - timedelta(days=40),
        words="The form was in the folder of the ward.",
    )
    with unit_of_work(scene.actor("dev.clinician", Role.CLINICIAN)) as work:
        done = service.grant_or_wait(
            work,
            patient_id=scene.patient("jonah"),
            agreement_id=scene.agreements["pathway"],
            choice=_choice(scene, "TREAT", "council"),
            said=found,
        )
    if not isinstance(done, service.Waiting):
        raise Bug("a form older than a no must wait")


def _choice(scene: Scene, purpose: str, *to: str) -> Choice:
    return Choice(
        purposes=frozenset({purpose}),
        categories=frozenset({Category.CARE_PLAN}),
        organisation_ids=frozenset(map(scene.organisation, to)),
    )
