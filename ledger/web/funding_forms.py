"""What a person can prepare for a pool: which questions are asked, and what they answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.core.money import parse_minor
from ledger.core.permissions import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.queries.pools import CommitmentView, PoolView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.service import budget, money, spending
from ledger.funding.service.posting import Outcome
from ledger.web.dimension_words import capital_options, said_of, vat_options
from ledger.web.funding_lines import (
    Cells,
    Money,
    Names,
    account_words,
    book_words,
    plain_side,
    waits_for,
)

REFERENCE_MAX = 200


class Asks(StrEnum):
    """What sort of answer a question wants."""

    AMOUNT = "amount"
    SCHEME = "scheme"
    PROVIDER = "provider"
    COMMITMENT = "commitment"
    WORDS = "words"
    CAPITAL = "capital"
    VAT = "vat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field of a form: what the command calls it, and what people read."""

    name: str
    asks: Asks
    label: str
    hint: str = ""


Command = Callable[..., Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Something that can be prepared: words, questions, and the command that does it."""

    title: str
    intro: str
    send: str
    permission: Permission
    questions: tuple[Question, ...]
    command: Command


def _accrue(work: UnitOfWork, pool_id: UUID, **said: Any) -> Outcome:
    return spending.accrue(work, pool_id, said=said_of(said), **said)


def _allocate(work: UnitOfWork, pool_id: UUID, **said: Any) -> Outcome:
    amounts = {said.pop("scheme_id"): said.pop("amount_minor")}
    return budget.allocate(work, pool_id, amounts_minor=amounts, **said)


def _commit(work: UnitOfWork, pool_id: UUID, **said: Any) -> Outcome:
    return spending.commit(work, pool_id, **said)[1]


_AMOUNT = Question(name="amount_minor", asks=Asks.AMOUNT, label="Amount", hint="Like 1,234.56")
_PROVIDER = Question(name="provider_id", asks=Asks.PROVIDER, label="To whom")
_SCHEME = Question(name="scheme_id", asks=Asks.SCHEME, label="Scheme")
_BOARD = Question(
    name="reference",
    asks=Asks.WORDS,
    label="Reference",
    hint="The minute or paper that decided it. Name no people: everybody in the pool sees it.",
)
_INVOICE = Question(
    name="reference",
    asks=Asks.WORDS,
    label="Reference",
    hint="The number of the invoice, order or delivery. Name no people.",
)
FORMS: Mapping[str, Form] = {
    "payment": Form(
        title="Prepare a payment",
        intro="Pay a provider what the pool owes. It is made when somebody else approves it.",
        send="Send for approval",
        permission=Permission.POOL_SPEND,
        questions=(_PROVIDER, _AMOUNT, _INVOICE),
        command=money.propose_payment,
    ),
    "allocation": Form(
        title="Allocate budget",
        intro="Give a scheme budget out of what is not allocated yet, as the board decided.",
        send="Allocate",
        permission=Permission.POOL_ALLOCATE,
        questions=(_SCHEME, _AMOUNT, _BOARD),
        command=_allocate,
    ),
    "virement": Form(
        title="Move budget between schemes",
        intro="The budget of one scheme goes to another. Who must approve depends on how much.",
        send="Send for approval",
        permission=Permission.POOL_ALLOCATE,
        questions=(
            Question(name="from_scheme_id", asks=Asks.SCHEME, label="From"),
            Question(name="to_scheme_id", asks=Asks.SCHEME, label="To"),
            _AMOUNT,
            _BOARD,
        ),
        command=budget.vire,
    ),
    "commitment": Form(
        title="Commit spending",
        intro="Promise money to a provider: a contract or an order. It counts against the budget.",
        send="Commit",
        permission=Permission.POOL_SPEND,
        questions=(_SCHEME, _PROVIDER, _AMOUNT, _INVOICE),
        command=_commit,
    ),
    "accrual": Form(
        title="Record goods or services received",
        intro="What came is owed for, and is never refused. Beyond the budget, everybody is told.",
        send="Record",
        permission=Permission.POOL_SPEND,
        questions=(
            _SCHEME,
            _PROVIDER,
            Question(
                name="commitment_id",
                asks=Asks.COMMITMENT,
                label="Promised before",
                hint="Choose the order or contract, if there is one",
            ),
            _AMOUNT,
            _INVOICE,
            Question(name="capital", asks=Asks.CAPITAL, label="Did it buy an asset?"),
            Question(name="vat", asks=Asks.VAT, label="Value added tax"),
        ),
        command=_accrue,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a form's lists are made of."""

    pool: PoolView
    names: Names
    held: Mapping[Account, int]
    commitments: tuple[CommitmentView, ...]

    def options(self, question: Question) -> list[dict[str, str]]:
        """Return what can be chosen, with the budget or the debt that it has left."""
        money = Money(self.pool.currency)
        match question.asks:
            case Asks.SCHEME:
                return [
                    _option(
                        one.id, f"{one.label}: {money(self._held(Head.AVAILABLE, one.id))} left"
                    )
                    for one in self.pool.schemes
                ]
            case Asks.PROVIDER:
                return [
                    _option(one, f"{self.names[one]}: owed {money(-self._held(Head.PAYABLE, one))}")
                    for one in self.pool.provider_ids
                ]
            case Asks.CAPITAL:
                return capital_options()
            case Asks.VAT:
                return vat_options()
            case Asks.COMMITMENT:
                return [{"value": "", "text": "Nothing was promised before"}] + [
                    _option(
                        one.id,
                        f"{one.reference or 'No reference'}, {self.names[one.provider_id]}:"
                        f" {money(one.state.open_minor)} open",
                    )
                    for one in self.commitments
                    if one.state.open_minor
                ]
        return []

    def _held(self, head: Head, of: UUID) -> int:
        return self.held.get(Account(head=head, of=of), 0)


def _option(value: UUID, text: str) -> dict[str, str]:
    return {"value": str(value), "text": text}


def answers(
    form: Form, given: Mapping[str, str], shown: Shown
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a person answered as the command takes it, and what is wrong with it."""
    said: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for question in form.questions:
        text = given.get(question.name, "").strip()
        try:
            said[question.name] = _answer(question, text, shown)
        except Invalid as refused:
            errors[question.name] = f"{question.label}: {refused.detail}"
    return said, errors


def _answer(question: Question, text: str, shown: Shown) -> int | str | UUID | None:
    match question.asks:
        case Asks.AMOUNT:
            return parse_minor(text)
        case Asks.WORDS:
            if not text or len(text) > REFERENCE_MAX or not text.isprintable():
                raise Invalid(f"write between 1 and {REFERENCE_MAX} characters, in one line")
            return text
        case Asks.COMMITMENT if not text:
            return None
    if text not in {one["value"] for one in shown.options(question)}:
        raise Invalid("choose one from the list")
    return text if question.asks in {Asks.CAPITAL, Asks.VAT} else UUID(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPage:
    """What would come of it, before it is sent."""

    rows: list[dict[str, str]]
    moved: list[Cells]
    waits: str
    warning: str

    @classmethod
    def of(
        cls, form: Form, given: Mapping[str, str], shown: Shown, outcome: Outcome
    ) -> "CheckPage":
        """Present what a command would do; nothing is recorded yet."""
        money = Money(shown.pool.currency)
        over = outcome.overspent_minor
        return cls(
            rows=[
                {"key": one.label, "value": _said(one, given, shown, money)}
                for one in form.questions
            ],
            moved=[
                [
                    account_words(account, shown.names),
                    book_words(account),
                    money(plain_side(account) * before),
                    money(plain_side(account) * after),
                ]
                for account, (before, after) in outcome.moved.items()
            ],
            waits=f"It waits for approval by {waits_for(outcome.control)}."
            if outcome.control
            else "Nobody else has to approve this: it counts at once.",
            warning=f"The scheme will be {money(over)} beyond its budget. All partners are told."
            if over
            else "",
        )


def _said(question: Question, given: Mapping[str, str], shown: Shown, money: Money) -> str:
    text = given.get(question.name, "").strip()
    if question.asks is Asks.AMOUNT:
        return money(parse_minor(text))
    found = [one["text"] for one in shown.options(question) if one["value"] == text]
    if question.asks in {Asks.CAPITAL, Asks.VAT}:
        return found[0]
    return found[0].rpartition(":")[0] or found[0] if found else text
