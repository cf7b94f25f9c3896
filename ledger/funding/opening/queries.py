"""What a pool would start from by a trial balance, and how far its opening position has got."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from ledger.core.money import decimal_minor
from ledger.core.spreadsheets import harmless
from ledger.directory import queries as directory
from ledger.funding.models import PoolTransaction
from ledger.funding.opening.file import HEADS, Names, Part, read_position
from ledger.funding.opening.rules import (
    OpeningRefused,
    Position,
    bring_in,
    legs,
    short_minor,
    unallocated_minor,
)
from ledger.funding.queries import proposals
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.proposals import ProposalView
from ledger.funding.reconciliation.rules.findings import folded
from ledger.funding.rules.chart import CHART, Book, Of
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Posting
from ledger.funding.terms import fund_on


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningPreview:
    """What a trial balance would post, and whether it can.

    Attributes:
        short_minor: By how much the debits of the financial book exceed its credits.
        unallocated_minor: What the partners agreed and nothing has; below zero, schemes and
            reserve have more than that.
        problem: Why no pool can start from it; None if one can.
    """

    position: Position
    legs: tuple[Posting, ...]
    short_minor: int
    unallocated_minor: int
    problem: str | None

    def book(self, book: Book) -> tuple[Posting, ...]:
        """Return the legs of one of the two books."""
        return tuple(one for one in self.legs if one.account.head.book is book)


def preview(session: Session, pool: PoolView, content: bytes, *, on: date) -> OpeningPreview:
    """Return what a trial balance says, in both books, balanced or not.

    Raises:
        TrialBalanceUnreadable: it is no CSV file with the headings that are needed.
        TrialBalanceRefused: some rows are wrong.
        NotFound: the agreement never came into force.
    """
    position = position_of(session, pool, content, on=on)
    problem = None
    try:
        bring_in(position)
    except OpeningRefused as refused:
        problem = refused.detail
    return OpeningPreview(
        position=position,
        legs=legs(position),
        short_minor=short_minor(position),
        unallocated_minor=unallocated_minor(position),
        problem=problem,
    )


def position_of(session: Session, pool: PoolView, content: bytes, *, on: date) -> Position:
    """Return the position that a trial balance says. Raises as `preview`."""
    agreed = _agreed(session, pool, on)
    return read_position(content, names=_names(session, pool), agreed=agreed)


def template(session: Session, pool: PoolView, *, on: date) -> bytes:
    """Return an empty trial balance of a pool as CSV: a row for whatever it may say."""
    called = _called(session, pool)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Account", "Whose", "Source", "Debit", "Credit"])
    agreed = _agreed(session, pool, on)
    for part, head in HEADS.items():
        for of, name in called[CHART[head].of].items():
            whose = harmless(name)
            if part is not Part.AGREED or of is None:
                nothing = ("0.00", "") if _debit(part) else ("", "0.00")
                writer.writerow([part, whose, "", *nothing])
                continue
            for source, amount_minor in agreed.get(of, ()):
                writer.writerow([part, whose, harmless(source), "", decimal_minor(amount_minor)])
    return out.getvalue().encode()


def waiting(session: Session, pool: PoolView) -> ProposalView | None:
    """Return the position that waits for the partners' approval."""
    found = proposals.waiting(session, pool)
    return next((one for one in found if one.event is Event.OPENING_BROUGHT_IN), None)


def first_posted(session: Session, pool: PoolView) -> tuple[UUID, Event] | None:
    """Return a transaction that stands, the opening position before any other; None if empty."""
    undoing = aliased(PoolTransaction)
    standing = (
        select(PoolTransaction.id, PoolTransaction.event)
        .outerjoin(undoing, undoing.reverses == PoolTransaction.id)
        .where(
            PoolTransaction.pool_id == pool.id,
            PoolTransaction.reverses.is_(None),
            undoing.id.is_(None),
        )
        .order_by((PoolTransaction.event == Event.OPENING_BROUGHT_IN).desc(), PoolTransaction.id)
    )
    row = session.execute(standing.limit(1)).one_or_none()
    return None if row is None else (row.id, Event(row.event))


def _debit(part: Part) -> bool:
    return CHART[HEADS[part]].normal > 0


def _agreed(session: Session, pool: PoolView, on: date) -> dict[UUID, list[tuple[str, int]]]:
    found: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for one in fund_on(session, pool.agreement_id, on).contributions_on(on):
        found[one.partner_id].append((one.source, one.amount_minor))
    return dict(found)


def _called(session: Session, pool: PoolView) -> Mapping[Of, Mapping[UUID | None, str]]:
    """Return whoever has accounts in a pool, and what a file calls them."""
    organisations = directory.organisations(session, {*pool.partner_ids, *pool.provider_ids})
    return {
        Of.POOL: {None: ""},
        Of.PARTNER: {one: organisations[one].name for one in pool.partner_ids},
        Of.PROVIDER: {one: organisations[one].name for one in pool.provider_ids},
        Of.SCHEME: {one.id: one.label for one in pool.schemes},
    }


def _names(session: Session, pool: PoolView) -> Names:
    """Return how each may be named: by name, by code or by id; never by what two are called."""
    said: dict[Of, list[tuple[str, UUID]]] = {of: [] for of in Of}
    codes = directory.organisations(session, {*pool.partner_ids, *pool.provider_ids})
    for of, called in _called(session, pool).items():
        for one, name in called.items():
            if one is None:
                continue
            said[of] += [(folded(name), one), (folded(str(one)), one)]
            if one in codes and (code := codes[one].ods_code):
                said[of].append((folded(code), one))
    return {of: _once(found) for of, found in said.items()}


def _once(found: list[tuple[str, UUID]]) -> dict[str, UUID]:
    of: dict[str, set[UUID]] = defaultdict(set)
    for name, one in found:
        of[name].add(one)
    return {name: ones.pop() for name, ones in of.items() if len(ones) == 1}
