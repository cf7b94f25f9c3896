"""One quarantined consent, with all that somebody needs to settle it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.consent.entries import ConsentQuarantined
from ledger.consent.models import Quarantine
from ledger.consent.queries.reading import QuarantineView, quarantine_view, quarantined_bytes
from ledger.consent.rules.fhir import Release
from ledger.consent.rules.fhir.proposing import Proposal, proposals
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.core.trail import LogEntry


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
        view=quarantine_view(row),
        release=release,
        original=original,
        proposals=proposals(original, release, clock.zone()),
    )
