"""A year of two pools of three partners, event by event: the golden figures of the area.

The first pool pays a hub by head, with an outcome pot, and a bundle of three providers; it
underspends. The second overspends, and its partners share what the reserve does not cover.
"""

from fractions import Fraction
from uuid import UUID

from ledger.funding.rules import events, payment_models, year_end
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.limits import check_limits
from ledger.funding.rules.postings import Postings, balances, check_balanced
from ledger.funding.rules.sharing import half_even, share

ICB, COUNTY, DISTRICT = (UUID(int=n) for n in (1, 2, 3))
CARE_CO, HUB, HOSPITAL, COMMUNITY, SOCIAL_CARE, EQUIP_CO = (UUID(int=n) for n in range(11, 17))
S1, S2, S3, S4 = (UUID(int=n) for n in (21, 22, 23, 24))
WEIGHTS = {ICB: 6137, COUNTY: 3001, DISTRICT: 862}


class Pool:
    """What one pool's accounts hold, with the checks that posting makes."""

    def __init__(self) -> None:
        self.balances: dict[Account, int] = {}
        self.posted = 0

    def post(self, postings: Postings, *, liability: bool = False) -> None:
        check_balanced(postings)
        after = balances(self.balances, postings)
        check_limits(self.balances, after, liability=liability)
        self.balances |= after
        self.posted += 1

    def __getitem__(self, account: tuple[Head, UUID | None]) -> int:
        return self.balances.get(Account(head=account[0], of=account[1]), 0)

    def left(self) -> dict[tuple[Head, UUID | None], int]:
        return {(a.head, a.of): m for a, m in self.balances.items() if m}


def first_pool() -> Pool:
    pool = Pool()
    agreed = _agree(pool, 800_000_000)
    pool.post(events.set_reserve(20_000_000))
    pool.post(events.allocate({S1: 400_000_000}))
    pool.post(events.allocate({S3: 330_000_000}))
    pool.post(events.allocate({S4: 45_000_000}))
    pool.post(events.commit(S1, 390_000_000))
    monthly = share(agreed[ICB], dict.fromkeys(range(12), 1))
    gross, withheld = 23_827_666, half_even(Fraction(23_827_666, 20))
    for month in range(12):
        _pay_in(pool, ICB, monthly[month])
        if month % 3 == 0:
            _pay_in(pool, COUNTY, agreed[COUNTY] // 4)
            _pay_in(pool, DISTRICT, agreed[DISTRICT] // 4)
        if month == 1:
            pool.post(events.commit(S4, 38_125_061))
        if month == 5:
            pool.post(events.vire(S1, S3, 4_000_000))
        pool.post(payment_models.capitate(S3, HUB, gross, withheld), liability=True)
        if month == 7:
            pool.post(payment_models.capitate(S3, HUB, -300_329, -15_016))
    pool.post(
        events.accrue(S1, {CARE_CO: 395_123_456}, covered_minor=390_000_000),
        liability=True,
    )
    pool.post(events.pay(CARE_CO, 395_123_456))
    bundle = {HOSPITAL: 24_650_058, COMMUNITY: 7_612_500, SOCIAL_CARE: 3_987_500}
    pool.post(events.accrue(S4, bundle, covered_minor=36_250_058), liability=True)
    pool.post(events.release(S4, 1_875_003))
    for provider, amount_minor in {HUB: 271_350_083, **bundle}.items():
        pool.post(events.pay(provider, amount_minor))
    pool.post(payment_models.award_bonus(S3, HUB, 14_281_580, half_even(Fraction("9782882.3"))))
    pool.post(events.pay(HUB, 9_782_882))
    _close(pool, carried_minor=43_746_760)
    return pool


def second_pool() -> Pool:
    pool = Pool()
    agreed = _agree(pool, 200_000_000)
    pool.post(events.set_reserve(25_000_000))
    pool.post(events.allocate({S2: 175_000_000}))
    pool.post(events.commit(S2, 175_000_000))
    for _ in range(4):
        for partner, amount_minor in agreed.items():
            _pay_in(pool, partner, amount_minor // 4)
    pool.post(events.release_reserve(S2, 25_000_000))
    pool.post(events.authorise_overspend(S2, 16_234_567))
    pool.post(
        events.accrue(S2, {EQUIP_CO: 216_234_567}, covered_minor=175_000_000),
        liability=True,
    )
    shares = share(16_234_567, WEIGHTS)
    pool.post(events.share_overspend(shares))
    for partner, amount_minor in shares.items():
        pool.post(events.receive(partner, amount_minor))
    pool.post(events.pay(EQUIP_CO, 216_234_567))
    pool.post(year_end.close_year(pool.balances))
    return pool


def _agree(pool: Pool, total_minor: int) -> dict[UUID, int]:
    agreed = share(total_minor, WEIGHTS)
    for partner, amount_minor in agreed.items():
        pool.post(events.agree_contribution(partner, amount_minor, "council", recurrent=True))
    return agreed


def _pay_in(pool: Pool, partner: UUID, amount_minor: int) -> None:
    pool.post(events.fall_due(partner, amount_minor))
    pool.post(events.receive(partner, amount_minor))


def _close(pool: Pool, *, carried_minor: int) -> None:
    pool.post(year_end.close_year(pool.balances))
    underspend_minor = -pool[Head.RESULT, None]
    pool.post(year_end.carry_forward(share(carried_minor, WEIGHTS)))
    returned = share(underspend_minor - carried_minor, WEIGHTS)
    pool.post(year_end.return_underspend(returned))
    for partner, amount_minor in returned.items():
        pool.post(events.pay_partner(partner, amount_minor))
    pool.post(year_end.lapse(pool.balances))
