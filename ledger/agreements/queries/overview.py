"""What pages and programs show beside a text: flows as a graph, days to come, what is owed."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ledger.agreements.lines import bound_by, terms_of
from ledger.agreements.models import (
    Agreement,
    AgreementObligation,
    AgreementParty,
    AgreementVersion,
    OrganisationKey,
)
from ledger.agreements.queries.reading import VersionView
from ledger.agreements.queries.visibility import readable, seen_by
from ledger.agreements.rules.lifecycle import STANDING, State
from ledger.agreements.rules.modes import counts
from ledger.agreements.rules.reminders import Matter
from ledger.core.actor import Actor
from ledger.directory import queries as directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A party, as a point of the data-flow diagram."""

    organisation_id: UUID
    name: str
    leads: bool
    bound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A flow, as an arrow. *in_force* says whether those between whom it goes are bound."""

    flow: str
    clause: str
    from_party: UUID
    to_party: UUID
    from_role: str
    to_role: str
    purpose: str
    categories: tuple[str, ...]
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The data flows of one version: drawn from the terms, never by hand."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A day of an agreement that comes, for the calendar."""

    agreement_id: UUID
    version: int
    title: str
    matter: Matter
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """What an organisation must still destroy or return, or has."""

    agreement_id: UUID
    title: str
    organisation_id: UUID
    organisation: str
    due_on: date
    overdue: bool
    certified_at: datetime | None
    disposal: str | None
    certificate_sha256: str | None
    entry_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingKey:
    """A public key of an organisation, by which its seals are checked."""

    id: UUID
    organisation_id: UUID
    algorithm: str
    jwk: str
    thumbprint: str
    added_at: datetime
    ended_on: date | None


def graph(session: Session, shown: VersionView) -> Graph:
    """Return the flows of a version that somebody may read as points and arrows."""
    version = session.get_one(AgreementVersion, (shown.agreement_id, shown.number))
    terms, bound = shown.terms, bound_by(session, version)
    clauses = {each.states: each.number for each in shown.document.clauses if each.states}
    return Graph(
        nodes=tuple(
            Node(
                organisation_id=party.organisation_id,
                name=party.name,
                leads=party.leads,
                bound=party.organisation_id in bound,
            )
            for party in terms.parties
        ),
        edges=tuple(
            Edge(
                flow=flow.key,
                clause=clauses.get(flow.key, ""),
                from_party=flow.from_party,
                to_party=flow.to_party,
                from_role=flow.from_role,
                to_role=flow.to_role,
                purpose=flow.purpose,
                categories=tuple(sorted(flow.categories)),
                in_force=shown.state is State.ACTIVE and counts(terms, flow, bound=bound),
            )
            for flow in terms.flows
        ),
    )


def calendar(session: Session, actor: Actor, *, first: date, last: date) -> tuple[Due, ...]:
    """Return the ends and reviews between two days of what stands and *actor* may read."""
    row = AgreementVersion
    rows = session.scalars(
        select(row)
        .join(Agreement, Agreement.id == row.agreement_id)
        .where(readable(actor), seen_by(actor), row.state.in_(STANDING))
        .where(or_(row.last_day.between(first, last), row.review_on.between(first, last)))
    )
    found = [
        Due(
            agreement_id=each.agreement_id,
            version=each.number,
            title=terms_of(each).title,
            matter=matter,
            day=day,
        )
        for each in rows
        for matter, day in ((Matter.EXPIRY, each.last_day), (Matter.REVIEW, each.review_on))
        if day is not None and first <= day <= last
    ]
    return tuple(sorted(found, key=lambda each: (each.day, each.title, each.agreement_id)))


def obligations(
    session: Session, actor: Actor, *, today: date, overdue_only: bool = False
) -> tuple[Obligation, ...]:
    """Return what is owed under the agreements that *actor* may read, soonest first."""
    row = AgreementObligation
    query = (
        select(row, Agreement.title)
        .join(Agreement, Agreement.id == row.agreement_id)
        .where(readable(actor))
        .order_by(row.due_on, Agreement.title, row.organisation_id)
    )
    if overdue_only:
        query = query.where(row.due_on < today, row.certified_at.is_(None))
    found = session.execute(query).all()
    names = directory.organisations(session, {each.organisation_id for each, _ in found})
    return tuple(
        Obligation(
            agreement_id=each.agreement_id,
            title=title,
            organisation_id=each.organisation_id,
            organisation=names[each.organisation_id].name,
            due_on=each.due_on,
            overdue=each.certified_at is None and each.due_on < today,
            certified_at=each.certified_at,
            disposal=each.disposal,
            certificate_sha256=each.certificate_sha256,
            entry_id=each.entry_id,
        )
        for each, title in found
    )


def still_in(session: Session, agreement_id: UUID, *, today: date) -> frozenset[UUID]:
    """Return the organisations to tell about an agreement: its parties that have not left."""
    party = AgreementParty
    return frozenset(
        session.scalars(
            select(party.organisation_id).where(
                party.agreement_id == agreement_id,
                or_(party.leaves_on.is_(None), party.leaves_on > today),
            )
        )
    )


def sealing_keys(session: Session, organisation_id: UUID) -> tuple[SealingKey, ...]:
    """Return the keys of an organisation, past ones too: old seals are checked by them."""
    row = OrganisationKey
    rows = session.scalars(
        select(row).where(row.organisation_id == organisation_id).order_by(row.added_at, row.id)
    )
    return tuple(
        SealingKey(
            id=each.id,
            organisation_id=each.organisation_id,
            algorithm=each.algorithm,
            jwk=each.jwk,
            thumbprint=each.thumbprint,
            added_at=each.added_at,
            ended_on=each.ended_on,
        )
        for each in rows
    )
