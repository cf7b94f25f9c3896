"""The journal for auditors: every transaction by what stands out in it, and samples."""

from collections import Counter
from typing import TypeVar
from uuid import UUID

from flask import Blueprint, render_template, request, url_for

from ledger.core.db import db
from ledger.core.errors import Fault, Invalid
from ledger.core.money import format_minor
from ledger.core.policy import Permission
from ledger.edge.asked import asked_size
from ledger.edge.guard import current_actor, requires
from ledger.funding.papers import FORMS
from ledger.funding.papers.journal import digest
from ledger.funding.queries import pools
from ledger.funding.queries.journal import journal
from ledger.funding.rules.journal import HOW, Flag, Journalled, Method, sample
from ledger.web.funding_lines import EVENTS
from ledger.web.shell import day

blueprint = Blueprint("pool_journal_pages", __name__, url_prefix="/pools")

T = TypeVar("T", Flag, Method)
_SHOWN_MAX = 50
_SEED_CHARS_MAX = 100
_DIGITS_MAX = 6
FLAGS = {
    Flag.LATE: "Recorded over 30 days late",
    Flag.BACK_DATED: "Dated in an earlier month",
    Flag.MANUAL: "Made by a person",
    Flag.REVERSED: "Reversed",
    Flag.REVERSAL: "A reversal",
    Flag.ROUND_SUM: "Round thousands",
    Flag.WEEKEND: "Recorded at a weekend",
    Flag.AFTER_CLOSE: "After the year had its result",
    Flag.BEYOND_BUDGET: "Beyond the budget",
}
METHODS = {
    Method.MONETARY_UNIT: "Every penny the same chance",
    Method.RANDOM: "Every transaction the same chance",
    Method.ALL_FLAGGED: "Every one that stands out",
}


@blueprint.get("/<uuid:pool_id>/journal")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> str:
    """Show transactions by what stands out in them, or a sample of them."""
    session = db.session()
    pool = pools.pool(session, current_actor(), pool_id)
    size = asked_size(session)
    every = journal(session, pool.id, size)
    flag, method = _one_of(Flag, "flag"), _one_of(Method, "method")
    shown = every
    seed, count = request.args.get("seed", "")[:_SEED_CHARS_MAX], _count()
    if method is not None:
        shown = sample(every, method, size=size, count=count, seed=seed)
    if flag is not None:
        shown = [one for one in shown if flag in one.flags]
    asked = {"size": size, "method": method, "seed": seed, "n": count} if method else {"size": size}
    sort = "pool_journal.sampled" if method else "pool_journal.every_transaction"
    return render_template(
        "statements/journal.jinja",
        pool=pool,
        size=size,
        flags=_flags(pool_id, every, size),
        flag=FLAGS[flag] if flag else None,
        method=METHODS[method] if method else None,
        how=HOW[method] if method else None,
        seed=seed,
        n=count,
        methods=[(one.value, words, one is method) for one, words in METHODS.items()],
        totals=_totals(every, pool.currency),
        rows=[_row(one, pool_id, pool.currency) for one in shown[-_SHOWN_MAX:][::-1]],
        count=len(shown),
        left_out=max(0, len(shown) - _SHOWN_MAX),
        forms=[
            (one.words, url_for(sort, pool_id=pool_id, form=one.ending, **asked))
            for one in FORMS.values()
        ],
    )


def _flags(pool_id: UUID, every: list[Journalled], size: int) -> list[list[object]]:
    counts = Counter(flag for one in every for flag in one.flags)
    return [
        [
            {
                "text": words,
                "href": url_for(
                    "pool_journal_pages.show", pool_id=pool_id, flag=flag.value, size=size
                ),
            },
            f"{counts[flag]:,}",
        ]
        for flag, words in FLAGS.items()
    ]


def _totals(every: list[Journalled], currency: str) -> list[dict[str, str]]:
    financial = sum(one.financial_minor for one in every)
    budget = sum(one.budget_minor for one in every)
    return [
        {"key": "Transactions", "value": f"{len(every):,}"},
        {"key": "Debits and credits, money", "value": format_minor(financial, currency)},
        {"key": "Debits and credits, budget", "value": format_minor(budget, currency)},
        {"key": "SHA-256 of the rows", "value": digest(every)},
    ]


def _row(one: Journalled, pool_id: UUID, currency: str) -> list[object]:
    href = url_for("pools.show_transaction", pool_id=pool_id, transaction_id=one.id)
    return [
        {"text": EVENTS[one.event], "href": href},
        day(one.effective_on),
        day(one.recorded_on),
        one.reference or "",
        str(len(one.approvers)),
        ", ".join(FLAGS[flag].lower() for flag in one.flags if flag is not Flag.MANUAL),
        format_minor(one.amount_minor, currency),
    ]


def _one_of(sort: type[T], name: str) -> T | None:
    if not (text := request.args.get(name)):
        return None
    try:
        return sort(text)
    except ValueError as error:
        raise Invalid(f"no such {name}", [Fault(name, f"one of {', '.join(sort)}")]) from error


def _count() -> int:
    text = request.args.get("n") or "25"
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX):
        raise Invalid("that is no number", [Fault("n", "give a whole number")])
    return int(text)
