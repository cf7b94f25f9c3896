"""What came from elsewhere and waits for a person, and all that they need to settle it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.consent.entries import EVIDENCE, ConsentQuarantined
from ledger.consent.models import Quarantine
from ledger.consent.rules.fhir import Release
from ledger.consent.rules.fhir.proposing import Proposal, proposals
from ledger.core import authority, clock, privacy
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.trail import LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineView:
    """A consent from elsewhere that waits for a person: each doubt is (reason, element)."""

    id: UUID
    patient_id: UUID
    doubts: tuple[tuple[str, str], ...]
    received_at: datetime
    asked_at: datetime | None
    closed_at: datetime | None
    entry_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineCase:
    """What came, what is in doubt about it, and what it would mean, were somebody to confirm it.

    Attributes:
        original: The very bytes that came.
        proposals: As a yes and as a no, or as the one that it says itself.
    """

    view: QuarantineView
    release: Release
    original: bytes
    proposals: tuple[Proposal, ...]


def quarantine_case(session: Session, actor: Actor, quarantine_id: UUID) -> QuarantineCase:
    """Return one of those that the actor's organisation has to settle, or has settled.

    Raises:
        NotFound: there is none that *actor* may see, or what came is erased.
    """
    original = quarantined_bytes(session, actor, quarantine_id)
    row = session.get_one(Quarantine, quarantine_id)
    body = session.scalar(select(LogEntry.body).where(LogEntry.id == row.entry_id))
    if body is None:
        raise NotFound("nothing of that id is in quarantine")
    entry = Record.from_bytes(body).entry
    assert isinstance(entry, ConsentQuarantined)
    release = Release.R5 if "fhirVersion=5" in entry.media_type else Release.R4
    return QuarantineCase(
        view=_view(row),
        release=release,
        original=original,
        proposals=proposals(original, release, clock.zone()),
    )


def quarantined(
    session: Session, actor: Actor, *, after: UUID | None = None, limit: int = 100
) -> tuple[QuarantineView, ...]:
    """Return what waits for somebody of the actor's organisation to look at, oldest first."""
    if not _may_import(actor):
        return ()
    row = Quarantine
    query = (
        select(row)
        .where(row.organisation_id == actor.organisation_id, row.closed_at.is_(None))
        .order_by(row.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(row.id > after)
    return tuple(_view(one) for one in session.scalars(query))


def _view(row: Quarantine) -> QuarantineView:
    """Return what waits, as a value."""
    return QuarantineView(
        id=row.id,
        patient_id=row.patient_id,
        doubts=tuple(zip(row.doubts[::2], row.doubts[1::2], strict=True)),
        received_at=row.received_at,
        asked_at=row.asked_at,
        closed_at=row.closed_at,
        entry_id=row.entry_id,
    )


def quarantined_bytes(session: Session, actor: Actor, quarantine_id: UUID) -> bytes:
    """Return the very bytes that came.

    Raises:
        NotFound: there are none that *actor* may see, or they are erased.
    """
    row = session.get(Quarantine, quarantine_id)
    if row is not None and row.organisation_id == actor.organisation_id and _may_import(actor):
        kept = privacy.opened(session, [row.entry_id]).get(row.entry_id, {}).get(EVIDENCE)
        if kept is not None:
            return bytes.fromhex(kept["evidence"])
    raise NotFound("nothing of that id is in quarantine")


def _may_import(actor: Actor) -> bool:
    if actor.organisation_id is None:
        return False
    own = Resource(organisation_ids=frozenset({actor.organisation_id}))
    return authority.permits(authority.in_force(), actor, Permission.CONSENT_IMPORT, own)
