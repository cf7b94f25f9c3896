"""An organisation's own keys: by them it seals what its signatories sign."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from ledger.agreements.duty_entries import (
    AgreementSealed,
    OrganisationKeyAdded,
    OrganisationKeyEnded,
)
from ledger.agreements.models import Agreement, AgreementSignature, OrganisationKey
from ledger.agreements.rules.seal import BadKey, BadSeal, is_seal, read_key
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory


class KeyAlreadyEnded(Conflict):
    """A key is ended once."""

    slug = "sealing-key-already-ended"
    title = "This key has already ended"


class AlreadySealed(Conflict):
    """A signature is sealed once."""

    slug = "already-sealed"
    title = "This signature has a seal already"


def add_key(work: UnitOfWork, *, organisation_id: UUID, jwk: dict[str, Any]) -> UUID:
    """Name a public key by which an organisation seals. Returns its id.

    Raises:
        NotFound: there is no such organisation.
        Forbidden: the actor keeps no such lists for it.
        BadKey: it is no public key that seals may be checked with, or it is there already.
    """
    directory.organisation(work.session, organisation_id)
    own = frozenset({organisation_id})
    work.authorise(Permission.SIGNATORY_APPOINT, on=Resource(organisation_ids=own))
    key = read_key(jwk)
    row = OrganisationKey
    known = select(row.id).where(
        row.organisation_id == organisation_id, row.thumbprint == key.thumbprint
    )
    if work.session.scalar(known) is not None:
        raise BadKey("this key is there already; a key that has ended is not used again")
    key_id = new_id()
    work.record(
        OrganisationKeyAdded(
            key_id=key_id,
            organisation_id=organisation_id,
            algorithm=key.algorithm,
            jwk=key.jwk,
            thumbprint=key.thumbprint,
        )
    )
    return key_id


def end_key(work: UnitOfWork, key_id: UUID) -> None:
    """Let a key seal nothing more from today on.

    Raises:
        NotFound: there is no such key.
        Forbidden: the actor keeps no such lists for its organisation.
        KeyAlreadyEnded: it was ended before.
    """
    row = work.load(OrganisationKey, key_id)
    own = frozenset({row.organisation_id})
    work.authorise(Permission.SIGNATORY_APPOINT, on=Resource(organisation_ids=own))
    if row.ended_on is not None:
        raise KeyAlreadyEnded(f"it ended on {row.ended_on}")
    work.record(
        OrganisationKeyEnded(
            key_id=key_id, organisation_id=row.organisation_id, ended_on=work.today
        )
    )


def seal(work: UnitOfWork, agreement_id: UUID, *, number: int, jws: str) -> None:
    """Seal the signature of the actor's organisation on a version, after it was given.

    Raises:
        NotFound: there is no such signature.
        Forbidden: the actor may not sign for that organisation.
        AlreadySealed: it has a seal.
        BadSeal: the JWS is not over the text's digest by a key of the organisation.
    """
    work.load(Agreement, agreement_id)
    organisation_id = work.actor.organisation_id
    own = frozenset({organisation_id} if organisation_id else ())
    work.authorise(Permission.AGREEMENT_SIGN, on=Resource(organisation_ids=own))
    signature = work.session.get(
        AgreementSignature, (agreement_id, number, organisation_id), populate_existing=True
    )
    if signature is None or organisation_id is None:
        raise NotFound("no signature of your organisation on this version")
    if signature.seal is not None:
        raise AlreadySealed("there is nothing left to do")
    key_id = check_seal(work, organisation_id, signature.document_sha256, jws)
    work.record(
        AgreementSealed(
            signature_id=signature.signature_id,
            agreement_id=agreement_id,
            number=number,
            organisation_id=organisation_id,
            key_id=key_id,
            document_sha256=signature.document_sha256,
            jws=jws,
        )
    )


def check_seal(work: UnitOfWork, organisation_id: UUID, sha256: str, jws: str) -> UUID:
    """Return the id of the organisation's key that sealed *sha256*. Raises `BadSeal` if none."""
    row = OrganisationKey
    keys = work.session.scalars(
        select(row).where(row.organisation_id == organisation_id, row.ended_on.is_(None))
    )
    for key in keys:
        if is_seal(jws, sha256=sha256, algorithm=key.algorithm, jwk=key.jwk):
            return key.id
    raise BadSeal(
        "send a compact JWS with a detached payload (header..signature) over the SHA-256 of the "
        "text in hex, by a key that your organisation has registered"
    )
