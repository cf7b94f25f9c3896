"""Commands on holds: a legal duty to keep something begins, and ends."""

from datetime import date
from uuid import UUID

from ledger.core.authority import Resource
from ledger.core.errors import Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import erasing
from ledger.directory.erasing import holdable
from ledger.directory.models import Person
from ledger.directory.retention.entries import HoldLifted, HoldPlaced
from ledger.directory.retention.models import RetentionHold
from ledger.directory.retention.rules import HoldOver, HoldReason, words
from ledger.directory.service.held import of_patient, patient


def place_hold(
    work: UnitOfWork, *, subject: str, reason: HoldReason, why: str, review_on: date | None = None
) -> UUID:
    """Keep something from erasure and disposal until the hold is lifted. Returns its id.

    What is held is named as ``patient:<id>``, ``person:<id>``, ``agreement:<id>`` or
    ``pool:<id>``. *why* is said in words, which are private.

    Raises:
        Invalid: *subject* is none of these, or *why* is empty or too long.
        NotFound: there is no such thing.
        Forbidden: the actor may not.
    """
    sort, subject_id, resource = _found(work, subject)
    work.authorise(Permission.RETENTION_HOLD, on=resource)
    hold_id = new_id()
    work.record(
        HoldPlaced(
            hold_id=hold_id,
            subject_id=subject_id,
            reason=reason,
            review_on=review_on,
            words=words(why),
            **_named(sort, subject_id),
        )
    )
    return hold_id


def lift_hold(work: UnitOfWork, *, hold_id: UUID, why: str) -> None:
    """End a hold. What was due meanwhile may be proposed from now on.

    Raises:
        NotFound: there is no such hold.
        HoldOver: it is over already.
        Forbidden: the actor may not.
    """
    row = work.load(RetentionHold, hold_id)
    sort, subject_id, resource = _found(work, row.subject)
    work.authorise(Permission.RETENTION_HOLD, on=resource)
    if row.lifted_at is not None:
        raise HoldOver("somebody has lifted it; nothing was changed")
    work.record(
        HoldLifted(
            hold_id=hold_id,
            subject_id=subject_id,
            words=words(why),
            **_named(sort, subject_id),
        )
    )


def _found(work: UnitOfWork, subject: str) -> tuple[str, UUID, Resource]:
    sort, _, text = subject.partition(":")
    find = erasing.finder(sort)
    try:
        subject_id = UUID(text)
    except ValueError:
        subject_id = None
    if find is None or subject_id is None:
        raise Invalid("name what is held as patient:<id>, person:<id>, agreement:<id> or pool:<id>")
    return sort, subject_id, find(work, subject_id)


def _named(sort: str, subject_id: UUID) -> dict[str, UUID | None]:
    sorts = ("patient", "person", "agreement", "pool")
    return {f"{each}_id": subject_id if each == sort else None for each in sorts}


@holdable("patient")
def _patient(work: UnitOfWork, patient_id: UUID) -> Resource:
    patient(work, patient_id)
    return of_patient(work, patient_id)


@holdable("person")
def _person(work: UnitOfWork, person_id: UUID) -> Resource:
    if work.load(Person, person_id).erased_at is not None:
        raise NotFound("no such person")
    return Resource(person_id=person_id)
