"""Powers and findings as pages and programs show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import privacy
from ledger.directory.acting.basis import Basis
from ledger.directory.acting.entries import WORDS, Capable
from ledger.directory.acting.models import CapacityFinding, PowerRow
from ledger.directory.acting.queries import power_of, speakers, steps_of
from ledger.directory.acting.rules import PowerEnd, PowerKind, Scope, may_act
from ledger.directory.identity.queries import records_of
from ledger.directory.queries.people import person_names


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerView:
    """A power, for pages and programs.

    Attributes:
        holds: It may be used now.
        paused: It is suspended. Its reason is told to staff only.
        evidence: None if the reader may not see it, or it is erased.
    """

    id: UUID
    patient_id: UUID
    person_id: UUID
    person: str | None
    organisation_id: UUID
    kind: PowerKind
    basis: Basis
    scope: frozenset[Scope]
    from_on: date
    until_on: date | None
    recorded_by: str
    verified: bool
    paused: bool
    ended: bool
    end_reason: PowerEnd | None
    holds: bool
    evidence: str | None
    entry_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityView:
    """The latest finding on a patient's capacity."""

    finding: Capable
    found_on: date
    review_on: date
    words: str | None
    entry_id: UUID


def powers_over(
    session: Session, patient_id: UUID, now: datetime, *, with_evidence: bool = False
) -> tuple[PowerView, ...]:
    """Return every power over a patient, the newest first."""
    mine = PowerRow.patient_id.in_(records_of(session, patient_id))
    rows = session.scalars(select(PowerRow).where(mine).order_by(PowerRow.id.desc())).all()
    return _views(session, rows, now, with_evidence=with_evidence)


def power(session: Session, power_id: UUID, now: datetime) -> PowerView | None:
    """Return one power, without its evidence; None if there is none of that id."""
    row = session.get(PowerRow, power_id)
    return None if row is None else _views(session, [row], now, with_evidence=False)[0]


def to_verify(session: Session, organisation_id: UUID, now: datetime) -> tuple[PowerView, ...]:
    """Return the powers recorded at an organisation that nobody has verified yet."""
    rows = session.scalars(
        select(PowerRow)
        .where(
            PowerRow.organisation_id == organisation_id,
            PowerRow.verified_by.is_(None),
            PowerRow.end_reason.is_(None),
            PowerRow.power.in_([PowerKind.ATTORNEY, PowerKind.DEPUTY]),
        )
        .order_by(PowerRow.id)
    ).all()
    return _views(session, rows, now, with_evidence=True)


def capacity(session: Session, patient_id: UUID) -> CapacityView | None:
    """Return the latest finding on a patient's capacity; None if there is none."""
    row = session.scalar(
        select(CapacityFinding)
        .where(CapacityFinding.patient_id.in_(records_of(session, patient_id)))
        .order_by(CapacityFinding.at.desc(), CapacityFinding.n.desc())
        .limit(1)
    )
    if row is None:
        return None
    opened = privacy.opened(session, [row.entry_id]).get(row.entry_id, {}).get(WORDS)
    return CapacityView(
        finding=row.finding,
        found_on=row.found_on,
        review_on=row.review_on,
        words=opened["words"] if opened else None,
        entry_id=row.entry_id,
    )


def _views(
    session: Session, rows: Iterable[PowerRow], now: datetime, *, with_evidence: bool
) -> tuple[PowerView, ...]:
    found = list(rows)
    names = person_names(session, [row.person_id for row in found])
    steps = steps_of(session, [row.id for row in found], None)
    heard = {one: speakers(session, one) for one in {row.patient_id for row in found}}
    lives = {one: each.life for one, each in heard.items()}
    together = {one: {its.id: its for its in each.powers} for one, each in heard.items()}
    shown = privacy.opened(session, [row.entry_id for row in found]) if with_evidence else {}
    views = []
    for row in found:
        its = power_of(row, steps[row.id])
        whole = together[row.patient_id][row.id]
        evidence = (shown.get(row.entry_id) or {}).get(WORDS)
        over = its.ends_at is not None and its.ends_at <= now
        views.append(
            PowerView(
                id=row.id,
                patient_id=row.patient_id,
                person_id=row.person_id,
                person=names.get(row.person_id),
                organisation_id=row.organisation_id,
                kind=row.power,
                basis=row.basis,
                scope=its.scope,
                from_on=row.from_on,
                until_on=row.until_on,
                recorded_by=row.recorded_by,
                verified=row.verified_by is not None,
                paused=its.suspended(now),
                ended=over or row.end_reason is not None,
                end_reason=row.end_reason,
                holds=may_act(whole, lives[row.patient_id], now),
                evidence=evidence["words"] if evidence else None,
                entry_id=row.entry_id,
            )
        )
    return tuple(views)
