"""Commands on powers: record one, verify it, suspend and resume it, end it."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select

from audit import Entry
from ledger.core.authority import Resource
from ledger.core.errors import Forbidden, NotFound
from ledger.core.ids import new_id
from ledger.core.permissions import Permission, Relation
from ledger.core.trail import LogEntry
from ledger.core.work import UnitOfWork
from ledger.directory.acting import entries as facts
from ledger.directory.acting.basis import BASES, CODES, Basis
from ledger.directory.acting.checks import check_power
from ledger.directory.acting.models import Death, PowerRow, PowerStep
from ledger.directory.acting.queries import power_of, steps_of
from ledger.directory.acting.rules import (
    NEEDS_VERIFYING,
    WORDS_MAX,
    BadPower,
    OverOneself,
    PatientDied,
    Power,
    PowerAlreadyHeld,
    PowerEnd,
    PowerKind,
    PowerStateWrong,
    Scope,
    Step,
    SuspendReason,
    VerifiedByRecorder,
)
from ledger.directory.identity.queries import records_of
from ledger.directory.models import PatientLink, Person
from ledger.directory.queries import care_relationship, hold_records
from ledger.directory.rules.periods import Period, check_period
from ledger.directory.service.held import of_patient
from ledger.directory.service.people import Invited, is_ours, register_for_link
from ledger.directory.succession.queries import must_stand


def resource(work: UnitOfWork, patient_id: UUID, *, person_id: UUID | None = None) -> Resource:
    """Return what a decision about a patient hangs on, with whether the actor cares for them."""
    about = of_patient(work, patient_id, person_id=person_id)
    at = work.actor.organisation_id
    held: frozenset[Relation] = frozenset()
    if at is not None and care_relationship(
        work.session,
        patient_id=patient_id,
        organisation_id=at,
        person_id=work.actor.person_id,
        on=work.today,
    ):
        held = frozenset({Relation.CARE})
    return Resource(
        patient_id=about.patient_id,
        organisation_ids=about.organisation_ids,
        person_id=person_id,
        held=held,
    )


def record_power(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    name: str,
    email: str,
    kind: PowerKind,
    basis: Basis,
    scope: Collection[Scope],
    from_on: date,
    until_on: date | None,
    evidence: str,
) -> tuple[UUID, Invited]:
    """Record that the person with an e-mail address may act for a patient.

    Returns the power's id and whether the person still needs an invitation, which the caller
    makes once this is committed.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        BadPower, HelperOnlySaysNo, PowerAlreadyHeld, OverOneself, PatientDied: see each.
        BadPeriod, BadEmail, BadName: see each.
    """
    on = _visible(work, patient_id)
    work.authorise(Permission.POWER_RECORD, on=on, records=2)
    at = work.actor.organisation_id
    if at is None:
        raise BadPower("choose the role in which you record this, and try again")
    must_stand(work, at, from_on=work.today, until_on=work.today)
    check_alive(work, patient_id)
    check_period(Period(from_on, until_on), today=work.today)
    check_power(kind, scope, evidence=evidence, from_on=from_on, until_on=until_on)
    if basis not in BASES[kind]:
        raise BadPower("this legal basis does not go with this kind of power")
    person = register_for_link(work, name=name, email=email)
    _check_person(work, person.id, patient_id)
    ours = is_ours(work, person.id, at)
    power_id = new_id()
    work.record(
        facts.PowerRecorded(
            power_id=power_id,
            patient_id=patient_id,
            person_id=person.id,
            organisation_id=at,
            power=kind,
            basis=basis,
            code=CODES[basis],
            scope=tuple(sorted(set(scope))),
            from_on=from_on,
            until_on=until_on,
            words=evidence.strip(),
        )
    )
    return power_id, Invited(person.id, None, ours and person.accepted_at is None)


def verify(work: UnitOfWork, *, power_id: UUID) -> None:
    """Record that somebody else than who recorded a power has looked at its evidence.

    Raises:
        NotFound: there is no such power, or the actor may not know of it.
        VerifiedByRecorder, PowerStateWrong: see each.
    """
    row, power, on = _held(work, power_id)
    work.authorise(Permission.POWER_VERIFY, on=on)
    if row.recorded_by == work.actor.principal:
        raise VerifiedByRecorder("whoever recorded a power cannot also verify it")
    if row.verified_by is not None or _over(power) or row.power not in NEEDS_VERIFYING:
        raise PowerStateWrong("it is verified, over, or of a kind that needs no second person")
    work.record(
        facts.PowerVerified(power_id=power_id, patient_id=row.patient_id, person_id=row.person_id)
    )


def suspend(work: UnitOfWork, *, power_id: UUID, reason: SuspendReason, words: str) -> None:
    """Stop a power for the time being: nothing counts that is, or was, said by it.

    Raises:
        NotFound: there is no such power.
        PowerStateWrong: it is suspended, or over. BadPower: no reason was given in words.
    """
    row, power, on = _held(work, power_id)
    work.authorise(Permission.POWER_SUSPEND, on=on)
    if _over(power) or power.suspended(work.now):
        raise PowerStateWrong("it is suspended already, or over")
    work.record(
        facts.PowerSuspended(
            power_id=power_id,
            patient_id=row.patient_id,
            person_id=row.person_id,
            reason=reason,
            words=_words(words),
        )
    )


def resume(work: UnitOfWork, *, power_id: UUID, words: str) -> None:
    """Let a suspended power hold again.

    To stop a power is never hard, and anybody's to do who looks after patients' safety; to undo
    it is not: that is for whoever stopped it, and for organisations that have the patient.

    Raises:
        NotFound: there is no such power.
        Forbidden: neither the actor's organisation suspended it, nor has it the patient.
        PowerStateWrong: it is not suspended, or over. BadPower: no reason was given in words.
    """
    row, power, on = _held(work, power_id)
    work.authorise(Permission.POWER_SUSPEND, on=on)
    if work.actor.organisation_id not in on.organisation_ids | _suspended_by(work, power_id):
        raise Forbidden("this account may not do that here")
    if _over(power) or not power.suspended(work.now):
        raise PowerStateWrong("it is not suspended")
    work.record(
        facts.PowerResumed(
            power_id=power_id,
            patient_id=row.patient_id,
            person_id=row.person_id,
            words=_words(words),
        )
    )


def end(work: UnitOfWork, *, power_id: UUID, reason: PowerEnd) -> None:
    """End a power, from now on.

    A patient ends what rests on their own wish: a helper's, or one by their consent. Who holds a
    power may lay it down. Parents, attorneys and deputies are ended by staff, who have seen why.

    Raises:
        NotFound: there is no such power, or the actor may not know of it.
        PowerStateWrong: it is over. Forbidden: it does not rest on the patient's wish.
    """
    row, power, on = _held(work, power_id)
    work.authorise(Permission.POWER_END, on=on)
    if _over(power):
        raise PowerStateWrong("it is over already")
    own = on.patient_id == work.actor.patient_id and work.actor.organisation_id is None
    if own and row.power is not PowerKind.HELPER and row.basis is not Basis.PATIENT_CONSENT:
        raise Forbidden("this power is not yours to end; ask those who recorded it")
    entry: Entry = facts.PowerEnded(
        power_id=power_id,
        patient_id=row.patient_id,
        person_id=row.person_id,
        reason=PowerEnd.PATIENT_ASKED if own else reason,
    )
    work.record(entry)


def check_alive(work: UnitOfWork, patient_id: UUID) -> None:
    """Raise `PatientDied` if the patient's death is recorded."""
    records = records_of(work.session, patient_id)
    if work.session.scalar(select(Death.patient_id).where(Death.patient_id.in_(records)).limit(1)):
        raise PatientDied("powers ended with it; look at what is recorded")


