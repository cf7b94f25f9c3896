"""Why a number is this number: its formula, its parts, its postings, and the proof of each."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, url_for

from ledger.core.db import db
from ledger.core.money import format_minor
from ledger.core.policy import Permission
from ledger.directory.queries.as_said import organisations_then
from ledger.edge import cursors
from ledger.edge.asked import asked_day, asked_id, asked_size
from ledger.edge.guard import current_actor, requires
from ledger.funding.queries import figures, pools
from ledger.funding.queries.figures import Explained
from ledger.funding.rules.books import Days
from ledger.funding.rules.chart import CHART, Account
from ledger.funding.rules.figures import FIGURES
from ledger.web.funding_lines import ACCOUNTS, EVENTS, account_words
from ledger.web.shell import day

blueprint = Blueprint("pool_figures_pages", __name__, url_prefix="/pools")

Names = dict[UUID, str]
ALL_DAYS = Days()


@blueprint.get("/<uuid:pool_id>/figures/<string:key>")
@requires(Permission.POOL_READ)
def show(pool_id: UUID, key: str) -> str:
    """Show how a figure is added up, down to the postings and the proof of each."""
    session, actor = db.session(), current_actor()
    after = cursors.after(of="pool-figure-page", shape=(str, str, int))
    pool = pools.pool(session, actor, pool_id)
    found = figures.explain(
        session,
        actor,
        pool,
        key,
        of=asked_id("of"),
        days=Days(first=asked_day("from"), last=asked_day("to")),
        size=asked_size(session),
        after=(datetime.fromisoformat(after[0]), UUID(after[1]), after[2]) if after else None,
        limit=cursors.LIMIT_DEFAULT,
    )
    ids = {*found.pool.partner_ids, *found.pool.provider_ids}
    known = organisations_then(session, ids, size=found.pool.size)
    names = {one.id: one.name for one in known.values()} | found.pool.labels()
    older = None
    if found.more:
        last = found.legs[-1].after
        values = (last[0].isoformat(), str(last[1]), last[2])
        older = cursors.page_href(values, of="pool-figure-page")
    return render_template(
        "statements/figure.jinja",
        pool=pool,
        title=words_of(key, found.of, names),
        how=found.figure.how,
        days=_days(found.days),
        amount=_money(found, found.amount_minor),
        size=found.pool.size,
        around=_around(found),
        parts=_parts(found, names),
        weights=_weights(found, names),
        months=_months(found),
        legs=_legs(found, names),
        before=_money(found, found.before_minor) if after else None,
        older=older,
    )


def words_of(key: str, of: UUID | None, names: Names) -> str:
    """Return what a figure is called: ``Still owed: Falls Council``."""
    figure = FIGURES[key]
    if not key.startswith("account-"):
        return figure.words if of is None else f"{figure.words}: {names.get(of, 'somebody')}"
    head = next(iter(figure.heads or ()))
    if of is None and CHART[head].of.value != "pool":
        return f"{ACCOUNTS[head]} each {CHART[head].of}"
    return account_words(Account(head=head, of=of), names)


def _money(found: Explained, amount_minor: int) -> str:
    return format_minor(amount_minor, found.pool.currency)


def _days(days: Days) -> str:
    if days.first is not None and days.last is not None:
        return f"What moved from {day(days.first)} to {day(days.last)}, both included"
    if days.first is not None:
        return f"What moved from {day(days.first)} on"
    return f"All until {day(days.last)}, included" if days.last else "All that was posted"


def _around(found: Explained) -> list[dict[str, str]]:
    if found.opening_minor is None:
        return []
    rows = [("Stood before", found.opening_minor), ("Moved", found.amount_minor)]
    if found.settled_minor:
        rows.append(("Turned into a year's result", found.settled_minor))
    rows.append(("Stands after", found.closing_minor))
    return [{"key": words, "value": _money(found, amount)} for words, amount in rows]


def _parts(found: Explained, names: Names) -> list[list[object]]:
    return [
        [
            {"text": words_of(one.key, one.of, names), "href": _href(found, one.key, one.of)},
            "added" if one.sign > 0 else "taken away",
            _money(found, one.sign * one.amount_minor),
        ]
        for one in found.parts
    ]


def _weights(found: Explained, names: Names) -> list[list[object]]:
    whole = sum(found.weights.values())
    rows: list[list[object]] = [
        [names.get(one, "A partner"), _money(found, weight), f"{100 * weight / whole:.4f} %"]
        for one, weight in found.weights.items()
    ]
    return [*rows, ["All", _money(found, whole), "100 %"]] if rows else []


def _months(found: Explained) -> list[list[object]]:
    rows: list[list[object]] = []
    running = 0
    for month, amount in found.months.items():
        first = date.fromisoformat(f"{month}-01")
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        running += amount
        rows.append(
            [
                {
                    "text": first.strftime("%B %Y"),
                    "href": _href(found, found.key, found.of, Days(first=first, last=last)),
                },
                _money(found, amount),
                _money(found, running),
            ]
        )
    return rows if len(rows) > 1 else []


def _legs(found: Explained, names: Names) -> list[list[object]]:
    return [
        [
            {
                "text": EVENTS[one.event],
                "href": url_for(
                    "pools.show_transaction",
                    pool_id=found.pool.id,
                    transaction_id=one.transaction_id,
                ),
            },
            day(one.effective_on),
            one.reference or "",
            account_words(one.account, names),
            f"{one.index:,}",
            _money(found, one.amount_minor),
            _money(found, one.running_minor),
        ]
        for one in found.legs
    ]


def figure_href(
    pool_id: UUID,
    key: str,
    *,
    size: int | None = None,
    of: UUID | None = None,
    days: Days = ALL_DAYS,
) -> str:
    """Return the address of a figure; see `rules.figures`."""
    asked: dict[str, Any] = {"size": size, "of": of, "from": days.first, "to": days.last}
    return url_for("pool_figures_pages.show", pool_id=pool_id, key=key, **asked)


def _href(found: Explained, key: str, of: UUID | None, days: Days | None = None) -> str:
    chosen = days or found.days
    return figure_href(found.pool.id, key, size=found.pool.size, of=of, days=chosen)
