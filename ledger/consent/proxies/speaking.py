"""By what right the actor of a command speaks for a patient, checked where it is said."""

from typing import Final
from uuid import UUID

from ledger.consent.rules.choices import Speaker
from ledger.consent.rules.model import Capacity
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, Forbidden
from ledger.core.permissions import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.acting import queries as acting
from ledger.directory.acting.entries import PowerUsed
from ledger.directory.acting.queries import Acting
from ledger.directory.acting.rules import NoActing, PowerKind, Scope
from ledger.directory.queries import known_as

CAPACITIES: Final = {kind: Capacity(kind.value) for kind in PowerKind}
"""As what each kind of power lets somebody speak."""


class BeyondPower(Forbidden):
    """More than the power of whoever speaks for the patient allows."""

    slug = "beyond-power"
    title = "Your power does not go that far"


class SaidByAnother(Forbidden):
    """What the patient said, or somebody else who speaks for them, is not the actor's to lift."""

    slug = "consent-said-by-another"
    title = "Somebody else said this"


class CannotDecide(Conflict):
    """A yes of somebody who is recorded as not deciding for themselves."""

    slug = "patient-does-not-decide"
    title = "This patient does not decide about this for themselves"


def power_of(work: UnitOfWork, patient_id: UUID) -> Acting:
    """Return the power by which the actor acts for a patient now.

    Raises:
        NoActing: they have none that holds.
    """
    person_id = work.actor.person_id
    found = person_id and acting.acting(work.session, person_id, patient_id, work.now)
    if not found:
        raise NoActing("the power is over or suspended, or the patient decides for themselves")
    return found


def check_said(work: UnitOfWork, patient_id: UUID, capacity: Capacity, *, by: Speaker) -> None:
    """Check that a proxy says by what right they speak, and has it now.

    Raises:
        NoActing: they have no power that holds. BeyondPower: they claim another right.
    """
    if by is not Speaker.PROXY:
        return
    found = power_of(work, patient_id)
    if capacity is not CAPACITIES[found.kind]:
        raise BeyondPower(f"you speak for this patient as {found.kind.value}; say so")


def check_yes(work: UnitOfWork, patient_id: UUID, *, by: Speaker) -> None:
    """Check that a yes can be given: by a proxy who decides, or a patient who can.

    Raises:
        NoActing, BeyondPower, CannotDecide: see each.
    """
    if by is Speaker.PROXY:
        if Scope.DECIDE not in power_of(work, patient_id).scope:
            raise BeyondPower("you may say no for this patient, and nothing more")
    elif not acting.life(work.session, patient_id).decides(work.now):
        raise CannotDecide("who speaks for them decides; or record that they have capacity")


def check_own(work: UnitOfWork, patient_id: UUID, grantor: str, *, frozen: bool = False) -> None:
    """Check that what a proxy lifts, takes up or voids is what they said themselves.

    Another proxy's no, and the patient's own, is answered by a yes: that is a disagreement
    which somebody settles, and not for one side to make disappear. What is *frozen* since the
    patient came of age is theirs alone to take up.

    Raises:
        SaidByAnother: the actor speaks for the patient, and somebody else said it.
    """
    if by_whom(work, patient_id) is Speaker.PROXY and (frozen or grantor != work.actor.principal):
        raise SaidByAnother("say what you say for the patient; somebody settles it between you")


def by_whom(work: UnitOfWork, patient_id: UUID) -> Speaker:
    """Return who says or writes something down: the patient, who speaks for them, or staff."""
    about = known_as(work.session, work.actor, patient_id)
    if about == work.actor.patient_id:
        return Speaker.PATIENT
    return Speaker.PROXY if about in work.actor.proxy_for else Speaker.STAFF


def note_power(work: UnitOfWork, patient_id: UUID, consent_id: UUID) -> None:
    """Record by what right a proxy has just said something for a patient."""
    about = known_as(work.session, work.actor, patient_id)
    if about not in work.actor.proxy_for or work.actor.person_id is None:
        return
    found = power_of(work, patient_id)
    work.authorise(Permission.CONSENT_WITHDRAW, on=Resource(patient_id=about))
    work.record(
        PowerUsed(
            power_id=found.power_id,
            patient_id=patient_id,
            person_id=work.actor.person_id,
            power=found.kind,
            basis=found.basis,
            consent_id=consent_id,
        )
    )