def _visible(work: UnitOfWork, patient_id: UUID) -> Resource:
    hold_records(work, patient_id, to_change=True)
    on = resource(work, patient_id)
    if not (work.may(Permission.POWER_READ, on=on) or work.may(Permission.POWER_RECORD, on=on)):
        raise NotFound("no such patient")
    return on


def _held(work: UnitOfWork, power_id: UUID) -> tuple[PowerRow, Power, Resource]:
    """Return a power, with its patient held; to who may not know of it there is none."""
    found = work.session.get(PowerRow, power_id)
    if found is None:
        raise NotFound("no such power")
    hold_records(work, found.patient_id, to_change=True)
    row = work.load(PowerRow, power_id)
    on = resource(work, row.patient_id, person_id=row.person_id)
    if not (work.may(Permission.POWER_READ, on=on) or work.may(Permission.POWER_END, on=on)):
        raise NotFound("no such power")
    return row, power_of(row, steps_of(work.session, [row.id], None)[row.id]), on


def _suspended_by(work: UnitOfWork, power_id: UUID) -> set[UUID | None]:
    """Return the organisation of whoever suspended a power last, if it was an organisation's."""
    found = select(LogEntry.org).join(PowerStep, PowerStep.entry_id == LogEntry.id)
    steps = found.where(PowerStep.power_id == power_id, PowerStep.step == Step.SUSPENDED)
    return set(work.session.scalars(steps.order_by(PowerStep.n.desc()).limit(1)))


def _check_person(work: UnitOfWork, person_id: UUID, patient_id: UUID) -> None:
    work.load(Person, person_id, to_change=False)
    records = records_of(work.session, patient_id)
    own = select(PatientLink.patient_id).where(PatientLink.person_id == person_id)
    if person_id == work.actor.person_id or work.session.scalar(own) in records:
        raise OverOneself("a colleague records it; and nobody acts for themselves by a power")
    same = select(PowerRow).where(
        PowerRow.person_id == person_id,
        PowerRow.patient_id.in_(records),
        PowerRow.end_reason.is_(None),
    )
    for row in work.session.scalars(same):
        if row.until_on is None or row.until_on >= work.today:
            raise PowerAlreadyHeld(
                "end that one first, or change what it lets them do by a new one"
            )


def _over(power: Power) -> bool:
    return any(step in {Step.ENDED, Step.VOIDED} for step, _ in power.steps)


def _words(text: str) -> str:
    words = text.strip()
    if not words or len(words) > WORDS_MAX:
        raise BadPower(f"say why, in at most {WORDS_MAX} characters")
    return words
