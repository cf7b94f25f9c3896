"""What the database knows of the agreements beside one: for its rules, and at its activation."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements.entries import AgreementGapNoted
from ledger.agreements.lines import stood, terms_of
from ledger.agreements.models import Agreement, AgreementLine
from ledger.agreements.rules.document import Document, Where
from ledger.agreements.rules.neighbours import (
    Overlapping,
    Renewed,
    Taken,
    gap_days,
    overlap_faults,
    renewal_faults,
)
from ledger.agreements.rules.terms import Terms
from ledger.core.errors import Fault
from ledger.vocabulary.categories import Category


def beside(
    session: Session,
    agreement_id: UUID,
    document: Document,
    terms: Terms,
    *,
    accept_gap: bool = False,
) -> tuple[Fault, ...]:
    """Return what is wrong with a draft because of other agreements."""
    where = Where(document)
    found = renewed(session, terms)
    return (
        *overlap_faults(terms, _taken(session, agreement_id, terms), where),
        *renewal_faults(terms, found, where, accept_gap=accept_gap),
    )


def check_alone(session: Session, agreement_id: UUID, document: Document, terms: Terms) -> None:
    """Check, with what is covered locked, that nothing covers the same by now.

    Raises:
        Overlapping: with a fault for each flow.
    """
    taken = _taken(session, agreement_id, terms)
    found = tuple(overlap_faults(terms, taken, Where(document)))
    if found:
        raise Overlapping("decline this version, and draft one that fits beside it", found)


def renewed(session: Session, terms: Terms) -> Renewed | None:
    """Return what *terms* say that they renew; None if that was never in force."""
    if terms.renews_id is None:
        return None
    found = stood(session, terms.renews_id, None)
    if found is None:
        return None
    version, _ = found
    known = terms_of(version)
    return Renewed(
        agreement_id=version.agreement_id,
        title=known.title,
        kind=known.kind,
        party_ids=known.party_ids,
        last_day=version.last_day,
    )


def gap(
    session: Session, agreement_id: UUID, number: int, terms: Terms, *, first_day: date
) -> AgreementGapNoted | None:
    """Return the entry that says truthfully on which days nothing was covered; None if none."""
    before = renewed(session, terms)
    if before is None or not gap_days(first_day, before):
        return None
    return AgreementGapNoted(
        agreement_id=agreement_id,
        number=number,
        renewed_id=before.agreement_id,
        first_day=before.last_day + timedelta(days=1),
        last_day=first_day - timedelta(days=1),
    )


def _taken(session: Session, agreement_id: UUID, terms: Terms) -> list[Taken]:
    line = AgreementLine
    rows = session.execute(
        select(line, Agreement.title)
        .join(Agreement, Agreement.id == line.agreement_id)
        .where(
            line.agreement_id != agreement_id,
            line.from_party.in_(terms.party_ids),
            line.to_party.in_(terms.party_ids),
            line.first_day <= terms.ends_on,
            line.last_day >= terms.starts_on,
        )
    )
    return [
        Taken(
            agreement_id=row.agreement_id,
            title=title,
            from_party=row.from_party,
            to_party=row.to_party,
            purpose=row.purpose,
            category=Category(row.category),
            first_day=row.first_day,
            last_day=row.last_day,
        )
        for row, title in rows
    ]
