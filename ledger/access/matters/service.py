"""Raising a matter, answering it, and raising it again."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from ledger.access import queries as access
from ledger.access.breaches.service import suspect
from ledger.access.matters import entries as facts
from ledger.access.matters.models import LookMatter
from ledger.access.matters.queries import answers
from ledger.access.matters.rules import (
    MatterAcknowledged,
    MatterUnanswered,
    Outcome,
    Sort,
    check_answer,
    check_room,
    check_words,
    days,
)
from ledger.access.models import Override
from ledger.access.ruleset import in_force
from ledger.access.service import review_override
from ledger.core.actor import Role
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.directory.queries.holders import holders


def raise_matter(
    work: UnitOfWork, *, patient_id: UUID, look_id: UUID, sort: Sort, words: str
) -> UUID:
    """Ask why somebody looked, or complain of it; return the matter's id.

    Raises:
        NotFound: no such look that the actor may see, or they speak for no such patient.
        MatterWithoutWords, MatterOpen, TooManyMatters: see each.
    """
    root = directory.root_of(work.session, patient_id)
    on = Resource(patient_id=root)
    if not work.may(Permission.MATTER_RAISE, on=on):
        raise NotFound("no such patient")
    records = directory.hold_records(work, root, to_change=True)  # One at a time, of one patient.
    found = access.look(work.session, work.actor, root, look_id)
    said = check_words(words)
    open_ = list(
        work.session.scalars(
            select(LookMatter.look_id).where(
                LookMatter.patient_id.in_(records), LookMatter.answered_at.is_(None)
            )
        )
    )
    check_room(same_look=look_id in open_, waiting=len(open_))
    matter_id = new_id()
    acknowledge_by, answer_by = _days(work)
    work.authorise(Permission.MATTER_RAISE, on=on)
    work.record(
        facts.MatterRaised(
            matter_id=matter_id,
            patient_id=root,
            owner_id=_owner(work, found.organisation_id, found.person_id),
            asking_id=found.organisation_id,
            look_id=look_id,
            looked_by=found.person_id,
            sort=sort,
            acknowledge_by=acknowledge_by,
            answer_by=answer_by,
            words=said,
        )
    )
    return matter_id


def acknowledge(work: UnitOfWork, matter_id: UUID) -> None:
    """Say that it was read and will be answered.

    Raises:
        NotFound: there is none that the actor's organisation answers.
        MatterAnswered, MatterAcknowledged, OwnMatter: see each.
    """
    row = _to_answer(work, matter_id)
    if row.acknowledged_at is not None:
        raise MatterAcknowledged("answer it when you have found out")
    work.record(facts.MatterAcknowledged(matter_id=matter_id, patient_id=row.patient_id))


def answer(work: UnitOfWork, matter_id: UUID, *, outcome: Outcome, words: str) -> None:
    """Answer it, in words that the patient reads.

    Upheld, the broken glass is found without cause; where none was broken and something was
    allowed, a possible breach is recorded, with its 72 hours.

    Raises:
        NotFound: there is none that the actor's organisation answers.
        MatterWithoutWords, MatterAnswered, OwnMatter: see each.
        OverrideOwnReview: the actor stood by the broken glass.
    """
    row = _to_answer(work, matter_id)
    said = check_words(words)
    work.record(
        facts.MatterAnswered(
            matter_id=matter_id, patient_id=row.patient_id, outcome=outcome, words=said
        )
    )
    if outcome is Outcome.UPHELD:
        _put_right(work, row, said)


def reopen(work: UnitOfWork, matter_id: UUID, *, words: str) -> None:
    """Raise it again: the answer did not settle it.

    Raises:
        NotFound: the actor raised no such matter.
        MatterWithoutWords, MatterUnanswered: see each.
    """
    row = _loaded(work, matter_id)
    root = directory.root_of(work.session, row.patient_id)
    on = Resource(patient_id=root)
    theirs = work.actor.patient_id == root or row.raised_by == f"person:{work.actor.person_id}"
    if not (theirs and work.may(Permission.MATTER_RAISE, on=on)):
        raise NotFound("no such question or complaint")
    said = check_words(words)
    if row.answered_at is None:
        raise MatterUnanswered("wait for the answer")
    acknowledge_by, answer_by = _days(work)
    work.authorise(Permission.MATTER_RAISE, on=on)
    work.record(
        facts.MatterReopened(
            matter_id=matter_id,
            patient_id=row.patient_id,
            owner_id=row.escalated_to or row.owner_id,
            acknowledge_by=acknowledge_by,
            answer_by=answer_by,
            words=said,
        )
    )


def _loaded(work: UnitOfWork, matter_id: UUID) -> LookMatter:
    """Hold the patient, then the matter: in the order of whoever erases them."""
    patient_id = work.session.scalar(
        select(LookMatter.patient_id).where(LookMatter.id == matter_id)
    )
    if patient_id is None:
        raise NotFound("no such question or complaint")
    directory.hold_roster(work, patient_id)
    return work.load(LookMatter, matter_id)


def _to_answer(work: UnitOfWork, matter_id: UUID) -> LookMatter:
    row = _loaded(work, matter_id)
    if not work.may(Permission.MATTER_ANSWER, on=answers(row)):
        raise NotFound("no such question or complaint")
    work.authorise(Permission.MATTER_ANSWER, on=answers(row))
    me = work.actor.person_id
    own = me is None or me == row.looked_by or row.raised_by == f"person:{me}"
    own = own or work.actor.patient_id == row.patient_id
    check_answer(answered=row.answered_at is not None, own=own)
    return row


def _put_right(work: UnitOfWork, row: LookMatter, finding: str) -> None:
    override_id, look = access.decided(work.session, row.look_id)
    if override_id is not None:
        override = work.load(Override, override_id)
        own = Resource(organisation_ids=frozenset({override.organisation_id}))
        if override.reviewed_at is None and work.may(Permission.ACCESS_REVIEW, on=own):
            review_override(work, override_id, justified=False, finding=finding)
            return
        if override.justified is False:
            return
    if look.allowed:
        work.authorise(Permission.MATTER_ANSWER, on=answers(row))
        suspect(work, patient_id=row.patient_id, consent_id=None, decisions=[row.look_id])


def _owner(work: UnitOfWork, asking_id: UUID, looked_by: UUID | None) -> UUID:
    """Return whose officers answer: not those of whom it is about one."""
    officers = holders(work.session, {asking_id}, {Role.PRIVACY_OFFICER}, on=work.today)
    host_id = directory.host(work.session)
    if host_id is not None and (looked_by in officers or not officers):
        return host_id
    return asking_id


def _days(work: UnitOfWork) -> tuple[date, date]:
    rules = in_force()
    return days(work.today, acknowledge=rules.acknowledge_lasts, answer=rules.answer_lasts)
