"""A pool's transactions and proposals in words. Plain values: templates decide nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ledger.core.money import format_minor
from ledger.funding.queries.proposals import ProposalView
from ledger.funding.queries.transactions import TransactionView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.controls import Voice
from ledger.funding.rules.events import Event
from ledger.web.shell import day, moment

EVENTS = {
    Event.CONTRIBUTION_AGREED: "Contribution agreed",
    Event.INSTALMENT_FALLEN_DUE: "Instalment fell due",
    Event.CONTRIBUTION_RECEIVED: "Contribution received",
    Event.RESERVE_SET: "Risk reserve set",
    Event.RESERVE_RELEASED: "Risk reserve released",
    Event.BUDGET_ALLOCATED: "Budget allocated",
    Event.BUDGET_VIRED: "Budget moved between schemes",
    Event.SPENDING_COMMITTED: "Spending committed",
    Event.COMMITMENT_RELEASED: "Commitment released",
    Event.EXPENDITURE_ACCRUED: "Goods or services received",
    Event.PAYMENT_MADE: "Payment made",
    Event.OVERSPEND_AUTHORISED: "Overspend authorised",
    Event.OVERSPEND_SHARED: "Overspend shared",
    Event.TRANSACTION_REVERSED: "Transaction reversed",
    Event.CAPITATION_RUN: "A month paid for by head",
    Event.ROSTER_CORRECTED: "Months by head corrected",
    Event.BONUS_AWARDED: "Outcome bonus awarded",
    Event.BUNDLE_STARTED: "Episodes of care committed",
    Event.BUNDLE_DONE: "Episodes of care completed",
    Event.BUNDLE_CANCELLED: "Episodes of care cancelled",
    Event.GAIN_LOSS_SETTLED: "Gain or loss shared",
    Event.CREDIT_NOTE_RECEIVED: "Credit note received",
    Event.CLAW_BACK_MADE: "Payment clawed back",
    Event.REFUND_RECEIVED: "Refund received",
    Event.YEAR_CLOSED: "Year's result",
    Event.UNDERSPEND_CARRIED: "Underspend carried forward",
    Event.UNDERSPEND_RETURNED: "Underspend owed back",
    Event.FUND_DRAWN: "Taken from what was carried forward",
    Event.BUDGET_LAPSED: "Budget lapsed",
    Event.BUDGET_BROUGHT_FORWARD: "Budget brought forward",
}
PROPOSED = {
    Event.PAYMENT_MADE: "Pay",
    Event.BUDGET_VIRED: "Move budget",
    Event.RESERVE_RELEASED: "Release the risk reserve",
    Event.OVERSPEND_AUTHORISED: "Authorise an overspend",
    Event.CLAW_BACK_MADE: "Claw a payment back",
    Event.TRANSACTION_REVERSED: "Reverse a transaction",
}
"""Words for what may wait for approval: see `rules.controls.CONTROLS`, and reversals."""

ACCOUNTS = {
    Head.CASH: "Cash",
    Head.DUE_HOST: "Due to or from the host",
    Head.RECEIVABLE: "Owed by",
    Head.PAYABLE: "Owed to",
    Head.PAYABLE_PARTNER: "Owed back to",
    Head.WITHHOLD: "Withheld from",
    Head.INCOME: "Contributions due from",
    Head.INCOME_RISKSHARE: "Risk share of",
    Head.EXPENDITURE: "Expenditure on",
    Head.RESULT: "Result of the year",
    Head.FUND_BROUGHT_FORWARD: "Brought forward for",
    Head.FUND_RINGFENCE: "Ring-fenced for",
    Head.FUNDING: "Agreed by",
    Head.FUNDING_BROUGHT_FORWARD: "Brought forward",
    Head.FUNDING_OVERSPEND: "Authorised overspend",
    Head.UNALLOCATED: "Unallocated",
    Head.RESERVE: "Risk reserve",
    Head.AVAILABLE: "Available to",
    Head.COMMITTED: "Committed by",
    Head.SPENT: "Spent by",
    Head.LAPSED: "Lapsed",
}
_VOICES = {
    Voice.HOST: "one other person of the host",
    Voice.ANY_PARTNER: "one other person of any partner",
    Voice.EVERY_PARTNER: "one person of every partner, other than who prepared it",
}

Names = Mapping[UUID, str]
Cells = list[object]


@dataclass(frozen=True, slots=True)
class Money:
    """Says amounts in a pool's currency."""

    currency: str

    def __call__(self, amount_minor: int) -> str:
        """Return an amount as people write it."""
        return format_minor(amount_minor, self.currency)


