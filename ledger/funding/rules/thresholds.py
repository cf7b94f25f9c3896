"""Who must approve how much: the table of a pool's agreement, as programs read it.

An agreement says it in steps, ``virement up to £50,000: host finance lead``. The words on
either side of the colon are closed lists, here. What nobody foresaw is judged strictly: an
amount above the last step, and an approver in other words, wait for every partner. And an
agreement may ask for more than `controls.CONTROLS`, never for less.
"""

from collections.abc import Iterable
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

STRICTEST: Final = Control(people=1, voice=Voice.EVERY_PARTNER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the table. *up_to_minor* is included; None is without limit."""

    movement: str
    up_to_minor: int | None
    approver: str


def size_minor(postings: Postings) -> int:
    """Return how much a transaction moves: what is debited in the book that moves most."""
    return max(
        sum(max(0, leg.amount_minor) for leg in postings if leg.account.head.book is book)
        for book in Book
    )


def control_for(
    event: Event, amount_minor: int, steps: Iterable[Step], *, reverses: Event | None = None
) -> Control | None:
    """Return what a transaction waits for; None if it is posted at once.

    Args:
        event: What happens.
        amount_minor: What is compared with the steps; exactly a limit is within it.
        steps: Of the agreement, in any order.
        reverses: What it undoes: a reversal waits for what the original would wait for.
    """
    judged = reverses or event
    floor = CONTROLS.get(judged)
    movement = MOVEMENTS.get(judged)
    mine = [one for one in steps if _plain(one.movement) == movement]
    if movement is None or not mine:
        return floor
    within = [one for one in mine if one.up_to_minor is None or amount_minor <= one.up_to_minor]
    if not within:
        return stricter(floor, STRICTEST)
    first = min(within, key=lambda one: (one.up_to_minor is None, one.up_to_minor or 0))
    return stricter(floor, APPROVERS.get(_plain(first.approver), STRICTEST))


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
