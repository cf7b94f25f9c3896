"""Holds, requests to be erased, and disposal: what the law wants kept is, and two people forget."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from audit import Entry, Record
from ledger.core import blobs, clock, destroying, privacy
from ledger.core.actor import Actor, ActorKind, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, Invalid
from ledger.core.ids import new_id
from ledger.core.replay import replay
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory import service
from ledger.directory.models import PatientLookup, PersonLookup
from ledger.directory.retention import disposals, holds, queries, requests, schedule
from ledger.directory.retention.entries import DisposalApproved, Erased, ErasureRefused
from ledger.directory.retention.models import Disposal
from ledger.directory.retention.rules import (
    AlreadyAsked,
    DisposalDecided,
    Ground,
    Held,
    HoldOver,
    HoldReason,
    NothingDue,
    SamePerson,
)
from ledger.directory.rules.care import DeclaredReason
from tests.conftest import NOW, Sequenced
from tests.given.consent import granted, shared, withdrawn
from tests.given.directory import member, organisation, patient

SECRET = "She said Ada lives in Lark Rise"


def officer(at: UUID) -> Actor:
    return member(Role.PRIVACY_OFFICER, at=at)


def declared(patient_id: UUID, at: UUID) -> None:
    """Leave evidence of access behind: somebody said why they care for the patient."""
    with unit_of_work(member(Role.CLINICIAN, at=at)) as work:
        service.declare_care(work, patient_id=patient_id, reason=DeclaredReason.COVER, words=SECRET)


def erase(by: Actor, patient_id: UUID) -> None:
    with unit_of_work(by) as work:
        service.erase(work, patient_id=patient_id)


def newest(session: Session, kind: type[Entry]) -> Record[Entry]:
    body = session.scalars(
        select(LogEntry.body).where(LogEntry.kind == kind.kind).order_by(LogEntry.position.desc())
    ).first()
    assert body
    return Record.from_bytes(body)


def must_replay(sequenced: Sequenced) -> None:
    sequenced()
    copy = create_engine("sqlite://")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []


def test_evidence_of_access_is_kept_under_a_key_of_its_own(
    session: Session, sequenced: Sequenced
) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    declared(patient_id, trust)
    before = destroying.parts_of(session, [patient_id])

    erase(officer(trust), patient_id)

    entry = newest(session, Erased).entry
    assert isinstance(entry, Erased)
    left = destroying.parts_of(session, [patient_id])
    assert [(part.kind, part.group) for part in left] == [("directory.care-declared", "words")]
    assert privacy.opened(session, [left[0].entry_id])[left[0].entry_id]["words"] == {
        "words": SECRET
    }
    gone = [part for part in before if part.group == "identity"]
    assert entry.kept == 1
    assert entry.parts >= len(gone)  # Whoever signed in as the patient goes with them.
    listed = blobs.read(session, entry.list_sha256).decode()
    for part in gone:
        assert f"{part.entry_id} {part.group} {part.commitment.hex()}\n" in listed
        assert privacy.opened(session, [part.entry_id]) == {part.entry_id: {part.group: None}}
    must_replay(sequenced)


def test_a_hold_refuses_erasure_and_the_attempt_is_recorded(session: Session) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    by = officer(trust)
    with unit_of_work(by) as work:
        hold_id = holds.place_hold(
            work,
            subject=f"patient:{patient_id}",
            reason=HoldReason.PUBLIC_INQUIRY,
            why="The inquiry wrote on 1 March",
            review_on=date(2027, 1, 1),
        )
    with pytest.raises(Held, match="public-inquiry"):
        erase(by, patient_id)
    assert directory.patient_exists(session, patient_id)
    refused = newest(session, ErasureRefused).entry
    assert isinstance(refused, ErasureRefused)
    assert (refused.hold_ids, refused.reasons) == ((hold_id,), (HoldReason.PUBLIC_INQUIRY,))
    assert [view.words for view in queries.holds(session, by)] == ["The inquiry wrote on 1 March"]

    with unit_of_work(by) as work:
        holds.lift_hold(work, hold_id=hold_id, why="The inquiry is over")
    with pytest.raises(HoldOver), unit_of_work(by) as work:
        holds.lift_hold(work, hold_id=hold_id, why="Again")
    erase(by, patient_id)
    assert not directory.patient_exists(session, patient_id)


def test_a_hold_on_an_agreement_keeps_what_a_patient_who_is_erased_agreed_to(
    session: Session, sequenced: Sequenced
) -> None:
    trust, council = organisation(), organisation()
    actor, agreement_id = shared(trust, council)
    assert actor.patient_id
    granted(actor, agreement_id, to=council)
    by = officer(trust)
    with unit_of_work(by) as work:
        holds.place_hold(
            work, subject=f"agreement:{agreement_id}", reason=HoldReason.LEGAL_CLAIM, why="A claim"
        )
    erase(by, actor.patient_id)
    left = {(part.kind, part.group) for part in destroying.parts_of(session, [actor.patient_id])}
    assert ("consent.granted", "terms") in left
    assert ("directory.patient-registered", "identity") not in left
    must_replay(sequenced)


@pytest.mark.parametrize("subject", ["patient", "patient:x", "house:" + "0" * 32, ""])
def test_what_cannot_be_held_is_refused(session: Session, subject: str) -> None:
    with pytest.raises(Invalid), unit_of_work(officer(organisation())) as work:
        holds.place_hold(work, subject=subject, reason=HoldReason.COMPLAINT, why="x")


def test_a_patient_asks_and_is_answered(session: Session, sequenced: Sequenced) -> None:
    trust = organisation()
    patient_id, actor = patient(at=trust)
    by = officer(trust)
    with unit_of_work(actor) as work:
        request_id = requests.ask_erasure(work, patient_id=patient_id, why="I moved away")
    with pytest.raises(AlreadyAsked), unit_of_work(actor) as work:
        requests.ask_erasure(work, patient_id=patient_id)
    with pytest.raises(Forbidden), unit_of_work(patient(at=trust)[1]) as work:
        requests.ask_erasure(work, patient_id=patient_id)
    assert [view.words for view in queries.requests(session, by)] == ["I moved away"]

    with unit_of_work(by) as work:
        requests.decline_erasure(
            work, request_id=request_id, ground=Ground.LEGAL_CLAIMS, why="A claim is open"
        )
    (mine,) = queries.requests_of(session, actor, patient_id)
    assert (mine.outcome, mine.answer) == (Ground.LEGAL_CLAIMS, "A claim is open")

    with unit_of_work(actor) as work:
        requests.ask_erasure(work, patient_id=patient_id)
    erase(by, patient_id)
    assert queries.requests(session, by) == []
    assert {view.outcome for view in queries.requests(session, by, answered=True)} == {
        "erased",
        "legal-claims",
    }
    must_replay(sequenced)


def test_disposal_takes_two_and_destroys_one_class_only(
    session: Session, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust, council = organisation(), organisation()
    actor, agreement_id = shared(trust, council)
    consent_id = granted(actor, agreement_id, to=council)
    assert actor.patient_id
    _, other = patient(at=trust)
    granted(other, agreement_id, to=council)  # Their consent goes on: nothing is due.
    withdrawn(actor, consent_id)
    proposer, approver = officer(trust), officer(trust)

    with pytest.raises(NothingDue), unit_of_work(proposer) as work:
        disposals.propose_disposal(work, retention_class="consent")
    later = NOW + timedelta(days=9 * 366)
    monkeypatch.setattr(clock, "now", lambda: later)
    with unit_of_work(proposer) as work:
        held = holds.place_hold(
            work, subject=f"patient:{actor.patient_id}", reason=HoldReason.COMPLAINT, why="Open"
        )
    with pytest.raises(NothingDue), unit_of_work(proposer) as work:
        disposals.propose_disposal(work, retention_class="consent")
    with unit_of_work(proposer) as work:
        holds.lift_hold(work, hold_id=held, why="Closed")
        disposal_id = disposals.propose_disposal(work, retention_class="consent")
    with pytest.raises(SamePerson), unit_of_work(proposer) as work:
        disposals.approve_disposal(work, disposal_id=disposal_id)
    with pytest.raises(Forbidden), unit_of_work(member(Role.AUDITOR, at=trust)) as work:
        disposals.approve_disposal(work, disposal_id=disposal_id)
    assert privacy.opened(session, _entries(session, actor.patient_id, "consent"))

    with unit_of_work(approver) as work:
        destroyed = disposals.approve_disposal(work, disposal_id=disposal_id)
    with pytest.raises(DisposalDecided), unit_of_work(approver) as work:
        disposals.decline_disposal(work, disposal_id=disposal_id)

    assert destroyed == 4  # Granting: terms, words, evidence. Withdrawing: words.
    for groups in privacy.opened(session, _entries(session, actor.patient_id, "consent")).values():
        assert set(groups.values()) == {None}
    for groups in privacy.opened(session, _entries(session, other.patient_id, "consent")).values():
        assert None not in groups.values()
    identity = _entries(session, actor.patient_id, "directory.patient-registered")
    assert privacy.opened(session, identity)[identity[0]]["identity"] is not None
    approved = newest(session, DisposalApproved).entry
    assert isinstance(approved, DisposalApproved)
    assert approved.patient_ids == (actor.patient_id,)
    must_replay(sequenced)


def test_a_person_and_their_own_program_are_not_two_people(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = organisation()
    patient(at=trust)
    person = officer(trust)
    programs = [
        replace(person, kind=ActorKind.CLIENT, key=str(new_id()), on_behalf_of=person.ref)
        for _ in range(2)
    ]
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=9 * 366))
    proposed = list[UUID]()
    for proposer, approver in ((person, programs[0]), (programs[0], person), tuple(programs)):
        with unit_of_work(proposer) as work:
            proposed.append(disposals.propose_disposal(work, retention_class="identity-of-patient"))
        with pytest.raises(SamePerson), unit_of_work(approver) as work:
            disposals.approve_disposal(work, disposal_id=proposed[-1])
    with unit_of_work(officer(trust)) as work:
        assert disposals.approve_disposal(work, disposal_id=proposed[-1])
    assert {session.get_one(Disposal, one).proposer for one in proposed} == {person.ref}


def test_with_an_identity_go_its_fingerprints(
    session: Session, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    proposer, approver = officer(trust), officer(trust)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=9 * 366))
    assert session.get(PatientLookup, patient_id)
    with unit_of_work(proposer) as work:
        disposal_id = disposals.propose_disposal(work, retention_class="identity-of-patient")
    with unit_of_work(approver) as work:
        disposals.approve_disposal(work, disposal_id=disposal_id)
    session.expire_all()
    assert session.get(PatientLookup, patient_id) is None
    assert session.get(PersonLookup, approver.id) is not None
    must_replay(sequenced)


def test_what_is_due_is_counted_and_nothing_goes_by_itself(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    by = officer(trust)
    assert schedule.look() == 0
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=9 * 366))
    assert schedule.look() >= 1
    session.rollback()  # What was read before is not what is there now.
    found = {view.retention_class.name: view.parts for view in queries.last_due(session, by)}
    assert found["identity-of-patient"] == 1
    assert directory.patient_exists(session, patient_id)
    assert queries.last_due(session, patient(at=trust)[1]) == []


def _entries(session: Session, patient_id: UUID | None, kinds: str) -> list[UUID]:
    rows = session.execute(
        select(LogEntry.id, LogEntry.body).where(LogEntry.kind.startswith(kinds))
    )
    return [
        entry_id
        for entry_id, body in rows
        if f"patient:{patient_id}" in Record.from_bytes(body).about
        and Record.from_bytes(body).private
    ]
