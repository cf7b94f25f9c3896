"""Many events in one request or file: each one's name, its command, and the API's own schema."""

from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from marshmallow import Schema, ValidationError

from ledger.api import funding_model_schemas as models
from ledger.api import funding_schemas as wire
from ledger.api.problem import faults_of
from ledger.core.errors import Fault, Invalid, LedgerError
from ledger.core.work import UnitOfWork
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
from ledger.funding.service.posting import Outcome
from ledger.funding.service.together import together

Asked = tuple[Callable[..., Any], dict[str, Any]]
"""A command of the funding area, and what it is given."""


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


def asked(found: Any) -> list[Asked]:
    """Return the command of each event in a file, with what it is given.

    Raises:
        Invalid: the file is no list of events; every fault says which of them it is in.
    """
    if not isinstance(found, list) or not found:
        raise Invalid('give a list of events: [{"post": "receipt", ...}]')
    events, faults = list[Asked](), list[Fault]()
    for number, one in enumerate(found, 1):
        said = dict(one) if isinstance(one, dict) else {}
        sort = POSTS.get(str(said.pop("post", "")))
        if sort is None:
            faults.append(Fault(f"/events/{number - 1}/post", f"give one of {', '.join(POSTS)}"))
            continue
        try:
            events.append((sort.command, sort.schema().load(said)))
        except ValidationError as error:
            faults += faults_of(error.messages, f"/events/{number - 1}")
    if faults:
        words = "; ".join(f"{_in_words(one.field)}: {one.detail}" for one in faults[:20])
        raise Invalid(f"nothing was posted: {words}", faults)
    return events


def _in_words(pointer: str) -> str:
    number, _, member = pointer.removeprefix("/events/").partition("/")
    return f"event {int(number) + 1}, {member}" if member else f"event {int(number) + 1}"


def post_all(work: UnitOfWork, pool_id: UUID, events: Sequence[Asked]) -> list[Outcome]:
    """Carry out all of *events*, in order; each is authorised and checked by itself.

    Raises:
        LedgerError: what refused one of them; its detail says which. Then none is posted.
    """
    outcomes: list[Outcome] = []
    with together(work, pool_id):
        for number, (command, said) in enumerate(events, 1):
            try:
                outcomes += _each(command(work, pool_id, **said))
            except LedgerError as refused:
                refused.detail = f"event {number}: {refused.detail}"
                raise
    return outcomes


def _each(came: Any) -> Iterator[Outcome]:
    """Yield the outcomes of a command, which may give an id before one, or many."""
    if isinstance(came, Outcome):
        yield came
    else:
        yield from (one for one in came if isinstance(one, Outcome))
