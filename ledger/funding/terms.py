"""What a pool's agreement says today: the one place where funding asks the agreements area."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.agreements import queries as agreements
from ledger.agreements.queries import OverspendTerms, PooledFundTerms, ShareBasis, ShareRule
from ledger.core.errors import Conflict, NotFound
from ledger.core.work import UnitOfWork
from ledger.funding.rules.events import Event
from ledger.funding.rules.thresholds import Step

_SETTLED_BY: Final = {
    Event.CONTRIBUTION_AGREED: "contributions",
    Event.INSTALMENT_FALLEN_DUE: "contributions",
    Event.CONTRIBUTION_RECEIVED: "contributions",
    Event.RESERVE_SET: "governance",
    Event.RESERVE_RELEASED: "governance",
    Event.BUDGET_ALLOCATED: "governance",
    Event.BUDGET_VIRED: "governance",
    Event.SPENDING_COMMITTED: "spending",
    Event.COMMITMENT_RELEASED: "spending",
    Event.EXPENDITURE_ACCRUED: "spending",
    Event.PAYMENT_MADE: "spending",
    Event.OVERSPEND_AUTHORISED: "shares",
    Event.OVERSPEND_SHARED: "shares",
    Event.CAPITATION_RUN: "spending",
    Event.ROSTER_CORRECTED: "spending",
    Event.BONUS_AWARDED: "spending",
    Event.BUNDLE_STARTED: "spending",
    Event.BUNDLE_DONE: "spending",
    Event.BUNDLE_CANCELLED: "spending",
    Event.GAIN_LOSS_SETTLED: "shares",
    Event.CREDIT_NOTE_RECEIVED: "spending",
    Event.CLAW_BACK_MADE: "spending",
    Event.REFUND_RECEIVED: "spending",
    Event.YEAR_CLOSED: "shares",
    Event.BUDGET_LAPSED: "shares",
    Event.BUDGET_BROUGHT_FORWARD: "shares",
    Event.OPENING_BROUGHT_IN: "contributions",
}
"""Which clause provides for an event, where no narrower one states it."""


class FundNotInForce(Conflict):
    """Nothing new may be promised under an agreement that does not stand."""

    slug = "pooled-fund-not-in-force"
    title = "The pooled-fund agreement is not in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A contribution, and the clause that states it."""

    partner_id: UUID
    source: str
    amount_minor: int
    clause: str
    first_day: date
    last_day: date


