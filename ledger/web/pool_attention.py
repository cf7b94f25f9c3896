"""What needs somebody's attention in a pool: one line each, with the page where it is settled."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import url_for
from sqlalchemy.orm import Session

from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.promises import PromiseView
from ledger.funding.queries.schedule import InstalmentState, InstalmentView
from ledger.funding.rules.statement import Statement
from ledger.web import import_inbox, reconciliation_inbox, return_inbox
from ledger.web.attention import Attention
from ledger.web.funding_lines import Money, Names

OLD_DAYS: Final = 180
"""A commitment of which nothing was spent for so long is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the lines are made from."""

    pool: PoolView
    said: Statement
    instalments: Sequence[InstalmentView]
    promises: Sequence[PromiseView]
    waiting: int
    names: Names
    today: date


More = Callable[[Session, PoolView, date], list[Attention]]
MORE: Final[tuple[More, ...]] = (
    import_inbox.attention,
    return_inbox.attention,
    reconciliation_inbox.attention,
)
"""What other parts of a pool's work add, such as lines of a bank that match nothing."""


def attention(asked: Asked) -> list[Attention]:
    """Return what needs attention, the most pressing first."""
    return [*_overspent(asked), *_late(asked), *_proposed(asked), *_forgotten(asked)]


def _overspent(asked: Asked) -> Iterator[Attention]:
    money = Money(asked.pool.currency)
    for scheme in asked.pool.schemes:
        line = asked.said.schemes.get(scheme.id)
        if line is not None and line.available_minor < 0:
            href = url_for("pool_schemes.show", pool_id=asked.pool.id, scheme_id=scheme.id)
            yield Attention(
                f"{scheme.label} is {money(-line.available_minor)} beyond its budget.",
                href,
                pressing=True,
            )


def _late(asked: Asked) -> Iterator[Attention]:
    money = Money(asked.pool.currency)
    href = url_for("pool_schedule.show", pool_id=asked.pool.id)
    for one in asked.instalments:
        late = one.late_days(asked.today)
        if not late:
            continue
        who = asked.names.get(one.partner_id, "A partner")
        days = f"{late} day{'s' * (late > 1)}"
        if one.state is InstalmentState.NOT_RECORDED:
            yield Attention(
                f"An instalment of {who} ({money(one.left_minor)}) should have been recorded as "
                f"due {days} ago.",
                href,
            )
        else:
            yield Attention(
                f"{who} is {days} late with {money(one.left_minor)}.", href, pressing=True
            )


def _proposed(asked: Asked) -> Iterator[Attention]:
    if asked.waiting:
        href = url_for("pools.waiting", pool_id=asked.pool.id)
        yield Attention(f"{asked.waiting} waiting for approval", href)


def _forgotten(asked: Asked) -> Iterator[Attention]:
    old = [
        one
        for one in asked.promises
        if one.promised.open_minor and (asked.today - one.moved_on).days > OLD_DAYS
    ]
    if old:
        money = Money(asked.pool.currency)
        held = money(sum(one.promised.open_minor for one in old))
        href = url_for("pool_commitments.show", pool_id=asked.pool.id, state="open")
        count = "One commitment has" if len(old) == 1 else f"{len(old)} commitments have"
        yield Attention(f"{count} not moved for {OLD_DAYS} days, and {held} is held.", href)
