"""Reads of who may act for whom. All return values; a birth day never leaves as such."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import clock, privacy
from ledger.core.permissions import Permission
from ledger.directory.acting.ages import ADULT_AT, PRESUMED_AT, AgeBand, band, reaches
from ledger.directory.acting.basis import Basis
from ledger.directory.acting.entries import DAY, Capable
from ledger.directory.acting.models import CapacityFinding, Death, PowerRow, PowerStep
from ledger.directory.acting.rules import (
    Finding,
    Life,
    Power,
    PowerKind,
    Scope,
    Step,
    may_act,
)
from ledger.directory.acting.together import stilled_together
from ledger.directory.identity.queries import records_of, root_of
from ledger.directory.queries.patients import patient_identities

DECIDES: Final = frozenset({Capable.HAS_CAPACITY, Capable.COMPETENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Speakers:
    """Everything that bears on who may speak for a patient.

    Attributes:
        bases: The legal basis of each power, by its id.
    """

    life: Life
    powers: tuple[Power, ...]
    bases: dict[UUID, Basis]

    def of(self, person_id: UUID) -> tuple[Power, ...]:
        """Return the powers of a person over the patient."""
        return tuple(each for each in self.powers if each.person_id == person_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """The power by which somebody acts for a patient now."""

    power_id: UUID
    patient_id: UUID
    kind: PowerKind
    basis: Basis
    scope: frozenset[Scope]
    name: str | None
    """The patient's name: for the person who acts for them, and nobody else."""


def speakers(session: Session, patient_id: UUID, *, known_at: datetime | None = None) -> Speakers:
    """Return who may ever speak for a patient; with *known_at*, as was recorded by then.

    What is recorded over any record of a patient counts for the patient. Where one person has
    several powers, no word of theirs counts while any of them is suspended.
    """
    mine = PowerRow.patient_id.in_(records_of(session, patient_id))
    rows = session.scalars(select(PowerRow).where(mine).order_by(PowerRow.id)).all()
    steps = steps_of(session, [row.id for row in rows], known_at)
    powers = [power_of(row, steps[row.id]) for row in rows if steps[row.id]]
    return Speakers(
        life=life(session, patient_id, known_at=known_at),
        powers=stilled_together(powers),
        bases={row.id: row.basis for row in rows},
    )


def life(session: Session, patient_id: UUID, *, known_at: datetime | None = None) -> Life:
    """Return what of a patient's life bears on who speaks; of somebody erased, nothing is known.

    Of several records the latest finding counts, whichever it is in, the first death, and the
    birthday of the record that the number leads to.
    """
    records = records_of(session, patient_id)
    born_on = _born_on(session, root_of(session, patient_id), records)
    rows = session.scalars(
        select(CapacityFinding)
        .where(CapacityFinding.patient_id.in_(records))
        .order_by(CapacityFinding.at, CapacityFinding.n, CapacityFinding.entry_id)
    )
    known = [row for row in rows if known_at is None or row.at <= known_at]
    died = (_died_at(session, one, known_at) for one in sorted(records))
    zone = clock.zone()
    return Life(
        presumed_from=None if born_on is None else reaches(born_on, PRESUMED_AT, zone),
        adult_from=None if born_on is None else reaches(born_on, ADULT_AT, zone),
        died_at=min((one for one in died if one is not None), default=None),
        findings=tuple(Finding(row.at, row.finding in DECIDES) for row in known),
    )


def age_band(session: Session, patient_id: UUID, at: datetime) -> AgeBand | None:
    """Return the band of a patient's age at a moment; None of somebody erased."""
    identity = patient_identities(session, [patient_id]).get(patient_id)
    return None if identity is None else band(identity.date_of_birth, at, clock.zone())


