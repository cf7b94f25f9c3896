"""Asking, and breaking the glass."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.access.answers import Answered
from ledger.access.desk import desk
from ledger.access.entries import (
    AccessOverrideEnded,
    AccessOverrideOpened,
    AccessOverrideRefused,
    AccessOverrideReviewed,
    AccessOverrideSeconded,
)
from ledger.access.models import Override
from ledger.access.question import Question
from ledger.access.rules.overrides import (
    OverrideByProgram,
    OverrideOver,
    OverrideWithoutReason,
    check_finding,
    check_open,
    check_review,
    check_second,
)
from ledger.access.rules.words import OverrideReason
from ledger.access.ruleset import in_force
from ledger.core import authority, refusals
from ledger.core.actor import Actor, ActorKind
from ledger.core.authority import Refused, Resource
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission, Relation
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory


class Semantic(StrEnum):
    """When several questions are enough: AuthZEN's ``evaluations_semantic``."""

    EXECUTE_ALL = "execute_all"
    DENY_ON_FIRST_DENY = "deny_on_first_deny"
    PERMIT_ON_FIRST_PERMIT = "permit_on_first_permit"


def evaluate(session: Session, actor: Actor, question: Question, *, now: datetime) -> Answered:
    """Answer one question, once the decision is in the log.

    Raises:
        Forbidden: the actor may not ask that for this person; the refusal is recorded.
    """
    return evaluate_all(session, actor, [question], now=now)[0]


def evaluate_all(
    session: Session, actor: Actor, questions: Sequence[Question], *, now: datetime
) -> Sequence[Answered]:
    """Answer several questions; all the decisions are in the log when it returns.

    Raises:
        Forbidden: the actor may not ask one of them; then none is decided.
    """
    policy = authority.in_force()
    try:
        for question in questions:
            authority.require(policy, actor, Permission.ACCESS_ASK, asked_for(actor, question))
    except Refused as refusal:
        session.rollback()
        refusals.record(session, actor, refusal.permission, at=now)
        raise
    return desk(session).answer(session, actor, questions, now)


def open_override(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    organisation_id: UUID,
    reason_code: OverrideReason,
    reason: str,
) -> Override:
    """Break the glass: for the actor, for one patient, for some minutes, with a reason.

    Raises:
        NotFound: no such patient.
        Forbidden: the actor has no authority to; the refusal is recorded.
        Invalid: no reason in words, or it is not for the organisation they are acting for.
    """
    directory.hold_roster(work, patient_id)
    own = Resource(patient_id=patient_id, organisation_ids=frozenset({organisation_id}))
    work.authorise(Permission.ACCESS_OVERRIDE, on=own)
    try:
        check_open(reason, is_person=work.actor.kind is ActorKind.PERSON)
    except OverrideWithoutReason as refusal:
        refusal.fact = AccessOverrideRefused(
            patient_id=patient_id,
            person_id=work.actor.id,
            organisation_id=organisation_id,
            why=refusal.slug,
        )
        raise
    if work.actor.organisation_id != organisation_id:
        raise NotFound("no such organisation among those you act for")
    override_id = new_id()
    work.record(
        AccessOverrideOpened(
            override_id=override_id,
            patient_id=patient_id,
            person_id=work.actor.id,
            organisation_id=organisation_id,
            reason_code=reason_code,
            ends_at=work.now + in_force().override_lasts,
            reason=reason.strip(),
        )
    )
    return work.session.get_one(Override, override_id)


