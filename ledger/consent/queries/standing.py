"""All that a patient has said, as one value that a decision can be made by, and be kept."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from ledger.consent.entries import TERMS
from ledger.consent.marks.queries import NO_MARKS, Marks, marks
from ledger.consent.models import Consent, ConsentEvent, ConsentVersion, PatientState
from ledger.consent.proxies.queries import Heard, heard
from ledger.consent.queries.joined import joined_with, records_of
from ledger.consent.rules import spelling
from ledger.consent.rules.joined import unite
from ledger.consent.rules.lifecycle import NEVER_VALID, Event, Status, StatusEvent
from ledger.consent.rules.model import Capacity, Conditions, Effect, Grantor, Period, Terms, Version
from ledger.consent.rules.narrowing import shares_no_more
from ledger.consent.rules.speaking import DECIDES, Circumstances
from ledger.core import privacy


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientConsents:
    """A patient's consents, compiled. Right for as long as `versions` returns this version.

    Attributes:
        version: 0 if the patient never said anything.
        changed_at: When that was last so. Judge by no earlier moment: another machine's
            clock may be behind the one that recorded a withdrawal. See `instant`.
    """

    patient_id: UUID
    version: int
    changed_at: datetime | None
    consents: tuple[Version, ...]
    circumstances: Circumstances = DECIDES
    marks: Marks = NO_MARKS

    def instant(self, now: datetime) -> datetime:
        """Return the instant to judge by *now*."""
        return now if self.changed_at is None else max(now, self.changed_at)


# Made once and run past the ORM: every group of decisions asks.
_VERSIONS = select(PatientState.patient_id, PatientState.version).where(
    PatientState.patient_id.in_(bindparam("ids", expanding=True))
)


def versions(session: Session, patient_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return how often the consents of each patient have changed. Who said nothing is left out."""
    wanted = list(set(patient_ids))
    if not wanted:
        return {}
    found = session.connection().execute(_VERSIONS, {"ids": wanted})
    return {row.patient_id: row.version for row in found}


def standing(session: Session, patient_id: UUID) -> PatientConsents:
    """Return all that a patient has said. What is erased is not among it."""
    state = session.execute(
        select(PatientState.version, PatientState.changed_at).where(
            PatientState.patient_id == patient_id
        )
    ).one_or_none()  # First: what changes after it makes its number old, not wrong.
    if state is None:
        return PatientConsents(patient_id=patient_id, version=0, changed_at=None, consents=())
    return PatientConsents(
        patient_id=patient_id,
        version=state.version,
        changed_at=state.changed_at,
        consents=_united(session, patient_id),
        circumstances=heard(session, patient_id).circumstances,
        marks=marks(session, patient_id),
    )


def _united(session: Session, patient_id: UUID) -> tuple[Version, ...]:
    """Return what was said in all records of a patient; most have one."""
    joined = joined_with(session, patient_id)
    if joined is None:
        return tuple(compiled(session, patient_id))
    records = sorted(records_of(session, patient_id))
    return unite(patient_id, {one: compiled(session, one) for one in records}, joined)


def outline(session: Session, patient_id: UUID) -> list[Version]:
    """Return the newest version of each of a patient's consents, but not what it is about.

    For whoever asks which of them counts: nothing private is opened for it.
    """
    joined = joined_with(session, patient_id)
    if joined is None:
        return _outline(session, patient_id)
    records = sorted(records_of(session, patient_id))
    return list(unite(patient_id, {one: _outline(session, one) for one in records}, joined))


def _outline(session: Session, patient_id: UUID) -> list[Version]:
    rows = _newest(session, patient_id)
    happened = _events(session, [consent.id for consent, _ in rows])
    found = []
    for consent, row in rows:
        period = Period(row.starts_at, row.ends_at)
        terms = Terms(base=row.base or Effect.DENY, period=period)
        found.append(_version(consent, terms, happened[consent.id]))
    return found


