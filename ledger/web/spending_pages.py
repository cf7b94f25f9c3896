"""The page of what a pool spent: by month, scheme and sort of expenditure, drawn and as a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request
from markupsafe import Markup

from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.edge.guard import requires
from ledger.edge.pools import pool_in_sight
from ledger.funding.queries.pools import PoolView, SchemeView
from ledger.funding.queries.spending import Spent, spent
from ledger.web.funding_lines import Money
from ledger.web.import_words import NATURES, UNSAID
from ledger.web.spending_chart import columns, month_words

blueprint = Blueprint("pool_spending", __name__, url_prefix="/pools/<uuid:pool_id>/spending")

_UNSAID_KEY = "unsaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeSpending:
    """What one scheme spent: a picture, and the same as a row for each month."""

    label: str
    chart: Markup
    rows: list[list[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingPage:
    """What is shown of a pool's spending.

    Attributes:
        head: Of the table of years.
        years: A row for each scheme, and one for all, with each financial year's figure.
        months: A row for each month, of all schemes together.
    """

    total: str
    schemes: list[SchemeSpending]
    head: list[object]
    years: list[list[object]]
    months: list[list[object]]

    @classmethod
    def of(cls, pool: PoolView, found: Sequence[Spent]) -> "SpendingPage":
        """Present what was spent."""
        money = Money(pool.currency)
        schemes = [one for one in pool.schemes if any(s.scheme_id == one.id for s in found)]
        months = sorted({one.month for one in found})
        years = sorted({_year(month) for month in months})
        sums: Counter[tuple[str, UUID | None]] = Counter()
        for one in found:
            for when in (one.month, _year(one.month)):
                sums[when, one.scheme_id] += one.amount_minor
                sums[when, None] += one.amount_minor
        together: list[tuple[str, UUID | None]] = [(one.label, one.id) for one in schemes]
        return cls(
            total=money(sum(one.amount_minor for one in found)),
            schemes=[
                _scheme(one, [(month, sums[month, one.id]) for month in months], number, money)
                for number, one in enumerate(schemes)
            ],
            head=["Scheme", *({"text": year, "numeric": True} for year in years)],
            years=[
                [label, *(money(sums[year, scheme_id]) for year in years)]
                for label, scheme_id in [*together, ("Together", None)]
            ],
            months=[[month_words(month), money(sums[month, None])] for month in months],
        )


def _scheme(
    scheme: SchemeView, months: list[tuple[str, int]], number: int, money: Money
) -> SchemeSpending:
    title = f"Spent on {scheme.label} each month"
    return SchemeSpending(
        label=scheme.label,
        chart=columns(title, months, say=money, name=f"spent-{number}"),
        rows=[[month_words(month), money(minor)] for month, minor in months],
    )


@blueprint.get("")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> str:
    """Show what was spent by month, of all schemes and sorts or of those chosen."""
    pool = pool_in_sight(pool_id)
    found = spent(db.session(), pool)
    scheme, sort = request.args.get("scheme", ""), request.args.get("sort", "")
    sorts = sorted({_key(one) for one in found})
    shown = [one for one in found if scheme in {"", str(one.scheme_id)} and sort in {"", _key(one)}]
    return render_template(
        "spending/show.jinja",
        pool=pool,
        page=SpendingPage.of(pool, shown),
        schemes=[
            {"value": "", "text": "Every scheme"},
            *(
                {"value": str(one.id), "text": one.label, "selected": str(one.id) == scheme}
                for one in pool.schemes
            ),
        ],
        sorts=[
            {"value": "", "text": "Every sort"},
            *({"value": key, "text": _words(key), "selected": key == sort} for key in sorts),
        ],
    )


def _key(one: Spent) -> str:
    return one.nature.value if one.nature else _UNSAID_KEY


def _words(key: str) -> str:
    return next((text for nature, text in NATURES.items() if nature.value == key), UNSAID)


def _year(month: str) -> str:
    """Return the financial year, from April to March, of a month: ``2012/13``."""
    year, number = int(month[:4]), int(month[5:])
    first = year if number >= 4 else year - 1  # noqa: PLR2004  (April)
    return f"{first}/{(first + 1) % 100:02}"
