"""Who signed, who is waited for, and who may sign at all."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ledger.agreements.models import AgreementSignature, SigningAuthority
from ledger.agreements.queries.reading import VersionView
from ledger.agreements.rules.authority import Authority, Exercised, choose_authority
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.signing import check_turn, statement, waiting_for
from ledger.agreements.rules.terms import Kind, Party
from ledger.core import privacy
from ledger.core.actor import Actor
from ledger.core.errors import LedgerError
from ledger.directory import queries as directory

_OPEN_TO_SIGN = frozenset({State.PROPOSED, State.SIGNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """A signature. *signatory* is None where the person was erased."""

    signature_id: UUID
    entry_id: UUID
    organisation_id: UUID
    organisation: str
    position: str
    signatory: str | None
    delegated: bool
    document_sha256: str
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningView:
    """How far signing is, and what the reader may do about it.

    Attributes:
        waiting: The parties whose turn it is.
        statement: What the reader would sign, word for word; None if they cannot sign.
        because: Why they cannot, in a sentence; None if they can.
    """

    signatures: tuple[SignatureView, ...]
    waiting: tuple[Party, ...]
    statement: str | None
    because: str | None


def signing(session: Session, actor: Actor, shown: VersionView, *, today: date) -> SigningView:
    """Return how far the signing of a version is, for somebody who may read it."""
    row = AgreementSignature
    rows = session.scalars(
        select(row)
        .where(row.agreement_id == shown.agreement_id, row.version == shown.number)
        .order_by(row.signed_at, row.organisation)
    ).all()
    opened = privacy.opened(session, [each.entry_id for each in rows])
    signed = frozenset(each.organisation_id for each in rows)
    waiting = waiting_for(shown.terms, signed=signed) if shown.state in _OPEN_TO_SIGN else ()
    words, because = _statement(session, actor, shown, signed, today)
    return SigningView(
        signatures=tuple(
            SignatureView(
                signature_id=each.signature_id,
                entry_id=each.entry_id,
                organisation_id=each.organisation_id,
                organisation=each.organisation,
                position=each.position,
                signatory=(opened.get(each.entry_id, {}).get("evidence") or {}).get("signatory"),
                delegated=each.from_authority_id is not None,
                document_sha256=each.document_sha256,
                signed_at=each.signed_at,
            )
            for each in rows
        ),
        waiting=waiting,
        statement=words,
        because=because,
    )


def _statement(
    session: Session, actor: Actor, shown: VersionView, signed: frozenset[UUID], today: date
) -> tuple[str | None, str | None]:
    organisation_id = actor.organisation_id
    if shown.state not in _OPEN_TO_SIGN:
        return None, "This version is not open for signing."
    if organisation_id is None or organisation_id not in shown.terms.party_ids:
        return None, "Your organisation is no party to this version."
    try:
        check_turn(shown.terms, signed=signed, organisation_id=organisation_id)
        by = exercised(session, actor.id, organisation_id, shown.terms.kind, today)
    except LedgerError as error:
        return None, f"{error.title}: {error.detail}."
    organisation = directory.organisation(session, organisation_id).name
    names = directory.person_names(session, [actor.id])
    return statement(
        shown.terms,
        version=shown.number,
        sha256=shown.document_sha256,
        organisation=organisation,
        signatory=names.get(actor.id) or "(name erased)",
        by=by,
    ), None


def exercised(
    session: Session, person_id: UUID, organisation_id: UUID, kind: Kind, today: date
) -> Exercised:
    """Return the authority by which a person signs today; see `rules.authority`."""
    row = SigningAuthority
    held = list(session.scalars(select(row).where(row.person_id == person_id)))
    behind = [each.from_authority_id for each in held if each.from_authority_id]
    held += session.scalars(select(row).where(row.id.in_(behind), row.person_id != person_id))
    mine = [authority_of(each) for each in held]
    return choose_authority(
        [each for each in mine if each.person_id == person_id],
        behind={each.id: each for each in mine},
        organisation_id=organisation_id,
        kind=kind,
        today=today,
    )


def authorities(session: Session, organisation_id: UUID) -> tuple[Authority, ...]:
    """Return all authority to sign for an organisation, past and present, newest first."""
    row = SigningAuthority
    rows = session.scalars(
        select(row)
        .where(row.organisation_id == organisation_id)
        .order_by(row.first_day.desc(), row.id)
    )
    return tuple(authority_of(each) for each in rows)


def my_authorities(session: Session, person_id: UUID) -> tuple[Authority, ...]:
    """Return a person's own authority, and what they delegated to others."""
    row = SigningAuthority
    own = select(row.id).where(row.person_id == person_id)
    rows = session.scalars(
        select(row)
        .where(or_(row.person_id == person_id, row.from_authority_id.in_(own)))
        .order_by(row.first_day.desc(), row.id)
    )
    return tuple(authority_of(each) for each in rows)


def authority_of(row: SigningAuthority) -> Authority:
    """Return a row as the value that rules judge."""
    return Authority(
        id=row.id,
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        position=row.position,
        first_day=row.first_day,
        last_day=row.last_day,
        kinds=frozenset(map(Kind, row.kinds)),
        from_authority_id=row.from_authority_id,
        ended_on=row.ended_on,
    )
