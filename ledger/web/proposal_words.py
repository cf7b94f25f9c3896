"""Whom or what a proposal is about, in words."""

from collections.abc import Mapping
from uuid import UUID

from ledger.funding.queries.proposals import ProposalView
from ledger.funding.rules.events import Event


def about(one: ProposalView, names: Mapping[UUID, str]) -> str:
    """Say whom or which schemes a proposal is about; of a virement, from where to where."""
    legs = [
        (leg.amount_minor, names[leg.account.of])
        for leg in one.transaction.postings
        if leg.account.of is not None and leg.account.of in names
    ]
    if one.event is Event.BUDGET_VIRED:
        taken = [name for minor, name in legs if minor < 0]
        given = [name for minor, name in legs if minor > 0]
        return f", from {' and '.join(taken)} to {' and '.join(given)}"
    return f", {' and '.join(dict.fromkeys(name for _, name in legs))}" if legs else ""
