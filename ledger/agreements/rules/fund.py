"""The terms of a pooled fund: who puts in what, and how what is left or short is shared.

Kept beside data sharing and apart from it. In England such an agreement is made under
section 75 of the NHS Act 2006, between prescribed NHS bodies and councils only.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class ShareBasis(StrEnum):
    """How a share rule divides an over- or underspend."""

    OWN_RISK = "own-risk"
    PRO_RATA = "pro-rata"
    FIXED = "fixed"
    VARIABLE = "variable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What a partner agreed to put into the pool, from one source, for one period."""

    key: str
    partner_id: UUID
    source: str
    first_day: date
    last_day: date
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """A partner's part in a share. The order of weights settles ties between pence."""

    partner_id: UUID
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRule:
    """How the difference on some schemes is divided.

    Attributes:
        schemes: Names of scheme lines; empty for every line that no other rule names.
        cap_minor: The most one partner bears without a further decision.
    """

    key: str
    basis: ShareBasis
    weights: tuple[Weight, ...]
    schemes: frozenset[str] = frozenset()
    cap_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalStep:
    """Who must approve a movement of money up to an amount (None: without limit)."""

    movement: str
    up_to_minor: int | None
    approver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FundTerms:
    """What a pool is run by. The host is the partner that holds the money."""

    host_id: UUID
    currency: str
    contributions: tuple[Contribution, ...]
    shares: tuple[ShareRule, ...]
    approvals: tuple[ApprovalStep, ...] = ()
