"""Postings, and what makes a set of them a transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

from ledger.core.errors import Bug, Conflict, Invalid
from ledger.core.money import MINOR_MAX, format_minor
from ledger.funding.rules.chart import CHART, Account, Book, Of

AMOUNT_MAX_MINOR: Final = 10**13
"""The most that one event is about: sums and forecasts of many such stay below `MINOR_MAX`."""


class Nature(StrEnum):
    """What sort of expenditure it is, as councils' accounts divide it."""

    EMPLOYEES = "employees"
    PREMISES = "premises"
    TRANSPORT = "transport"
    SUPPLIES = "supplies-and-services"
    THIRD_PARTY = "third-party-payments"
    TRANSFER = "transfer-payments"
    SUPPORT = "support-services"
    CAPITAL = "capital"
    INCOME = "income"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A signed amount on one account: debit > 0, credit < 0.

    Attributes:
        source: Of what is put in: the funding source, as the agreement names it.
        nature: Of what is spent.
        recurrent: Whether it is meant to come again next year; None if nobody said.
    """

    account: Account
    amount_minor: int
    source: str | None = None
    nature: Nature | None = None
    recurrent: bool | None = None


Postings = tuple[Posting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One part of an amount that was divided: kept, and never computed again."""

    of: UUID
    weight: Fraction
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What one event posts, on which day, and by which clause of the agreement.

    Attributes:
        effective_on: The day it counts for, in an open period.
        agreement_version: The version of the pool's agreement in force for it.
        clause: The clause that provides for it.
        reference: The other side's paper: an invoice, a bank line, a minute. Impersonal.
        commitment_id: The commitment that it makes, uses or releases.
        shares: How an amount was divided, with the weights, where it was.
        basis: What the weights are, in words.
        reverses: The transaction of which it is the exact negation.
        relates_to: The day in a closed period that a correction is about.
    """

    transaction_id: UUID
    effective_on: date
    agreement_version: int
    clause: str
    postings: Postings
    reference: str | None = None
    commitment_id: UUID | None = None
    shares: tuple[Share, ...] = ()
    basis: str | None = None
    reverses: UUID | None = None
    relates_to: date | None = None


class AmountRefused(Invalid):
    """An amount that is not above zero, or so large that it must be a slip."""

    slug = "amount-refused"
    title = "This is no amount that can be posted"


class AlreadyReversed(Conflict):
    """A transaction is reversed at most once."""

    slug = "already-reversed"
    title = "This transaction has already been reversed"


class NotReversible(Conflict):
    """A reversal is not itself reversed: the event is recorded again."""

    slug = "not-reversible"
    title = "A reversal cannot be reversed"


def check_amount(amount_minor: int) -> None:
    """Check that an event may be about *amount_minor*. Raises `AmountRefused`."""
    if amount_minor <= 0:
        raise AmountRefused("the amount must be more than zero; to undo something, reverse it")
    check_amounts([amount_minor])


def check_amounts(amounts_minor: Iterable[int]) -> None:
    """Check that none is too large, up or down. Raises `AmountRefused`."""
    if any(abs(one) > AMOUNT_MAX_MINOR for one in amounts_minor):
        raise AmountRefused(f"the amount may be at most {format_minor(AMOUNT_MAX_MINOR)}")


def check_balanced(postings: Postings) -> None:
    """Check the double entry. Raises `Bug`: events make postings, and no caller does."""
    if any(p.amount_minor == 0 or abs(p.amount_minor) > MINOR_MAX for p in postings):
        raise Bug("a posting is not zero and not too large")
    if len({p.account for p in postings}) <= 1:
        raise Bug("a transaction moves something from one account to another")
    for account in {p.account for p in postings}:
        if (CHART[account.head].of is Of.POOL) is not (account.of is None):
            raise Bug(f"{account.head} is an account for each {CHART[account.head].of}")
    for book in Book:
        if sum(p.amount_minor for p in postings if p.account.head.book is book):
            raise Bug(f"book {book} does not balance")


def movements(postings: Iterable[Posting]) -> dict[Account, int]:
    """Return by how much each account moves."""
    moved: dict[Account, int] = {}
    for posting in postings:
        moved[posting.account] = moved.get(posting.account, 0) + posting.amount_minor
    return moved


def balances(before: Mapping[Account, int], postings: Iterable[Posting]) -> dict[Account, int]:
    """Return what the accounts that *postings* move hold after them."""
    return {
        account: before.get(account, 0) + amount_minor
        for account, amount_minor in movements(postings).items()
    }


def negated(postings: Postings) -> Postings:
    """Return the exact negation, in the same order."""
    return tuple(replace(posting, amount_minor=-posting.amount_minor) for posting in postings)


def check_reversible(*, reversed_by: UUID | None, reverses: UUID | None) -> None:
    """Check that a transaction may be reversed.

    Raises:
        AlreadyReversed: it was; the detail names the reversal.
        NotReversible: it is itself a reversal.
    """
    if reversed_by is not None:
        raise AlreadyReversed(f"nothing was changed: transaction {reversed_by} reversed it")
    if reverses is not None:
        raise NotReversible("record the event again instead")
