"""Commands on what others said: freeze it at coming of age, settle a disagreement."""

from uuid import UUID

from sqlalchemy import Select, and_, select

from ledger.consent.models import Consent, ConsentVersion
from ledger.consent.proxies.entries import ConsentProxyFrozen, DisagreementSettled, Ground
from ledger.consent.proxies.queries import heard, patients_in_dispute
from ledger.consent.queries.standing import standing
from ledger.consent.rules.choices import WORDS_MAX
from ledger.consent.rules.disagreeing import Disagreement, disagreements
from ledger.consent.rules.lifecycle import Reason, Status
from ledger.consent.rules.model import Capacity, Effect
from ledger.consent.rules.speaking import may_speak
from ledger.consent.service.held import hold, see
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, Invalid, NotFound
from ledger.core.permissions import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.acting.service import resource


class NotInDispute(Conflict):
    """Consents that nobody contradicts, or not any more."""

    slug = "consents-not-in-dispute"
    title = "There is no such disagreement now"


class NoGround(Invalid):
    """A disagreement is settled with its reason in words."""

    slug = "settled-without-reason"
    title = "Say why it is settled like this"


def freeze(work: UnitOfWork, *, patient_id: UUID) -> int:
    """Freeze what parents agreed to for a patient who has come of age. Returns how much.

    A parent's no is not frozen: it lingers until the young person says something, so that
    a birthday shares nothing that was not shared the day before.
    """
    hold(work, patient_id)
    found = heard(work.session, patient_id)
    frozen = 0
    for consent in work.session.scalars(_of_parents(patient_id)).all():
        grantor = found.grantor(consent.grantor, consent.capacity)
        if may_speak(grantor, work.now, found.circumstances) or not grantor.powers:
            continue
        work.load(Consent, consent.id)
        work.authorise(Permission.CONSENT_LAPSE, on=Resource(patient_id=patient_id))
        work.record(
            ConsentProxyFrozen(
                consent_id=consent.id,
                patient_id=patient_id,
                agreement_id=consent.agreement_id,
                reason=Reason.CAME_OF_AGE,
            )
        )
        frozen += 1
    return frozen


def due(work: UnitOfWork) -> list[UUID]:
    """Return the patients of age for whom a parent's yes still stands recorded."""
    newest = and_(ConsentVersion.consent_id == Consent.id, ConsentVersion.number == Consent.number)
    query = (
        select(Consent.patient_id)
        .join(ConsentVersion, newest)
        .where(
            Consent.capacity == Capacity.PARENT,
            Consent.status == Status.ACTIVE,
            ConsentVersion.base == Effect.PERMIT,
        )
        .distinct()
        .order_by(Consent.patient_id)
    )
    found = []
    for patient_id in work.session.scalars(query).all():
        life = heard(work.session, patient_id).circumstances
        if life.decides_at(work.now):
            found.append(patient_id)
    return found


def in_dispute(work: UnitOfWork) -> list[tuple[UUID, Disagreement]]:
    """Return what waits to be settled among the patients whom the actor may settle it for."""
    found = []
    for patient_id in patients_in_dispute(work.session):
        if work.may(Permission.CONSENT_SETTLE, on=resource(work, patient_id)):
            found += [(patient_id, one) for one in _disagreements(work, patient_id)]
    return found


def settle(
    work: UnitOfWork, *, patient_id: UUID, set_aside: frozenset[UUID], ground: Ground, words: str
) -> None:
    """Settle a disagreement: what is in *set_aside* counts no more, the other side does.

    Raises:
        NotFound: there is no such patient, or the actor may not know of them.
        NotInDispute: these are not all that one side said. NoGround: no reason in words.
    """
    hold(work, patient_id)
    on = resource(work, patient_id)
    see(work, on, Permission.CONSENT_SETTLE)
    work.authorise(Permission.CONSENT_SETTLE, on=on)
    reason = words.strip()
    if not reason or len(reason) > WORDS_MAX:
        raise NoGround(f"say why, in at most {WORDS_MAX} characters")
    sides = [(frozenset(one.yes), frozenset(one.no)) for one in _disagreements(work, patient_id)]
    other = next(
        (no if yes == set_aside else yes for yes, no in sides if set_aside in {yes, no}), None
    )
    if other is None:
        raise NotInDispute("look at what is said now, then settle that")
    for consent_id in sorted(set_aside):
        work.load(Consent, consent_id)
    work.record(
        DisagreementSettled(
            patient_id=patient_id,
            upheld=tuple(sorted(other)),
            set_aside=tuple(sorted(set_aside)),
            ground=ground,
            words=reason,
        )
    )


def _disagreements(work: UnitOfWork, patient_id: UUID) -> list[Disagreement]:
    said = standing(work.session, patient_id)
    if not said.consents:
        raise NotFound("no such patient")
    return disagreements(said.consents, said.instant(work.now), said.circumstances)


def _of_parents(patient_id: UUID) -> Select[Consent]:
    newest = and_(ConsentVersion.consent_id == Consent.id, ConsentVersion.number == Consent.number)
    return (
        select(Consent)
        .join(ConsentVersion, newest)
        .where(
            Consent.patient_id == patient_id,
            Consent.capacity == Capacity.PARENT,
            Consent.status == Status.ACTIVE,
            ConsentVersion.base == Effect.PERMIT,
        )
        .order_by(Consent.order)
    )
