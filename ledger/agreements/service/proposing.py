"""Putting a draft to its parties: from then on its text never changes."""

from uuid import UUID

from ledger.agreements.entries import AgreementProposed
from ledger.agreements.lines import labels_of, terms_of
from ledger.agreements.models import Agreement, AgreementVersion
from ledger.agreements.rules import document
from ledger.agreements.rules.affected import Asked, asked
from ledger.agreements.rules.checks import Limits, check_ready
from ledger.agreements.rules.lifecycle import Command
from ledger.agreements.rules.neighbours import gap_days
from ledger.agreements.rules.terms import Terms
from ledger.agreements.service.loading import allows, leaving, load, load_open, load_version
from ledger.agreements.service.neighbours import beside, renewed
from ledger.core import blobs
from ledger.core.authority import Resource
from ledger.core.errors import Fault, Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.succession.queries import hold_successions


class LeavingParty(Invalid):
    """A new version names a party that will have left by its first day."""

    slug = "party-is-leaving"
    title = "A party of this version has given notice"


class PartyLeftOut(Invalid):
    """A new version leaves a party out that has not given notice: nobody is voted out."""

    slug = "party-left-out"
    title = "A party of the version in force is left out"


class PartySucceeded(Invalid):
    """A version names a party in whose place another stands by its first day."""

    slug = "party-succeeded"
    title = "Another organisation takes the place of a party"


def propose(
    work: UnitOfWork, agreement_id: UUID, *, limits: Limits | None = None, accept_gap: bool = False
) -> None:
    """Put a draft to its parties. From now on its text never changes.

    *accept_gap* says that days without cover before a renewal are meant.

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
    others = beside(work.session, agreement_id, shown, terms, accept_gap=accept_gap)
    check_ready(shown, terms, today=work.today, limits=limits or Limits(), beside=others)
    _check_parties(work, agreement, terms)
    before = renewed(work.session, terms)
    work.record(
        AgreementProposed(
            agreement_id=agreement_id,
            number=version.number,
            document_sha256=version.document_sha256,
            party_ids=tuple(sorted(terms.party_ids)),
            base=agreement.standing,
            asked=_asked(work, agreement, version, terms),
            gap_days=gap_days(terms.starts_on, before) if before else None,
        )
    )


def _asked(
    work: UnitOfWork, agreement: Agreement, version: AgreementVersion, terms: Terms
) -> tuple[Asked, ...]:
    if agreement.standing is None:
        return asked(None, terms, same_text=True)
    standing = load_version(work, agreement.id, agreement.standing)
    same_text = standing.template == version.template
    return asked(terms_of(standing), terms, same_text=same_text)


def _check_parties(work: UnitOfWork, agreement: Agreement, terms: Terms) -> None:
    """Check that an amendment names who is a party on its first day, and nobody who has left."""
    known = hold_successions(work)
    day = max(terms.starts_on, work.today)
    if over := sorted(one for one in terms.party_ids if known.succeeded(one, day)):
        faults = [
            Fault("parties", f"another organisation takes the place of {terms.name_of(one)}")
            for one in over
        ]
        raise PartySucceeded("name the organisation that stands in its place", faults)
    gone = {one for one, day in leaving(work, agreement.id).items() if day <= terms.starts_on}
    if back := gone & terms.party_ids:
        faults = [Fault("parties", f"{terms.name_of(one)} has left by then") for one in back]
        raise LeavingParty("leave it out, or make a new agreement with it", faults)
    if agreement.standing is None:
        return
    standing = terms_of(load_version(work, agreement.id, agreement.standing))
    now = terms.party_ids
    missing = {one for one in standing.party_ids - gone - now if known.current(one, day) not in now}
    if missing:
        faults = [Fault("parties", f"{standing.name_of(one)} is left out") for one in missing]
        raise PartyLeftOut("a party leaves by its own notice; name it until then", faults)
