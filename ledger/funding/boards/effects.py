"""What a board's motions may do to a pool: said to governance, which is below and asks nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from ledger.core.errors import Invalid
from ledger.core.work import UnitOfWork
from ledger.funding.boards.service import check_board
from ledger.funding.rules.postings import check_amount
from ledger.funding.service import budget
from ledger.funding.service.posting import Outcome
from ledger.governance.motions import effects
from ledger.governance.motions.effects import Done, Effect, Figure

ALLOCATE: Final = "funding.allocate"
SET_RESERVE: Final = "funding.set-reserve"
VIRE: Final = "funding.vire"
RELEASE_RESERVE: Final = "funding.release-reserve"


class SchemeTwice(Invalid):
    """One motion gives a scheme one amount."""

    slug = "motion-names-scheme-twice"
    title = "A scheme is named twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """What one scheme is given."""

    scheme_id: UUID
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Budget for schemes, out of what is unallocated."""

    pool_id: UUID
    amounts: tuple[Portion, ...]
    effective_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """How much of what is unallocated is held back."""

    pool_id: UUID
    amount_minor: int
    effective_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Virement:
    """Budget moved from one scheme to another."""

    pool_id: UUID
    from_scheme_id: UUID
    to_scheme_id: UUID
    amount_minor: int
    effective_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Reserve that helps a scheme out. Every partner must then approve it."""

    pool_id: UUID
    scheme_id: UUID
    amount_minor: int
    effective_on: date | None = None


def _check(work: UnitOfWork, body_id: UUID, asked: Any) -> None:
    check_board(work, asked.pool_id, body_id)
    amounts: Sequence[Any] = getattr(asked, "amounts", None) or (asked,)
    if isinstance(asked, Allocation):
        if not asked.amounts:
            raise Invalid("name at least one scheme")
        if len({one.scheme_id for one in asked.amounts}) < len(asked.amounts):
            raise SchemeTwice("add its amounts up")
    for one in amounts:
        check_amount(one.amount_minor)


def _allocate(work: UnitOfWork, asked: Any, title: str) -> Done:
    amounts_minor = {one.scheme_id: one.amount_minor for one in asked.amounts}
    return _done(
        budget.allocate(
            work,
            asked.pool_id,
            amounts_minor=amounts_minor,
            reference=title,
            effective_on=asked.effective_on,
        )
    )


def _set_reserve(work: UnitOfWork, asked: Any, title: str) -> Done:
    return _done(
        budget.set_reserve(
            work,
            asked.pool_id,
            amount_minor=asked.amount_minor,
            reference=title,
            effective_on=asked.effective_on,
        )
    )


def _vire(work: UnitOfWork, asked: Any, title: str) -> Done:
    return _done(
        budget.vire(
            work,
            asked.pool_id,
            from_scheme_id=asked.from_scheme_id,
            to_scheme_id=asked.to_scheme_id,
            amount_minor=asked.amount_minor,
            reference=title,
            effective_on=asked.effective_on,
        )
    )


def _release(work: UnitOfWork, asked: Any, title: str) -> Done:
    return _done(
        budget.release_reserve(
            work,
            asked.pool_id,
            scheme_id=asked.scheme_id,
            amount_minor=asked.amount_minor,
            reference=title,
            effective_on=asked.effective_on,
        )
    )


def _done(outcome: Outcome) -> Done:
    """Return what came of a posting, as governance tells it."""
    return Done(
        result=f"transaction:{outcome.transaction_id}",
        waiting=outcome.waiting,
        figures=tuple(
            Figure(name=one.head, of=one.of, before_minor=before, after_minor=after)
            for one, (before, after) in outcome.moved.items()
        ),
    )


for _effect in (
    Effect(kind=ALLOCATE, parameters=Allocation, check=_check, carry_out=_allocate),
    Effect(kind=SET_RESERVE, parameters=Reserve, check=_check, carry_out=_set_reserve),
    Effect(kind=VIRE, parameters=Virement, check=_check, carry_out=_vire),
    Effect(kind=RELEASE_RESERVE, parameters=Release, check=_check, carry_out=_release),
):
    effects.register(_effect)
