"""Paying by outcome: the pot that was withheld, and the gain or loss of a year."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from json import dumps
from typing import Any
from uuid import UUID

from sqlalchemy import select

from audit.values import to_json
from ledger.core import blobs
from ledger.core.errors import Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.evidence.service import check_digest
from ledger.funding.models import Scheme
from ledger.funding.payment_entries import SettlementComputed
from ledger.funding.payment_tables import Settlement
from ledger.funding.rules import payment_models
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.payment_models import NotWithinPot
from ledger.funding.rules.postings import Postings, Share, Transaction
from ledger.funding.rules.settlement import Inputs, Run, check_next, divided, settle
from ledger.funding.rules.sharing import half_even
from ledger.funding.service.posting import (
    HeldPool,
    Outcome,
    hold_balances,
    hold_pool,
    hold_scheme,
    new_transaction,
    write,
)


class NothingWithheld(Conflict):
    """There is no pot to award."""

    slug = "nothing-withheld"
    title = "Nothing is withheld from this provider"


class SettledAlready(Conflict):
    """The gain or loss of the same figures is shared once."""

    slug = "settled-already"
    title = "These figures have been settled"


class NothingSettled(Conflict):
    """A settlement that moves nothing: within the corridor, or what was posted before."""

    slug = "nothing-to-settle"
    title = "There is nothing to post"


def award_bonus(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    provider_id: UUID,
    earned_rate: Fraction,
    evidence_digest: str,
    reference: str,
    effective_on: date | None = None,
) -> Outcome:
    """Divide all that is withheld from a provider: the part it earned is owed to it.

    Args:
        work: The unit of work.
        pool_id: Which pool.
        scheme_id: Where the rest returns to.
        provider_id: Whose pot.
        earned_rate: 0 to 1; the amount is rounded once, half-even.
        evidence_digest: SHA-256 of the evidence of the outcome.
        reference: Of the decision.
        effective_on: Today, if not given.

    Raises:
        NothingWithheld: the pot is empty.
        NotWithinPot: a rate that is not between 0 and 1.
    """
    pool = hold_pool(work, pool_id)
    hold_scheme(work, pool, scheme_id)
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    check_digest(evidence_digest)
    pot = Account(head=Head.WITHHOLD, of=provider_id)
    pot_minor = -hold_balances(work, pool, [pot])[pot]
    if pot_minor <= 0:
        raise NothingWithheld("pay by head with a part withheld first")
    if not 0 <= earned_rate <= 1:
        raise NotWithinPot("what is earned is between nothing and the whole pot")
    earned_minor = half_even(pot_minor * earned_rate)
    transaction = new_transaction(
        pool,
        work,
        effective_on=effective_on,
        clause=pool.fund.clause_of(Event.BONUS_AWARDED),
        reference=reference,
        postings=payment_models.award_bonus(scheme_id, provider_id, pot_minor, earned_minor),
    )
    details = {
        "scheme_id": scheme_id,
        "provider_id": provider_id,
        "pot_minor": pot_minor,
        "earned_rate": earned_rate,
        "evidence_digest": evidence_digest,
    }
    return write(work, pool, Event.BONUS_AWARDED, transaction, details=details)


def settle_year(
    work: UnitOfWork,
    pool_id: UUID,
    *,
    scheme_id: UUID,
    run: Run,
    inputs: Inputs,
    reference: str,
    settlement_id: UUID | None = None,
    effective_on: date | None = None,
) -> tuple[UUID, Mapping[UUID, int], Outcome | None]:
    """Share the gain or loss of a year: a shadow run posts nothing, a final one the difference.

    The inputs are kept beside the log under their SHA-256, which the entry names.

    Returns:
        The settlement's id, each party's share, and what was posted.

    Raises:
        RunOutOfOrder: the settlement is past that.
        SettledAlready: another settlement of the scheme has posted these very figures.
        NothingSettled: it moves nothing.
        RateRefused: a rate out of range.
        NotFound: no such settlement; or a loss for somebody who is no partner.
    """
    pool = hold_pool(work, pool_id)
    work.load(Scheme, scheme_id)  # To change: what is settled of it is settled one by one.
    hold_scheme(work, pool, scheme_id)
    row = work.load(Settlement, settlement_id) if settlement_id else None
    work.authorise(Permission.POOL_SPEND, on=pool.resource)
    if row is not None and (row.pool_id, row.scheme_id) != (pool_id, scheme_id):
        raise NotFound("no such settlement of this scheme")
    check_next(run, Run(row.run) if row else None)
    digest = _frozen(work, inputs)
    if row is None and run is not Run.SHADOW:
        _check_new(work, scheme_id, digest)
    shares_minor = divided(inputs)
    settlement_id = settlement_id or new_id()
    said = {
        "scheme_id": scheme_id,
        "settlement_id": settlement_id,
        "result_minor": sum(shares_minor.values()),
        "inputs_digest": digest,
    }
    outcome = None
    if run is Run.SHADOW:
        _compute(work, pool_id, shares_minor, said)
    else:
        before = {UUID(party): part for party, part in row.posted.items()} if row else {}
        transaction = _settling(
            work,
            pool,
            settle(scheme_id, shares_minor, before),
            reference=reference,
            effective_on=effective_on,
            basis=f"Gain or loss of the year, {run} run",
            shares=_as_shares(shares_minor, inputs),
        )
        details = {**said, "run": run}
        outcome = write(work, pool, Event.GAIN_LOSS_SETTLED, transaction, details=details)
    return settlement_id, shares_minor, outcome


def _check_new(work: UnitOfWork, scheme_id: UUID, digest: str) -> None:
    row = Settlement
    same = select(row.id).where(
        row.scheme_id == scheme_id, row.inputs_digest == digest, row.run != Run.SHADOW
    )
    if (found := work.session.scalar(same.limit(1))) is not None:
        raise SettledAlready(f"nothing was changed: go on with settlement {found}")


def _compute(
    work: UnitOfWork, pool_id: UUID, shares_minor: Mapping[UUID, int], said: dict[str, Any]
) -> None:
    work.record(
        SettlementComputed(
            pool_id=pool_id,
            party_ids=tuple(shares_minor),
            shares_minor=tuple(shares_minor.values()),
            **said,
        )
    )


def _settling(work: UnitOfWork, pool: HeldPool, postings: Postings, **said: Any) -> Transaction:
    if not postings:
        raise NothingSettled("the result is the same as what was posted before")
    clause = pool.fund.clause_of(Event.GAIN_LOSS_SETTLED)
    return new_transaction(pool, work, clause=clause, postings=postings, **said)


def _as_shares(shares_minor: Mapping[UUID, int], inputs: Inputs) -> tuple[Share, ...]:
    return tuple(
        Share(of=party, weight=Fraction(inputs.weights[party]), amount_minor=part)
        for party, part in shares_minor.items()
    )


def _frozen(work: UnitOfWork, inputs: Inputs) -> str:
    names = [name for name in inputs.__dataclass_fields__ if name != "weights"]
    values = {name: to_json(getattr(inputs, name)) for name in names}
    weights = [[str(party), to_json(Fraction(each))] for party, each in inputs.weights.items()]
    text = dumps({**values, "weights": weights}, sort_keys=True, separators=(",", ":"))
    return blobs.keep(work.session, text.encode(), "application/json")