def account_words(account: Account, names: Names) -> str:
    """Return an account's name as people read it: ``Owed to Northmoor Carers``."""
    words = ACCOUNTS[account.head]
    return words if account.of is None else f"{words} {names.get(account.of, 'somebody')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLine:
    """A transaction in a list."""

    id: UUID
    event: str
    on: str
    amount: str
    reference: str
    state: str

    @classmethod
    def of(cls, one: TransactionView, money: Money) -> "TransactionLine":
        """Present a transaction in one line."""
        return cls(
            id=one.id,
            event=EVENTS[one.event],
            on=day(one.effective_on),
            amount=money(one.amount_minor),
            reference=one.reference or "",
            state="Reversed" if one.reversed_by else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionPage:
    """A transaction with its postings and the entry behind it."""

    event: str
    facts: list[dict[str, str]]
    posting_rows: list[Cells]
    entry_id: UUID

    @classmethod
    def of(cls, one: TransactionView, names: Names, money: Money) -> "TransactionPage":
        """Present a transaction whole."""
        facts = {
            "Counts for": day(one.effective_on),
            "Recorded": moment(one.recorded_at),
            "Reference": one.reference or "",
            "Provided for by": f"version {one.agreement_version} of the agreement, "
            f"clause {one.clause}",
            "Divided by": one.basis or "",
            "Corrects the day": day(one.relates_to) if one.relates_to else "",
        }
        return cls(
            event=EVENTS[one.event],
            facts=[{"key": key, "value": value} for key, value in facts.items() if value],
            posting_rows=[
                [
                    account_words(leg.account, names),
                    "Money" if leg.account.head.book == "F" else "Budget",
                    money(leg.amount_minor) if leg.amount_minor > 0 else "",
                    money(-leg.amount_minor) if leg.amount_minor < 0 else "",
                    money(after),
                ]
                for leg, after in zip(one.postings, one.after_minor, strict=True)
            ],
            entry_id=one.entry_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCard:
    """What waits for approval.

    Attributes:
        may_approve: The reader is one of those whose approval it waits for, as far as can
            be told before they try: not its maker, and not somebody who approved already.
    """

    id: UUID
    heading: str
    reference: str
    on: str
    maker: str
    waits_for: str
    approved_by: list[str]
    may_approve: bool
    may_drop: bool

    @classmethod
    def of(
        cls,
        one: ProposalView,
        names: Names,
        people: Mapping[UUID, str | None],
        money: Money,
        *,
        reader_id: UUID,
        may_approve: bool,
    ) -> "ProposalCard":
        """Present a proposal to somebody who may read it."""
        about = [
            names[leg.account.of]
            for leg in one.transaction.postings
            if leg.account.of in names and leg.account.of is not None
        ]
        debits = [leg.amount_minor for leg in one.transaction.postings if leg.amount_minor > 0]
        mine = reader_id == one.maker_id
        given = [each.person_id for each in one.approvals]
        return cls(
            id=one.transaction.transaction_id,
            heading=f"{PROPOSED[one.event]}: {money(max(debits))}"
            + (f", {' and '.join(dict.fromkeys(about))}" if about else ""),
            reference=one.transaction.reference or "",
            on=day(one.transaction.effective_on),
            maker="you" if mine else people.get(one.maker_id) or "Somebody whose name is erased",
            waits_for=_VOICES[one.control.voice],
            approved_by=[people.get(each) or "Somebody whose name is erased" for each in given],
            may_approve=may_approve and not mine and reader_id not in given,
            may_drop=mine or may_approve,
        )
