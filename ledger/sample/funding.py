"""The chapter about money: a pooled fund, the sharing of its budget, and a year of spending.

Who pays whom is made up. The figures are not: budgets are divided between places by real
need-weighted populations, and what is spent is what a real pooled budget paid out in the
twelve months from April 2012, moved to the same months of the sample's financial year.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final
from uuid import UUID

from ledger.agreements import service as agreements
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.money import parse_minor
from ledger.core.work import unit_of_work
from ledger.funding.rules.dimensions import Said
from ledger.funding.rules.postings import Nature
from ledger.funding.rules.sharing import share
from ledger.funding.service import approvals, budget, instalments, money, pools, spending
from ledger.sample.agreements import SIGNATORIES, sign_all
from ledger.sample.fund_terms import AGREED_MINOR, fund_terms, year_start
from ledger.sample.scene import DATA, Scene

PAID_IN_MONTHS: Final = {"board": 1, "council": 3, "trust": 3}
"""Every how many months each partner pays an instalment."""
DUE_AFTER: Final = timedelta(days=4)
PAID_AFTER: Final = timedelta(days=19)
LATE: Final = "council"
"""Whose newest instalment has not come."""

DIVIDED_MINOR: Final = {"learning-disability": 176_000_000_00, "equipment": 3_500_000_00}
RESERVE_MINOR: Final = 3_000_000_00
CONTRACT_MINOR: Final = {"learning-disability": 60_000_000_00, "equipment": 1_000_000_00}
NAMES: Final = {
    "learning-disability": "Learning disability",
    "equipment": "Community equipment",
}
PROVIDERS: Final = {"learning-disability": "trust", "equipment": "carers"}
SPENDING_PLACE: Final = "Leeds"
"""The place whose pooled budget the spending is of."""

BASIS: Final = "Need-weighted populations 2024-25"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays in the chapter.

    Attributes:
        manager: The host's pool manager, who prepares.
        approver: The host's finance lead, who approves.
        organisations: By what the data calls them.
    """

    agreement_id: UUID
    data_agreement_id: UUID | None
    manager: Actor
    approver: Actor
    organisations: dict[str, UUID]


@dataclass(frozen=True, slots=True)
class Spent:
    """What one service paid out in one month for one sort of expenditure."""

    month: int
    service: str
    nature: Nature
    amount_minor: int


def tell(scene: Scene) -> None:
    """Agree on a pooled fund, link it to the data it works with, and run it for its year."""
    today = clock.today()
    organisations = {
        key: scene.organisation(key) for key in ("board", "trust", "council", "carers")
    }
    parties = ("board", "council", "trust")
    agreement_id = sign_all(scene, fund_terms(organisations, today), parties)
    scene.agreements["fund"] = agreement_id
    data_agreement_id = scene.agreements.get("pathway")
    if data_agreement_id is not None:
        with unit_of_work(scene.actor(SIGNATORIES["board"][0], Role.SIGNATORY)) as work:
            agreements.link(work, agreement_id, linked_id=data_agreement_id)
    run(
        Cast(
            agreement_id=agreement_id,
            data_agreement_id=data_agreement_id,
            manager=scene.actor("paul.pool", Role.POOL_MANAGER),
            approver=scene.actor("fay.finance", Role.FINANCE_LEAD),
            organisations=organisations,
        ),
        today,
    )
    scene.say("a pooled fund: contributions, budgets by place, contracts, invoices and payments")


def run(cast: Cast, today: date) -> UUID:
    """Open the pool and tell its year, up to *today*; return the pool's id."""
    start = year_start(today)
    pool_id = _opened(cast, start, today)
    schemes = _divided(cast, pool_id, start)
    year = _Year(cast, pool_id, start, schemes, _contracts(cast, pool_id, schemes, start))
    for month in range(12):
        if year.first_day(month) + DUE_AFTER <= today:
            year.take_in(month, today)
        if year.first_day(month + 1) > today:
            break
        waiting = year.spend(month)
        if year.first_day(month + 2) > today:
            continue  # The newest payments are left for somebody to approve.
        for transaction_id in waiting:
            with unit_of_work(cast.approver) as work:
                approvals.approve(work, transaction_id)
    return pool_id


def spent() -> Iterator[Spent]:
    """Return what the real pooled budget paid out, month by month from April as 0."""
    for row in _rows("pool-spending.csv"):
        month = int(row["month"][5:])
        yield Spent(
            (month - 4) % 12, row["service"], Nature(row["nature"]), parse_minor(row["amount"])
        )


def populations() -> dict[str, Fraction]:
    """Return the need-weighted population of each place, exactly as it is published."""
    return {
        row["place"]: Fraction(row["weighted_population"]) for row in _rows("pool-populations.csv")
    }


