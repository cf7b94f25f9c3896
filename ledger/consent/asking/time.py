"""What time brings to those who are asked: a reminder, and the end of waiting.

Each does some at a time and returns how many it recorded: call again while that is *limit*.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ledger.consent.asking.entries import AnswerReminded, ConsentLapsed
from ledger.consent.asking.models import ConsentRequest
from ledger.consent.asking.rules import REMIND_BEFORE, Channel
from ledger.consent.asking.service import OPEN
from ledger.consent.models import Consent, PatientState
from ledger.consent.rules.lifecycle import Reason
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.scheduler import Job
from ledger.core.work import UnitOfWork, unit_of_work

_AT_ONCE: Final = 100


def lapse(work: UnitOfWork, *, limit: int = _AT_ONCE) -> int:
    """Record what was not answered by its last day."""
    row = ConsentRequest
    due = _open(work, row.awaited_to < work.today, limit)
    done = 0
    for consent_id in due:
        asked = _still_open(work, consent_id)
        if asked is None:
            continue
        work.authorise(Permission.CONSENT_LAPSE, on=Resource(patient_id=asked.patient_id))
        work.record(
            ConsentLapsed(
                consent_id=consent_id,
                request_id=asked.request_id,
                patient_id=asked.patient_id,
                agreement_id=asked.agreement_id,
                reason=Reason.NO_ANSWER,
            )
        )
        done += 1
    return done


def remind(work: UnitOfWork, *, limit: int = _AT_ONCE) -> int:
    """Remind those who have an address, once, in the last days of waiting."""
    row = ConsentRequest
    near = (
        (row.awaited_to >= work.today)
        & (row.awaited_to <= work.today + REMIND_BEFORE)
        & row.reminded_at.is_(None)
        & (row.channel == Channel.EMAIL.value)
        & (row.asked_at <= work.now - timedelta(days=1))
    )
    done = 0
    for consent_id in _open(work, near, limit):
        asked = _still_open(work, consent_id)
        if asked is None or asked.reminded_at is not None:
            continue
        work.authorise(Permission.CONSENT_LAPSE, on=Resource(patient_id=asked.patient_id))
        work.record(
            AnswerReminded(
                consent_id=consent_id,
                request_id=asked.request_id,
                patient_id=asked.patient_id,
            )
        )
        done += 1
    return done


def _open(work: UnitOfWork, condition: object, limit: int) -> list[UUID]:
    row = ConsentRequest
    found = (
        select(row.consent_id)
        .join(Consent, Consent.id == row.consent_id)
        .where(Consent.status.in_(OPEN), condition)  # type: ignore[arg-type]
        .order_by(row.patient_id, row.consent_id)
        .limit(limit)
    )
    return list(work.session.scalars(found))


def _still_open(work: UnitOfWork, consent_id: UUID) -> ConsentRequest | None:
    """Hold the patient's state and the consent; None if it was answered meanwhile."""
    asked = work.session.get_one(ConsentRequest, consent_id, populate_existing=True)
    with suppress(NotFound):
        work.load(PatientState, asked.patient_id)
    consent = work.load(Consent, consent_id)
    return asked if consent.status in OPEN else None


def carry_out(command: Callable[..., int]) -> int:
    """Record all that *command* finds due, some at a time; return how many."""
    done = 0
    while True:
        with unit_of_work(Actor.system("clock")) as work:
            found = command(work, limit=_AT_ONCE)
        done += found
        if found < _AT_ONCE:
            return done


JOBS: Final = (
    Job("consents remind", every=timedelta(minutes=10), run=partial(carry_out, remind)),
    Job("consents lapse", every=timedelta(minutes=10), run=partial(carry_out, lapse)),
)
