"""The page of what a pool spent: by month, scheme and sort of expenditure, drawn and as a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, request
from markupsafe import Markup

from ledger.core.db import db
from ledger.core.policy import Permission
from ledger.edge.guard import current_actor, requires
from ledger.funding.queries import pools
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.spent import Spent, spent
from ledger.web.funding_lines import Money
from ledger.web.import_words import NATURES, UNSAID
from ledger.web.spending_chart import columns

blueprint = Blueprint("pool_spending", __name__, url_prefix="/pools/<uuid:pool_id>/spending")

_UNSAID_KEY = "unsaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingPage:
    """What is shown of a pool's spending.

    Attributes:
        charts: A picture for each scheme that spent something.
        years: A row for each financial year, with each scheme's figure and the year's.
        months: Likewise for each month.
    """

    total: str
    head: list[object]
    charts: list[Markup]
    years: list[list[object]]
    months: list[list[object]]

    @classmethod
    def of(cls, pool: PoolView, found: Sequence[Spent]) -> "SpendingPage":
        """Present what was spent."""
        money = Money(pool.currency)
        schemes = [one for one in pool.schemes if any(s.scheme_id == one.id for s in found)]
        months = sorted({one.month for one in found})
        sums: Counter[tuple[str, UUID]] = Counter()
        for one in found:
            sums[one.month, one.scheme_id] += one.amount_minor
            sums[_year(one.month), one.scheme_id] += one.amount_minor

        def rows(names: Sequence[str]) -> list[list[object]]:
            return [
                [
                    name,
                    *(money(sums[name, one.id]) for one in schemes),
                    money(sum(sums[name, one.id] for one in schemes)),
                ]
                for name in names
            ]

        return cls(
            total=money(sum(one.amount_minor for one in found)),
            head=[
                *({"text": s.label, "numeric": True} for s in schemes),
                {"text": "Together", "numeric": True},
            ],
            charts=[
                Markup('<h3 class="nhsuk-heading-s">{}</h3>').format(one.label)
                + columns(
                    f"Spent on {one.label} each month",
                    [(month, sums[month, one.id]) for month in months],
                    say=money,
                    name=f"spent-{number}",
                )
                for number, one in enumerate(schemes)
            ],
            years=rows(sorted({_year(month) for month in months})),
            months=rows(months),
        )


@blueprint.get("")
@requires(Permission.POOL_READ)
def show(pool_id: UUID) -> str:
    """Show what was spent by month, of all schemes and sorts or of those chosen."""
    pool = pools.pool(db.session(), current_actor(), pool_id)
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
