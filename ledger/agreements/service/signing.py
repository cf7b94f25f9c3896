"""From a draft to an agreement in force: propose, sign, decline."""

from datetime import date, timedelta
from uuid import UUID

from ledger.agreements.entries import (
    AgreementActivated,
    AgreementDeclined,
    AgreementProposed,
    AgreementSigned,
    AgreementSuperseded,
)
from ledger.agreements.lines import labels_of, terms_of
from ledger.agreements.models import Agreement, AgreementVersion
from ledger.agreements.queries.signing import exercised
from ledger.agreements.rules import document
from ledger.agreements.rules.checks import Limits, check_ready
from ledger.agreements.rules.leaving import ends_with
from ledger.agreements.rules.lifecycle import Command
from ledger.agreements.rules.signing import (
    SignIn,
    StepUp,
    check_sign_in,
    check_text,
    check_turn,
    is_complete,
    statement,
)
from ledger.agreements.rules.terms import Kind, Terms
from ledger.agreements.service.loading import (
    allows,
    leaving,
    load,
    load_open,
    load_standing,
    load_version,
    lock_covered,
    signed_by,
)
from ledger.core import blobs
from ledger.core.authority import Resource
from ledger.core.errors import Bug, Conflict, Fault, Invalid
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory


class TooLate(Conflict):
    """The last signature would come after the agreement's last day."""

    slug = "agreement-already-over"
    title = "The agreement would be over before it begins"


class LeavingParty(Invalid):
    """A new version names a party that will have left by its first day."""

    slug = "party-is-leaving"
    title = "A party of this version has given notice"


class PartyLeftOut(Invalid):
    """A new version leaves a party out that has not given notice: nobody is voted out."""

    slug = "party-left-out"
    title = "A party of the version in force is left out"


def propose(work: UnitOfWork, agreement_id: UUID, *, limits: Limits | None = None) -> None:
    """Put a draft to its parties. From now on its text never changes.

    Raises:
        NotReady: with every fault, each naming its clause.
        LeavingParty, PartyLeftOut: of an amendment, see there.
        NothingOpen, NotInThisState: there is no draft.
        Forbidden: it is another organisation's draft.
    """
    agreement = load(work, agreement_id)
    version = load_open(work, agreement)
    owner = frozenset({version.drafter_id})
    work.authorise(Permission.AGREEMENT_DRAFT, on=Resource(organisation_ids=owner))
    allows(version, Command.PROPOSE)
    terms = terms_of(version)
    text = blobs.read(work.session, version.document_sha256).decode()
    shown = document.read(text, labels_of(version))
    check_ready(shown, terms, today=work.today, limits=limits or Limits())
    _check_parties(work, agreement, terms)
    work.record(
        AgreementProposed(
            agreement_id=agreement_id,
            number=version.number,
            document_sha256=version.document_sha256,
            party_ids=tuple(sorted(terms.party_ids)),
        )
    )


