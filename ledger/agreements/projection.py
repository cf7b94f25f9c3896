"""What the entries of an agreement's negotiation change. What ends one is in `endings`."""

from uuid import UUID

from sqlalchemy.orm import Session

from audit import Record
from audit.values import to_json
from ledger.agreements.duty_entries import (
    SignatoryAppointed,
    SignatoryAppointedV1,
    SignatoryEnded,
)
from ledger.agreements.entries import (
    AgreementAcceded,
    AgreementActivated,
    AgreementDeclined,
    AgreementDocumentIssued,
    AgreementDrafted,
    AgreementDraftedV1,
    AgreementGapNoted,
    AgreementLinked,
    AgreementProposed,
    AgreementProposedV1,
    AgreementRedrafted,
    AgreementRedraftedV1,
    AgreementSigned,
    AgreementSigningRefused,
)
from ledger.agreements.lines import lines_of, moves, something_covered_changed, terms_of
from ledger.agreements.models import (
    Agreement,
    AgreementLink,
    AgreementParty,
    AgreementSignature,
    AgreementVersion,
    IssuedDocument,
    SigningAuthority,
)
from ledger.agreements.rules.lifecycle import STANDING, Command, State
from ledger.core.projection import Opened, changes_nothing, projects


@projects(AgreementDraftedV1)
def drafted_v1(session: Session, record: Record[AgreementDraftedV1], _opened: Opened) -> None:
    """There is one version more, which only its drafter sees."""
    _drafted(session, record)


@projects(AgreementDrafted)
def drafted(session: Session, record: Record[AgreementDrafted], _opened: Opened) -> None:
    """There is one version more, which only its drafter sees."""
    _drafted(session, record)


def _drafted(
    session: Session, record: Record[AgreementDrafted] | Record[AgreementDraftedV1]
) -> None:
    entry = record.entry
    agreement = session.get(Agreement, entry.agreement_id)
    if agreement is None:
        agreement = Agreement(
            id=entry.agreement_id,
            kind=entry.terms.kind,
            title=entry.terms.title,
            lead_id=entry.terms.lead_id,
            newest=entry.number,
        )
        session.add(agreement)
        session.flush()
    agreement.newest = agreement.open = entry.number
    _seen_by(session, entry.agreement_id, entry.drafter_id, entry.number)
    session.add(
        AgreementVersion(
            agreement_id=entry.agreement_id,
            number=entry.number,
            state=State.DRAFT,
            drafter_id=entry.drafter_id,
            drafted_at=record.at,
            **_content(entry),
        )
    )


@projects(AgreementRedraftedV1)
def redrafted_v1(session: Session, record: Record[AgreementRedraftedV1], _opened: Opened) -> None:
    """The draft is another."""
    _redrafted(session, record)


@projects(AgreementRedrafted)
def redrafted(session: Session, record: Record[AgreementRedrafted], _opened: Opened) -> None:
    """The draft is another."""
    _redrafted(session, record)


def _redrafted(
    session: Session, record: Record[AgreementRedrafted] | Record[AgreementRedraftedV1]
) -> None:
    version = moves(session, record, Command.REDRAFT)
    for name, value in _content(record.entry).items():
        setattr(version, name, value)
    agreement = session.get_one(Agreement, record.entry.agreement_id)
    if agreement.newest == 1:  # What others know it by changes by activation only.
        agreement.title, agreement.lead_id = record.entry.terms.title, record.entry.terms.lead_id


@projects(AgreementProposedV1)
def proposed_v1(session: Session, record: Record[AgreementProposedV1], _opened: Opened) -> None:
    """Its parties see it, and all are asked to sign."""
    _proposed(session, record)


@projects(AgreementProposed)
def proposed(session: Session, record: Record[AgreementProposed], _opened: Opened) -> None:
    """Its parties see it, and whom it concerns is asked to sign."""
    version = _proposed(session, record)
    version.base = record.entry.base
    version.asked = to_json(record.entry.asked)  # type: ignore[assignment]


def _proposed(
    session: Session, record: Record[AgreementProposed] | Record[AgreementProposedV1]
) -> AgreementVersion:
    version = moves(session, record, Command.PROPOSE)
    version.proposed_at = record.at
    for party_id in record.entry.party_ids:
        _seen_by(session, record.entry.agreement_id, party_id, record.entry.number)
    return version


