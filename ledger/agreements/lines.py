"""What projections share: moving a version along, and the index of what it covers."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from audit import Record
from audit.values import from_json
from ledger.agreements.models import (
    Agreement,
    AgreementLine,
    AgreementParty,
    AgreementsEpoch,
    AgreementSignature,
    AgreementVersion,
)
from ledger.agreements.rules.affected import Asked, asked
from ledger.agreements.rules.document import Label
from ledger.agreements.rules.lifecycle import Command, State, after
from ledger.agreements.rules.modes import counts
from ledger.agreements.rules.terms import Terms

Dated = TypeVar("Dated", bound=Any)
"""A version, or as much of its row as says when it counts."""


def terms_of(version: AgreementVersion) -> Terms:
    """Return the terms as the value that rules judge."""
    terms: Terms = from_json(Terms, version.terms)
    return terms


def stood(
    session: Session, agreement_id: UUID, on: date | None
) -> tuple[AgreementVersion, date | None] | None:
    """Return the version that counts on a day, and until when the agreement is suspended.

    Where none counts then, or no day is given: the newest that was ever signed by all; None
    if there is none.
    """
    row = AgreementVersion
    rows = session.scalars(
        select(row)
        .where(row.agreement_id == agreement_id, row.activated_at.is_not(None))
        .order_by(row.number.desc())
        .execution_options(populate_existing=True)
    ).all()
    return counting(rows, on) if rows else None


def counting(rows: Sequence[Dated], on: date | None) -> tuple[Dated, date | None]:
    """Return which of an agreement's versions counts, newest first; see `stood`."""
    current = (row for row in rows if on and row.first_day <= on <= row.last_day)
    suspended = (row.suspended_to for row in rows if row.suspended_to)
    return next(current, rows[0]), next(suspended, None)


def labels_of(version: AgreementVersion) -> tuple[Label, ...]:
    """Return what is known of each clause."""
    labels: tuple[Label, ...] = from_json(tuple[Label, ...], version.labels)
    return labels


def moves(session: Session, record: Record[Any], command: Command) -> AgreementVersion:
    """Move the version that an entry is about to its next state, and return it."""
    key = (record.entry.agreement_id, record.entry.number)
    version = session.get_one(AgreementVersion, key)
    version.state = after(State(version.state), command)
    return version


def bound_by(session: Session, version: AgreementVersion) -> frozenset[UUID]:
    """Return the parties that a version binds: those who signed it, and those it never asked.

    A party that is not asked stays bound by what it signed before, if the version that it
    signed was in force until this one took its place.
    """
    row = AgreementSignature
    signed = session.scalars(
        select(row.organisation_id).where(
            row.agreement_id == version.agreement_id, row.version == version.number
        )
    )
    return frozenset(signed) | carried(session, version)


def carried(session: Session, version: AgreementVersion) -> frozenset[UUID]:
    """Return the parties that are bound without signing this version."""
    if version.base is None or version.asked is None:
        return frozenset()
    agreement = session.get_one(Agreement, version.agreement_id)
    if version.activated_at is None and agreement.standing != version.base:
        return frozenset()  # What bound them has ended meanwhile: everybody signs.
    base = session.get_one(AgreementVersion, (version.agreement_id, version.base))
    unasked = bound_by(session, base) - {UUID(one["organisation_id"]) for one in version.asked}
    return unasked & terms_of(version).party_ids


def asked_of(version: AgreementVersion) -> tuple[Asked, ...]:
    """Return who must sign a version, and why."""
    if version.asked is None:
        return asked(None, terms_of(version), same_text=True)
    found: tuple[Asked, ...] = from_json(tuple[Asked, ...], version.asked)
    return found


def lines_of(
    session: Session, version: AgreementVersion, *, first_day: date
) -> Iterator[AgreementLine]:
    """Yield the index of an activated version, for the flows that count and have no lines yet.

    They start on *first_day* at the soonest; a party that is leaving ends its own.
    """
    terms, bound = terms_of(version), bound_by(session, version)
    clauses = {label.states: label.number for label in labels_of(version) if label.states}
    line = AgreementLine
    there = frozenset(
        session.scalars(
            select(line.flow).where(
                line.agreement_id == version.agreement_id, line.version == version.number
            )
        )
    )
    for flow in terms.flows:
        if flow.key in there or not counts(terms, flow, bound=bound):
            continue
        last_day = version.last_day
        for party_id in (flow.from_party, flow.to_party):
            party = session.get_one(AgreementParty, (version.agreement_id, party_id))
            if party.leaves_on is not None:
                last_day = min(last_day, party.leaves_on - timedelta(days=1))
        for category in sorted(flow.categories):
            yield AgreementLine(
                agreement_id=version.agreement_id,
                version=version.number,
                flow=flow.key,
                category=category,
                from_party=flow.from_party,
                to_party=flow.to_party,
                purpose=flow.purpose,
                clause=clauses[flow.key],
                first_day=max(first_day, version.first_day),
                last_day=last_day,
                suspended_to=version.suspended_to,
            )


def something_covered_changed(session: Session) -> None:
    """Count: whoever keeps covers in memory must look again."""
    session.execute(update(AgreementsEpoch).values(n=AgreementsEpoch.n + 1))


def change_lines(
    session: Session, agreement_id: UUID, *also: ColumnElement[bool], **values: object
) -> None:
    """Change the lines of an agreement, of all its versions, as far as they match *also*."""
    matching = update(AgreementLine).where(AgreementLine.agreement_id == agreement_id, *also)
    session.execute(matching.values(**values))
    something_covered_changed(session)
