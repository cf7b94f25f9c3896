"""A person's sessions from outside: to list them, and to end one, some or all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import ColumnElement, delete, select

from ledger.core import clock
from ledger.edge.operational import changing, reading
from ledger.edge.sessions import UserSession


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """Somewhere that a person is signed in."""

    id: UUID
    membership_id: UUID | None
    provider: str
    user_agent: str
    started_at: datetime
    seen_at: datetime


def open_sessions(person_id: UUID) -> Sequence[OpenSession]:
    """Return where a person is signed in now, the latest used first."""
    settings, now = current_app.extensions["settings"], clock.now()
    with reading() as work:
        rows = work.scalars(
            select(UserSession)
            .where(
                UserSession.person_id == person_id,
                UserSession.seen_at >= now - timedelta(minutes=settings.session_idle_minutes),
                UserSession.started_at >= now - timedelta(minutes=settings.session_minutes),
            )
            .order_by(UserSession.seen_at.desc(), UserSession.id)
        ).all()
    return [
        OpenSession(
            id=row.id,
            membership_id=row.membership_id,
            provider=row.provider or "",
            user_agent=row.user_agent or "",
            started_at=row.started_at,
            seen_at=row.seen_at,
        )
        for row in rows
    ]


def end_one(person_id: UUID, session_id: UUID) -> int:
    """End one session of a person. Returns how many there were: one, or none."""
    return _end(UserSession.person_id == person_id, UserSession.id == session_id)


def end_all(person_id: UUID, *, but: UUID | None = None) -> int:
    """End every session of a person, but one if it is named. Returns how many there were."""
    mine = UserSession.person_id == person_id
    return _end(mine) if but is None else _end(mine, UserSession.id != but)


def end_of_provider(
    provider: str, *, provider_session: str | None = None, person_id: UUID | None = None
) -> int:
    """End the sessions that a provider says it has ended (back-channel logout).

    Of one session there, or of all that one person has by it; of both, if both are named.
    """
    named: list[ColumnElement[bool]] = []
    if provider_session is not None:
        named.append(UserSession.provider_session == provider_session)
    if person_id is not None:
        named.append(UserSession.person_id == person_id)
    return _end(UserSession.provider == provider, *named) if named else 0


def _end(*which: ColumnElement[bool]) -> int:
    with changing() as work:
        ended: Any = work.execute(delete(UserSession).where(*which))
    return int(ended.rowcount)