@projects(AgreementSigned)
def signed(session: Session, record: Record[AgreementSigned], _opened: Opened) -> None:
    """There is one signature more."""
    entry = record.entry
    version = session.get_one(AgreementVersion, (entry.agreement_id, entry.number))
    stands = State(version.state) in STANDING
    moves(session, record, Command.ACCEDE if stands else Command.SIGN)
    session.add(
        AgreementSignature(
            agreement_id=entry.agreement_id,
            version=entry.number,
            organisation_id=entry.organisation_id,
            signature_id=entry.signature_id,
            entry_id=record.id,
            person_id=entry.person_id,
            authority_id=entry.authority_id,
            from_authority_id=entry.from_authority_id,
            organisation=entry.organisation,
            position=entry.position,
            document_sha256=entry.document_sha256,
            acr=entry.acr,
            auth_time=entry.auth_time,
            signed_at=record.at,
        )
    )


@projects(AgreementDocumentIssued)
def issued(session: Session, record: Record[AgreementDocumentIssued], _opened: Opened) -> None:
    """There is one file more that this service says is its own."""
    entry = record.entry
    session.add(
        IssuedDocument(
            pdf_sha256=entry.pdf_sha256,
            agreement_id=entry.agreement_id,
            version=entry.number,
            document_sha256=entry.document_sha256,
            entry_id=record.id,
            issued_at=record.at,
        )
    )


@projects(AgreementDeclined)
def declined(session: Session, record: Record[AgreementDeclined], _opened: Opened) -> None:
    """The version is over; another may be drafted."""
    moves(session, record, Command.DECLINE)
    session.get_one(Agreement, record.entry.agreement_id).open = None


@projects(AgreementActivated)
def activated(session: Session, record: Record[AgreementActivated], _opened: Opened) -> None:
    """It stands, and what it covers is in the index."""
    entry = record.entry
    version = moves(session, record, Command.ACTIVATE)
    version.activated_at = record.at
    version.first_day, version.last_day = entry.first_day, entry.last_day
    agreement = session.get_one(Agreement, entry.agreement_id)
    agreement.standing, agreement.open = entry.number, None
    terms = terms_of(version)
    agreement.title, agreement.lead_id = terms.title, terms.lead_id
    session.add_all(lines_of(session, version, first_day=entry.first_day))
    something_covered_changed(session)


@projects(AgreementAcceded)
def acceded(session: Session, record: Record[AgreementAcceded], _opened: Opened) -> None:
    """What the party that signed makes good is in the index too."""
    entry = record.entry
    version = session.get_one(AgreementVersion, (entry.agreement_id, entry.number))
    session.add_all(lines_of(session, version, first_day=entry.first_day))
    something_covered_changed(session)


changes_nothing(AgreementGapNoted, because="the days of both agreements tell it; this says so")
changes_nothing(AgreementSigningRefused, because="what was refused changed nothing")


@projects(AgreementLinked)
def linked(session: Session, record: Record[AgreementLinked], _opened: Opened) -> None:
    """They are linked."""
    entry = record.entry
    session.add(AgreementLink(agreement_id=entry.agreement_id, linked_id=entry.linked_id))


@projects(SignatoryAppointedV1)
def appointed_v1(session: Session, record: Record[SignatoryAppointedV1], _opened: Opened) -> None:
    """There is one authority more, for any amount."""
    _appointed(session, record.entry, limit_minor=None)


@projects(SignatoryAppointed)
def appointed(session: Session, record: Record[SignatoryAppointed], _opened: Opened) -> None:
    """There is one authority more."""
    _appointed(session, record.entry, limit_minor=record.entry.limit_minor)


def _appointed(
    session: Session, entry: SignatoryAppointed | SignatoryAppointedV1, *, limit_minor: int | None
) -> None:
    session.add(
        SigningAuthority(
            id=entry.authority_id,
            person_id=entry.person_id,
            organisation_id=entry.organisation_id,
            position=entry.position,
            first_day=entry.first_day,
            last_day=entry.last_day,
            kinds=sorted(entry.kinds),
            limit_minor=limit_minor,
            from_authority_id=entry.from_authority_id,
        )
    )


@projects(SignatoryEnded)
def ended(session: Session, record: Record[SignatoryEnded], _opened: Opened) -> None:
    """It counts no more from a day on."""
    session.get_one(SigningAuthority, record.entry.authority_id).ended_on = record.entry.ended_on


def _content(
    entry: AgreementDrafted | AgreementDraftedV1 | AgreementRedrafted | AgreementRedraftedV1,
) -> dict[str, object]:
    return {
        "terms": to_json(entry.terms),
        "labels": to_json(entry.labels),
        "template": to_json(entry.template),
        "document_sha256": entry.document_sha256,
        "first_day": entry.terms.starts_on,
        "last_day": entry.terms.ends_on,
        "review_on": entry.terms.review_on,
    }


def _seen_by(session: Session, agreement_id: UUID, organisation_id: UUID, number: int) -> None:
    party = session.get(AgreementParty, (agreement_id, organisation_id))
    if party is None:
        party = AgreementParty(agreement_id=agreement_id, organisation_id=organisation_id)
        session.add(party)
    party.through = number
    session.flush()
