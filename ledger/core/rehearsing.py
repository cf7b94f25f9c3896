"""Carrying a command out to see what would come of it, and then taking it back whole.

Everything is checked and computed as it would be, by the same code, and nothing is recorded:
the unit of work is rolled back. Only a refusal for want of permission is noted, as ever.
"""

from collections.abc import Callable
from typing import TypeVar

from ledger.core.actor import Actor
from ledger.core.work import UnitOfWork, unit_of_work

T = TypeVar("T")


class _Enough(BaseException):
    """Ends a rehearsal: the unit of work rolls back."""


def rehearse(actor: Actor, carry_out: Callable[[UnitOfWork], T]) -> T:
    """Return what *carry_out* returns, and leave nothing behind.

    Raises:
        LedgerError: what refused it; such a refusal is recorded as ever.
    """
    came: list[T] = []
    try:
        with unit_of_work(actor) as work:
            came.append(carry_out(work))
            raise _Enough  # noqa: TRY301  (the unit of work must see it)
    except _Enough:
        return came[0]
