"""What imports of whole files have in common: their outcome, and reading much at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from ledger.core.work import UnitOfWork

_AT_ONCE: Final = 500  # Values in one query: SQLite takes at most 32,766, and plans slowly.

Progress = Callable[[int, int], None]
"""Called with how many rows are done, of how many."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did.

    Attributes:
        added: Rows that were new.
        changed: Rows that changed what was there: a name, or one list more for a patient.
        unchanged: Rows of which all was there already.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0


def silently(_done: int, _of: int) -> None:
    """Tell nobody how far an import is."""


def rows_by(
    work: UnitOfWork,
    by: InstrumentedAttribute[Any],
    values: Iterable[Any],
    *columns: InstrumentedAttribute[Any],
    only: Any = True,
) -> dict[Any, Any]:
    """Return rows of *columns* by the value of the column *by*."""
    wanted = sorted(set(values))
    found: dict[Any, Any] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        query = select(by.label("by"), *columns).where(by.in_(some))
        if only is not True:
            query = query.where(only)
        found.update({row.by: row for row in work.session.execute(query)})
    return found
