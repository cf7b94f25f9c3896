"""Agreements as their parties read them."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ledger.agreements.lines import bound_by, labels_of, terms_of
from ledger.agreements.models import (
    Agreement,
    AgreementLink,
    AgreementParty,
    AgreementVersion,
)
from ledger.agreements.queries.visibility import readable, seen_by
from ledger.agreements.rules import document
from ledger.agreements.rules.compare import Difference, compare
from ledger.agreements.rules.document import Document
from ledger.agreements.rules.lifecycle import OPEN, State
from ledger.agreements.rules.signing import waiting_for
from ledger.agreements.rules.terms import Kind, Terms
from ledger.core import blobs
from ledger.core.actor import Actor
from ledger.core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A line of a register: an agreement by the version that matters most to its reader."""

    id: UUID
    kind: Kind
    title: str
    version: int
    state: State
    first_day: date
    last_day: date
    suspended_to: date | None
    parties: tuple[str, ...]
    purposes: tuple[str, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version, whole."""

    agreement_id: UUID
    number: int
    state: State
    drafter_id: UUID
    terms: Terms
    document: Document
    document_sha256: str
    template: str
    first_day: date
    last_day: date
    suspended_to: date | None
    drafted_at: datetime
    proposed_at: datetime | None
    activated_at: datetime | None
    versions: tuple[tuple[int, State], ...]
    linked_ids: tuple[UUID, ...]
    leaving: tuple[tuple[UUID, date], ...]

    @property
    def open(self) -> int | None:
        """The number of the version that is being negotiated, if the reader may see it."""
        return next((number for number, state in self.versions if state in OPEN), None)


def visible(
    session: Session,
    actor: Actor,
    *,
    containing: str = "",
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> tuple[Summary, ...]:
    """Return the agreements that an actor may read, by title."""
    row = Agreement
    query = select(row).where(readable(actor)).order_by(row.title, row.id).limit(limit)
    if containing:
        query = query.where(func.lower(row.title).contains(containing.lower(), autoescape=True))
    if after is not None:
        title, last_id = after
        query = query.where(or_(row.title > title, (row.title == title) & (row.id > last_id)))
    agreements = list(session.scalars(query))
    shown = _shown(session, actor, agreements)
    found = {each.id: each for each in summaries(session, shown)}
    # In the database's order, by the titles it ordered by: a page goes on from its last line.
    return tuple(
        replace(found[each.id], title=each.title) for each in agreements if each.id in found
    )


def register(session: Session, *, on: date) -> tuple[Summary, ...]:
    """Return what anybody may know: the agreements that stand on that day, by title."""
    row = AgreementVersion
    query = (
        select(row.agreement_id, row.number)
        .where(row.activated_at.is_not(None), row.first_day <= on, row.last_day >= on)
        .where(row.state.in_([State.ACTIVE, State.SUSPENDED, State.SUPERSEDED]))
    )
    return summaries(session, {each.agreement_id: each.number for each in session.execute(query)})


def to_sign(session: Session, actor: Actor) -> tuple[Summary, ...]:
    """Return the versions that wait for the actor's organisation to sign now, by title.

    Not yet those that an earlier group has still to sign, and not those that bind the
    organisation without asking it again.
    """
    rows = session.scalars(
        select(AgreementVersion)
        .join(Agreement, Agreement.id == AgreementVersion.agreement_id)
        .where(readable(actor), seen_by(actor))
        .where(AgreementVersion.state.in_([State.PROPOSED, State.SIGNING]))
    ).all()
    ours = {
        row.agreement_id: row.number
        for row in rows
        if actor.organisation_id
        in {
            each.organisation_id
            for each in waiting_for(terms_of(row), signed=bound_by(session, row))
        }
    }
    return summaries(session, ours)


def agreement(session: Session, actor: Actor, agreement_id: UUID) -> VersionView:
    """Return the version of an agreement that matters most: the standing one, or the newest.

    Raises:
        NotFound: there is none that the actor may read.
    """
    row = session.scalar(select(Agreement).where(Agreement.id == agreement_id, readable(actor)))
    if row is None:
        raise NotFound("no such agreement")
    shown = _shown(session, actor, [row])
    return version(session, actor, agreement_id, shown.get(agreement_id, 0))


def version(session: Session, actor: Actor, agreement_id: UUID, number: int) -> VersionView:
    """Return one version.

    Raises:
        NotFound: there is none that the actor may read.
    """
    row = AgreementVersion
    mine = (row.agreement_id == agreement_id, readable(actor), seen_by(actor))
    rows = session.scalars(
        select(row).join(Agreement, Agreement.id == row.agreement_id).where(*mine)
    ).all()
    found = next((each for each in rows if each.number == number), None)
    if found is None:
        raise NotFound("no such agreement")
    versions = sorted((each.number, State(each.state)) for each in rows)
    return _view(session, found, tuple(versions))


def differences(session: Session, shown: VersionView) -> tuple[Difference, ...]:
    """Return how a version differs from the one that it would replace, or did; clause by clause."""
    row = AgreementVersion
    earlier = session.scalars(
        select(row)
        .where(
            row.agreement_id == shown.agreement_id,
            row.number < shown.number,
            row.activated_at.is_not(None),
        )
        .order_by(row.number.desc())
        .limit(1)
    ).one_or_none()
    if earlier is None:
        return ()
    text = blobs.read(session, earlier.document_sha256).decode()
    return compare(document.read(text, labels_of(earlier)), shown.document)


def _view(
    session: Session, row: AgreementVersion, versions: tuple[tuple[int, State], ...]
) -> VersionView:
    text = blobs.read(session, row.document_sha256).decode()
    link, party = AgreementLink, AgreementParty
    links = session.execute(
        select(link).where(
            or_(link.agreement_id == row.agreement_id, link.linked_id == row.agreement_id)
        )
    ).scalars()
    leaving = session.execute(
        select(party.organisation_id, party.leaves_on).where(
            party.agreement_id == row.agreement_id, party.leaves_on.is_not(None)
        )
    )
    return VersionView(
        agreement_id=row.agreement_id,
        number=row.number,
        state=State(row.state),
        drafter_id=row.drafter_id,
        terms=terms_of(row),
        document=document.read(text, labels_of(row)),
        document_sha256=row.document_sha256,
        template=f"{row.template['name']} {row.template['version']}",
        first_day=row.first_day,
        last_day=row.last_day,
        suspended_to=row.suspended_to,
        drafted_at=row.drafted_at,
        proposed_at=row.proposed_at,
        activated_at=row.activated_at,
        versions=versions,
        linked_ids=tuple(
            each.linked_id if each.agreement_id == row.agreement_id else each.agreement_id
            for each in links
        ),
        leaving=tuple((party_id, day) for party_id, day in leaving if day is not None),
    )


def _shown(session: Session, actor: Actor, rows: list[Agreement]) -> dict[UUID, int]:
    """Return the version of each agreement that matters most to a reader: see `agreement`."""
    row = AgreementVersion
    seen = session.execute(
        select(row.agreement_id, row.number)
        .where(row.agreement_id.in_([each.id for each in rows]), seen_by(actor))
        .order_by(row.number)
    )
    numbers: dict[UUID, list[int]] = defaultdict(list)
    for each in seen:
        numbers[each.agreement_id].append(each.number)
    return {
        each.id: each.standing if each.standing in numbers[each.id] else numbers[each.id][-1]
        for each in rows
        if numbers[each.id]
    }


def summaries(session: Session, shown: dict[UUID, int]) -> tuple[Summary, ...]:
    """Return the lines of agreements, each by the number of the version to show, by title."""
    row = AgreementVersion
    rows = session.scalars(select(row).where(row.agreement_id.in_(shown))).all()
    found = []
    for each in rows:
        if each.number != shown[each.agreement_id]:
            continue
        terms = terms_of(each)
        found.append(
            Summary(
                id=each.agreement_id,
                kind=terms.kind,
                title=terms.title,
                version=each.number,
                state=State(each.state),
                first_day=each.first_day,
                last_day=each.last_day,
                suspended_to=each.suspended_to,
                parties=tuple(party.name for party in terms.parties),
                purposes=tuple(sorted({flow.purpose for flow in terms.flows})),
                categories=tuple(sorted({c for flow in terms.flows for c in flow.categories})),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.title, each.id)))
