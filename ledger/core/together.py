"""Several records that are one patient's, for whoever reads or takes away what is about them.

Which are, a layer above knows, and says so here:

    together.says(records_of)      # (session, patient_id) -> the ids of all their records
"""

from collections.abc import Callable, Collection, Iterable
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy.orm import Session

Says: TypeAlias = Callable[[Session, UUID], Collection[UUID]]

_says: Final[list[Says]] = []


def says(found: Says) -> None:
    """Register what knows the records of a patient."""
    _says.append(found)


def records(session: Session, patient_id: UUID) -> frozenset[UUID]:
    """Return all records of the patient whose record this is; most have one."""
    return frozenset({patient_id}).union(*(each(session, patient_id) for each in _says))


def subjects(session: Session, patient_id: UUID) -> list[str]:
    """Return what the log calls a patient, by each of their records."""
    return [f"patient:{one}" for one in sorted(records(session, patient_id))]


def whose(session: Session, patient_ids: Iterable[UUID], record_id: UUID) -> UUID:
    """Return which of *patient_ids* a record is of; the record itself if of none of them."""
    mine = (one for one in patient_ids if record_id in records(session, one))
    return next(mine, record_id)