def _opened(cast: Cast, start: date, today: date) -> UUID:
    with unit_of_work(cast.manager) as work:
        pool_id = pools.open_pool(
            work,
            agreement_id=cast.agreement_id,
            title="Northmoor pooled fund (demonstration)",
            first_day=start,
            last_day=date(start.year + 1, 3, 31),
            data_agreement_id=cast.data_agreement_id,
        )
        if today.year > start.year and today >= date(start.year + 1, 4, 1):
            pools.open_period(
                work,
                pool_id,
                first_day=date(start.year + 1, 4, 1),
                last_day=date(start.year + 2, 3, 31),
            )
        for key in ("trust", "carers"):
            pools.add_provider(work, pool_id, provider_id=cast.organisations[key])
    with unit_of_work(cast.manager) as work:
        for number in range(1, len(AGREED_MINOR) + 1):
            budget.agree_contribution(work, pool_id, key=f"C{number}", effective_on=start)
        budget.set_reserve(
            work,
            pool_id,
            amount_minor=RESERVE_MINOR,
            reference="Joint board, minute 4",
            effective_on=start,
        )
        for number, key in enumerate(AGREED_MINOR, 1):
            due_on = [
                _first_day(start, month) + DUE_AFTER for month in range(0, 12, PAID_IN_MONTHS[key])
            ]
            instalments.schedule(work, pool_id, key=f"C{number}", due_on=due_on)
    return pool_id


def _divided(cast: Cast, pool_id: UUID, start: date) -> dict[tuple[str, str], UUID]:
    """Give each service of each place a scheme and its share by need; return the schemes."""
    weights, schemes = populations(), dict[tuple[str, str], UUID]()
    with unit_of_work(cast.manager) as work:
        for key, total_minor in DIVIDED_MINOR.items():
            for place in weights:
                schemes[key, place] = pools.add_scheme(work, pool_id, title=NAMES[key], place=place)
            budget.divide(
                work,
                pool_id,
                total_minor=total_minor,
                weights={schemes[key, place]: weight for place, weight in weights.items()},
                basis=BASIS,
                reference="Joint board, minute 5",
                effective_on=start,
            )
    return schemes


def _contracts(
    cast: Cast, pool_id: UUID, schemes: dict[tuple[str, str], UUID], start: date
) -> dict[str, UUID]:
    contracts = {}
    with unit_of_work(cast.manager) as work:
        for number, (key, amount_minor) in enumerate(CONTRACT_MINOR.items(), 1):
            contracts[key], _ = spending.commit(
                work,
                pool_id,
                scheme_id=schemes[key, SPENDING_PLACE],
                provider_id=cast.organisations[PROVIDERS[key]],
                amount_minor=amount_minor,
                reference=f"Contract {start.year}/{number}",
                effective_on=start,
            )
    return contracts


@dataclass(frozen=True, slots=True)
class _Year:
    """A pool in its year: what comes in, and what is spent, month by month from April as 0."""

    cast: Cast
    pool_id: UUID
    start: date
    schemes: dict[tuple[str, str], UUID]
    contracts: dict[str, UUID]

    def first_day(self, month: int) -> date:
        """Return the first day of a month, counted from the first one of the year."""
        return _first_day(self.start, month)

    def take_in(self, month: int, today: date) -> None:
        """Have the month's instalments fall due by their schedule, and most of them arrive."""
        first = self.first_day(month)
        came_on = first + PAID_AFTER
        with unit_of_work(self.cast.manager) as work:
            instalments.bring_due(work, self.pool_id, until=first + DUE_AFTER)
        if came_on > today:
            return
        with unit_of_work(self.cast.manager) as work:
            for key, amount_minor in AGREED_MINOR.items():
                months = range(0, 12, PAID_IN_MONTHS[key])
                next_due = self.first_day(month + PAID_IN_MONTHS[key]) + DUE_AFTER
                if month not in months or (key == LATE and month and next_due > today):
                    continue
                money.receive(
                    work,
                    self.pool_id,
                    partner_id=self.cast.organisations[key],
                    amount_minor=share(amount_minor, dict.fromkeys(months, 1))[month],
                    reference=f"Bank, {first:%B %Y}",
                    effective_on=came_on,
                )

    def spend(self, month: int) -> list[UUID]:
        """Accrue what came in a month, and prepare its payment; return what waits."""
        owed_minor, waiting = dict[str, int](), []
        first, last = self.first_day(month), self.first_day(month + 1) - timedelta(days=1)
        with unit_of_work(self.cast.manager) as work:
            for one in spent():
                if one.month != month:
                    continue
                spending.accrue(
                    work,
                    self.pool_id,
                    scheme_id=self.schemes[one.service, SPENDING_PLACE],
                    provider_id=self.cast.organisations[PROVIDERS[one.service]],
                    amount_minor=one.amount_minor,
                    said=Said(nature=one.nature),
                    commitment_id=self.contracts[one.service],
                    reference=f"{one.nature.replace('-', ' ').capitalize()}, {first:%B %Y}",
                    effective_on=last,
                )
                owed_minor[one.service] = owed_minor.get(one.service, 0) + one.amount_minor
            for key, amount_minor in owed_minor.items():
                outcome = money.propose_payment(
                    work,
                    self.pool_id,
                    provider_id=self.cast.organisations[PROVIDERS[key]],
                    amount_minor=amount_minor,
                    reference=f"{NAMES[key]}, {first:%B %Y}",
                    effective_on=last,
                )
                waiting.append(outcome.transaction_id)
        return waiting


def _first_day(start: date, month: int) -> date:
    years, number = divmod(start.month - 1 + month, 12)
    return date(start.year + years, number + 1, 1)


def _rows(name: str) -> Iterator[dict[str, str]]:
    lines = (DATA / name).read_text().splitlines()
    yield from csv.DictReader(line for line in lines if not line.startswith("#"))