class NoShareRule(Conflict):
    """The agreement does not say how the whole pool's difference is divided."""

    slug = "no-share-rule"
    title = "The agreement has no rule to share this by"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedBy:
    """How a difference is divided, and the clause that says so.

    Attributes:
        weights: In the order that settles ties between pence.
        cap_minor: The most one partner bears.
    """

    weights: dict[UUID, int | Fraction]
    cap_minor: int | None
    clause: str
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FundInForce:
    """The terms that a pool is run by, held until the unit of work ends.

    Attributes:
        in_force: Whether they stand today; if not, only what is owed already is posted.
    """

    terms: PooledFundTerms
    in_force: bool

    @property
    def version(self) -> int:
        """The version of the agreement."""
        return self.terms.version

    def clause_of(self, event: Event) -> str:
        """Return the number of the clause that provides for *event*."""
        topic = _SETTLED_BY[event]
        return self.terms.topics.get(topic, topic)

    def settles(self, event: Event, clause: str) -> bool:
        """Say whether *clause* is the one that provides for every *event* of that kind."""
        return event in _SETTLED_BY and self.clause_of(event) == clause

    @property
    def steps(self) -> tuple[Step, ...]:
        """Who approves how much."""
        return tuple(
            Step(movement=one.movement, up_to_minor=one.up_to_minor, approver=one.approver)
            for one in self.terms.approvals
        )

    @property
    def overspends(self) -> OverspendTerms:
        """What follows an overspend: as the agreement says, or as the service usually does."""
        return self.terms.overspends or OverspendTerms()

    @property
    def board_decides(self) -> bool:
        """Whether a vote of the governing body stands alone; it does, unless the text says not."""
        return self.terms.board_decides is not False

    def contributions_on(self, day: date) -> tuple[Agreed, ...]:
        """Return the contributions for days of which *day* is one: a year's, not the next one's."""
        return tuple(
            self.contribution(one.key)
            for one in self.terms.contributions
            if one.first_day <= day <= one.last_day
        )

    def contribution(self, key: str) -> Agreed:
        """Return a contribution that the agreement names.

        Raises:
            NotFound: it names no such one.
        """
        for each in self.terms.contributions:
            if each.key == key:
                return Agreed(
                    partner_id=each.partner_id,
                    source=each.source,
                    amount_minor=each.amount_minor,
                    clause=self.terms.clauses[key],
                    first_day=each.first_day,
                    last_day=each.last_day,
                )
        keys = ", ".join(each.key for each in self.terms.contributions)
        raise NotFound(f"the agreement names no such contribution; it has {keys}")

    def share_rule(
        self, line: str | None = None, *, weights: Mapping[UUID, Fraction] | None = None
    ) -> SharedBy:
        """Return the rule of a scheme line, or the one for every line that no rule names.

        Args:
            line: The scheme's title; None for a difference of the whole pool.
            weights: Of this difference, as the partners decided: where the rule is variable.

        Raises:
            NoShareRule: there is none, or its weights divide nothing.
        """
        own = [rule for rule in self.terms.shares if line in rule.schemes]
        for rule in [*own, *(rule for rule in self.terms.shares if not rule.schemes)]:
            chosen = self._weights(rule, weights)
            if any(chosen.values()):
                return SharedBy(
                    weights=chosen,
                    cap_minor=rule.cap_minor,
                    clause=self.terms.clauses[rule.key],
                    basis=f"Share rule {rule.key}: {rule.basis}",
                )
            if rule in own:
                break
        raise NoShareRule("sign a version that has one, with weights for the partners")

    def _weights(
        self, rule: ShareRule, given: Mapping[UUID, Fraction] | None
    ) -> dict[UUID, int | Fraction]:
        """Return by what *rule* divides, in the order that settles ties."""
        stated: dict[UUID, int | Fraction] = {one.partner_id: one.weight for one in rule.weights}
        if rule.basis is ShareBasis.VARIABLE:
            if not set(given or {}) <= set(self.terms.partner_ids):
                raise NoShareRule("give weights to partners only")
            return {one: given.get(one, 0) for one in self.terms.partner_ids} if given else stated
        if given is not None:
            raise NoShareRule(f"the rule is {rule.basis}: its weights are the agreement's")
        if rule.basis is ShareBasis.OWN_RISK and sum(map(bool, stated.values())) > 1:
            raise NoShareRule("where each bears its own risk, one partner bears this line's")
        if rule.basis is ShareBasis.PRO_RATA and not any(stated.values()):
            agreed: dict[UUID, int | Fraction] = dict.fromkeys(self.terms.partner_ids, 0)
            for each in self.terms.contributions:
                agreed[each.partner_id] += each.amount_minor
            return agreed
        return stated

    def check_stands(self) -> None:
        """Check that something new may be promised. Raises `FundNotInForce`."""
        if not self.in_force:
            raise FundNotInForce(
                "record what is already owed, and sign a new version before promising more"
            )


def fund_on(session: Session, agreement_id: UUID, day: date) -> FundInForce:
    """Return what a pool is run by on a day, for a query: nobody is held.

    Raises:
        NotFound: there is no such pooled-fund agreement, or it never came into force.
    """
    terms = agreements.pooled_fund_terms(session, agreement_id, on=day)
    return FundInForce(terms=terms, in_force=terms.in_force(day))


def fund_in_force(work: UnitOfWork, agreement_id: UUID, *, on: date | None = None) -> FundInForce:
    """Return what a pool is run by on a day, which nobody can change until *work* ends.

    Raises:
        NotFound: there is no such pooled-fund agreement, or it never came into force.
    """
    terms = agreements.hold_pooled_fund(work, agreement_id, on=on or work.today)
    return FundInForce(terms=terms, in_force=terms.in_force(work.today))