def said_no_since(session: Session, patient_id: UUID, decided_at: datetime) -> bool:
    """Say whether a patient said no after a moment, or to share less, and it stands.

    One question, however much they have said: `rules.combining.decided_before_a_no` in SQL.
    """
    no = (Event.REFUSED, Event.WITHDRAWN)
    later = exists().where(
        ConsentEvent.consent_id == Consent.id,
        ConsentEvent.event.in_(no),
        ConsentEvent.at > decided_at,
    )
    stands = exists().where(
        ConsentVersion.consent_id == Consent.id,
        ConsentVersion.number == Consent.number,
        ConsentVersion.base == Effect.DENY,
        Consent.status == Status.ACTIVE,
        Consent.decided_at > decided_at,
    )
    permits = exists().where(
        ConsentVersion.consent_id == Consent.id,
        ConsentVersion.number == Consent.number,
        ConsentVersion.base == Effect.PERMIT,
    )
    held = (ConsentEvent.event == Event.SUSPENDED) & (Consent.status == Status.SUSPENDED)
    less = exists().where(
        ConsentEvent.consent_id == Consent.id,
        or_(ConsentEvent.event == Event.NARROWED, held),
        ConsentEvent.at > decided_at,
    )
    found = select(Consent.id).where(
        Consent.patient_id.in_(records_of(session, patient_id)),
        Consent.status.not_in([*NEVER_VALID, Status.SUPERSEDED]),
        or_(later, stands, permits & less),
    )
    return session.scalar(found.limit(1)) is not None


def chose_less_since(session: Session, yes: Version) -> bool:
    """Say whether an older *yes* would share more than a newer one whose place it would take.

    Opens what is private: ask it only of what was decided before now.
    """
    return any(
        one.decided_at > yes.decided_at
        and one.terms.base is Effect.PERMIT
        and one.events[-1].event not in {Event.INVALIDATED, Event.ENTERED_IN_ERROR}
        and one.grantor.key == yes.grantor.key
        and (one.kind, one.agreement_id, one.controller, one.category)
        == (yes.kind, yes.agreement_id, yes.controller, yes.category)
        and not shares_no_more(yes.terms, one.terms)
        for record in records_of(session, yes.subject)
        for one in compiled(session, record)
    )


def compiled(session: Session, patient_id: UUID) -> list[Version]:
    """Return the newest version of each of a patient's consents, with its events."""
    rows = _newest(session, patient_id)
    happened = _events(session, [consent.id for consent, _ in rows])
    opened = privacy.opened(session, [row.entry_id for _, row in rows])
    others = any(consent.capacity is not Capacity.PATIENT for consent, _ in rows)
    speakers = heard(session, patient_id) if others else None
    found = []
    for consent, row in rows:
        terms = terms_of(row, opened.get(row.entry_id, {}).get(TERMS))
        if terms is not None:
            version = _version(consent, terms, happened[consent.id])
            found.append(version if speakers is None else _by_power(version, speakers))
    return found


def _by_power(version: Version, speakers: Heard) -> Version:
    """Return a version with what is recorded of the power of who said it."""
    grantor = speakers.grantor(version.grantor.key, version.grantor.capacity)
    return replace(version, grantor=grantor)


def _newest(session: Session, patient_id: UUID) -> list[tuple[Consent, ConsentVersion]]:
    rows = session.execute(
        select(Consent, ConsentVersion)
        .join(ConsentVersion, ConsentVersion.consent_id == Consent.id)
        .where(Consent.patient_id == patient_id, ConsentVersion.number == Consent.number)
        .order_by(Consent.order)
        .execution_options(populate_existing=True)
    )
    return [(consent, version) for consent, version in rows]


def terms_of(row: ConsentVersion, private: dict[str, Any] | None) -> Terms | None:
    """Return the terms of a version; None if they are erased. A refusal shares nothing."""
    if row.base is None:
        return Terms(base=Effect.DENY, scope=Conditions(purposes=frozenset(row.purposes)))
    return None if private is None else spelling.loads(private["terms"])


def _version(consent: Consent, terms: Terms, events: tuple[StatusEvent, ...]) -> Version:
    return Version(
        consent_id=consent.id,
        number=consent.number,
        subject=consent.patient_id,
        grantor=Grantor(key=consent.grantor, capacity=consent.capacity),
        kind=consent.kind,
        category=consent.category,
        agreement_id=consent.agreement_id,
        controller=consent.controller,
        terms=terms,
        order=consent.order,
        decided_at=consent.decided_at,
        events=events,
    )


def _events(session: Session, consent_ids: Iterable[UUID]) -> dict[UUID, tuple[StatusEvent, ...]]:
    row = ConsentEvent
    found = select(row).where(row.consent_id.in_(list(consent_ids))).order_by(row.n)
    happened: dict[UUID, tuple[StatusEvent, ...]] = defaultdict(tuple)
    for one in session.scalars(found):
        before = happened[one.consent_id]
        frozen = bool(before) and before[-1].event is Event.PROXY_FROZEN
        own = one.event is Event.RE_VALIDATED and frozen
        happened[one.consent_id] += (StatusEvent(event=one.event, at=one.at, by_patient=own),)
    return happened
