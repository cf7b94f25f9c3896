"""The sample's pooled-fund agreement: who puts in what, for which year."""

from datetime import date
from typing import Final
from uuid import UUID

from ledger.agreements.rules.fund import (
    ApprovalStep,
    Contribution,
    FundTerms,
    OverspendTerms,
    ShareBasis,
    ShareRule,
    Weight,
)
from ledger.agreements.rules.terms import Kind, Party, Terms, Variable

AGREED_MINOR: Final = {
    "board": 112_500_000_00,
    "council": 64_250_000_00,
    "trust": 8_250_000_00,
}

APPROVALS: Final = (
    ("payment", None, "host finance lead"),
    ("virement within 30 days", 250_000_00, "any partner's finance lead"),
    ("virement within 30 days", 2_000_000_00, "two partners' finance leads"),
    ("virement within 30 days", None, "every partner's chief finance officer"),
    ("commitment", 100_000_000_00, "pool manager"),
    ("commitment within 30 days", 150_000_000_00, "pool manager"),
    ("commitment within 30 days", None, "host chief finance officer"),
    ("reserve release", None, "every partner's finance lead"),
    ("overspend", None, "every partner's chief finance officer"),
    ("claw-back", None, "any partner's finance lead"),
)
"""Who approves how much. What is split into parts within 30 days is added up."""


def year_start(today: date) -> date:
    """Return the first day of the financial year that is told: at least three months of it."""
    return date(today.year if today.month > 6 else today.year - 1, 4, 1)  # noqa: PLR2004


def fund_terms(organisations: dict[str, UUID], today: date) -> Terms:
    """Return the terms of the pooled fund; the board hosts it."""
    start = year_start(today)
    end = date(start.year + 1, 3, 31)
    contributions = tuple(
        Contribution(
            key=f"C{n}",
            partner_id=organisations[key],
            source="Council budget" if key == "council" else "NHS minimum contribution",
            first_day=start,
            last_day=end,
            amount_minor=amount_minor,
        )
        for n, (key, amount_minor) in enumerate(AGREED_MINOR.items(), 1)
    )
    weights = tuple(
        Weight(partner_id=one.partner_id, weight=one.amount_minor) for one in contributions
    )
    filled = {
        "aims": "that people live at home for longer, with the equipment and support they need.",
        "functions": "learning disability services and community equipment.",
        "consultation": "people who use these services, their families and staff, last winter.",
    }
    return Terms(
        kind=Kind.POOLED_FUND,
        title="Northmoor pooled fund (demonstration)",
        starts_on=start,
        ends_on=date(start.year + 3, 3, 31),
        review_on=date(start.year + 2, 3, 31),
        parties=tuple(
            Party(organisation_id=organisations[key], name="", leads=key == "board")
            for key in AGREED_MINOR
        ),
        flows=(),
        approvals=(),
        fund=FundTerms(
            host_id=organisations["board"],
            currency="GBP",
            contributions=contributions,
            shares=(ShareRule(key="S1", basis=ShareBasis.PRO_RATA, weights=weights),),
            approvals=tuple(
                ApprovalStep(movement=movement, up_to_minor=up_to_minor, approver=approver)
                for movement, up_to_minor, approver in APPROVALS
            ),
            overspends=OverspendTerms(),
            board_decides=True,
        ),
        variables=tuple(Variable(name=name, value=value) for name, value in filled.items()),
    )
