"""Who may speak for a patient, as a decision needs it; and where they disagree."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.consent.models import Consent
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.model import Capacity, Grantor, Period
from ledger.consent.rules.speaking import Circumstances
from ledger.directory.acting.queries import Speakers, speakers
from ledger.directory.acting.rules import Life, Window, stilled, windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Who may ever be heard for a patient.

    Attributes:
        by_key: (powers, stilled) of each person who ever had a power, by their grantor's key.
    """

    circumstances: Circumstances
    by_key: Mapping[str, tuple[tuple[Period, ...], tuple[Period, ...]]]

    def grantor(self, key: str, capacity: Capacity) -> Grantor:
        """Return a grantor with what is recorded of their power: without one, none."""
        if capacity is Capacity.PATIENT:
            return Grantor(key=key)
        powers, still = self.by_key.get(key, ((), ()))
        return Grantor(key=key, capacity=capacity, powers=powers, stilled=still)


def heard(session: Session, patient_id: UUID, *, known_at: datetime | None = None) -> Heard:
    """Return who may be heard for a patient; with *known_at*, as was recorded by then."""
    found = speakers(session, patient_id, known_at=known_at)
    return Heard(circumstances=circumstances(found.life), by_key=_by_key(found))


def circumstances(life: Life) -> Circumstances:
    """Return what of a patient's life bears on a decision."""
    moments = sorted(life.moments())
    first = moments[0] if moments else None
    began = life.presumed_from is None
    if first is None:
        return Circumstances(decides=began, died_at=life.died_at)
    return Circumstances(
        decides=began,
        turns=tuple((at, life.decides(at)) for at in moments),
        died_at=life.died_at,
    )


def patients_in_dispute(session: Session) -> tuple[UUID, ...]:
    """Return the patients for whom more than one person has said something that counts."""
    others = Consent.capacity != Capacity.PATIENT
    query = (
        select(Consent.patient_id)
        .where(Consent.status == Status.ACTIVE)
        .group_by(Consent.patient_id)
        .having(func.count(Consent.grantor.distinct()) > 1)
    )
    spoken_for = select(Consent.patient_id).where(others, Consent.status == Status.ACTIVE)
    return tuple(session.scalars(query.where(Consent.patient_id.in_(spoken_for))))


def _by_key(found: Speakers) -> dict[str, tuple[tuple[Period, ...], tuple[Period, ...]]]:
    by_key: dict[str, tuple[tuple[Period, ...], tuple[Period, ...]]] = {}
    for power in found.powers:
        key = f"person:{power.person_id}"
        before, still = by_key.get(key, ((), ()))
        by_key[key] = (
            before + _periods(windows(power, found.life)),
            still + _periods(stilled(power, found.life)),
        )
    return by_key


def _periods(found: tuple[Window, ...]) -> tuple[Period, ...]:
    return tuple(Period(start, end) for start, end in found)