def acting(session: Session, person_id: UUID, patient_id: UUID, now: datetime) -> Acting | None:
    """Return the power by which somebody may act for a patient *now*; None if by none.

    Of several records it is for the one that survives, as the patient's own sign-in is.
    """
    patient_id = root_of(session, patient_id)
    found = speakers(session, patient_id)
    power = next((one for one in found.of(person_id) if may_act(one, found.life, now)), None)
    if power is None:
        return None
    identity = patient_identities(session, [patient_id]).get(patient_id)
    return Acting(
        power_id=power.id,
        patient_id=patient_id,
        kind=power.kind,
        basis=found.bases[power.id],
        scope=power.scope,
        name=None if identity is None else identity.name,
    )


def whom(session: Session, person_id: UUID, now: datetime) -> tuple[Acting, ...]:
    """Return everybody for whom a person may act *now*."""
    ids = session.scalars(
        select(PowerRow.patient_id).where(PowerRow.person_id == person_id).distinct()
    ).all()
    roots = {root_of(session, patient_id) for patient_id in ids}
    each = (acting(session, person_id, patient_id, now) for patient_id in sorted(roots))
    return tuple(one for one in each if one is not None)


def has_powers(session: Session, person_id: UUID) -> bool:
    """Say whether a person has, or ever had, a power over anybody."""
    mine = select(PowerRow.id).where(PowerRow.person_id == person_id).limit(1)
    return session.scalar(mine) is not None


def permissions(one: Acting) -> frozenset[Permission]:
    """Return all that somebody may do by a power. To say no needs no scope at all."""
    found = {Permission.PROFILE_READ, Permission.CONSENT_WITHDRAW, Permission.POWER_END}
    if Scope.READ in one.scope:
        found |= {Permission.CONSENT_READ, Permission.LOG_RECEIPT}
    if Scope.DECIDE in one.scope:
        found |= {Permission.CONSENT_GRANT, Permission.ERASURE_ASK}
    if Scope.LOOKS in one.scope:
        found |= {Permission.ACCESS_HISTORY, Permission.LOG_RECEIPT}
    return frozenset(found)


def steps_of(
    session: Session, power_ids: Iterable[UUID], known_at: datetime | None
) -> dict[UUID, tuple[tuple[Step, datetime], ...]]:
    """Return what happened to each power, in the order of the log; by *known_at*, if given."""
    row, wanted = PowerStep, list(power_ids)
    found: dict[UUID, tuple[tuple[Step, datetime], ...]] = defaultdict(tuple)
    if not wanted:
        return found
    query = select(row).where(row.power_id.in_(wanted)).order_by(row.power_id, row.n)
    for one in session.scalars(query):
        if known_at is None or one.at <= known_at:
            found[one.power_id] += ((one.step, one.at),)
    return found


def power_of(row: PowerRow, steps: tuple[tuple[Step, datetime], ...]) -> Power:
    """Return a power as rules take it: with its days as instants."""
    return Power(
        id=row.id,
        person_id=row.person_id,
        kind=row.power,
        scope=frozenset(map(Scope, row.scope)),
        starts_at=_midnight(row.from_on),
        ends_at=None if row.until_on is None else _midnight(row.until_on + timedelta(days=1)),
        steps=steps,
    )


def _born_on(session: Session, root_id: UUID, records: Collection[UUID]) -> date | None:
    known = patient_identities(session, records)
    found = (known.get(one) for one in (root_id, *sorted(records)))
    return next((one.date_of_birth for one in found if one is not None), None)


def _died_at(session: Session, patient_id: UUID, known_at: datetime | None) -> datetime | None:
    row = session.get(Death, patient_id, populate_existing=True)
    if row is None or (known_at is not None and row.recorded_at > known_at):
        return None
    opened = privacy.opened(session, [row.entry_id]).get(row.entry_id, {}).get(DAY)
    if not opened or not opened["died_on"]:
        return row.recorded_at
    return min(_midnight(date.fromisoformat(opened["died_on"])), row.recorded_at)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.zone())
