"""What proves a version on paper, and whose a file or a digest is."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Receipt
from ledger.agreements.models import AgreementSignature, AgreementVersion, IssuedDocument
from ledger.agreements.queries.reading import VersionView
from ledger.agreements.queries.signing import SigningView
from ledger.agreements.rules.lifecycle import State
from ledger.core import receipts
from ledger.core.trail import Leaf, LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """What a file says of the service that issued it.

    Attributes:
        address: Of the service, without a slash at its end.
        log_key: The verifier key of its log (c2sp.org/signed-note).
    """

    address: str
    log_key: str
    demonstration: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is printed behind a text.

    Attributes:
        indexes: The place of each signature's entry in the log.
        receipt: Of the last signature, for the first tree that held it; None if nobody signed.
    """

    shown: VersionView
    signing: SigningView
    indexes: dict[UUID, int]
    receipt: Receipt | None


class Whose(StrEnum):
    """What a digest turned out to be."""

    FILE = "file"
    TEXT = "text"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What anybody may know of a digest. It names organisations and no people.

    Attributes:
        issued_at, entry_id: When a file was issued, and the entry that says so.
        signed: Who had signed the text, and when.
    """

    whose: Whose
    sha256: str
    title: str = ""
    version: int = 0
    state: State = State.DRAFT
    first_day: date = date.min
    last_day: date = date.min
    document_sha256: str = ""
    signed: tuple[tuple[str, datetime], ...] = ()
    issued_at: datetime | None = None
    entry_id: UUID | None = None


def evidence(session: Session, shown: VersionView, signing: SigningView) -> Evidence:
    """Return what proves a version that somebody may read.

    Raises:
        NotYetSigned: the log has not signed the last signature yet.
    """
    entry_ids = [one.entry_id for one in signing.signatures]
    last = max(signing.signatures, key=lambda one: (one.signed_at, one.entry_id), default=None)
    found = session.execute(
        select(LogEntry.id, Leaf.index.label("at_index"))
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(LogEntry.id.in_(entry_ids))
    )
    return Evidence(
        shown=shown,
        signing=signing,
        indexes={each.id: each.at_index for each in found},
        receipt=receipts.first_receipt_of(session, last.entry_id) if last else None,
    )


def recognise(session: Session, sha256: str) -> Recognised:
    """Say what a SHA-256 in hex is of: a file this service issued, a proposed text, or neither."""
    file = session.get(IssuedDocument, sha256)
    row = AgreementVersion
    if file is not None:
        version = session.get_one(row, (file.agreement_id, file.version))
    else:
        texts = select(row).where(row.document_sha256 == sha256, row.proposed_at.is_not(None))
        text = session.scalars(texts.limit(1)).one_or_none()
        if text is None:
            return Recognised(whose=Whose.UNKNOWN, sha256=sha256)
        version = text
    signature = AgreementSignature
    signed = session.execute(
        select(signature.organisation, signature.signed_at)
        .where(signature.agreement_id == version.agreement_id, signature.version == version.number)
        .order_by(signature.signed_at, signature.organisation)
    ).all()
    return Recognised(
        whose=Whose.TEXT if file is None else Whose.FILE,
        sha256=sha256,
        title=str(version.terms["title"]),
        version=version.number,
        state=State(version.state),
        first_day=version.first_day,
        last_day=version.last_day,
        document_sha256=version.document_sha256,
        signed=tuple((each.organisation, each.signed_at) for each in signed),
        issued_at=file.issued_at if file else None,
        entry_id=file.entry_id if file else None,
    )
