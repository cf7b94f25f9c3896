"""Powers for any test, recorded by the commands a user would call.

mother = acts_for(patient_id, at=trust)                     an Actor who acts as a parent
acts_for(patient_id, at=trust, kind=PowerKind.ATTORNEY)     verified by a second person
found(patient_id, Capable.LACKS_CAPACITY, at=trust)         a finding of a clinician there
"""

from collections.abc import Collection
from datetime import date, timedelta
from itertools import count
from uuid import UUID

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory.acting import findings, queries, service
from ledger.directory.acting.basis import BASES, Basis
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.rules import NEEDS_VERIFYING, PowerKind, Scope
from ledger.edge.acting_for import as_proxy
from tests.given.directory import cared_for, member

_numbers = count(1)
EVERYTHING = frozenset(Scope)


def power(
    patient_id: UUID,
    *,
    at: UUID,
    kind: PowerKind = PowerKind.PARENT,
    basis: Basis | None = None,
    scope: Collection[Scope] = EVERYTHING,
    from_on: date | None = None,
    until_on: date | None = None,
    email: str = "",
) -> tuple[UUID, UUID]:
    """Record a power, verified where it must be; return its id and the person's."""
    recorder = member(Role.STEWARD, at=at)
    number = next(_numbers)
    with unit_of_work(recorder) as work:
        power_id, invited = service.record_power(
            work,
            patient_id=patient_id,
            name=f"Relative {number}",
            email=email or f"relative.{number}@demonstration.example",
            kind=kind,
            basis=basis or min(BASES[kind]),
            scope=frozenset(scope) - ({Scope.DECIDE} if kind is PowerKind.HELPER else set()),
            from_on=from_on or work.today,
            until_on=until_on,
            evidence="Seen: the certificate, original",
        )
    if kind in NEEDS_VERIFYING:
        with unit_of_work(member(Role.STEWARD, at=at)) as work:
            service.verify(work, power_id=power_id)
    return power_id, invited.person_id


def acting(person_id: UUID, patient_id: UUID) -> Actor:
    """Return a person as they act for a patient now."""
    actor = directory.actor_for(db.session(), person_id, None)
    found = as_proxy(actor, patient_id, clock.now())
    assert found is not None, "no power holds now"
    return found


def acts_for(patient_id: UUID, **chosen: object) -> Actor:
    """Record a power, and return whoever acts by it."""
    _, person_id = power(patient_id, **chosen)  # type: ignore[arg-type]
    return acting(person_id, patient_id)


def found(patient_id: UUID, finding: Capable, *, at: UUID) -> None:
    """Have a clinician who cares for the patient record a finding."""
    clinician = member(Role.CLINICIAN, at=at)
    cared_for(patient_id, by=clinician)
    with unit_of_work(clinician) as work:
        findings.record_capacity(
            work,
            patient_id=patient_id,
            finding=finding,
            found_on=work.today,
            review_on=work.today + timedelta(days=90),
            words="Whether to share the care plan",
        )


def may_act(person_id: UUID, patient_id: UUID) -> bool:
    """Say whether a person may act for a patient now."""
    return queries.acting(db.session(), person_id, patient_id, clock.now()) is not None
