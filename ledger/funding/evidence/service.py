"""The grounds of a payment: frozen, named by their digest, and kept beside the log."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from ledger.core import blobs
from ledger.core.errors import Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.evidence.entries import EvidenceKept
from ledger.funding.evidence.models import PoolEvidence
from ledger.funding.rules.rosters import Purpose, read_populations, read_roster
from ledger.funding.service.posting import hold_pool

SIZE_MAX: Final = 4 * 1024 * 1024
"""Bytes of one piece of evidence."""

MEDIA: Final = frozenset({"text/csv", "text/plain", "application/json", "application/pdf"})
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_TEN_DIGITS: Final = re.compile(rb"(?<!\d)(\d{3})[ -]?(\d{3})[ -]?(\d{4})(?![\d.])")


class EvidenceRefused(Invalid):
    """Bytes that cannot be kept as the grounds of a payment."""

    slug = "evidence-refused"
    title = "This cannot be kept as evidence"


class EvidencePersonal(Invalid):
    """Evidence that names people by their number. The grounds of payments are counts."""

    slug = "evidence-personal"
    title = "This file has NHS numbers in it"


class EvidenceNotKept(Invalid):
    """A digest of which this pool keeps no bytes."""

    slug = "evidence-not-kept"
    title = "Nothing is kept under that digest"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where evidence is now, and whether it was there before."""

    digest: str
    again: bool


def keep(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    content: bytes,
    media_type: str,
    purpose: Purpose,
    reference: str,
) -> Kept:
    """Keep the grounds of payments, for ever and impersonally. The same bytes are kept once.

    Raises:
        EvidenceRefused: no bytes, too many, or of another sort.
        EvidencePersonal: there is an NHS number in it.
        UnreadableTable, MoreThanAsked, RowsRefused: a roster or populations that cannot be
            read; see `rules.rosters`.
    """
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    _check(content, media_type, purpose, reference)
    digest = sha256(content).hexdigest()
    if work.session.get(PoolEvidence, (pool_id, digest)) is not None:
        return Kept(digest, again=True)
    work.record(
        EvidenceKept(
            pool_id=pool_id,
            purpose=purpose,
            digest=blobs.keep(work.session, content, media_type),
            media_type=media_type,
            size=len(content),
            reference=reference.strip(),
        )
    )
    return Kept(digest, again=False)


def kept_bytes(work: UnitOfWork, pool_id: UUID, digest: str, purpose: Purpose) -> bytes:
    """Return evidence of a pool. Raises `EvidenceNotKept`."""
    row = work.session.get(PoolEvidence, (pool_id, digest))
    if row is None or row.purpose != purpose:
        raise EvidenceNotKept(f"keep the {purpose} in this pool first")
    return blobs.read(work.session, digest)


def check_digest(digest: str) -> None:
    """Check that evidence is named by a SHA-256. Raises `Invalid`."""
    if not _DIGEST.fullmatch(digest):
        raise Invalid("name the evidence by its SHA-256, 64 hexadecimal digits in lower case")


def _check(content: bytes, media_type: str, purpose: Purpose, reference: str) -> None:
    if not reference.strip():
        raise EvidenceRefused("say what it is")
    if not 0 < len(content) <= SIZE_MAX:
        raise EvidenceRefused("send between one byte and 4 MiB")
    if media_type not in MEDIA:
        raise EvidenceRefused(f"send one of {', '.join(sorted(MEDIA))}")
    tables = {Purpose.ROSTER: read_roster, Purpose.POPULATIONS: read_populations}
    if read := tables.get(purpose):
        if media_type != "text/csv":
            raise EvidenceRefused(f"send the {purpose} as text/csv")
        read(content)
    if media_type != "application/pdf" and any(map(_nhs, _TEN_DIGITS.finditer(content))):
        raise EvidencePersonal("leave people out: the grounds of a payment are counts")


def _nhs(found: re.Match[bytes]) -> bool:
    """Say whether ten digits pass the check that every NHS number passes."""
    digits = [one - ord("0") for one in b"".join(found.groups())]
    rest = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits[:9])) % 11
    return rest % 11 == digits[9]
