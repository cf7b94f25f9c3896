"""Who signed, who is waited for, and who may sign at all."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from ledger.agreements.lines import asked_of, carried
from ledger.agreements.models import AgreementSignature, AgreementVersion, SigningAuthority
from ledger.agreements.queries.reading import VersionView
from ledger.agreements.rules.affected import Asked, explain
from ledger.agreements.rules.authority import CHAIN_MAX, Authority, Exercised, choose_authority
from ledger.agreements.rules.lifecycle import STANDING, State
from ledger.agreements.rules.modes import GROWS
from ledger.agreements.rules.signing import amount_minor, check_turn, statement, waiting_for
from ledger.agreements.rules.terms import Kind, Party
from ledger.core import privacy
from ledger.core.actor import Actor
from ledger.core.errors import LedgerError
from ledger.directory import queries as directory

_OPEN_TO_SIGN = frozenset({State.PROPOSED, State.SIGNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """A signature. *signatory* and *statement* are None where the person was erased."""

    signature_id: UUID
    entry_id: UUID
    organisation_id: UUID
    organisation: str
    position: str
    signatory: str | None
    delegated: bool
    document_sha256: str
    signed_at: datetime
    person_id: UUID
    acr: str | None
    auth_time: datetime
    seal: str | None = None
    key_id: UUID | None = None
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningView:
    """How far signing is, and what the reader may do about it.

    Attributes:
        waiting: The parties whose turn it is.
        statement: What the reader would sign, word for word; None if they cannot sign.
        because: Why they cannot, in a sentence; None if they can.
        asked: Who must sign this version, and why.
        bound: The parties that it binds without asking: what they signed before goes on.
        why_asked: Why the reader's own party must sign, a sentence each; empty if it need not.
    """

    signatures: tuple[SignatureView, ...]
    waiting: tuple[Party, ...]
    statement: str | None
    because: str | None
    asked: tuple[Asked, ...] = ()
    bound: tuple[Party, ...] = ()
    why_asked: tuple[str, ...] = ()


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
    version = session.get_one(AgreementVersion, (shown.agreement_id, shown.number))
    unasked = carried(session, version)
    may_be_signed = _is_open(shown)
    waiting = waiting_for(shown.terms, signed=signed | unasked) if may_be_signed else ()
    words, because = _statement(session, actor, shown, today, signed=signed, unasked=unasked)
    concerned = asked_of(version) if shown.state is not State.DRAFT else ()
    mine = next((one for one in concerned if one.organisation_id == actor.organisation_id), None)
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
                person_id=each.person_id,
                acr=each.acr,
                auth_time=each.auth_time,
                seal=each.seal,
                key_id=each.key_id,
                statement=(opened.get(each.entry_id, {}).get("evidence") or {}).get("statement"),
            )
            for each in rows
        ),
        waiting=waiting,
        statement=words,
        because=because,
        asked=concerned,
        bound=tuple(one for one in shown.terms.parties if one.organisation_id in unasked),
        why_asked=explain(mine) if mine else (),
    )


def _is_open(shown: VersionView) -> bool:
    later = shown.state in STANDING and shown.terms.mode in GROWS
    return shown.state in _OPEN_TO_SIGN or later


def _statement(
    session: Session,
    actor: Actor,
    shown: VersionView,
    today: date,
    *,
    signed: frozenset[UUID],
    unasked: frozenset[UUID],
) -> tuple[str | None, str | None]:
    organisation_id = actor.organisation_id
    if not _is_open(shown):
        return None, "This version is not open for signing."
    if organisation_id is None or organisation_id not in shown.terms.party_ids:
        return None, "Your organisation is no party to this version."
    try:
        check_turn(shown.terms, signed=signed, organisation_id=organisation_id, carried=unasked)
        by = exercised(
            session,
            actor.id,
            organisation_id,
            shown.terms.kind,
            today,
            amount_minor=amount_minor(shown.terms, organisation_id),
        )
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
    session: Session,
    person_id: UUID,
    organisation_id: UUID,
    kind: Kind,
    today: date,
    *,
    amount_minor: int = 0,
) -> Exercised:
    """Return the authority by which a person signs today; see `rules.authority`."""
    row = SigningAuthority
    held = [authority_of(each) for each in session.scalars(_theirs(person_id))]
    known = {each.id: each for each in held}
    for _ in range(CHAIN_MAX - 1):
        behind = {each.from_authority_id for each in known.values() if each.from_authority_id}
        if missing := behind - known.keys():
            rows = session.scalars(select(row).where(row.id.in_(missing)))
            known |= {each.id: authority_of(each) for each in rows}
    return choose_authority(
        held,
        behind=known,
        organisation_id=organisation_id,
        kind=kind,
        today=today,
        amount_minor=amount_minor,
    )


def _theirs(person_id: UUID) -> Select[SigningAuthority]:
    return select(SigningAuthority).where(SigningAuthority.person_id == person_id)


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
        limit_minor=row.limit_minor,
        from_authority_id=row.from_authority_id,
        ended_on=row.ended_on,
    )
