"""Who has to be told of an entry: a follower of the log that queues alerts."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from ledger.access.keeping import queries as keeping
from ledger.agreements import queries as agreements
from ledger.core import clock
from ledger.core.followers import Cursor, Follower
from ledger.core.trail import EntrySubject, LogEntry, LogFrontier
from ledger.directory import queries as directory
from ledger.directory.queries.holders import holders
from ledger.messages import audience
from ledger.messages.boards import voters
from ledger.messages.contact.entries import Where
from ledger.messages.models import Alert, AlertChoice
from ledger.messages.patients import corrected, told_at
from ledger.messages.rules.alerts import OF_PATIENTS, PATIENT_TOO, RULES, How, Reason, Rule, due_at

LOG: Final = "ledger"


class Alerting(Follower):
    """Queues an alert for each person who has to be told of an entry."""

    name = "alerts"
    log = LOG

    def __init__(self, zone: str) -> None:
        self._zone = zone

    def take(self, session: Session, entries: Sequence[LogEntry]) -> None:
        """Queue what people have to be told of *entries*."""
        telling = [entry for entry in entries if entry.kind in RULES]
        told = audience.concerned(session, telling)
        now = clock.now()
        for entry in telling:
            rule = RULES[entry.kind]
            concerned = told.get(entry.id, frozenset())
            if rule.named:
                concerned = frozenset(_named(entry))
            if rule.own:
                concerned = frozenset({entry.org} if entry.org else ())
            for person_id in _people(session, entry, rule, concerned, now):
                self._queue(session, entry, rule.reason, person_id, now)
            if entry.kind in PATIENT_TOO:
                for person_id in _patient(session, entry):
                    self._queue(session, entry, PATIENT_TOO[entry.kind], person_id, now)
            for person_id in voters(session, entry):
                self._queue(session, entry, Reason.VOTE, person_id, now)
            for person_id in corrected(session, entry):
                self._queue(session, entry, Reason.CORRECTED, person_id, now)

    def _queue(
        self, session: Session, entry: LogEntry, reason: Reason, person_id: UUID, now: datetime
    ) -> None:
        chosen = session.get(AlertChoice, person_id)
        due = due_at(How(chosen.how) if chosen else How.AT_ONCE, now, self._zone)
        if due is None or (reason is Reason.SIGN and _is_told(session, entry, person_id)):
            return
        if reason in OF_PATIENTS and told_at(session, person_id).where is Where.ONLY_HERE:
            return
        if session.get(Alert, (entry.id, person_id)) is not None:
            return  # They are told of it as something else already.
        session.add(
            Alert(
                entry_id=entry.id,
                person_id=person_id,
                reason=reason,
                subject=_subject(entry),
                queued_at=now,
                due_at=due,
                attempts=0,
            )
        )


def begin_at_the_end(connection: Connection) -> None:
    """Have nobody told of what happened before alerts were sent at all."""
    with Session(connection) as session, session.begin():
        if session.get(Cursor, Alerting.name) is None:
            size = select(LogFrontier.size).where(LogFrontier.log == LOG)
            session.add(Cursor(follower=Alerting.name, next_index=session.scalars(size).one()))


def _people(
    session: Session,
    entry: LogEntry,
    rule: Rule,
    organisation_ids: frozenset[UUID],
    now: datetime,
) -> list[UUID]:
    """Return whom to tell: not who did it, and to sign only those whose turn it is."""
    if rule.patient:
        return _patient(session, entry)
    today = clock.civil_date(now)
    found = holders(session, organisation_ids, rule.roles, on=today)
    found.pop(_who_did_it(entry), None)
    if rule.reason is not Reason.SIGN:
        return list(found)
    agreement_id = UUID(_subject(entry).partition(":")[2])
    turn = []
    for person_id, membership_id in found.items():
        actor = directory.actor_for(session, person_id, membership_id, on=today)
        if agreement_id in {one.id for one in agreements.to_sign(session, actor)}:
            turn.append(person_id)
    return turn


def _patient(session: Session, entry: LogEntry) -> list[UUID]:
    """Return who signs in as the patient that an entry is about, if anybody does."""
    named = (one.partition(":") for one in audience.subjects(entry))
    about = [UUID(key) for sort, _, key in named if sort == "patient"]
    found = (directory.linked_person(session, patient_id) for patient_id in about)
    if any(_is_withheld(session, entry, patient_id) for patient_id in about):
        return []
    return [person_id for person_id in found if person_id is not None]


def _is_withheld(session: Session, entry: LogEntry, patient_id: UUID) -> bool:
    """Say whether the patient is not told, for now, of the broken glass that it is about."""
    override_id = json.loads(entry.body)["data"].get("override_id")
    hidden = keeping.withheld(session, patient_id, clock.now()) if override_id else frozenset()
    return override_id is not None and UUID(override_id) in hidden


def _named(entry: LogEntry) -> Iterator[UUID]:
    named = (one.partition(":") for one in audience.subjects(entry))
    return (UUID(key) for sort, _, key in named if sort == "organisation")


def _is_told(session: Session, entry: LogEntry, person_id: UUID) -> bool:
    """Say whether somebody was asked to sign this text before, when another signed it."""
    if entry.kind != "agreement.signed":
        return False
    before = (
        select(Alert.entry_id)
        .join(LogEntry, LogEntry.id == Alert.entry_id)
        .where(Alert.person_id == person_id, Alert.subject == _subject(entry))
        .where(Alert.reason == Reason.SIGN, LogEntry.position > _proposed(session, entry))
    )
    return session.scalar(before.limit(1)) is not None


def _proposed(session: Session, entry: LogEntry) -> int:
    """Return the position before that at which the text to be signed was last proposed."""
    newest = (
        select(LogEntry.position)
        .join(EntrySubject, EntrySubject.position == LogEntry.position)
        .where(EntrySubject.subject == _subject(entry), LogEntry.kind == "agreement.proposed")
        .where(LogEntry.position <= entry.position)
        .order_by(LogEntry.position.desc())
        .limit(1)
    )
    return (session.scalar(newest) or 1) - 1


def _who_did_it(entry: LogEntry) -> UUID:
    sort, _, key = entry.actor.partition(":")
    return UUID(key) if sort == "person" else UUID(int=0)


def _subject(entry: LogEntry) -> str:
    about = audience.subjects(entry)
    return next((one for one in about if not one.startswith("organisation:")), "")
