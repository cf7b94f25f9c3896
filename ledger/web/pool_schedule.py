"""When contributions fall due, partner by partner, and how far each instalment has got."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from uuid import UUID

from flask import Blueprint, render_template
from markupsafe import Markup

from ledger.core import clock
from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.edge.guard import current_actor, requires
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.schedule import InstalmentState, InstalmentView, instalments
from ledger.web.chart_columns import columns
from ledger.web.charts import Line
from ledger.web.funding import names_of
from ledger.web.funding_lines import Cells, Money, Names
from ledger.web.shell import day

blueprint = Blueprint("pool_schedule", __name__, url_prefix="/pools/<uuid:pool_id>/schedule")

STATES: Final = {
    InstalmentState.TO_COME: ("To come", "grey"),
    InstalmentState.NOT_RECORDED: ("Not recorded as due", "yellow"),
    InstalmentState.OWED: ("Due", "blue"),
    InstalmentState.PART_RECEIVED: ("Received in part", "yellow"),
    InstalmentState.RECEIVED: ("Received", "green"),
}


@blueprint.get("")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> str:
    """Show the instalments of every partner by their day."""
    session, today = db.session(), clock.today()
    pool = pools.pool(session, current_actor(), pool_id)
    found = instalments(session, pool, today=today)
    page = SchedulePage.of(found, pool, names_of(pool), today)
    return render_template("pools/schedule.jinja", pool=pool, page=page)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePage:
    """A pool's instalments, in words."""

    chart: Markup | None
    month_rows: list[Cells]
    partner_rows: list[Cells]
    rows: list[Cells]

    @classmethod
    def of(cls, found: Sequence[InstalmentView], pool: PoolView, names: Names, today: date) -> Self:
        """Present instalments in calendar order, and what they add up to."""
        money = Money(pool.currency)
        months = sorted({one.due_on.replace(day=1) for one in found})
        due, came = _by_month(found, months)
        series = [Line("Falls due", due), Line("Of that received", came)]
        labels = [f"{month:%b %y}" for month in months]
        return cls(
            chart=columns("Instalments by month", labels, series, say=money, name="due")
            if len(months) > 1
            else None,
            month_rows=[
                [f"{month:%B %Y}", money(due[at]), money(came[at])]
                for at, month in enumerate(months)
            ],
            partner_rows=_partners(found, pool, names, money),
            rows=[_row(one, names, money, today) for one in found],
        )


def _by_month(
    found: Sequence[InstalmentView], months: Sequence[date]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    due, came = dict.fromkeys(months, 0), dict.fromkeys(months, 0)
    for one in found:
        month = one.due_on.replace(day=1)
        due[month] += one.amount_minor
        came[month] += one.amount_minor - one.left_minor
    return tuple(due.values()), tuple(came.values())


def _partners(
    found: Sequence[InstalmentView], pool: PoolView, names: Names, money: Money
) -> list[Cells]:
    rows: list[Cells] = []
    totals = [0, 0, 0, 0]
    for partner in pool.partner_ids:
        own = [one for one in found if one.partner_id == partner]
        amounts = [
            sum(one.amount_minor for one in own),
            sum(one.amount_minor - one.left_minor for one in own),
            sum(one.left_minor for one in own if one.state is not InstalmentState.TO_COME),
            sum(one.left_minor for one in own if one.state is InstalmentState.TO_COME),
        ]
        totals = [a + b for a, b in zip(totals, amounts, strict=True)]
        rows.append([names.get(partner, "A partner"), *map(money, amounts)])
    return [*rows, ["All partners", *map(money, totals)]] if found else []


def _row(one: InstalmentView, names: Names, money: Money, today: date) -> Cells:
    words, colour = STATES[one.state]
    if late := one.late_days(today):
        words, colour = f"{words}: {late} day{'s' * (late > 1)} late", "red"
    return [
        day(one.due_on),
        names.get(one.partner_id, "A partner"),
        f"{one.key}, {one.number}",
        {"text": words, "tag": colour},
        money(one.amount_minor),
        money(one.left_minor),
    ]
