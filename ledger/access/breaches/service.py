"""Listing what was seen by a misfiled consent, and settling what came of it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.access.breaches.entries import BreachSettled, BreachSuspected
from ledger.access.breaches.models import PossibleBreach
from ledger.access.entries import AccessDecided
from ledger.access.rules.overrides import check_finding
from ledger.access.rules.words import PERMITTING
from ledger.consent.correcting import Misfiled, when_misfiled
from ledger.core import blobs
from ledger.core.authority import Resource
from ledger.core.errors import Bug, Conflict, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.trail import EntrySubject, LogEntry
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory

TO_NOTIFY: Final = timedelta(hours=72)
"""UK GDPR Article 33(1)."""


class BreachAlreadySettled(Conflict):
    """A possible breach is settled once."""

    slug = "breach-already-settled"
    title = "It is known what came of this"


@when_misfiled
def list_decisions(work: UnitOfWork, misfiled: Misfiled) -> None:
    """Record the decisions that let somebody see something by the consent, if there are any."""
    owner = work.actor.organisation_id
    found = sorted(_by_consent(work.session, misfiled.wrong_patient_id, misfiled.consent_id))
    if not found or owner is None:
        return
    work.authorise(Permission.PATIENT_CORRECT, on=misfiled.wrong)
    suspect(
        work,
        patient_id=misfiled.wrong_patient_id,
        consent_id=misfiled.consent_id,
        decisions=found,
    )


def suspect(
    work: UnitOfWork, *, patient_id: UUID, consent_id: UUID | None, decisions: Sequence[UUID]
) -> None:
    """Record that what these decisions let somebody see may be a breach: the 72 hours begin.

    Part of another command, which has authorised it. Its owner is the actor's organisation.
    """
    owner = work.actor.organisation_id
    if owner is None:
        raise Bug("nobody who acts for no organisation can own a breach")
    text = "".join(f"{one}\n" for one in decisions).encode()
    work.record(
        BreachSuspected(
            breach_id=new_id(),
            patient_id=patient_id,
            organisation_id=owner,
            consent_id=consent_id,
            decisions=len(decisions),
            list_sha256=blobs.keep(work.session, text, "text/plain"),
            due_at=work.now + TO_NOTIFY,
        )
    )


def settle(work: UnitOfWork, breach_id: UUID, *, notified: bool, finding: str) -> None:
    """Record what came of a possible breach, and whether the Commissioner was told.

    Raises:
        NotFound: there is none that is the actor's organisation's to settle.
        BreachAlreadySettled: somebody did before.
        Invalid: nothing is said of what was found.
    """
    row = work.load(PossibleBreach, breach_id)
    on = Resource(organisation_ids=frozenset({row.organisation_id}))
    if not work.may(Permission.PATIENT_CORRECT, on=on):
        raise NotFound("no such possible breach")
    work.authorise(Permission.PATIENT_CORRECT, on=on)
    if row.settled_at is not None:
        raise BreachAlreadySettled("read what was found")
    check_finding(finding)
    work.record(
        BreachSettled(
            breach_id=breach_id,
            patient_id=row.patient_id,
            notified=notified,
            finding=finding.strip(),
        )
    )


def _by_consent(session: Session, patient_id: UUID, consent_id: UUID) -> Iterator[UUID]:
    subjects = [f"patient:{one}" for one in directory.records_of(session, patient_id)]
    bodies = session.scalars(
        select(LogEntry.body)
        .join(EntrySubject, EntrySubject.position == LogEntry.position)
        .where(EntrySubject.subject.in_(subjects), LogEntry.kind == AccessDecided.kind)
    )
    for body in bodies:
        record = Record.from_bytes(body)
        entry = record.entry
        bearing = {one.consent_id for one in getattr(entry, "consents", ())}
        if consent_id in bearing and getattr(entry, "outcome", None) in PERMITTING:
            yield record.id
