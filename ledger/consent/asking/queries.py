"""Reads of what patients are asked: by the patient, and by who asked."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.consent.asking.models import ConsentRequest
from ledger.consent.asking.rules import Outcome, counts
from ledger.consent.asking.service import OPEN
from ledger.consent.entries import TERMS
from ledger.consent.models import Consent, ConsentVersion
from ledger.consent.queries.joined import records_of
from ledger.consent.queries.reading import resource
from ledger.consent.rules import spelling
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.model import Effect, Terms
from ledger.core import authority, clock, privacy
from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.core.policy import Permission

_FIRST_ANSWER = 2
"""Version 1 of what somebody was asked is the question."""
Answers = Counter[tuple[Status, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedView:
    """What a patient is asked and has not answered.

    Attributes:
        terms: What a yes would share; None where they are erased.
        notice: What is shown: id, version, language, format, digest; None until it is.
        awaited_to: The last day for an answer, included.
    """

    consent_id: UUID
    patient_id: UUID
    agreement_id: UUID
    organisation_id: UUID
    purposes: tuple[str, ...]
    party_ids: tuple[UUID, ...]
    terms: Terms | None
    notice: dict[str, str | int] | None
    asked_at: datetime
    awaited_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """A request as its requester sees it.

    Attributes:
        counts: See `rules.counts`; None where a figure would tell who said what.
        letters: How many wait for a letter.
        waiting_ids: Patients who have not answered, of those whose consents the reader may see.
    """

    id: UUID
    agreement_id: UUID
    asked_at: datetime
    awaited_to: date
    counts: dict[Outcome, int | None]
    letters: int
    waiting_ids: tuple[UUID, ...]


def waiting_for(
    session: Session, actor: Actor, patient_id: UUID, *, now: datetime
) -> tuple[AskedView, ...]:
    """Return what a patient is asked and has not answered, the most urgent first.

    Raises:
        NotFound: there is no such patient, or none whose consents *actor* may read.
    """
    if not _may_read(session, actor, patient_id, now):
        raise NotFound("no such patient")
    rows = session.execute(
        select(ConsentRequest, ConsentVersion)
        .join(Consent, Consent.id == ConsentRequest.consent_id)
        .join(ConsentVersion, ConsentVersion.consent_id == Consent.id)
        .where(Consent.patient_id.in_(records_of(session, patient_id)))
        .where(Consent.status.in_(OPEN))
        .where(ConsentRequest.awaited_to >= clock.civil_date(now), ConsentVersion.number == 1)
        .order_by(ConsentRequest.awaited_to, ConsentRequest.consent_id)
    ).all()
    opened = privacy.opened(session, [row.entry_id for row, _ in rows])
    return tuple(_asked(row, v, opened.get(row.entry_id, {}).get(TERMS)) for row, v in rows)


def requests(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    before: UUID | None = None,
    limit: int = 50,
) -> tuple[RequestView, ...]:
    """Return what the actor's organisation asks, the latest first."""
    own = actor.organisation_id
    if own is None:
        return ()
    row = ConsentRequest
    ids = select(row.request_id).where(row.organisation_id == own).distinct()
    if before is not None:
        ids = ids.where(row.request_id < before)
    latest = session.scalars(ids.order_by(row.request_id.desc()).limit(limit)).all()
    return tuple(_request(session, actor, one, now) for one in latest)


def request(session: Session, actor: Actor, request_id: UUID, *, now: datetime) -> RequestView:
    """Return one request.

    Raises:
        NotFound: there is none of the actor's organisation.
    """
    row, own = ConsentRequest, actor.organisation_id
    found = select(func.count()).where(row.request_id == request_id, row.organisation_id == own)
    if own is None or not session.scalar(found):
        raise NotFound("no such request")
    return _request(session, actor, request_id, now)


def _request(session: Session, actor: Actor, request_id: UUID, now: datetime) -> RequestView:
    rows = session.execute(
        select(ConsentRequest, Consent)
        .join(Consent, Consent.id == ConsentRequest.consent_id)
        .where(ConsentRequest.request_id == request_id)
        .order_by(ConsentRequest.patient_id)
        .execution_options(populate_existing=True)
    ).all()
    bases = _first_answers(session, request_id)
    answers: Answers = Counter(
        (consent.status, bases.get(consent.id) is Effect.PERMIT) for _, consent in rows
    )
    first = rows[0][0]
    waiting = [row.patient_id for row, consent in rows if consent.status in OPEN]
    return RequestView(
        id=request_id,
        agreement_id=first.agreement_id,
        asked_at=first.asked_at,
        awaited_to=first.awaited_to,
        counts=counts(answers),
        letters=sum(row.channel is None and c.status in OPEN for row, c in rows),
        waiting_ids=tuple(one for one in waiting if _may_read(session, actor, one, now)),
    )


def _first_answers(session: Session, request_id: UUID) -> dict[UUID, Effect | None]:
    """Return what was first answered, whatever became of it since: version 2 of each."""
    found = (
        select(ConsentVersion.consent_id, ConsentVersion.base)
        .join(ConsentRequest, ConsentRequest.consent_id == ConsentVersion.consent_id)
        .where(ConsentRequest.request_id == request_id, ConsentVersion.number == _FIRST_ANSWER)
    )
    return {row.consent_id: row.base for row in session.execute(found)}


def _asked(
    row: ConsentRequest, version: ConsentVersion, private: dict[str, str] | None
) -> AskedView:
    return AskedView(
        consent_id=row.consent_id,
        patient_id=row.patient_id,
        agreement_id=row.agreement_id,
        organisation_id=row.organisation_id,
        purposes=tuple(version.purposes),
        party_ids=tuple(map(UUID, version.parties)),
        terms=spelling.loads(private["terms"]) if private else None,
        notice=row.notice,
        asked_at=row.asked_at,
        awaited_to=row.awaited_to,
    )


def _may_read(session: Session, actor: Actor, patient_id: UUID, now: datetime) -> bool:
    on = resource(session, actor, patient_id, on=clock.civil_date(now))
    return authority.permits(authority.in_force(), actor, Permission.CONSENT_READ, on)
