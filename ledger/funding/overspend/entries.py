"""What overspends write to the log beside the transactions: who was told, asked and agreed."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from audit import Entry, about, entry
from ledger.funding.overspend.rules.days import Action, Cause, Duty
from ledger.funding.overspend.rules.waterfall import Cover
from ledger.funding.rules.postings import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class OfOverspend(Entry):
    """What every entry about one overspend says. Not an entry itself.

    Attributes:
        transaction_id: The liability that took the scheme beyond its budget.
    """

    pool_id: UUID = about("pool")  # noqa: RUF009  # `about` declares a field
    scheme_id: UUID
    transaction_id: UUID


@entry("funding.overspend-noted")
class OverspendNoted(OfOverspend):
    """A scheme went beyond its budget, or further; the partners are told, and days run.

    Attributes:
        overspent_minor: By how much, when it was noted.
        notice_by: The day by which the pool manager says why.
        plan_by: The day by which there is an action plan.
    """

    overspent_minor: int
    notice_by: date
    plan_by: date


@entry("funding.overspend-reminded")
class OverspendReminded(OfOverspend):
    """A day comes near, or has passed."""

    duty: Duty
    due_on: date
    overdue: bool


@entry("funding.overspend-explained")
class OverspendExplained(OfOverspend):
    """The pool manager told the partners why."""

    cause: Cause
    reference: str


@entry("funding.action-plan-given")
class ActionPlanGiven(OfOverspend):
    """There is a plan; an earlier one counts no more."""

    plan_id: UUID
    actions: tuple[Action, ...]


@entry("funding.action-plan-accepted")
class ActionPlanAccepted(OfOverspend):
    """A partner accepts the plan."""

    plan_id: UUID
    organisation_id: UUID = about("organisation")
    person_id: UUID


@entry("funding.cap-lift-agreed")
class CapLiftAgreed(Entry):
    """A partner's finance chief agrees to bear, and to let others bear, more than the cap.

    Attributes:
        up_to_minor: The most that one partner bears of a scheme's overspends in a period.
    """

    pool_id: UUID = about("pool")
    scheme_id: UUID
    lift_id: UUID
    organisation_id: UUID = about("organisation")
    person_id: UUID
    up_to_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """A step of the waterfall, and the transaction that it made, posted or waiting.

    Attributes:
        of: The scheme that gives; None for the pool's own money and for the partners.
    """

    cover: Cover
    of: UUID | None
    amount_minor: int
    clause: str
    transaction_id: UUID


@entry("funding.overspend-resolution-begun")
class ResolutionBegun(OfOverspend):
    """An overspend is being covered as was shown before.

    Attributes:
        steps: In order; each waits for its own approval.
        shares: What each partner bears, once all have authorised it.
        shares_clause: By which clause.
        uncovered_minor: What nobody covers.
        digest: SHA-256 of what was shown.
    """

    resolution_id: UUID
    overspent_minor: int
    steps: tuple[StepTaken, ...]
    shares: tuple[Share, ...]
    shares_clause: str
    uncovered_minor: int
    digest: str


@entry("funding.early-warning-raised")
class EarlyWarningRaised(Entry):
    """A scheme is forecast to go beyond its budget. See `rules.overspend.Forecast`."""

    pool_id: UUID = about("pool")
    scheme_id: UUID
    warning_id: UUID
    spent_minor: int
    committed_minor: int
    to_come_minor: int
    budget_minor: int
    threshold: Fraction


@entry("funding.early-warning-cleared")
class EarlyWarningCleared(Entry):
    """It is forecast to stay within its budget again, or nearly."""

    pool_id: UUID = about("pool")
    scheme_id: UUID
    warning_id: UUID
    forecast_minor: int
    budget_minor: int
