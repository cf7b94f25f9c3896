"""Which kind of entry each event that posts is written as, and which it may be read from."""

from collections.abc import Mapping
from types import MappingProxyType

from ledger.funding import entries, payment_entries
from ledger.funding.entries import Posts
from ledger.funding.opening import entries as opening_entries
from ledger.funding.rules.events import Event

POSTED: Mapping[Event, type[Posts]] = MappingProxyType(
    {
        Event.CONTRIBUTION_AGREED: entries.ContributionAgreed,
        Event.INSTALMENT_FALLEN_DUE: payment_entries.InstalmentFallenDue,
        Event.CONTRIBUTION_RECEIVED: entries.ContributionReceived,
        Event.RESERVE_SET: entries.ReserveSet,
        Event.RESERVE_RELEASED: entries.ReserveReleased,
        Event.BUDGET_ALLOCATED: entries.BudgetAllocated,
        Event.BUDGET_VIRED: entries.BudgetVired,
        Event.SPENDING_COMMITTED: entries.SpendingCommitted,
        Event.COMMITMENT_RELEASED: entries.CommitmentReleased,
        Event.EXPENDITURE_ACCRUED: payment_entries.ExpenditureAccrued,
        Event.PAYMENT_MADE: entries.PaymentMade,
        Event.OVERSPEND_AUTHORISED: entries.OverspendAuthorised,
        Event.OVERSPEND_SHARED: entries.OverspendShared,
        Event.TRANSACTION_REVERSED: entries.TransactionReversed,
        Event.CAPITATION_RUN: payment_entries.CapitationRun,
        Event.ROSTER_CORRECTED: payment_entries.RosterCorrected,
        Event.BONUS_AWARDED: payment_entries.BonusAwarded,
        Event.BUNDLE_STARTED: payment_entries.BundleStarted,
        Event.BUNDLE_DONE: payment_entries.BundleDone,
        Event.BUNDLE_CANCELLED: payment_entries.BundleCancelled,
        Event.GAIN_LOSS_SETTLED: payment_entries.GainLossSettled,
        Event.CREDIT_NOTE_RECEIVED: payment_entries.CreditNoteReceived,
        Event.CLAW_BACK_MADE: payment_entries.ClawBackMade,
        Event.REFUND_RECEIVED: payment_entries.RefundReceived,
        Event.YEAR_CLOSED: payment_entries.YearClosed,
        Event.UNDERSPEND_CARRIED: payment_entries.UnderspendCarried,
        Event.UNDERSPEND_RETURNED: payment_entries.UnderspendReturned,
        Event.FUND_DRAWN: payment_entries.FundDrawn,
        Event.BUDGET_LAPSED: payment_entries.BudgetLapsed,
        Event.BUDGET_BROUGHT_FORWARD: payment_entries.BudgetBroughtForward,
        Event.OPENING_BROUGHT_IN: opening_entries.OpeningBroughtIn,
    }
)
"""The kind of entry of each event that posts."""

EVENTS: Mapping[type[Posts], Event] = MappingProxyType(
    {
        **{kind: event for event, kind in POSTED.items()},
        entries.InstalmentFallenDueV1: Event.INSTALMENT_FALLEN_DUE,
        entries.ExpenditureAccruedV1: Event.EXPENDITURE_ACCRUED,
    }
)
"""The event of each kind of entry, older versions included."""

PLAIN: tuple[type[Posts], ...] = (
    payment_entries.InstalmentFallenDue,
    entries.ContributionReceived,
    payment_entries.ExpenditureAccrued,
)
"""What comes by the hundred, and may be written together: see `moves_balances_alone`."""


def moves_balances_alone(entry: Posts) -> bool:
    """Say whether an entry changes nothing besides balances, and the clock of an overspend."""
    return (
        isinstance(entry, PLAIN)
        and entry.transaction.commitment_id is None
        and getattr(entry, "key", None) is None
    )
