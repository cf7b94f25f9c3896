"""What shows that something was said: kept beside the entry, and read back, which is recorded."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.consent.entries import EVIDENCE
from ledger.consent.models import Consent, ConsentEvent
from ledger.consent.service.granting import Said
from ledger.consent.service.held import hold_consent, see
from ledger.consent.source_entries import ConsentEvidenceKept, ConsentEvidenceRead
from ledger.core import privacy
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.trail import EntrySubject, LogEntry
from ledger.core.work import UnitOfWork
from ledger.directory.queries.lists import on_list

_BEGINNINGS: Final = {
    b"%PDF": "application/pdf",
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"{": "application/fhir+json",
}
"""What is kept within the entry of a yes says no type of its own."""
_UNKNOWN: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What shows that something was said, to the byte."""

    media_type: str
    content: bytes


def keep(work: UnitOfWork, consent: Consent, entry_id: UUID, said: Said) -> None:
    """Keep the evidence of *said*, if there is any, beside the entry that was recorded.

    Whoever calls this has authorised two records where there is evidence: see `entries_of`.
    """
    if said.evidence is None:
        return
    work.record(
        ConsentEvidenceKept(
            consent_id=consent.id,
            patient_id=consent.patient_id,
            shows=entry_id,
            media_type=said.media_type,
            evidence=said.evidence,
        )
    )


def entries_of(said: Said) -> int:
    """Return how many entries are recorded for *said*."""
    return 1 if said.evidence is None else 2


def read(work: UnitOfWork, consent_id: UUID, entry_id: UUID) -> Evidence:
    """Return what shows that *entry_id* happened to a consent. That it was read is recorded.

    Raises:
        NotFound: there is no such consent, the actor may not know of it, or there is no such
            evidence, or it is erased.
        Forbidden: the actor may see the consent, and not this.
    """
    consent, on = hold_consent(work, consent_id)
    own = work.actor.organisation_id
    if own is not None and on_list(work.session, own, [consent.patient_id]):
        on = replace(on, organisation_ids=frozenset({own}))
    see(work, on, Permission.CONSENT_EVIDENCE, what="consent")
    work.authorise(Permission.CONSENT_EVIDENCE, on=on)
    found = next(_kept(work, consent, entry_id), None)
    if found is None:
        raise NotFound("no such evidence")
    work.record(
        ConsentEvidenceRead(consent_id=consent_id, patient_id=consent.patient_id, shows=entry_id)
    )
    return found


def _kept(work: UnitOfWork, consent: Consent, entry_id: UUID) -> Iterator[Evidence]:
    event = select(ConsentEvent.entry_id).where(
        ConsentEvent.consent_id == consent.id, ConsentEvent.entry_id == entry_id
    )
    if work.session.scalar(event.limit(1)) is None:
        return
    for kept_in, media_type in [(entry_id, None), *_beside(work, consent.patient_id, entry_id)]:
        private = privacy.opened(work.session, [kept_in]).get(kept_in, {}).get(EVIDENCE) or {}
        if private.get("evidence"):
            content = bytes.fromhex(private["evidence"])
            yield Evidence(media_type=media_type or _type_of(content), content=content)


def _beside(work: UnitOfWork, patient_id: UUID, entry_id: UUID) -> Iterator[tuple[UUID, str]]:
    found = (
        select(LogEntry.id, LogEntry.body)
        .join(EntrySubject, EntrySubject.position == LogEntry.position)
        .where(EntrySubject.subject == f"patient:{patient_id}")
        .where(LogEntry.kind == ConsentEvidenceKept.kind)
    )
    for kept_in, body in work.session.execute(found):
        data = json.loads(body)["data"]
        if data["shows"] == str(entry_id):
            yield kept_in, str(data["media_type"])


def _type_of(content: bytes) -> str:
    return next((t for begins, t in _BEGINNINGS.items() if content.startswith(begins)), _UNKNOWN)