def sign(
    work: UnitOfWork,
    agreement_id: UUID,
    *,
    number: int,
    document_sha256: str,
    sign_in: SignIn,
    asks: StepUp,
) -> bool:
    """Sign a version for the actor's organisation. Returns whether that brought it into force.

    *number* and *document_sha256* name the text that was read; *sign_in* is how the actor had
    signed in, as the edge saw it, and *asks* what the operator asks of that.

    Raises:
        StepUpRequired: sign in again first.
        SignedInAsSomebodyElse, NoAuthority, AuthorityEnded, Forbidden: not this person.
        AnotherText: another version or text is proposed.
        OutOfOrder, AlreadySigned, NotInThisState, TooLate: not now.
    """
    agreement = load(work, agreement_id)
    version = load_version(work, agreement_id, number)
    terms = terms_of(version)
    work.authorise(
        Permission.AGREEMENT_SIGN, on=Resource(organisation_ids=terms.party_ids), records=3
    )
    organisation_id = _acting_for(work)
    check_sign_in(sign_in, person_id=work.actor.id, now=work.now, asks=asks)
    allows(version, Command.SIGN)
    check_text(document_sha256, proposed=version.document_sha256)
    signed = signed_by(work, version)
    check_turn(terms, signed=signed, organisation_id=organisation_id)
    by = exercised(work.session, work.actor.id, organisation_id, terms.kind, work.today)
    organisation = directory.organisation(work.session, organisation_id).name
    signatory = directory.person_names(work.session, [work.actor.id]).get(work.actor.id) or ""
    work.record(
        AgreementSigned(
            signature_id=new_id(),
            agreement_id=agreement_id,
            number=number,
            document_sha256=document_sha256,
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
            statement=statement(
                terms,
                version=number,
                sha256=document_sha256,
                organisation=organisation,
                signatory=signatory,
                by=by,
            ),
            subject=sign_in.subject,
            session_id=sign_in.session_id,
            token_id=sign_in.token_id,
            user_agent=sign_in.user_agent,
        )
    )
    if not is_complete(terms, signed=signed | {organisation_id}):
        return False
    _activate(work, agreement, version, terms)
    return True


def decline(work: UnitOfWork, agreement_id: UUID, *, number: int, words: str = "") -> None:
    """Refuse to sign a version, for the actor's organisation. It is then over for all.

    Raises:
        Forbidden: the actor may not sign for a party.
        NotInThisState: it is not open for signing.
    """
    load(work, agreement_id)
    version = load_version(work, agreement_id, number)
    parties = terms_of(version).party_ids
    work.authorise(Permission.AGREEMENT_SIGN, on=Resource(organisation_ids=parties))
    allows(version, Command.DECLINE)
    work.record(
        AgreementDeclined(
            agreement_id=agreement_id,
            number=number,
            organisation_id=_acting_for(work),
            person_id=work.actor.id,
            words=words or None,
        )
    )


def _check_parties(work: UnitOfWork, agreement: Agreement, terms: Terms) -> None:
    """Check that an amendment names who is a party on its first day, and nobody who has left."""
    gone = {one for one, day in leaving(work, agreement.id).items() if day <= terms.starts_on}
    if back := gone & terms.party_ids:
        faults = [Fault("parties", f"{terms.name_of(one)} has left by then") for one in back]
        raise LeavingParty("leave it out, or make a new agreement with it", faults)
    if agreement.standing is None:
        return
    standing = terms_of(load_version(work, agreement.id, agreement.standing))
    if missing := standing.party_ids - gone - terms.party_ids:
        faults = [Fault("parties", f"{standing.name_of(one)} is left out") for one in missing]
        raise PartyLeftOut("a party leaves by its own notice; name it until then", faults)


def _activate(
    work: UnitOfWork, agreement: Agreement, version: AgreementVersion, terms: Terms
) -> None:
    first_day = terms.starts_on
    if terms.kind is Kind.DATA_SHARING:  # Money may start before it is signed, access never.
        first_day = max(first_day, work.today)
    last_day = ends_with(terms, gone=leaving(work, agreement.id))
    if last_day < first_day:
        raise TooLate("propose a version with a later end")
    if agreement.standing is not None:
        earlier = load_standing(work, agreement)
        allows(earlier, Command.SUPERSEDE)
        work.record(_superseded(earlier, version.number, first_day))
    else:
        lock_covered(work)
    work.record(
        AgreementActivated(
            agreement_id=agreement.id,
            number=version.number,
            first_day=first_day,
            last_day=last_day,
        )
    )


def _superseded(earlier: AgreementVersion, by_number: int, first_day: date) -> AgreementSuperseded:
    return AgreementSuperseded(
        agreement_id=earlier.agreement_id,
        number=earlier.number,
        by_number=by_number,
        last_day=min(earlier.last_day, first_day - timedelta(days=1)),
    )


def _acting_for(work: UnitOfWork) -> UUID:
    if work.actor.organisation_id is None:
        raise Bug("only a party's people are permitted, and a party is an organisation")
    return work.actor.organisation_id
