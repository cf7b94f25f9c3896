"""Taking in what source systems report, all of it or nothing; and settling what is flagged."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from audit import Entry, Record
from ledger.access.entries import AccessDecided
from ledger.access.reported.entries import ReadReported, ReadSettled
from ledger.access.reported.models import ReportedRead
from ledger.access.reported.rules.event import (
    NHS_NUMBER,
    NotAnAuditEvent,
    ReportedEvent,
    events_of,
    parse,
)
from ledger.access.reported.rules.reconciling import (
    FLAGGED,
    SKEW,
    WINDOW,
    Decided,
    Finding,
    reconcile,
)
from ledger.consent import queries as consents
from ledger.consent.rules.combining import enforce, evaluate
from ledger.consent.rules.evaluation import Outcome as Said
from ledger.consent.rules.model import Data, Labels, Request
from ledger.core import together
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, Fault, Invalid, NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.trail import EntrySubject, LogEntry
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.directory.queries.lists import on_list


class ReadNotFlagged(Conflict):
    """There is nothing to settle: it was never flagged, or it is settled."""

    slug = "access-read-not-flagged"
    title = "This read does not wait for anybody"


class ReportedMeanwhile(Conflict):
    """The same events came twice at the same moment; send them again, and they are there."""

    slug = "access-reported-meanwhile"
    title = "The same events came twice at the same moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What became of one event: *new* is False where it had come before."""

    read_id: UUID
    finding: Finding
    new: bool


def report(work: UnitOfWork, resource: object) -> tuple[Reported, ...]:
    """Take in an AuditEvent or a transaction Bundle of them: each of them, or none.

    Raises:
        NotAnAuditEvent: each fault names the element.
        ReportedMeanwhile: see there.
        Forbidden: the actor may not report what its organisation's systems saw.
    """
    own = work.actor.organisation_id
    about = Resource(organisation_ids=frozenset() if own is None else frozenset({own}))
    found = events_of(resource)
    work.authorise(Permission.READ_REPORT, on=about, records=len(found))
    assert own is not None  # Who acts for nobody is not a party to anything.
    parsed = [(at, one, parse(one, at=at, full_url=url, now=work.now)) for at, one, url in found]
    keys = [_key(work, event.source_id) for _, _, event in parsed]
    before = _before(work, keys)
    taking = _Taking(work, own)
    done = []
    for (at, one, event), key in zip(parsed, keys, strict=True):
        if key not in before:
            before[key] = taking.take(at, one, event, key)
            done.append(before[key])
        else:
            known = before[key]
            done.append(Reported(read_id=known.read_id, finding=known.finding, new=False))
    return tuple(done)


def settle(work: UnitOfWork, read_id: UUID, *, justified: bool, finding: str) -> UUID:
    """Close what was flagged, with what was found; return the entry.

    Raises:
        NotFound: there is no such read that the actor's organisation reported.
        ReadNotFlagged: it waits for nobody.
    """
    row = work.load(ReportedRead, read_id)
    if row.organisation_id != work.actor.organisation_id:
        raise NotFound("no such read")
    on = Resource(organisation_ids=frozenset({row.organisation_id}))
    work.authorise(Permission.ACCESS_REVIEW, on=on)
    if row.finding not in FLAGGED or row.settled_at is not None:
        raise ReadNotFlagged("look at the list of what is flagged")
    entry = ReadSettled(
        read_id=read_id, patient_id=row.patient_id, justified=justified, finding=finding
    )
    return work.record(entry).id


def _key(work: UnitOfWork, source_id: str) -> str:
    return sha256(f"{work.actor.ref}\n{source_id}".encode()).hexdigest()


def _before(work: UnitOfWork, keys: Sequence[str]) -> dict[str, Reported]:
    row = ReportedRead
    found = work.session.execute(
        select(row.source_key, row.id, row.finding).where(row.source_key.in_(keys))
    )
    return {key: Reported(read_id=one, finding=what, new=False) for key, one, what in found}


