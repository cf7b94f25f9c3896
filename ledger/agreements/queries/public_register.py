"""What anybody may know: which agreements stand, between whom, for what, until when."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import Text, cast, false, func, or_, select
from sqlalchemy.orm import Session

from ledger.agreements.models import Agreement, AgreementVersion
from ledger.agreements.queries.reading import Summary, summaries
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.terms import Kind
from ledger.directory import queries as directory


def register_page(
    session: Session,
    *,
    on: date,
    containing: str = "",
    kind: Kind | None = None,
    party: str = "",
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> tuple[Summary, ...]:
    """Return the agreements that stand on a day, by title: at most *limit*, after a title and id.

    *containing* searches titles, *party* the names of parties. No name of a
    person is in it, nor any address.
    """
    row, agreement = AgreementVersion, Agreement
    query = (
        select(row.agreement_id, row.number, agreement.title)
        .join(agreement, agreement.id == row.agreement_id)
        .where(row.activated_at.is_not(None), row.first_day <= on, row.last_day >= on)
        .where(row.state.in_([State.ACTIVE, State.SUSPENDED, State.SUPERSEDED]))
        .order_by(agreement.title, agreement.id)
        .limit(limit)
    )
    if containing:
        query = query.where(
            func.lower(agreement.title).contains(containing.lower(), autoescape=True)
        )
    if kind is not None:
        query = query.where(agreement.kind == kind)
    if party:
        parties = cast(row.terms["parties"], Text)
        found_ids = [each.id for each in directory.search_organisations(session, containing=party)]
        query = query.where(or_(false(), *(parties.contains(str(one)) for one in found_ids)))
    if after is not None:
        title, last_id = after
        query = query.where(
            or_(agreement.title > title, (agreement.title == title) & (agreement.id > last_id))
        )
    found = session.execute(query).all()
    by_id = {
        each.id: each
        for each in summaries(session, {each.agreement_id: each.number for each in found})
    }
    # By the titles it was ordered by: a page goes on from its last line.
    return tuple(
        replace(by_id[each.agreement_id], title=each.title)
        for each in found
        if each.agreement_id in by_id
    )
