"""The terms of a pooled fund: who puts in what, and how what is left or short is shared.

Kept beside data sharing and apart from it. In England such an agreement is made under
section 75 of the NHS Act 2006, between prescribed NHS bodies and councils only.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from ledger.core.errors import Fault, Invalid

MOVEMENTS: Final = frozenset(
    {
        "reserve",
        "reserve release",
        "allocation",
        "virement",
        "commitment",
        "payment",
        "overspend",
        "claw-back",
        "opening",
    }
)
"""What may wait for approval, as an agreement says it."""

APPROVERS: Final = frozenset(
    {
        "pool manager",
        "host finance lead",
        "two host finance leads",
        "host chief finance officer",
        "any partner's finance lead",
        "two partners' finance leads",
        "any partner's chief finance officer",
        "every partner's finance lead",
        "every partner's chief finance officer",
    }
)
"""Who may approve, as an agreement says it: programs act on these words, so they are few."""

_WITHIN: Final = re.compile(r"(.+) within [1-9]\d{0,2} days")


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
    """Who must approve a movement of money up to an amount (None: without limit).

    Attributes:
        movement: One of `MOVEMENTS`; ``virement within 30 days`` adds up what is split.
        approver: One of `APPROVERS`.
    """

    movement: str
    up_to_minor: int | None
    approver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverspendTerms:
    """What follows when a scheme goes beyond its budget, or is forecast to.

    Attributes:
        notice_days: Within so many days of its being noted the partners are told why.
        plan_days: Within so many days of its being noted there is an action plan.
        warning_percent: A forecast so much above the budget raises an early warning.
    """

    notice_days: int = 5
    plan_days: int = 28
    warning_percent: Fraction = Fraction(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class FundTermsV1:
    """What a pool is run by. The host is the partner that holds the money."""

    host_id: UUID
    currency: str
    contributions: tuple[Contribution, ...]
    shares: tuple[ShareRule, ...]
    approvals: tuple[ApprovalStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FundTerms(FundTermsV1):
    """What a pool is run by, and what follows an overspend.

    Attributes:
        overspends: None where the agreement does not say; then the service's own days hold.
        board_decides: Whether a vote of the pool's governing body on the reserve, on budget
            given to schemes and on moving it stands by itself, without the approvals that the
            steps ask for. None where the agreement does not say: then it does.
    """

    overspends: OverspendTerms | None = None
    board_decides: bool | None = None


OVERSPENDS: Final = "overspends"
"""The key of the clause that states what follows an overspend."""

DAYS_MAX: Final = 365

_PERCENT: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6}|/[1-9][0-9]{0,5})?")


def percent(text: str) -> Fraction:
    """Return a percentage from 0 to 100, written as a decimal or a fraction: 2, 2.5, 1/3.

    Raises:
        ValueError: it is written otherwise: an exponent could fill the memory.
    """
    if not _PERCENT.fullmatch(text) or (found := Fraction(text)) > 100:  # noqa: PLR2004
        raise ValueError("give from 0 to 100, such as 2.5")
    return found


class StepRefused(Invalid):
    """A step of approval in words that nothing could be held to."""

    slug = "approval-step-refused"
    title = "Nobody could tell who approves this"


def step_faults(fund: FundTerms) -> list[Fault]:
    """Return the steps of approval whose words are not those that programs act on."""
    faults = []
    for place, step in enumerate(fund.approvals):
        movement, approver = plain(step.movement), plain(step.approver)
        found = _WITHIN.fullmatch(movement)
        if (found[1] if found else movement) not in MOVEMENTS:
            known = ", ".join(sorted(MOVEMENTS))
            faults.append(Fault(f"fund/approvals/{place}/movement", f"name one of: {known}"))
        if approver not in APPROVERS:
            known = ", ".join(sorted(APPROVERS))
            faults.append(Fault(f"fund/approvals/{place}/approver", f"name one of: {known}"))
    return faults


def check_steps(fund: FundTerms | None) -> None:
    """Check that programs can act on each step of approval. Raises `StepRefused`."""
    if fund is not None and (faults := step_faults(fund)):
        raise StepRefused("say it in the words that are listed", faults)


def plain(words: str) -> str:
    """Return words as they are compared: one case, one space, one sort of apostrophe."""
    return " ".join(words.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
