"""A statement in words and figures. Plain values: templates decide nothing."""

from dataclasses import dataclass

from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.statement import PartnerLine, SchemeLine, Statement
from ledger.web.funding_lines import Cells, Money, Names

SCHEME_HEAD = ("Budget", "Committed", "Spent", "Available")


def scheme_cells(label: str, line: SchemeLine, money: Money) -> Cells:
    """Return a scheme's row of figures; the first is the sum of the other three."""
    return [
        label,
        money(line.budget_minor),
        money(line.committed_minor),
        money(line.spent_minor),
        money(line.available_minor),
    ]


PARTNER_HEAD = (
    ("agreed", "Agreed"),
    ("due", "Fallen due"),
    ("received", "Paid in"),
    ("owed", "Still owed"),
    ("spent", "Share of spending"),
    ("creditors", "Share of what is owed to providers"),
    ("repayable", "To be paid back"),
    ("cash", "Share of cash"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPage:
    """A statement, per partner and per scheme, with totals that add up."""

    title: str
    as_of: str
    partner_heads: list[str]
    partner_rows: list[Cells]
    scheme_rows: list[Cells]
    pool_rows: list[Cells]

    @classmethod
    def of(
        cls, pool: PoolView, said: Statement, names: Names, *, size: int | None
    ) -> "StatementPage":
        """Present a statement; *size* is that of the log it was made from."""
        money = Money(pool.currency)
        labels = {scheme.id: scheme.label for scheme in pool.schemes}

        def cells(line: PartnerLine) -> Cells:
            return [money(getattr(line, f"{name}_minor")) for name, _ in PARTNER_HEAD]

        total = SchemeLine(
            budget_minor=sum(line.budget_minor for line in said.schemes.values()),
            available_minor=said.available_minor,
            committed_minor=said.committed_minor,
            spent_minor=said.spent_minor,
        )
        # Partners across, figures down: a partner's statement is a column to print or cut out.
        columns = [cells(line) for line in (*said.partners.values(), said.partners_total)]
        return cls(
            title=pool.title,
            as_of="all entries recorded so far"
            if size is None
            else f"the first {size:,} entries of the log",
            partner_heads=[*(names.get(one, "A partner") for one in said.partners), "All partners"],
            partner_rows=[
                [words, *(column[row] for column in columns)]
                for row, (_, words) in enumerate(PARTNER_HEAD)
            ],
            scheme_rows=[
                *(scheme_cells(labels[one], line, money) for one, line in said.schemes.items()),
                scheme_cells("All schemes", total, money),
            ],
            pool_rows=[
                ["Not allocated", money(said.unallocated_minor)],
                ["Risk reserve", money(said.reserve_minor)],
                ["Budgets of all schemes", money(total.budget_minor)],
                ["Lapsed", money(said.lapsed_minor)],
                ["All the partners agreed to", money(said.agreed_minor)],
            ],
        )