def second_override(work: UnitOfWork, override_id: UUID, *, reason: str) -> Override:
    """Stand by what a colleague opened because others are at risk.

    An emergency refusal of the patient then no longer stops the colleague.

    Raises:
        NotFound: no such override at the organisation that the actor acts for.
        Forbidden: the actor has no authority to, or is a program; the refusal is recorded.
        Invalid: no reason in words.
        OverrideOwnSecond, OverrideNotForOthers, OverrideOver: see each.
    """
    override = work.load(Override, override_id)
    if work.actor.organisation_id != override.organisation_id:
        raise NotFound("no such override")
    here = frozenset({override.organisation_id})
    own = Resource(patient_id=override.patient_id, organisation_ids=here)
    work.authorise(Permission.ACCESS_OVERRIDE, on=own)
    check_open(reason, is_person=work.actor.kind is ActorKind.PERSON)
    is_open = work.now < override.ends_at and override.justified is not False
    check_second(
        own=override.person_id == work.actor.id,
        for_others=override.reason_code == OverrideReason.RISK_TO_OTHERS,
        is_open=is_open and override.seconded_at is None,
    )
    work.record(
        AccessOverrideSeconded(
            override_id=override_id,
            patient_id=override.patient_id,
            person_id=work.actor.id,
            reason=reason.strip(),
        )
    )
    return override


def end_override(work: UnitOfWork, override_id: UUID) -> Override:
    """End one's own broken glass before its minutes are over. It is reviewed all the same.

    Raises:
        NotFound: the actor opened no such override.
        OverrideOver: there is nothing left to end.
    """
    override = work.load(Override, override_id)
    if work.actor.person_id != override.person_id or work.actor.kind is not ActorKind.PERSON:
        raise NotFound("no such override")
    here = frozenset({override.organisation_id})
    own = Resource(patient_id=override.patient_id, organisation_ids=here)
    work.authorise(Permission.ACCESS_OVERRIDE, on=own)
    if not work.now < override.ends_at:
        raise OverrideOver("its minutes are over")
    work.record(
        AccessOverrideEnded(
            override_id=override_id,
            patient_id=override.patient_id,
            person_id=override.person_id,
        )
    )
    return override


def review_override(
    work: UnitOfWork, override_id: UUID, *, justified: bool, finding: str
) -> Override:
    """Close the review of a broken glass. Somebody else than who broke it does.

    Raises:
        NotFound: no such override at an organisation that the actor looks after.
        Forbidden: the actor has no authority to, or is a program that acts for nobody.
        Invalid, Conflict: see `rules.overrides`.
    """
    override = work.load(Override, override_id)
    own = Resource(organisation_ids=frozenset({override.organisation_id}))
    if not work.may(Permission.ACCESS_REVIEW, on=own):
        raise NotFound("no such override")
    work.authorise(Permission.ACCESS_REVIEW, on=own)
    reviewer_id = work.actor.person_id  # Of a program, whoever it acts for: they are one.
    if reviewer_id is None:
        raise OverrideByProgram("sign in as the person who reviews it")
    check_review(
        reviewed=override.reviewed_at is not None,
        own=reviewer_id in (override.person_id, override.seconded_by),
    )
    check_finding(finding)
    work.record(
        AccessOverrideReviewed(
            override_id=override_id,
            patient_id=override.patient_id,
            person_id=reviewer_id,
            justified=justified,
            finding=finding.strip(),
        )
    )
    return override


def asked_for(actor: Actor, question: Question) -> Resource:
    """Return what the right to ask hangs on.

    A person, or a program on a person's behalf, asks about that person, acting for the
    organisation that they are acting for now. A program of an organisation asks for people
    who act for it and about data that it holds; for itself, it names itself.
    """
    own_organisation = actor.organisation_id == question.organisation_id
    if question.client_id is not None:
        itself = actor.on_behalf_of is None and actor.ref == f"client:{question.client_id}"
        parties = {question.organisation_id} if itself and own_organisation else set[UUID]()
        return Resource(organisation_ids=frozenset(parties))
    subject = f"person:{question.person_id}"
    if actor.kind is ActorKind.PERSON or actor.on_behalf_of is not None:
        own = own_organisation and subject in (actor.ref, actor.on_behalf_of)
        return Resource(held=frozenset({Relation.OWN} if own else ()))
    return Resource(organisation_ids=frozenset({question.organisation_id, question.holder_id}))
