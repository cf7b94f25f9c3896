"""A pool's journal in the formats of two other programs, which check it independently.

Both are pure functions of the transactions: the same transactions give the same bytes. The
budget book becomes a branch of Equity, where it balances by itself. At the end stands what
each account holds, as an assertion that the other program makes for itself.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from unicodedata import normalize
from uuid import UUID

from ledger.core.money import decimal_minor
from ledger.funding.queries.transactions import TransactionsAt, TransactionView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.postings import movements

Transactions = TransactionsAt | Sequence[TransactionView]

_BRANCH: Final = {
    Head.CASH: "Assets:Cash",
    Head.DUE_HOST: "Assets:Due-from-host",
    Head.RECEIVABLE: "Assets:Receivable",
    Head.PAYABLE: "Liabilities:Payable",
    Head.PAYABLE_PARTNER: "Liabilities:Payable-to-partner",
    Head.WITHHOLD: "Liabilities:Withheld",
    Head.INCOME: "Income:Contributions",
    Head.INCOME_RISKSHARE: "Income:Risk-share",
    Head.EXPENDITURE: "Expenses:Expenditure",
    Head.RESULT: "Equity:Result",
    Head.FUND_BROUGHT_FORWARD: "Equity:Fund:Brought-forward",
    Head.FUND_RINGFENCE: "Equity:Fund:Ring-fenced",
    Head.FUNDING: "Equity:Budget:Funding",
    Head.FUNDING_BROUGHT_FORWARD: "Equity:Budget:Funding-brought-forward",
    Head.FUNDING_OVERSPEND: "Equity:Budget:Funding-overspend",
    Head.UNALLOCATED: "Equity:Budget:Unallocated",
    Head.RESERVE: "Equity:Budget:Reserve",
    Head.AVAILABLE: "Equity:Budget:Available",
    Head.COMMITTED: "Equity:Budget:Committed",
    Head.SPENT: "Equity:Budget:Spent",
    Head.LAPSED: "Equity:Budget:Lapsed",
}


def path(account: Account, names: Mapping[UUID, str]) -> str:
    """Return an account's name in both formats: words, then enough of the id to be unique."""
    if account.of is None:
        return _BRANCH[account.head]
    plain = normalize("NFKD", names.get(account.of, "")).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    word = words[:1].upper() + words[1:] or "Of"
    return f"{_BRANCH[account.head]}:{word}-{account.of.hex[-8:]}"


def hledger(transactions: Transactions, names: Mapping[UUID, str], currency: str, note: str) -> str:
    """Return a journal that ``hledger check --strict`` accepts.

    Args:
        transactions: In the order of the days they count for.
        names: Of partners, providers and schemes.
        currency: ISO 4217 code.
        note: One line for the top, such as whose journal it is and as of when.
    """
    held = _held(transactions)
    lines = [f"; {_one_line(note)}", f"commodity 1000.00 {currency}"]
    lines += sorted(f"account {path(account, names)}" for account in held)
    for one in transactions:
        lines += ["", f"{one.effective_on} * ({one.id}) {one.event}"]
        lines += [f"    ; {name}: {value}" for name, value in _facts(one)]
        lines += [
            f"    {path(leg.account, names)}    {decimal_minor(leg.amount_minor)} {currency}"
            for leg in one.postings
        ]
    if held:
        lines += ["", f"{_last_day(transactions)} * balances asserted"]
        lines += [
            f"    {path(account, names)}    0.00 {currency} = {decimal_minor(amount)} {currency}"
            for account, amount in held.items()
        ]
    return "\n".join(lines) + "\n"


def beancount(
    transactions: Transactions, names: Mapping[UUID, str], currency: str, note: str
) -> str:
    """Return a ledger that ``bean-check`` accepts. Takes the same as `hledger`."""
    held = _held(transactions)
    lines = [f"; {_one_line(note)}", f'option "operating_currency" "{currency}"']
    if held:
        first = next(iter(transactions)).effective_on
        opened = sorted(path(account, names) for account in held)
        lines += ["", *(f"{first} open {name} {currency}" for name in opened)]
    for one in transactions:
        lines += ["", f'{one.effective_on} * "{one.event}" "{_quoted(one.reference or "")}"']
        lines.append(f'  transaction: "{one.id}"')
        lines += [f'  {name}: "{_quoted(value)}"' for name, value in _facts(one)]
        lines += [
            f"  {path(leg.account, names)}  {decimal_minor(leg.amount_minor)} {currency}"
            for leg in one.postings
        ]
    if held:
        day_after = _last_day(transactions) + timedelta(days=1)
        lines += [
            "",
            *(
                f"{day_after} balance {path(account, names)}  {decimal_minor(amount)} {currency}"
                for account, amount in held.items()
            ),
        ]
    return "\n".join(lines) + "\n"


def _held(transactions: Transactions) -> dict[Account, int]:
    return movements(leg for one in transactions for leg in one.postings)


def _last_day(transactions: Transactions) -> date:
    return max(one.effective_on for one in transactions)


def _facts(one: TransactionView) -> list[tuple[str, str]]:
    facts = {
        "entry": str(one.entry_id),
        "agreement": f"version {one.agreement_version}, clause {one.clause}",
        "reverses": str(one.reverses) if one.reverses else "",
        "basis": one.basis or "",
        "capital": "" if one.capital is None else ("yes" if one.capital else "no"),
        "vat": one.vat or "",
    }
    return [(name, _one_line(value)) for name, value in facts.items() if value]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quoted(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace('"', '\\"')
