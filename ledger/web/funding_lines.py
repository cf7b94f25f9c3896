"""A pool's transactions and proposals in words. Plain values: templates decide nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from ledger.core.actor import Role
from ledger.core.money import format_minor
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.proposals import ProposalView
from ledger.funding.queries.transactions import TransactionView
from ledger.funding.rules.chart import CHART, Account, Book, Head
from ledger.funding.rules.controls import Control, Voice
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Postings, movements
from ledger.funding.rules.thresholds import size_minor
from ledger.web.approver import Reader
from ledger.web.dimension_words import facts_of
from ledger.web.proposal_words import about
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
    Event.OPENING_BROUGHT_IN: "Opening position brought in",
}
PROPOSED = {
    Event.PAYMENT_MADE: "Pay",
    Event.BUDGET_VIRED: "Move budget",
    Event.RESERVE_RELEASED: "Release the risk reserve",
    Event.OVERSPEND_AUTHORISED: "Authorise an overspend",
    Event.CLAW_BACK_MADE: "Claw a payment back",
    Event.OPENING_BROUGHT_IN: "Bring in the opening position",
    Event.TRANSACTION_REVERSED: "Reverse a transaction",
    Event.RESERVE_SET: "Set the risk reserve",
    Event.BUDGET_ALLOCATED: "Allocate budget",
    Event.SPENDING_COMMITTED: "Commit spending",
    Event.BUNDLE_STARTED: "Commit episodes of care",
}
"""Words for what may wait for approval: see `rules.thresholds.MOVEMENTS`, and reversals."""

WHY_NOT = {
    "not-owed": "Not owed",
    "wrong-amount": "The amount is wrong",
    "wrong-place": "The wrong scheme or organisation",
    "no-evidence": "The evidence is missing",
    "made-twice": "It was prepared twice",
    "later": "Not now",
}
"""Why somebody says no. The log keeps these words, and no others."""
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
Names = Mapping[UUID, str]
People = Mapping[UUID, str | None]
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
            **facts_of(one),
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


_PEOPLE = {
    Role.FINANCE_LEAD: ("one other person", "two other people", "one person"),
    Role.CHIEF_FINANCE_OFFICER: (
        "a chief finance officer",
        "two chief finance officers",
        "the chief finance officer",
    ),
}


def waits_for(control: Control) -> str:
    """Return whose approval a proposal waits for, in words."""
    one, two, each = _PEOPLE[control.rank]
    if control.voice is Voice.EVERY_PARTNER:
        return f"{each} of every partner, other than who prepared it"
    who = one if control.people == 1 else two
    return f"{who} of {'the host' if control.voice is Voice.HOST else 'any partner'}"


def leg_rows(postings: Postings, names: Names, money: Money) -> list[Cells]:
    """Return a row for each account that would move: its name, which book, by how much."""
    return [
        [account_words(one, names), book_words(one), money(plain_side(one) * by_minor)]
        for one, by_minor in movements(postings).items()
    ]


def book_words(account: Account) -> str:
    """Return which of the two books an account is in."""
    return "Money" if account.head.book is Book.FINANCIAL else "Budget"


def plain_side(account: Account) -> int:
    """Return the sign by which people read an account: what is owed is no negative number."""
    return -1 if CHART[account.head].normal < 0 else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCard:
    """What waits for approval.

    Attributes:
        posting_rows: What it does to each account of both books.
        may_approve: The reader is one of those whose approval it waits for.
        why_not: Why they are not, where that helps them.
    """

    id: UUID
    heading: str
    reference: str
    on: str
    maker: str
    waits_for: str
    approved_by: list[str]
    posting_rows: list[Cells]
    may_approve: bool
    why_not: str
    may_drop: bool

    @classmethod
    def of(
        cls, one: ProposalView, pool: PoolView, names: Names, people: People, reader: Reader
    ) -> "ProposalCard":
        """Present a proposal to somebody who may read it."""
        money, mine = Money(pool.currency), reader.id == one.maker_id
        given = [each.person_id for each in one.approvals]
        why_not = reader.why_not(one, pool)
        return cls(
            id=one.transaction.transaction_id,
            heading=f"{PROPOSED[one.event]}: {money(size_minor(one.transaction.postings))}"
            + about(one, names),
            reference=one.transaction.reference or "",
            on=day(one.transaction.effective_on),
            maker="you" if mine else people.get(one.maker_id) or "Somebody whose name is erased",
            waits_for=waits_for(one.control),
            approved_by=[people.get(each) or "Somebody whose name is erased" for each in given],
            posting_rows=leg_rows(one.transaction.postings, names, money),
            may_approve=why_not is None,
            why_not="" if mine else why_not or "",
            may_drop=mine or reader.approval is not None,
        )
