"""Issuing a version as a PDF. The file is made each time, and never kept: it names people."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select

from ledger.agreements.entries import AgreementDocumentIssued
from ledger.agreements.models import AgreementParty, IssuedDocument
from ledger.agreements.queries.issued import Imprint, evidence
from ledger.agreements.queries.reading import version
from ledger.agreements.queries.signing import signing
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.service.loading import load
from ledger.core.authority import Resource
from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork


class NotProposedYet(Conflict):
    """A draft changes: there is nothing to issue."""

    slug = "draft-not-issued"
    title = "A draft is not issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A file, and its digest in hex."""

    content: bytes
    sha256: str


def issue(work: UnitOfWork, agreement_id: UUID, *, number: int, imprint: Imprint) -> Issued:
    """Return a version as a PDF, with who signed and how to check it.

    The same state gives the same bytes; each that differs is recorded once, by its digest.

    Raises:
        NotFound: there is no such version that the actor may read.
        NotProposedYet: it is a draft.
        NotYetSigned: the log has not signed the last signature yet.
    """
    from ledger.agreements import pdf  # noqa: PLC0415  (reportlab: not at every start)

    load(work, agreement_id)  # Locked, so that two who ask at once do not record it twice.
    shown = version(work.session, work.actor, agreement_id, number)
    party = AgreementParty
    parties = work.session.scalars(
        select(party.organisation_id).where(party.agreement_id == agreement_id)
    )
    work.authorise(Permission.AGREEMENT_READ, on=Resource(organisation_ids=frozenset(parties)))
    if shown.state is State.DRAFT:
        raise NotProposedYet("propose it first: a draft still changes")
    signatures = signing(work.session, work.actor, shown, today=work.today)
    content = pdf.render(evidence(work.session, shown, signatures), imprint)
    digest = sha256(content).hexdigest()
    if work.session.get(IssuedDocument, digest) is None:
        work.record(
            AgreementDocumentIssued(
                agreement_id=agreement_id,
                number=number,
                document_sha256=shown.document_sha256,
                pdf_sha256=digest,
            )
        )
    return Issued(content=content, sha256=digest)
