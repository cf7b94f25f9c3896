"""What "stop everything" would change: five things, each by its own name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from ledger.consent.models import Consent, ConsentVersion
from ledger.consent.queries.joined import records_of
from ledger.consent.queries.reading import resource
from ledger.consent.queries.standing import compiled
from ledger.consent.rules.combining import governing_ids
from ledger.consent.rules.lifecycle import Status, status_at
from ledger.consent.rules.model import Capacity, Effect, Kind, Terms
from ledger.core import authority, clock
from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.core.policy import Permission

NOES: Final = {
    Kind.DISSENT: frozenset({"TREAT", "CAREMGT"}),
    Kind.OBJECTION: frozenset({"HMARKT", "TRAIN"}),
    Kind.OPT_OUT: frozenset(
        {"HRESCH", "POPHLTH", "HDM", "HQUALIMP", "HOUTCOMS", "HPRGRP", "PATSFTY", "PERFMSR"}
    ),
}
"""What each no is about, when it is to stop all that it can. Not emergencies, appointments,
payment or what the law demands: to stop these harms, or is not the patient's to choose."""

_TAKEN_BACK: Final = (Status.ACTIVE, Status.SUSPENDED, Status.PROXY_FROZEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One of the five, and what stopping it would change.

    Attributes:
        withdraws: How many yeses it would take back.
        says_no_to: The purposes that it would say no to; none for what is only taken back.
        may_keep_emergency: What an emergency needs can be kept.
    """

    kind: Kind
    withdraws: int
    says_no_to: tuple[str, ...]
    may_keep_emergency: bool


def what_stops(
    session: Session, actor: Actor, patient_id: UUID, *, now: datetime
) -> tuple[Stop, ...]:
    """Return what each of the five would change, for whoever may read the patient's consents.

    Raises:
        NotFound: there is no such patient, or none whose consents *actor* may read.
    """
    on = resource(session, actor, patient_id, on=clock.civil_date(now))
    if not authority.permits(authority.in_force(), actor, Permission.CONSENT_READ, on):
        raise NotFound("no such patient")
    return tuple(
        Stop(
            kind=kind,
            withdraws=0 if kind in NOES else len(live(session, patient_id, kind)),
            says_no_to=tuple(sorted(NOES.get(kind, ()))),
            may_keep_emergency=kind is Kind.DISSENT,
        )
        for kind in Kind
    )


def live(session: Session, patient_id: UUID, kind: Kind) -> list[UUID]:
    """Return the yeses of one kind that can be taken back, the oldest first."""
    newest = and_(ConsentVersion.consent_id == Consent.id, ConsentVersion.number == Consent.number)
    permits = (
        select(Consent.id)
        .join(ConsentVersion, newest)
        .where(Consent.patient_id.in_(records_of(session, patient_id)), Consent.kind == kind)
        .where(Consent.status.in_(_TAKEN_BACK), ConsentVersion.base == Effect.PERMIT)
        .order_by(Consent.order)
    )
    return list(session.scalars(permits))


def standing_noes(session: Session, patient_id: UUID, kind: Kind, *, now: datetime) -> list[Terms]:
    """Return what each no of one kind says that stands *now* against everybody."""
    found = compiled(session, patient_id)
    governing = governing_ids(found, now)
    return [
        one.terms
        for one in found
        if one.consent_id in governing
        and (one.kind, one.terms.base, one.agreement_id) == (kind, Effect.DENY, None)
        and one.grantor.capacity is Capacity.PATIENT
        and status_at(one.events, now) is Status.ACTIVE
    ]
