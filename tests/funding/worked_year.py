"""A year of two pools of three partners, told by the commands a user would call.

The first pool pays a hub by head, with an outcome pot, and a bundle of three providers; it
underspends. The second overspends, and its partners share what the reserve does not cover.
`data/worked_pool.hledger` has what each event must post, `data/worked_pool.json` the figures.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, TypeVar
from uuid import UUID

from ledger.agreements.rules.terms import Terms
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.funding.queries import pools as queries
from ledger.funding.queries.transactions import postings_of
from ledger.funding.rules.payment_models import Line
from ledger.funding.rules.sharing import share
from ledger.funding.rules.year_end import Cause
from ledger.funding.service import (
    approvals,
    budget,
    bundles,
    capitation,
    instalments,
    money,
    outcomes,
    pools,
    shares,
    spending,
    year_end,
)
from ledger.funding.service.posting import Outcome
from tests.given import agreements, directory

T = TypeVar("T")
WEIGHTS = (6137, 3001, 862)
FIRST, LAST = date(2026, 4, 1), date(2027, 3, 31)
SNAPSHOT = "5e" * 32
ROSTER = {
    "0-64": (163_056, "43.871"),
    "65-84": (31_207, "320.864"),
    "85+": (5_304, "1255.851"),
}
"""Members of each stratum, and the price of one in pence, risk index included."""

PRICE = {"Hospital": 425_001, "Community": 131_250, "SocialCare": 68_750}


@dataclass(frozen=True, kw_only=True)
class Told:
    """A pool that has been told, and what the worked year calls its partners and the rest."""

    id: UUID
    period_id: UUID
    manager: Actor
    leads: dict[str, Actor]
    names: dict[str, UUID]

    def do(self, command: Callable[..., T], *args: Any, **terms: Any) -> T:
        """Carry out a command of the pool's manager."""
        with unit_of_work(self.manager) as work:
            return command(work, self.id, *args, **terms)

    def approved(self, command: Callable[..., Outcome], **terms: Any) -> None:
        """Carry out a command that waits, and have as many leads approve as it waits for."""
        outcome = self.do(command, **terms)
        for lead in self.leads.values():
            if outcome.waiting:
                with unit_of_work(lead) as work:
                    outcome = approvals.approve(work, outcome.transaction_id)
        assert not outcome.waiting


def opened(total_minor: int, schemes: tuple[str, ...], providers: tuple[str, ...]) -> Told:
    """Return a pool for the year, its contributions agreed and scheduled."""
    partners = {name: directory.organisation() for name in ("ICB", "COUNTY", "DISTRICT")}
    ids = tuple(partners.values())
    amounts = [share(total_minor, dict(enumerate(WEIGHTS)))[n] for n in range(3)]
    agreement_id = agreements.active(*ids, given=_terms(ids, amounts))
    manager = directory.member(Role.POOL_MANAGER, at=ids[0])
    with unit_of_work(manager) as work:
        pool_id = pools.open_pool(
            work,
            agreement_id=agreement_id,
            title=f"Worked pool of {schemes[0]}",
            first_day=FIRST,
            last_day=LAST,
        )
    names = dict(partners)
    leads = {name: directory.member(Role.FINANCE_LEAD, at=one) for name, one in partners.items()}
    for provider in providers:
        names[provider] = directory.organisation()
    (period,) = queries.pool(db.session(), manager, pool_id).periods
    told = Told(id=pool_id, period_id=period.id, manager=manager, leads=leads, names=names)
    for scheme in schemes:
        names[scheme] = told.do(pools.add_scheme, title=scheme)
    for provider in providers:
        told.do(pools.add_provider, provider_id=names[provider])
    for number in (1, 2, 3):
        told.do(budget.agree_contribution, key=f"C{number}", effective_on=FIRST)
    return told


def _terms(partners: tuple[UUID, ...], amounts_minor: list[int]) -> Terms:
    terms = agreements.fund_terms(*partners, amounts_minor=amounts_minor)
    assert terms.fund is not None
    contributions = [
        replace(one, first_day=FIRST, last_day=LAST) for one in terms.fund.contributions
    ]
    fund = replace(terms.fund, contributions=tuple(contributions))
    return replace(terms, fund=fund, starts_on=FIRST, ends_on=LAST, review_on=LAST)


