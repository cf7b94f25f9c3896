"""What may be posted from a file: each event's name, its command, and the API's own schema."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from marshmallow import Schema, ValidationError

from ledger.api import funding_model_schemas as models
from ledger.api import funding_schemas as wire
from ledger.core.errors import Fault, Invalid
from ledger.funding.service import (
    brought_forward,
    budget,
    bundles,
    capitation,
    credit_notes,
    money,
    outcomes,
    shares,
    spending,
)


class Post(NamedTuple):
    """One sort of event."""

    schema: type[Schema]
    command: Callable[..., Any]


POSTS: Final = MappingProxyType(
    {
        "contribution": Post(wire.ContributionIn, budget.agree_contribution),
        "reserve": Post(wire.AmountIn, budget.set_reserve),
        "reserve-release": Post(wire.SchemeAmountIn, budget.release_reserve),
        "allocation": Post(wire.AllocationIn, budget.allocate),
        "virement": Post(wire.VirementIn, budget.vire),
        "commitment": Post(wire.CommitmentIn, spending.commit),
        "accrual": Post(wire.AccrualIn, spending.accrue),
        "instalment": Post(wire.PartnerAmountIn, money.fall_due),
        "receipt": Post(wire.PartnerAmountIn, money.receive),
        "payment": Post(wire.ProviderAmountIn, money.propose_payment),
        "repayment": Post(wire.PartnerAmountIn, money.propose_repayment),
        "overspend": Post(wire.SchemeAmountIn, budget.authorise_overspend),
        "overspend-share": Post(wire.ShareIn, shares.share_overspend),
        "credit-note": Post(models.CreditIn, credit_notes.credit_note),
        "claw-back": Post(models.CreditIn, credit_notes.claw_back),
        "refund": Post(wire.ProviderAmountIn, credit_notes.refund),
        "capitation": Post(models.CapitationIn, capitation.run),
        "roster-correction": Post(models.RosterCorrectionIn, capitation.correct),
        "bonus": Post(models.BonusIn, outcomes.award_bonus),
        "bundle": Post(models.BundleIn, bundles.start),
        "brought-forward": Post(wire.AmountIn, brought_forward.bring_forward),
    }
)


def asked(found: Any) -> list[tuple[Callable[..., Any], dict[str, Any]]]:
    """Return the command of each event in a file, with what it is given.

    Raises:
        Invalid: the file is no list of events; every fault says which of them it is in.
    """
    if not isinstance(found, list) or not found:
        raise Invalid('give a list of events: [{"post": "receipt", ...}]')
    events, faults = list[tuple[Callable[..., Any], dict[str, Any]]](), list[Fault]()
    for number, one in enumerate(found, 1):
        said = dict(one) if isinstance(one, dict) else {}
        sort = POSTS.get(str(said.pop("post", "")))
        if sort is None:
            faults.append(Fault(f"event {number}, post", f"give one of {', '.join(POSTS)}"))
            continue
        try:
            events.append((sort.command, sort.schema().load(said)))
        except ValidationError as error:
            faults += [
                Fault(f"event {number}, {field}", str(why))
                for field, why in dict(error.messages_dict).items()
            ]
    if faults:
        words = "; ".join(f"{one.field}: {one.detail}" for one in faults[:20])
        raise Invalid(f"nothing was posted: {words}", faults)
    return events
