"""Consents as those may read them who may: the patient, who speaks for them, who cares for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from ledger.consent.entries import TERMS, WORDS
from ledger.consent.models import Consent, ConsentEvent, ConsentVersion
from ledger.consent.queries.standing import outline, terms_of
from ledger.consent.rules.choices import Source
from ledger.consent.rules.combining import governing_ids
from ledger.consent.rules.lifecycle import Event, Reason, Status
from ledger.consent.rules.model import Capacity, Effect, Kind, Terms
from ledger.core import authority, clock, privacy
from ledger.core.actor import Actor, ActorKind
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission, Relation
from ledger.directory import queries as directory


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """Something that happened to a consent.

    Attributes:
        words: In the patient's own words; None if there are none, or they are erased.
    """

    event: Event
    at: datetime
    reason: Reason
    source: Source
    actor: str
    entry_id: UUID
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """A consent, whole, by its newest version.

    Attributes:
        base: None for a refusal, which has no terms.
        terms: None where they are erased.
        notice: What was shown: id, version, language, format, digest.
        version: Changes with everything that happens to it; for `If-Match`.
        order: Its place among the patient's consents.
        replaced: A newer consent on the same matter counts instead.
    """

    id: UUID
    patient_id: UUID
    agreement_id: UUID | None
    kind: Kind
    base: Effect | None
    status: Status
    number: int
    version: int
    order: int
    replaced: bool
    grantor: str
    capacity: Capacity
    purposes: tuple[str, ...]
    party_ids: tuple[UUID, ...]
    terms: Terms | None
    starts_at: datetime | None
    ends_at: datetime | None
    decided_at: datetime
    recorded_at: datetime
    source: Source
    notice: dict[str, str | int] | None
    events: tuple[EventView, ...]

    def in_force(self, now: datetime) -> bool:
        """Say whether it counts *now*. Expired is not a status: it follows from the period."""
        begun = self.starts_at is None or self.starts_at <= now
        ended = self.expired(now) or self.replaced
        return self.status is Status.ACTIVE and begun and not ended

    def expired(self, now: datetime) -> bool:
        """Say whether its last day is over."""
        return self.ends_at is not None and self.ends_at <= now


def resource(session: Session, actor: Actor, patient_id: UUID, *, on: date) -> Resource:
    """Return what a decision about a patient's consents depends on, for *actor*."""
    held: set[Relation] = set()
    if actor.organisation_id is not None:
        person_id = None if actor.kind is ActorKind.CLIENT else actor.person_id
        relationship = directory.care_relationship(
            session,
            patient_id=patient_id,
            organisation_id=actor.organisation_id,
            person_id=person_id,
            on=on,
        )
        if relationship is not None:
            held.add(Relation.CARE)
    about = directory.known_as(session, actor, patient_id)
    return Resource(patient_id=about, held=frozenset(held))


def consent(session: Session, actor: Actor, consent_id: UUID, *, now: datetime) -> ConsentView:
    """Return one consent, as it stands *now*.

    Raises:
        NotFound: there is none that *actor* may read.
    """
    found = session.execute(_NEWEST.where(Consent.id == consent_id)).one_or_none()
    if found is None or not _readable(session, actor, found[0].patient_id, now):
        raise NotFound("no such consent")
    return _views(session, [found], now)[0]


def of_patient(
    session: Session,
    actor: Actor,
    patient_id: UUID,
    *,
    now: datetime,
    before: tuple[int, UUID] | None = None,
    limit: int = 100,
) -> tuple[ConsentView, ...]:
    """Return what a patient has said, the latest first; *before* one, by its order and id.

    Two records of one patient may each hold one at the same place in the order.

    Raises:
        NotFound: there is no such patient, or none whose consents *actor* may read.
    """
    if not _readable(session, actor, patient_id, now):
        raise NotFound("no such patient")
    query = (
        _NEWEST.where(Consent.patient_id.in_(directory.records_of(session, patient_id)))
        .order_by(Consent.order.desc(), Consent.id)
        .limit(limit)
    )
    if before is not None:
        order, last = before
        older = (Consent.order < order) | ((Consent.order == order) & (Consent.id > last))
        query = query.where(older)
    return tuple(_views(session, session.execute(query).all(), now))


def _readable(session: Session, actor: Actor, patient_id: UUID, now: datetime) -> bool:
    about = resource(session, actor, patient_id, on=clock.civil_date(now))
    return authority.permits(authority.in_force(), actor, Permission.CONSENT_READ, about)


# A consent with its newest version, as the database has them now.
_NEWEST: Final = (
    select(Consent, ConsentVersion)
    .join(ConsentVersion, ConsentVersion.consent_id == Consent.id)
    .where(ConsentVersion.number == Consent.number)
    .execution_options(populate_existing=True)
)


def _views(
    session: Session, rows: Sequence[Row[Consent, ConsentVersion]], now: datetime
) -> list[ConsentView]:
    ids = [row.id for row, _ in rows]
    governing = _governing(session, {row.patient_id for row, _ in rows}, now)
    happened = list(
        session.scalars(
            select(ConsentEvent).where(ConsentEvent.consent_id.in_(ids)).order_by(ConsentEvent.n)
        )
    )
    entry_ids = {one.entry_id for one in happened} | {version.entry_id for _, version in rows}
    opened = privacy.opened(session, entry_ids)
    events: dict[UUID, list[EventView]] = {one: [] for one in ids}
    for one in happened:
        said = opened.get(one.entry_id, {}).get(WORDS)
        event = EventView(
            event=one.event,
            at=one.at,
            reason=one.reason,
            source=one.source,
            actor=one.actor,
            entry_id=one.entry_id,
            words=said["words"] if said else None,
        )
        events[one.consent_id].append(event)
    found = []
    for row, version in rows:
        private = opened.get(version.entry_id, {}).get(TERMS)
        terms = terms_of(version, private)
        view = _view(row, version, terms, tuple(events[row.id]), replaced=row.id not in governing)
        found.append(view)
    return found


def _governing(session: Session, patient_ids: set[UUID], now: datetime) -> frozenset[UUID]:
    """Return the consents of these patients that no newer one replaces."""
    each = [governing_ids(outline(session, one), now) for one in patient_ids]
    return frozenset[UUID]().union(*each)


def _view(
    row: Consent,
    version: ConsentVersion,
    terms: Terms | None,
    events: tuple[EventView, ...],
    *,
    replaced: bool,
) -> ConsentView:
    return ConsentView(
        id=row.id,
        patient_id=row.patient_id,
        agreement_id=row.agreement_id,
        kind=row.kind,
        base=version.base,
        status=row.status,
        number=row.number,
        version=row.events,
        order=row.order,
        replaced=replaced and row.status is Status.ACTIVE,
        grantor=row.grantor,
        capacity=row.capacity,
        purposes=tuple(version.purposes),
        party_ids=tuple(map(UUID, version.parties)),
        terms=terms,
        starts_at=version.starts_at,
        ends_at=version.ends_at,
        decided_at=row.decided_at,
        recorded_at=row.recorded_at,
        source=row.source,
        notice=version.notice,
        events=events,
    )
