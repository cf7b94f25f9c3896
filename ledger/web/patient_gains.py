"""Who gains and who loses by a choice, in a patient's words, before it is made."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from ledger.access import gains
from ledger.access.gains import Change
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor
from ledger.vocabulary import categories, purposes
from ledger.vocabulary.categories import Category
from ledger.vocabulary.purposes import Family

Names = Mapping[UUID, str]


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody would see, or see no more, and for what."""

    who: str
    what: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gains:
    """What a choice would change."""

    gain: tuple[Line, ...] = ()
    lose: tuple[Line, ...] = ()
    partly: tuple[Line, ...] = ()

    @property
    def nothing(self) -> bool:
        """Say whether everybody sees what they saw before."""
        return not (self.gain or self.lose or self.partly)

    @classmethod
    def of(cls, found: Mapping[UUID, Iterable[Change]], names: Names) -> Self:
        """Present what a preview found."""
        changes = [one for each in found.values() for one in each]
        return cls(
            gain=_lines(changes, lambda one: one.gained, names),
            lose=_lines(changes, lambda one: one.lost, names),
            partly=_lines(changes, lambda one: one.partly, names),
        )


def preview(patient_id: UUID, change: Callable[[UnitOfWork], object]) -> Gains:
    """Return what *change* would change; nothing of it is kept.

    Raises:
        LedgerError: whatever the command raises.
    """
    found = gains.preview(current_actor(), patient_id, change)
    views = directory.organisations(db.session(), found)
    return Gains.of(found, {one: view.name for one, view in views.items()})


def _lines(
    changes: Iterable[Change], of: Callable[[Change], tuple[Category, ...]], names: Names
) -> tuple[Line, ...]:
    """Return a line for each who and what, with all the purposes for which it is so."""
    seen: dict[tuple[str, str], set[Category]] = defaultdict(set)
    for one in changes:
        if of(one):
            why = purposes.words(one.purpose)
            seen[_who(one, names), why].update(of(one))
    whys: dict[tuple[str, tuple[Category, ...]], list[str]] = defaultdict(list)
    for (who, why), found in sorted(seen.items()):
        whys[who, tuple(one for one in Category if one in found)].append(why)
    return tuple(
        Line(who, tuple(map(categories.words, what)), "; ".join(why))
        for (who, what), why in whys.items()
    )


def _who(one: Change, names: Names) -> str:
    place = names.get(one.organisation_id, "an organisation that is no longer listed")
    if one.role is Role.SERVICE:
        return f"Computer systems of {place}"
    for_care = one.caring and purposes.family(one.purpose) in {Family.CARE, Family.EMERGENCY}
    return f"Staff who look after you at {place}" if for_care else f"Staff of {place}"
