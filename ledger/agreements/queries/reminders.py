"""Which days of agreements come near, as facts that are yet to be recorded."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ledger.agreements.duty_entries import AgreementReminderDue
from ledger.agreements.lines import terms_of
from ledger.agreements.models import AgreementParty, AgreementReminder, AgreementVersion
from ledger.agreements.rules.lifecycle import STANDING
from ledger.agreements.rules.reminders import DAYS_BEFORE, Matter, reached


def reminders_due(
    session: Session, today: date, *, agreement_id: UUID | None = None
) -> Iterator[AgreementReminderDue]:
    """Yield the reminders that were reached by *today* and not recorded, by agreement."""
    row, horizon = AgreementVersion, today + timedelta(days=max(DAYS_BEFORE))
    near = (
        select(row)
        .where(row.state.in_(STANDING))
        .where(or_(row.last_day.between(today, horizon), row.review_on.between(today, horizon)))
        .order_by(row.agreement_id)
    )
    if agreement_id is not None:
        near = near.where(row.agreement_id == agreement_id)
    for version in session.scalars(near).all():
        for matter, day in (
            (Matter.EXPIRY, version.last_day),
            (Matter.REVIEW, version.review_on),
        ):
            if day is None:
                continue
            days = reached(day, today=today, noted=_noted(session, version, matter, day))
            if days is not None:
                yield AgreementReminderDue(
                    agreement_id=version.agreement_id,
                    number=version.number,
                    matter=matter,
                    day=day,
                    days_before=days,
                    party_ids=_told(session, version, today),
                )


def _noted(session: Session, version: AgreementVersion, matter: Matter, day: date) -> set[int]:
    """Return the distances that were announced; a day that moved is announced anew."""
    row = AgreementReminder
    return set(
        session.scalars(
            select(row.days_before).where(
                row.agreement_id == version.agreement_id,
                row.version == version.number,
                row.matter == matter,
                row.day == day,
            )
        )
    )


def _told(session: Session, version: AgreementVersion, today: date) -> tuple[UUID, ...]:
    party = AgreementParty
    gone = session.scalars(
        select(party.organisation_id).where(
            party.agreement_id == version.agreement_id, party.leaves_on <= today
        )
    )
    return tuple(sorted(terms_of(version).party_ids - set(gone)))