def months(every: int = 1) -> list[tuple[int, int]]:
    return [(2026 + (3 + n) // 12, (3 + n) % 12 + 1) for n in range(0, 12, every)]


def first_pool() -> Told:
    """Tell the pool that underspends."""
    providers = ("CareCo", "Hub", "Hospital", "Community", "SocialCare")
    pool = opened(800_000_000, ("S1", "S3", "S4"), providers)
    name = pool.names
    pool.do(
        budget.set_reserve,
        amount_minor=20_000_000,
        reference="Board 1",
        effective_on=date(2026, 4, 2),
    )
    for scheme, amount in (("S1", 400_000_000), ("S3", 330_000_000), ("S4", 45_000_000)):
        pool.do(
            budget.allocate,
            amounts_minor={name[scheme]: amount},
            reference="Board 1",
            effective_on=date(2026, 4, 3),
        )
    contract, _ = pool.do(
        spending.commit,
        scheme_id=name["S1"],
        provider_id=name["CareCo"],
        amount_minor=390_000_000,
        reference="Contract",
        effective_on=date(2026, 4, 10),
    )
    _paid_in(pool, {"C1": 1, "C2": 3, "C3": 3})
    bundle, _ = pool.do(
        bundles.start,
        scheme_id=name["S4"],
        parts_minor={name[one]: part for one, part in PRICE.items()},
        episodes=61,
        reference="Hips",
        effective_on=date(2026, 5, 1),
    )
    pool.approved(
        budget.vire,
        from_scheme_id=name["S1"],
        to_scheme_id=name["S3"],
        amount_minor=4_000_000,
        reference="Board 6",
        effective_on=date(2026, 9, 1),
    )
    _by_head(pool)
    _accrued(pool, "S1", "CareCo", 395_123_456, on=contract, day=date(2027, 2, 28))
    _pay(pool, "CareCo", 395_123_456, date(2027, 3, 10))
    pool.do(
        bundles.done,
        bundle_id=bundle,
        episodes=58,
        reference="To March",
        effective_on=date(2027, 3, 15),
    )
    pool.do(
        bundles.cancel,
        bundle_id=bundle,
        episodes=3,
        reference="Not needed",
        effective_on=date(2027, 3, 15),
    )
    _pay(pool, "Hub", 271_350_083, date(2027, 3, 29))
    for one, part in PRICE.items():
        _pay(pool, one, 58 * part, date(2027, 3, 29))
    pool.do(
        outcomes.award_bonus,
        scheme_id=name["S3"],
        provider_id=name["Hub"],
        earned_rate=Fraction("0.685"),
        evidence_digest="ab" * 32,
        reference="Outcomes 2026-27",
        effective_on=date(2027, 3, 30),
    )
    _pay(pool, "Hub", 9_782_882, LAST)
    _end(pool)
    return pool


def second_pool() -> Told:
    """Tell the pool that overspends."""
    pool = opened(200_000_000, ("S2",), ("EquipCo",))
    scheme = pool.names["S2"]
    pool.do(
        budget.set_reserve,
        amount_minor=25_000_000,
        reference="Board 1",
        effective_on=date(2026, 4, 2),
    )
    pool.do(
        budget.allocate,
        amounts_minor={scheme: 175_000_000},
        reference="Board 1",
        effective_on=date(2026, 4, 3),
    )
    contract, _ = pool.do(
        spending.commit,
        scheme_id=scheme,
        provider_id=pool.names["EquipCo"],
        amount_minor=175_000_000,
        reference="Contract",
        effective_on=date(2026, 4, 15),
    )
    _paid_in(pool, {"C1": 3, "C2": 3, "C3": 3})
    terms = {"scheme_id": scheme, "reference": "Board 9"}
    day = date(2027, 1, 15)
    pool.approved(budget.release_reserve, amount_minor=25_000_000, effective_on=day, **terms)
    day = date(2027, 1, 16)
    pool.approved(budget.authorise_overspend, amount_minor=16_234_567, effective_on=day, **terms)
    _accrued(pool, "S2", "EquipCo", 216_234_567, on=contract, day=date(2027, 3, 20))
    pool.do(
        shares.share_overspend,
        amount_minor=16_234_567,
        reference="Year end",
        effective_on=LAST,
    )
    for partner, part in (("ICB", 9_963_154), ("COUNTY", 4_871_993), ("DISTRICT", 1_399_420)):
        _received(pool, partner, part, LAST)
    _pay(pool, "EquipCo", 216_234_567, LAST)
    pool.do(year_end.close_year, pool.period_id, reference="Accounts")
    return pool


def _paid_in(pool: Told, every: dict[str, int]) -> None:
    for key, each in every.items():
        days = [date(year, month, 5) for year, month in months(each)]
        pool.do(instalments.schedule, key=key, due_on=days)
    for year, month in months():
        until = date(year, month, 20)
        for outcome in pool.do(instalments.bring_due, until=until):
            partner, amount = _due(outcome)
            _received(pool, partner, amount, until)


def _due(outcome: Outcome) -> tuple[UUID, int]:
    leg = postings_of(db.session(), outcome.transaction_id)[0]
    assert leg.account.of is not None
    return leg.account.of, leg.amount_minor


def _received(pool: Told, partner: str | UUID, amount_minor: int, day: date) -> None:
    pool.do(
        money.receive,
        partner_id=partner if isinstance(partner, UUID) else pool.names[partner],
        amount_minor=amount_minor,
        reference="Bank line",
        effective_on=day,
    )


def _by_head(pool: Told) -> None:
    name = pool.names
    terms = {
        "scheme_id": name["S3"],
        "withhold_rate": Fraction(1, 20),
        "roster_digest": SNAPSHOT,
        "reference": "Roster",
    }
    for year, month in months():
        pool.do(
            capitation.run,
            month=date(year, month, 1),
            lines=[_line(name["Hub"], one, members) for one, (members, _) in ROSTER.items()],
            effective_on=date(year, month, 28),
            **terms,
        )
        if (year, month) == (2026, 11):
            pool.do(
                capitation.correct,
                months=[date(2026, each, 1) for each in (8, 9, 10)],
                lines=[_line(name["Hub"], "65-84", -3 * 312)],
                effective_on=date(2026, 11, 30),
                **terms,
            )


def _line(provider: UUID, stratum: str, members: int) -> Line:
    return Line(
        provider_id=provider,
        stratum=stratum,
        members=Fraction(members),
        rate_minor=Fraction(ROSTER[stratum][1]),
        risk_index=Fraction(1),
    )


def _accrued(
    pool: Told, scheme: str, provider: str, amount_minor: int, *, on: UUID, day: date
) -> None:
    pool.do(
        spending.accrue,
        scheme_id=pool.names[scheme],
        provider_id=pool.names[provider],
        amount_minor=amount_minor,
        commitment_id=on,
        reference="Invoices",
        effective_on=day,
    )


def _pay(pool: Told, provider: str, amount_minor: int, day: date) -> None:
    pool.approved(
        money.propose_payment,
        provider_id=pool.names[provider],
        amount_minor=amount_minor,
        reference="Remittance",
        effective_on=day,
    )


def _end(pool: Told) -> None:
    pool.do(year_end.soft_close, pool.period_id)
    pool.do(year_end.close_year, pool.period_id, reference="Accounts")
    pool.do(
        year_end.carry_forward,
        pool.period_id,
        amount_minor=43_746_760,
        cause=Cause.MANAGEMENT_ACTION,
        reference="Board 12",
    )
    pool.do(
        year_end.return_underspend,
        pool.period_id,
        amount_minor=43_746_761,
        cause=Cause.WINDFALL,
        reference="Board 12",
    )
    for partner, part in (("ICB", 26_847_387), ("COUNTY", 13_128_403), ("DISTRICT", 3_770_971)):
        pool.approved(
            money.propose_repayment,
            partner_id=pool.names[partner],
            amount_minor=part,
            reference="Remittance",
            effective_on=LAST,
        )
    pool.do(year_end.lapse, pool.period_id, reference="Accounts")
    pool.do(pools.close_period, pool.period_id)
