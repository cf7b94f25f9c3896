"""What organisations still owe after they left or an agreement ended, and how it is certified."""

import re
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements.duty_entries import AgreementObligationCertified, AgreementObligationsArisen
from ledger.agreements.models import AgreementObligation
from ledger.agreements.rules.document import PERSONAL
from ledger.agreements.rules.leaving import Disposal, receivers, return_due_on
from ledger.agreements.rules.terms import Terms
from ledger.core import blobs
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.succession.queries import hold_successions

CERTIFICATE_CHARS_MAX: Final = 20_000
_SHA256: Final = re.compile(r"[0-9a-f]{64}$")


class AlreadyCertified(Conflict):
    """An obligation is met once."""

    slug = "obligation-already-certified"
    title = "This has been certified already"


class BadCertificate(Invalid):
    """A certificate that is neither a text that may be kept nor the digest of one."""

    slug = "certificate-not-acceptable"
    title = "The certificate cannot be kept like that"


def certify(
    work: UnitOfWork,
    agreement_id: UUID,
    *,
    disposal: Disposal,
    certificate: str | None = None,
    certificate_sha256: str | None = None,
    words: str = "",
) -> str:
    """Certify that the actor's organisation destroyed or returned what it received.

    Give the text of the certificate, which is kept for good and so names nobody, or the
    SHA-256 of a document that the organisation keeps itself. Returns that digest.

    Raises:
        NotFound: the organisation owes nothing under this agreement.
        Forbidden: the actor may not certify for it.
        AlreadyCertified: it is done.
        BadCertificate: neither or both are given, or the text names somebody.
    """
    organisation_id = work.actor.organisation_id
    own = frozenset({organisation_id} if organisation_id else ())
    work.authorise(Permission.AGREEMENT_CERTIFY, on=Resource(organisation_ids=own))
    row = _owed(work, agreement_id)
    if row.certified_at is not None:
        raise AlreadyCertified("there is nothing left to do")
    digest = _kept(work, certificate, certificate_sha256)
    work.record(
        AgreementObligationCertified(
            agreement_id=agreement_id,
            organisation_id=row.organisation_id,
            person_id=work.actor.id,
            disposal=disposal,
            certificate_sha256=digest,
            words=words or None,
        )
    )
    return digest


def _owed(work: UnitOfWork, agreement_id: UUID) -> AgreementObligation:
    """Return what the actor's organisation owes, or one in whose place it stands."""
    acting = work.actor.organisation_id
    stood_for = hold_successions(work).stood_for(acting, work.today) if acting else ()
    for one in stood_for:
        row = work.session.get(AgreementObligation, (agreement_id, one))
        if row is not None and row.certified_at is None:
            return work.load(AgreementObligation, (agreement_id, one))
    return work.load(AgreementObligation, (agreement_id, acting))


def arisen(
    session: Session,
    agreement_id: UUID,
    terms: Terms,
    *,
    ended_on: date,
    only: frozenset[UUID] | None = None,
) -> AgreementObligationsArisen | None:
    """Return the entry that says who owes what by when, after their part in it *ended_on*.

    Those that receive data owe it (of a pooled fund nobody does: money is settled by its own
    terms); none that has certified, or owes it sooner. None if nobody is left.
    """
    due_on = return_due_on(terms, ended_on=ended_on)
    row = AgreementObligation
    there = session.scalars(select(row).where(row.agreement_id == agreement_id))
    settled = {
        each.organisation_id
        for each in there
        if each.certified_at is not None or each.due_on <= due_on
    }
    owing = receivers(terms) - settled
    if only is not None:
        owing &= only
    if not owing:
        return None
    return AgreementObligationsArisen(
        agreement_id=agreement_id, organisation_ids=tuple(sorted(owing)), due_on=due_on
    )


def _kept(work: UnitOfWork, certificate: str | None, sha256: str | None) -> str:
    if (certificate is None) == (sha256 is None):
        raise BadCertificate("give the text of the certificate, or the SHA-256 of it: one of them")
    if sha256 is not None:
        if not _SHA256.match(sha256):
            raise BadCertificate("a SHA-256 is 64 hex digits")
        return sha256
    text = (certificate or "").strip()
    if not 0 < len(text) <= CERTIFICATE_CHARS_MAX:
        raise BadCertificate(f"a certificate has 1 to {CERTIFICATE_CHARS_MAX} characters")
    if PERSONAL.search(text):
        raise BadCertificate("an e-mail address or telephone number: name a role, as it is kept")
    return blobs.keep(work.session, text.encode(), "text/plain; charset=utf-8")
