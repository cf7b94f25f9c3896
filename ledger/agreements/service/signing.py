"""Signing a version, or refusing to."""

from uuid import UUID

from ledger.agreements.duty_entries import AgreementSealed
from ledger.agreements.entries import (
    AgreementDeclined,
    AgreementSigned,
    AgreementSigningRefused,
)
from ledger.agreements.lines import carried, terms_of
from ledger.agreements.models import AgreementVersion
from ledger.agreements.queries.signing import exercised
from ledger.agreements.rules.authority import Exercised
from ledger.agreements.rules.lifecycle import STANDING, Command, State
from ledger.agreements.rules.modes import GROWS
from ledger.agreements.rules.signing import (
    NotAsked,
    SignIn,
    SignsAfterNotice,
    StepUp,
    amount_minor,
    check_sign_in,
    check_text,
    check_turn,
    statement,
)
from ledger.agreements.rules.terms import Terms
from ledger.agreements.service.activating import after_signature
from ledger.agreements.service.keys import check_seal
from ledger.agreements.service.loading import allows, leaving, load, load_version, signed_by
from ledger.core.authority import Refused, Resource
from ledger.core.errors import Bug, LedgerError
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.directory.succession.queries import must_stand

_RECORDS = 6  # Signed, sealed, superseded, a gap, activated; or signed, sealed, acceded.


def sign(
    work: UnitOfWork,
    agreement_id: UUID,
    *,
    number: int,
    document_sha256: str,
    sign_in: SignIn,
    asks: StepUp,
    seal: str | None = None,
) -> bool:
    """Sign a version for the actor's organisation. Returns whether that brought it into force.

    *number* and *document_sha256* name the text that was read; *sign_in* is how the actor had
    signed in, as the edge saw it, and *asks* what the operator asks of that. *seal* is a
    detached JWS over the digest by the organisation's own key, if it has one.

    Each refusal is recorded, but for those of the policy, which are as any other.

    Raises:
        StepUpRequired: sign in again first.
        SignedInAsSomebodyElse, NoAuthority, AuthorityEnded, AuthorityTooSmall, Forbidden: not
            this person.
        AnotherText: another version or text is proposed.
        OutOfOrder, AlreadySigned, NotAsked, NotInThisState, SignsAfterNotice, TooLate,
            Overlapping: not now.
        OrganisationSucceeded: another organisation stands in this one's place: nobody binds it.
        BadSeal: the JWS is not over this digest by a key of the organisation.
    """
    agreement = load(work, agreement_id)
    version = load_version(work, agreement_id, number)
    terms = terms_of(version)
    work.authorise(
        Permission.AGREEMENT_SIGN, on=Resource(organisation_ids=terms.party_ids), records=_RECORDS
    )
    organisation_id = _acting_for(work)
    try:
        check_sign_in(sign_in, person_id=work.actor.id, now=work.now, asks=asks)
        must_stand(work, organisation_id, from_on=work.today, until_on=work.today)
        _check_open(version, terms)
        check_text(document_sha256, proposed=version.document_sha256)
        by = _check_signatory(work, version, terms, organisation_id)
        key_id = check_seal(work, organisation_id, document_sha256, seal) if seal else None
        signature_id = _record(work, version, terms, by=by, sign_in=sign_in)
        if seal is not None and key_id is not None:
            work.record(
                AgreementSealed(
                    signature_id=signature_id,
                    agreement_id=agreement_id,
                    number=number,
                    organisation_id=organisation_id,
                    key_id=key_id,
                    document_sha256=document_sha256,
                    jws=seal,
                )
            )
        return after_signature(work, agreement, version, terms, organisation_id)
    except LedgerError as refusal:
        if not isinstance(refusal, Refused):
            refusal.fact = AgreementSigningRefused(
                agreement_id=agreement_id,
                number=number,
                organisation_id=organisation_id,
                person_id=work.actor.id,
                because=refusal.slug,
            )
        raise


def decline(work: UnitOfWork, agreement_id: UUID, *, number: int, words: str = "") -> None:
    """Refuse to sign a version, for the actor's organisation. It is then over for all.

    Raises:
        Forbidden: the actor may not sign for a party.
        NotAsked: nothing in it concerns the actor's organisation, which did not draft it.
        NotInThisState: it is not open for signing.
    """
    load(work, agreement_id)
    version = load_version(work, agreement_id, number)
    parties = terms_of(version).party_ids
    work.authorise(Permission.AGREEMENT_SIGN, on=Resource(organisation_ids=parties))
    allows(version, Command.DECLINE)
    organisation_id = _acting_for(work)
    unasked = carried(work.session, version) - {version.drafter_id}
    if organisation_id in unasked:
        raise NotAsked("what your organisation signed before goes on counting")
    work.record(
        AgreementDeclined(
            agreement_id=agreement_id,
            number=number,
            organisation_id=organisation_id,
            person_id=work.actor.id,
            words=words or None,
        )
    )


def _check_open(version: AgreementVersion, terms: Terms) -> None:
    joins_later = State(version.state) in STANDING and terms.mode in GROWS
    allows(version, Command.ACCEDE if joins_later else Command.SIGN)


def _check_signatory(
    work: UnitOfWork, version: AgreementVersion, terms: Terms, organisation_id: UUID
) -> Exercised:
    """Check that it is the party's turn, and return the authority that the actor signs by."""
    leaves_on = leaving(work, version.agreement_id).get(organisation_id)
    if leaves_on is not None and leaves_on <= max(terms.starts_on, work.today):
        raise SignsAfterNotice(f"it leaves on {leaves_on}: this would bind it after that")
    check_turn(
        terms,
        signed=signed_by(work, version),
        organisation_id=organisation_id,
        carried=carried(work.session, version),
    )
    return exercised(
        work.session,
        work.actor.id,
        organisation_id,
        terms.kind,
        work.today,
        amount_minor=amount_minor(terms, organisation_id),
    )


def _record(
    work: UnitOfWork, version: AgreementVersion, terms: Terms, *, by: Exercised, sign_in: SignIn
) -> UUID:
    """Record the signature with all the evidence there is; return its id."""
    organisation_id, signature_id = _acting_for(work), new_id()
    organisation = directory.organisation(work.session, organisation_id).name
    signatory = directory.person_names(work.session, [work.actor.id]).get(work.actor.id) or ""
    words = statement(
        terms,
        version=version.number,
        sha256=version.document_sha256,
        organisation=organisation,
        signatory=signatory,
        by=by,
    )
    work.record(
        AgreementSigned(
            signature_id=signature_id,
            agreement_id=version.agreement_id,
            number=version.number,
            document_sha256=version.document_sha256,
            organisation_id=organisation_id,
            organisation=organisation,
            person_id=work.actor.id,
            authority_id=by.authority.id,
            from_authority_id=by.behind.id if by.behind else None,
            position=by.authority.position,
            issuer=sign_in.issuer,
            acr=sign_in.acr,
            amr=sign_in.amr,
            auth_time=sign_in.auth_time,
            signatory=signatory,
            statement=words,
            subject=sign_in.subject,
            session_id=sign_in.session_id,
            token_id=sign_in.token_id,
            user_agent=sign_in.user_agent,
        )
    )
    return signature_id


def _acting_for(work: UnitOfWork) -> UUID:
    if work.actor.organisation_id is None:
        raise Bug("only a party's people are permitted, and a party is an organisation")
    return work.actor.organisation_id
