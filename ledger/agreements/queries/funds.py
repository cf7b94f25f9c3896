"""The terms that a pool of money hangs from."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from ledger.agreements.lines import counting, labels_of, terms_of
from ledger.agreements.models import Agreement, AgreementLink, AgreementVersion
from ledger.agreements.rules.fund import (
    ApprovalStep,
    Contribution,
    FundTerms,
    OverspendTerms,
    ShareRule,
)
from ledger.agreements.rules.lifecycle import State
from ledger.core.errors import NotFound
from ledger.core.work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledFundTerms:
    """What the version of a pooled-fund agreement that counts says.

    Attributes:
        partner_ids: In the order that settles ties between pence.
        clauses: The number of the clause that states a contribution or share, by its key.
        topics: The number of the first clause that settles a topic.
        overspends: What follows one; None where the agreement does not say.
        board_decides: Whether a vote of the governing body stands alone; None: it does not say.
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
    overspends: OverspendTerms | None
    board_decides: bool | None
    clauses: dict[str, str]
    topics: dict[str, str]
    first_day: date
    last_day: date
    suspended_to: date | None

    def in_force(self, on: date) -> bool:
        """Say whether it counts on that day. Money is not stopped by a data suspension."""
        suspended = self.suspended_to is not None and on <= self.suspended_to
        return self.first_day <= on <= self.last_day and not suspended


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    """What a version's text says of a fund; it never changes once all have signed."""

    title: str
    fund: FundTerms
    partner_ids: tuple[UUID, ...]
    clauses: dict[str, str]
    topics: dict[str, str]


_SIGNED: Final = (
    select(
        AgreementVersion.number,
        AgreementVersion.state,
        AgreementVersion.first_day,
        AgreementVersion.last_day,
        AgreementVersion.suspended_to,
        AgreementVersion.document_sha256,
    )
    .where(
        AgreementVersion.agreement_id == bindparam("agreement_id"),
        AgreementVersion.activated_at.is_not(None),
    )
    .order_by(AgreementVersion.number.desc())
)
_Key = tuple[UUID, int, str]
_TEXTS_MAX: Final = 256
_texts: Final[OrderedDict[_Key, _Text]] = OrderedDict()
"""Texts read lately, by agreement, version and digest: each post asks for the same one."""


def hold_pooled_fund(
    work: UnitOfWork, agreement_id: UUID, *, on: date | None = None
) -> PooledFundTerms:
    """Return the terms as `pooled_fund_terms`; nobody can change them until *work* ends.

    Raises:
        NotFound: there is none, or it is not of this kind, or it never came into force.
    """
    one = select(Agreement.id).where(Agreement.id == agreement_id)
    if work.session.scalar(one.with_for_update(read=True)) is None:
        raise NotFound("no such agreement")
    return pooled_fund_terms(work.session, agreement_id, on=on)


def pooled_fund_terms(
    session: Session, agreement_id: UUID, *, on: date | None = None
) -> PooledFundTerms:
    """Return the terms of a pooled-fund agreement that count on a day, or last did.

    Raises:
        NotFound: there is none, or it is not of this kind, or it never came into force.
    """
    rows = session.execute(_SIGNED, {"agreement_id": agreement_id}).all()
    found, suspended_to = counting(rows, on) if rows else (None, None)
    if found is None:
        raise NotFound("no such pooled-fund agreement is in force")
    text = _text(session, (agreement_id, found.number, found.document_sha256))
    fund = text.fund
    return PooledFundTerms(
        agreement_id=agreement_id,
        version=found.number,
        title=text.title,
        state=State(found.state),
        host_id=fund.host_id,
        currency=fund.currency,
        partner_ids=text.partner_ids,
        contributions=fund.contributions,
        shares=fund.shares,
        approvals=fund.approvals,
        overspends=fund.overspends,
        board_decides=fund.board_decides,
        clauses=text.clauses,
        topics=text.topics,
        first_day=found.first_day,
        last_day=found.last_day,
        suspended_to=suspended_to,
    )


def linked_ids(session: Session, agreement_id: UUID) -> frozenset[UUID]:
    """Return the agreements that one works with: a pooled fund's are for sharing data."""
    link = AgreementLink
    pairs = session.execute(
        select(link.agreement_id, link.linked_id).where(
            or_(link.agreement_id == agreement_id, link.linked_id == agreement_id)
        )
    )
    return frozenset(a if b == agreement_id else b for a, b in pairs)


def _text(session: Session, key: _Key) -> _Text:
    """Return what a signed version says of a fund. Raises `NotFound` if it is about none."""
    if (known := _texts.get(key)) is not None:
        return known
    version = session.get_one(AgreementVersion, key[:2], populate_existing=True)
    terms, labels = terms_of(version), labels_of(version)
    if terms.fund is None:
        raise NotFound("no such pooled-fund agreement is in force")
    text = _texts[key] = _Text(
        title=terms.title,
        fund=terms.fund,
        partner_ids=tuple(party.organisation_id for party in terms.parties),
        clauses={label.states: label.number for label in labels if label.states},
        topics={label.topic: label.number for label in reversed(labels) if label.topic},
    )
    if len(_texts) > _TEXTS_MAX:
        _texts.popitem(last=False)
    return text
