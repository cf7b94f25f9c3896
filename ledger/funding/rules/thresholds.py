"""Who must approve how much: the table of a pool's agreement, as programs read it.

An agreement says it in steps, ``virement up to £50,000: host finance lead``. The words on
either side of the colon are closed lists, here. What nobody foresaw is judged strictly: an
amount above the last step, and an approver in other words, wait for every partner. And an
agreement may ask for more than `controls.CONTROLS`, never for less.

A step that says ``virement within 30 days up to £50,000`` counts what went before: the same
person's, or what moved the same accounts for the same provider, in so many days. So whoever
splits a movement into parts below the limit meets it with the last part.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from ledger.core.actor import Role
from ledger.funding.rules.chart import Book
from ledger.funding.rules.controls import CONTROLS, RANKS, Control, Voice
from ledger.funding.rules.events import Event
from ledger.funding.rules.postings import Postings

MOVEMENTS: Final = MappingProxyType(
    {
        Event.RESERVE_SET: "reserve",
        Event.RESERVE_RELEASED: "reserve release",
        Event.BUDGET_ALLOCATED: "allocation",
        Event.BUDGET_VIRED: "virement",
        Event.SPENDING_COMMITTED: "commitment",
        Event.BUNDLE_STARTED: "commitment",
        Event.PAYMENT_MADE: "payment",
        Event.OVERSPEND_AUTHORISED: "overspend",
        Event.CLAW_BACK_MADE: "claw-back",
        Event.OPENING_BROUGHT_IN: "opening",
    }
)
"""What an agreement calls the events that may wait. What is owed already never does."""

_CHIEF: Final = Role.CHIEF_FINANCE_OFFICER
APPROVERS: Final = MappingProxyType(
    {
        "pool manager": None,
        "host finance lead": Control(people=1, voice=Voice.HOST),
        "two host finance leads": Control(people=2, voice=Voice.HOST),
        "host chief finance officer": Control(people=1, voice=Voice.HOST, rank=_CHIEF),
        "any partner's finance lead": Control(people=1, voice=Voice.ANY_PARTNER),
        "two partners' finance leads": Control(people=2, voice=Voice.ANY_PARTNER),
        "any partner's chief finance officer": Control(
            people=1, voice=Voice.ANY_PARTNER, rank=_CHIEF
        ),
        "every partner's finance lead": Control(people=1, voice=Voice.EVERY_PARTNER),
        "every partner's chief finance officer": Control(
            people=1, voice=Voice.EVERY_PARTNER, rank=_CHIEF
        ),
    }
)
"""What an agreement calls those who approve. The pool manager's own step needs nobody else."""

_WITHIN: Final = re.compile(r"(.+) within ([1-9]\d{0,2}) days")

STRICTEST: Final = Control(people=1, voice=Voice.EVERY_PARTNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the table. *up_to_minor* is included; None is without limit."""

    movement: str
    up_to_minor: int | None
    approver: str

    @property
    def kind(self) -> str:
        """What moves, without the days."""
        found = _WITHIN.fullmatch(_plain(self.movement))
        return found[1] if found else _plain(self.movement)

    @property
    def days(self) -> int | None:
        """In how many days movements are added up; None if each counts by itself."""
        found = _WITHIN.fullmatch(_plain(self.movement))
        return int(found[2]) if found else None


def size_minor(postings: Postings) -> int:
    """Return how much a transaction moves: what is debited in the book that moves most."""
    return max(
        sum(max(0, leg.amount_minor) for leg in postings if leg.account.head.book is book)
        for book in Book
    )


def windows_of(event: Event, steps: Iterable[Step]) -> frozenset[int]:
    """Return in which numbers of days movements like *event* are added up."""
    movement = MOVEMENTS.get(event)
    return frozenset(one.days for one in steps if one.kind == movement and one.days)


def control_for(
    event: Event,
    amount_minor: int,
    steps: Iterable[Step],
    *,
    reverses: Event | None = None,
    earlier_minor: Mapping[int, int] = MappingProxyType({}),
) -> Control | None:
    """Return what a transaction waits for; None if it is posted at once.

    Args:
        event: What happens.
        amount_minor: What is compared with the steps; exactly a limit is within it.
        steps: Of the agreement, in any order. Those that add up so many days are a table
            of their own, and what is asked for satisfies every table.
        reverses: What it undoes: a reversal waits for what the original would wait for.
        earlier_minor: What went before, by the number of days; see `windows_of`.
    """
    judged = reverses or event
    asked = CONTROLS.get(judged)
    movement = MOVEMENTS.get(judged)
    tables: dict[int | None, list[Step]] = {}
    for one in steps:
        if one.kind == movement:
            tables.setdefault(one.days, []).append(one)
    for days in sorted(tables, key=lambda days: days or 0):
        whole_minor = amount_minor + (earlier_minor.get(days, 0) if days else 0)
        asked = stricter(asked, _asked(whole_minor, tables[days]))
    return asked


def _asked(amount_minor: int, table: Iterable[Step]) -> Control | None:
    within = [one for one in table if one.up_to_minor is None or amount_minor <= one.up_to_minor]
    if not within:
        return STRICTEST
    first = min(within, key=lambda one: (one.up_to_minor is None, one.up_to_minor or 0))
    return APPROVERS.get(_plain(first.approver), STRICTEST)


def stricter(floor: Control | None, asked: Control | None) -> Control | None:
    """Return what satisfies both: never fewer people, fewer partners or a lower rank."""
    if floor is None or asked is None:
        return floor or asked
    every = Voice.EVERY_PARTNER in {floor.voice, asked.voice}
    return replace(
        asked,
        people=max(floor.people, asked.people),
        voice=Voice.EVERY_PARTNER if every else asked.voice,
        rank=max(floor.rank, asked.rank, key=RANKS.index),
    )


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
