"""Who the parties are, for whoever tells them of changes."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements.models import AgreementParty


class Seeing(NamedTuple):
    """An organisation that may see an agreement: its drafter, and its parties.

    Attributes:
        through: The last version that it may see.
        leaves_on: The day from which it is no party any more; None: it has given no notice.
    """

    organisation_id: UUID
    through: int
    leaves_on: date | None

    def sees(self, number: int | None, day: date) -> bool:
        """Say whether it may see what happened to a version (None: to all) on a day."""
        stays = self.leaves_on is None or day <= self.leaves_on
        return stays and (number is None or number <= self.through)


def parties_of(session: Session, agreement_ids: Iterable[UUID]) -> dict[UUID, list[Seeing]]:
    """Return for each agreement the organisations that may see it, or some of it."""
    found: dict[UUID, list[Seeing]] = defaultdict(list)
    rows = session.scalars(
        select(AgreementParty).where(AgreementParty.agreement_id.in_(set(agreement_ids)))
    )
    for row in rows:
        found[row.agreement_id].append(Seeing(row.organisation_id, row.through, row.leaves_on))
    return dict(found)
