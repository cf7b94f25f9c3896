"""The terms that a pool of money hangs from."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ledger.agreements.lines import labels_of, stood, terms_of
from ledger.agreements.models import AgreementLink
from ledger.agreements.rules.fund import ApprovalStep, Contribution, ShareRule
from ledger.agreements.rules.lifecycle import State
from ledger.core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledFundTerms:
    """What the version of a pooled-fund agreement that counts says.

    Attributes:
        partner_ids: In the order that settles ties between pence.
        clauses: The number of the clause that states a contribution or share, by its key.
        topics: The number of the first clause that settles a topic.
        linked_ids: The data-sharing agreements it works with.
    """

    agreement_id: UUID
    version: int
    title: str
    state: State
    host_id: UUID
    currency: str
    partner_ids: tuple[UUID, ...]
    contributions: tuple[Contribution, ...]
    shares: tuple[ShareRule, ...]
    approvals: tuple[ApprovalStep, ...]
    clauses: dict[str, str]
    topics: dict[str, str]
    first_day: date
    last_day: date
    suspended_to: date | None
    linked_ids: tuple[UUID, ...]

    def in_force(self, on: date) -> bool:
        """Say whether it counts on that day. Money is not stopped by a data suspension."""
        suspended = self.suspended_to is not None and on <= self.suspended_to
        return self.first_day <= on <= self.last_day and not suspended


def pooled_fund_terms(
    session: Session, agreement_id: UUID, *, on: date | None = None
) -> PooledFundTerms:
    """Return the terms of a pooled-fund agreement that count on a day, or last did.

    Raises:
        NotFound: there is none, or it is not of this kind, or it never came into force.
    """
    version = stood(session, agreement_id, on)
    found, suspended_to = version or (None, None)
    terms = terms_of(found) if found is not None else None
    if found is None or terms is None or terms.fund is None:
        raise NotFound("no such pooled-fund agreement is in force")
    link = AgreementLink
    pairs = session.execute(
        select(link.agreement_id, link.linked_id).where(
            or_(link.agreement_id == agreement_id, link.linked_id == agreement_id)
        )
    )
    fund = terms.fund
    return PooledFundTerms(
        agreement_id=agreement_id,
        version=found.number,
        title=terms.title,
        state=State(found.state),
        host_id=fund.host_id,
        currency=fund.currency,
        partner_ids=tuple(party.organisation_id for party in terms.parties),
        contributions=fund.contributions,
        shares=fund.shares,
        approvals=fund.approvals,
        clauses={label.states: label.number for label in labels_of(found) if label.states},
        topics={label.topic: label.number for label in reversed(labels_of(found)) if label.topic},
        first_day=found.first_day,
        last_day=found.last_day,
        suspended_to=suspended_to,
        linked_ids=tuple(a if b == agreement_id else b for a, b in pairs),
    )
