"""Coming of age, as time brings it. No decision waits for this: powers end by rule."""

from datetime import timedelta
from typing import Final

from ledger.consent.proxies import service
from ledger.core.actor import Actor
from ledger.core.scheduler import Job
from ledger.core.work import unit_of_work


def come_of_age() -> int:
    """Freeze what parents agreed to for everybody who has come of age; return how much."""
    clock = Actor.system("clock")
    with unit_of_work(clock) as work:
        patients = service.due(work)
    done = 0
    for patient_id in patients:
        with unit_of_work(clock) as work:
            done += service.freeze(work, patient_id=patient_id)
    return done


JOBS: Final = (Job("consents come of age", every=timedelta(minutes=15), run=come_of_age),)
