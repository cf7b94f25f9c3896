"""Agreements under a hold, and the day from which evidence of signing is kept."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements.models import Agreement, AgreementVersion
from ledger.core import clock
from ledger.core.authority import Resource
from ledger.core.destroying import Part
from ledger.core.retention import Runs
from ledger.core.work import UnitOfWork
from ledger.directory.erasing import holdable, runs_from


@holdable("agreement")
def agreement(work: UnitOfWork, agreement_id: UUID) -> Resource:
    """Return what a decision about holding an agreement depends on."""
    work.load(Agreement, agreement_id, to_change=False)
    return Resource()


@runs_from(Runs.AGREEMENT_ENDED)
def ended(session: Session, parts: Sequence[Part]) -> Mapping[UUID, date | None]:
    """The last day of all that was agreed; while anything is open, none.

    An agreement that never counted ends, for this, on the day of the entry itself.
    """
    of = {part.entry_id: _agreement(part) for part in parts}
    row = AgreementVersion
    days: dict[UUID, list[date]] = {}
    rows = select(row.agreement_id, row.last_day).where(row.agreement_id.in_(set(of.values())))
    for agreement_id, last_day in session.execute(rows):
        days.setdefault(agreement_id, []).append(last_day)
    still = select(Agreement.id).where(
        Agreement.id.in_(set(of.values())), Agreement.open.is_not(None)
    )
    going_on = set(session.scalars(still))
    found: dict[UUID, date | None] = {}
    for part in parts:
        named = of[part.entry_id]
        if named is None or named in going_on:
            found[part.entry_id] = None
        else:
            found[part.entry_id] = max([clock.civil_date(part.at), *days.get(named, [])])
    return found


def _agreement(part: Part) -> UUID | None:
    ids = (one.partition(":")[2] for one in part.about if one.startswith("agreement:"))
    return next(map(UUID, ids), None)