class _Taking:
    """Takes events in one after another; asks once for what several have in common."""

    def __init__(self, work: UnitOfWork, organisation_id: UUID) -> None:
        self.work = work
        self.own = organisation_id
        self.patients: dict[str, UUID | None] = {}
        self.people: dict[UUID, bool] = {}

    def take(self, at: str, resource: object, event: ReportedEvent, key: str) -> Reported:
        """Record one event, with what it comes to."""
        if event.patient not in self.patients:
            self.patients[event.patient] = _patient(self.work, event.patient)
        patient_id = self.patients[event.patient]
        decisions = [] if patient_id is None else _decisions(self.work, patient_id, event)
        if patient_id is None or not self._knows_of(patient_id, decisions):
            fault = Fault(f"{at}.entity", "name a patient whom your organisation has on its list")
            raise NotAnAuditEvent(fault.detail, [fault])
        finding, decision = self._finding(event, patient_id, decisions)
        read_id = new_id()
        entry = ReadReported(
            read_id=read_id,
            patient_id=patient_id,
            organisation_id=self.own,
            source_key=key,
            person_id=event.person_id if self._known(event.person_id) else None,
            read_at=event.read_at,
            action=event.action,
            purpose=event.purpose,
            decision_id=None if decision is None else decision.entry_id,
            finding=finding,
            event=json.dumps(resource, ensure_ascii=False),
        )
        try:
            self.work.record(entry)
        except IntegrityError as error:
            raise ReportedMeanwhile("send them again") from error
        return Reported(read_id=read_id, finding=finding, new=True)

    def _knows_of(self, patient_id: UUID, decisions: Sequence[Decided]) -> bool:
        """Say whether the organisation may learn that there is such a patient.

        It has them, or was answered about them: a report is no way to try numbers out.
        """
        session = self.work.session
        if on_list(session, self.own, together.records(session, patient_id)):
            return True
        return any(self.own in (one.organisation_id, one.holder_id) for one in decisions)

    def _finding(
        self, event: ReportedEvent, patient_id: UUID, decisions: Sequence[Decided]
    ) -> tuple[Finding, Decided | None]:
        finding, decision = reconcile(event, self.own, decisions)
        if finding is Finding.RESIDUAL_NOT_CHECKED and decision is not None:
            finding = _residual(self.work, event, patient_id, decision)
        return finding, decision

    def _known(self, person_id: UUID | None) -> bool:
        if person_id is None:
            return False
        if person_id not in self.people:
            known = directory.person_names(self.work.session, [person_id])
            self.people[person_id] = person_id in known
        return self.people[person_id]


def _patient(work: UnitOfWork, named: str) -> UUID | None:
    system, _, value = named.rpartition("|")
    try:
        if system == NHS_NUMBER:
            return directory.patient_by_nhs_number(work.session, value)
        found = UUID(named.removeprefix("Patient/"))
    except (Invalid, ValueError):
        return None
    return found if directory.patient_exists(work.session, found) else None


def _decisions(work: UnitOfWork, patient_id: UUID, event: ReportedEvent) -> list[Decided]:
    """Return the decisions about a patient that this read may have come of."""
    bodies = work.session.scalars(
        select(LogEntry.body)
        .join(EntrySubject, EntrySubject.position == LogEntry.position)
        .where(EntrySubject.subject == f"patient:{patient_id}")
        .where(LogEntry.kind == AccessDecided.kind)
        .where(LogEntry.at >= event.read_at - WINDOW, LogEntry.at <= event.read_at + SKEW)
        .order_by(LogEntry.position.desc())
        .limit(200)
    )
    return [_decided(Record.from_bytes(body)) for body in bodies]


def _decided(record: Record[Entry]) -> Decided:
    entry: Any = record.entry  # Of any version: what is read here, all of them have.
    actors = {f"organisation:{entry.organisation_id}", *(f"role:{one}" for one in entry.roles)}
    actors |= {f"organisation:{one}" for one in getattr(entry, "stood_for", ())}
    if entry.person_id is not None:
        actors.add(f"person:{entry.person_id}")
    return Decided(
        entry_id=record.id,
        at=record.at,
        person_id=entry.person_id,
        organisation_id=entry.organisation_id,
        holder_id=entry.holder_id,
        purpose=entry.purpose,
        category=entry.category,
        outcome=entry.outcome,
        actors=frozenset(actors),
        action=entry.action.value,
        version=entry.saw.consents,
    )


def _residual(
    work: UnitOfWork, event: ReportedEvent, patient_id: UUID, decision: Decided
) -> Finding:
    """Tell whether what was read was withheld, if the patient's choices are as they were."""
    standing = consents.standing(work.session, patient_id)
    if standing.version != decision.version:
        return Finding.RESIDUAL_NOT_CHECKED
    labelled = event.sensitivities is not None
    data = Data(
        category=decision.category,
        resource_type=event.resource_type,
        labels=Labels(event.confidentiality, event.sensitivities or frozenset())
        if labelled
        else None,
    )
    request = Request(
        subject=patient_id,
        actors=decision.actors,
        action=decision.action,
        purpose=decision.purpose,
        at=decision.at,
        data=data,
    )
    said = enforce(evaluate(standing.consents, request), data)
    if said is Said.DENY:
        return Finding.OUTSIDE_RESIDUAL
    return Finding.MATCHED if said is Said.PERMIT else Finding.RESIDUAL_NOT_CHECKED
