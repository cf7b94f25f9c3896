"""Pools for any test, made by the commands a user would call.

pool()                 a pool of three partners with two schemes and a provider, contributions
                       agreed: £600,000, £400,000 and £200,000 for the year 2026
posted(actor, command) carry out a command of the area in its own unit of work
paid(given, ...)       accrue, propose and approve a payment
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.agreements.rules.fund import ApprovalStep, ShareBasis
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.funding.queries import balances
from ledger.funding.queries import pools as queries
from ledger.funding.queries.pools import PoolView
from ledger.funding.rules.chart import Account, Head
from ledger.funding.service import approvals, budget, money, pools, spending
from tests.given import agreements, directory

T = TypeVar("T")
FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2026, 12, 31)


@dataclass(frozen=True, kw_only=True)
class GivenPool:
    """A pool, and the people who work with it.

    Attributes:
        manager: The host's pool manager, who prepares.
        approver: The host's finance lead, who approves.
        leads: A finance lead of each partner, the host's second one first.
    """

    id: UUID
    agreement_id: UUID
    partners: tuple[UUID, ...]
    provider: UUID
    schemes: tuple[UUID, ...]
    manager: Actor
    approver: Actor
    leads: tuple[Actor, ...]

    @property
    def view(self) -> PoolView:
        return queries.pool(db.session(), self.manager, self.id)


def posted(actor: Actor, command: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Carry out *command* as *actor*, in a unit of work of its own."""
    with unit_of_work(actor) as work:
        return command(work, *args, **kwargs)


def pool(
    *,
    contributions: bool = True,
    steps: Sequence[tuple[str, int | None, str]] = (),
    cap_minor: int | None = None,
    basis: ShareBasis | None = None,
    **fund: Any,
) -> GivenPool:
    """Return a pool under an agreement that its partners have signed.

    *steps* are who approves how much: ``("virement", 50_000_00, "host finance lead")``;
    *cap_minor* is the most that a partner bears of an overspend, *basis* how one is shared;
    *fund* is whatever else its terms say.
    """
    partners = tuple(directory.organisation() for _ in range(3))
    terms = agreements.fund_terms(*partners)
    if steps and terms.fund is not None:
        names = ("movement", "up_to_minor", "approver")
        said = tuple(ApprovalStep(**dict(zip(names, one, strict=True))) for one in steps)  # type: ignore[arg-type]
        terms = replace(terms, fund=replace(terms.fund, approvals=said))
    if cap_minor is not None and terms.fund is not None:
        capped = tuple(replace(one, cap_minor=cap_minor) for one in terms.fund.shares)
        terms = replace(terms, fund=replace(terms.fund, shares=capped))
    if basis is not None and terms.fund is not None:
        shares = tuple(replace(one, basis=basis) for one in terms.fund.shares)
        terms = replace(terms, fund=replace(terms.fund, shares=shares))
    if fund and terms.fund is not None:
        terms = replace(terms, fund=replace(terms.fund, **fund))
    agreement_id = agreements.active(*partners, given=terms)
    manager = directory.member(Role.POOL_MANAGER, at=partners[0])
    pool_id = posted(
        manager,
        pools.open_pool,
        agreement_id=agreement_id,
        title="Falls pool",
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
    )
    schemes = tuple(
        posted(manager, pools.add_scheme, pool_id, title=title)
        for title in ("Reablement", "Equipment")
    )
    provider = directory.organisation()
    posted(manager, pools.add_provider, pool_id, provider_id=provider)
    if contributions:
        for number in (1, 2, 3):
            posted(manager, budget.agree_contribution, pool_id, key=f"C{number}")
    return GivenPool(
        id=pool_id,
        agreement_id=agreement_id,
        partners=partners,
        provider=provider,
        schemes=schemes,
        manager=manager,
        approver=directory.member(Role.FINANCE_LEAD, at=partners[0]),
        leads=tuple(directory.member(Role.FINANCE_LEAD, at=one) for one in partners),
    )


def allocated(given: GivenPool, **amounts_minor: int) -> None:
    """Allocate to the schemes: ``first=…, second=…``."""
    amounts = {
        given.schemes[("first", "second").index(which)]: amount
        for which, amount in amounts_minor.items()
    }
    posted(given.manager, budget.allocate, given.id, amounts_minor=amounts, reference="Board 1")


def received(given: GivenPool, amount_minor: int, *, partner: int = 0) -> None:
    """Have an instalment of a partner fall due and arrive."""
    terms = {"partner_id": given.partners[partner], "amount_minor": amount_minor}
    posted(given.manager, money.fall_due, given.id, reference="Quarter 1", **terms)
    posted(given.manager, money.receive, given.id, reference="Bank line 1", **terms)


def accrued(given: GivenPool, amount_minor: int, **chosen: Any) -> UUID:
    """Accrue an invoice of the provider on the first scheme; return the transaction's id."""
    terms = {
        "scheme_id": given.schemes[0],
        "provider_id": given.provider,
        "amount_minor": amount_minor,
        "reference": "Invoice 1",
        **chosen,
    }
    return posted(given.manager, spending.accrue, given.id, **terms).transaction_id


def proposed(given: GivenPool, amount_minor: int) -> UUID:
    """Propose a payment of the provider; return its id."""
    return posted(
        given.manager,
        money.propose_payment,
        given.id,
        provider_id=given.provider,
        amount_minor=amount_minor,
        reference="Invoice 1",
    ).transaction_id


def paid(given: GivenPool, amount_minor: int) -> UUID:
    """Pay the provider, as a second person approves; return the transaction's id."""
    transaction_id = proposed(given, amount_minor)
    posted(given.approver, approvals.approve, transaction_id)
    return transaction_id


def held(session: Session, given: GivenPool, head: Head, of: UUID | None = None) -> int:
    """Return what an account of the pool holds now."""
    return balances.balance(session, Account(head=head, of=of).id_in(given.id))
