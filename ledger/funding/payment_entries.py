"""What paying by head, by outcome and by episode, and the year's end, write to the log."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

from audit import Entry, about, entry
from ledger.funding.entries import Posts
from ledger.funding.rules.dimensions import Vat
from ledger.funding.rules.payment_models import Line
from ledger.funding.rules.postings import Share
from ledger.funding.rules.settlement import Run
from ledger.funding.rules.year_end import Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Owes(Posts):
    """An event that says what is owed already. Not an entry itself.

    Attributes:
        scheme_id: Whose budget it uses.
        overspent_minor: By how much the scheme is now beyond its budget, unauthorised; 0
            if it is not. Never a reason to refuse it, always one to tell.
    """

    scheme_id: UUID
    overspent_minor: int


@entry("funding.expenditure-accrued", version=2)
class ExpenditureAccrued(Owes):
    """Goods or services came and are owed for.

    Attributes:
        capital: Whether an asset was bought; None if nobody said.
        vat: How the host treats its value added tax.
    """

    capital: bool | None
    vat: Vat | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHead(Owes):
    """Capitation of many people. Not an entry itself: a run may take several transactions.

    Attributes:
        run_id: What the transactions of one run have in common.
        lines: Who was counted, at which price.
        lines_minor: What each line comes to; they sum to the gross amount.
        gross_minor: What this transaction's providers come to, before anything is withheld.
        withheld_minor: What of it is kept in the outcome pots.
        roster_digest: SHA-256 of the roster or snapshot that was counted.
    """

    run_id: UUID
    lines: tuple[Line, ...]
    lines_minor: tuple[int, ...]
    withhold_rate: Fraction
    gross_minor: int
    withheld_minor: int
    roster_digest: str


@entry("funding.capitation-run")
class CapitationRun(ByHead):
    """A month was paid for by head. The month is named by its first day."""

    month: date


@entry("funding.roster-corrected")
class RosterCorrected(ByHead):
    """Months that were paid for by head were put right, by the signed difference."""

    months: tuple[date, ...]


@entry("funding.bonus-awarded")
class BonusAwarded(Posts):
    """The outcome pot of a provider was divided: earned, and back to the scheme.

    Attributes:
        evidence_digest: SHA-256 of the evidence of the outcome.
    """

    scheme_id: UUID
    provider_id: UUID
    pot_minor: int
    earned_rate: Fraction
    evidence_digest: str


@entry("funding.bundle-started")
class BundleStarted(Posts):
    """Episodes of care at one price were promised to several providers. Counts only.

    Attributes:
        parts: What each provider has of the price of one episode.
    """

    scheme_id: UUID
    parts: tuple[Share, ...]
    episodes: int


@entry("funding.bundle-done")
class BundleDone(Owes):
    """Episodes of a bundle are over, and owed for."""

    episodes: int


@entry("funding.bundle-cancelled")
class BundleCancelled(Posts):
    """Episodes of a bundle will not take place."""

    scheme_id: UUID
    episodes: int


@entry("funding.settlement-computed")
class SettlementComputed(Entry):
    """A gain or loss was computed in a shadow run: nothing is posted.

    Attributes:
        result_minor: Above zero a gain, below zero a loss.
        shares_minor: Of each party, in the order of the parties.
        inputs_digest: SHA-256 of the inputs, which are kept beside the log.
    """

    pool_id: UUID = about("pool")
    settlement_id: UUID
    scheme_id: UUID
    result_minor: int
    party_ids: tuple[UUID, ...] = about("organisation")
    shares_minor: tuple[int, ...]
    inputs_digest: str


@entry("funding.gain-loss-settled")
class GainLossSettled(Owes):
    """A gain or loss was shared; a final run posts the difference from the provisional one."""

    settlement_id: UUID
    run: Run
    result_minor: int
    inputs_digest: str


@entry("funding.credit-note-received")
class CreditNoteReceived(Posts):
    """A provider took back part of what it had charged."""


@entry("funding.claw-back-made")
class ClawBackMade(Posts):
    """Part of what a provider was owed or paid is taken back, as a second person approved."""


@entry("funding.refund-received")
class RefundReceived(Posts):
    """A provider paid back what it owed; the reference is the bank line."""


@entry("funding.instalment-fallen-due", version=2)
class InstalmentFallenDue(Posts):
    """A partner owes an instalment of its contribution.

    Attributes:
        key: The contribution whose schedule says so; None if somebody recorded it by hand.
        number: Which instalment of it, from 1.
    """

    key: str | None = None
    number: int | None = None


@entry("funding.instalments-scheduled")
class InstalmentsScheduled(Entry):
    """The days on which a contribution falls due were set, with the amount of each."""

    pool_id: UUID = about("pool")
    partner_id: UUID = about("organisation")
    key: str
    due_on: tuple[date, ...]
    amounts_minor: tuple[int, ...]


@entry("funding.period-soft-closed")
class PeriodSoftClosed(Entry):
    """A period takes no new promises any more: it is only being put right."""

    pool_id: UUID = about("pool")
    period_id: UUID


@entry("funding.year-closed")
class YearClosed(Posts):
    """The income and expenditure of a period became its result."""

    period_id: UUID


@entry("funding.underspend-carried")
class UnderspendCarried(Posts):
    """Part of a result stays in the pool in the partners' names."""

    cause: Cause


@entry("funding.underspend-returned")
class UnderspendReturned(Posts):
    """Part of a result is owed back to the partners."""

    cause: Cause


@entry("funding.fund-drawn")
class FundDrawn(Posts):
    """A year that cost more than its income was made good from what was carried forward."""


@entry("funding.budget-lapsed")
class BudgetLapsed(Posts):
    """What a period's budget had left lapsed."""

    period_id: UUID


@entry("funding.budget-brought-forward")
class BudgetBroughtForward(Posts):
    """What was carried forward became budget of a new year."""
