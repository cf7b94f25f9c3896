"""Asking patients, by commands as their users would give them, on both databases."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.consent import queries, service
from ledger.consent.asking import queries as asking
from ledger.consent.asking import service as asks
from ledger.consent.asking.rules import (
    AnswersAnother,
    AskedAlready,
    Outcome,
    RequestNotPossible,
    counts,
)
from ledger.consent.asking.time import carry_out, lapse, remind
from ledger.consent.notices.rules import Format
from ledger.consent.rules.lifecycle import Event, IllegalTransition, Status
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.replay import replay
from ledger.core.work import unit_of_work
from ledger.directory import service as directory
from ledger.directory.rules.imports import Identity
from tests.conftest import NOW
from tests.consent.conftest import Partnership
from tests.given import consent as given
from tests.given.directory import SYSTEM, cared_for, member, nhs_number, patient
from tests.given.notices import authored

TODAY = NOW.date()
LAST = TODAY + timedelta(days=28)


def asked(actor: Actor, p: Partnership, *patient_ids: UUID, **other: object) -> asks.Asked:
    wanted = {
        "patient_ids": patient_ids,
        "agreement_id": p.agreement_id,
        "choice": given.choice(p.council),
        "notice_id": "sharing",
        "language": "en-GB",
        "how": Format.STANDARD,
        "awaited_to": LAST,
        **other,
    }
    with unit_of_work(actor) as work:
        return asks.ask(work, **wanted)  # type: ignore[arg-type]


@pytest.fixture
def steward(partnership: Partnership) -> Actor:
    found = member(Role.STEWARD, at=partnership.trust)
    authored(found)
    return found


def without_address(p: Partnership, name: str = "Nia Fern") -> UUID:
    identity = Identity(name=name, date_of_birth=TODAY, nhs_number=nhs_number())
    with unit_of_work(SYSTEM) as work:
        return directory.register_patient(work, organisation_id=p.trust, identity=identity)


def view(session: Session, p: Partnership, consent_id: UUID) -> queries.ConsentView:
    return queries.consent(session, p.patient, consent_id, now=clock.now())


def test_a_patient_is_asked_and_says_yes(
    session: Session, partnership: Partnership, steward: Actor
) -> None:
    p = partnership
    request = asked(steward, p, p.patient_id)
    consent_id = request.consent_ids[p.patient_id]
    assert view(session, p, consent_id).status is Status.OFFERED
    (waiting,) = asking.waiting_for(session, p.patient, p.patient_id, now=NOW)
    assert waiting.consent_id == consent_id
    assert waiting.awaited_to == LAST
    assert waiting.notice is not None
    assert waiting.notice["id"] == "sharing"
    assert waiting.terms is not None
    assert waiting.terms.scope.categories == given.CATEGORIES

    with unit_of_work(p.patient) as work:
        service.grant(
            work,
            patient_id=p.patient_id,
            agreement_id=p.agreement_id,
            choice=given.choice(p.council),
            answers=consent_id,
        )
    answered = view(session, p, consent_id)
    assert [one.event for one in answered.events] == [
        Event.REQUESTED,
        Event.OFFERED,
        Event.GRANTED,
    ]
    assert answered.in_force(NOW)
    assert answered.notice is not None
    assert answered.notice["digest"] == waiting.notice["digest"]
    assert asking.waiting_for(session, p.patient, p.patient_id, now=NOW) == ()
    with pytest.raises(IllegalTransition), unit_of_work(p.patient) as work:
        service.refuse(
            work,
            patient_id=p.patient_id,
            agreement_id=p.agreement_id,
            choice=given.choice(p.council),
            answers=consent_id,
        )


def test_an_answer_is_to_what_was_asked(partnership: Partnership, steward: Actor) -> None:
    p = partnership
    consent_id = asked(steward, p, p.patient_id).consent_ids[p.patient_id]
    with pytest.raises(AnswersAnother), unit_of_work(p.patient) as work:
        service.dissent(
            work,
            patient_id=p.patient_id,
            agreement_id=p.agreement_id,
            choice=given.choice(purposes=frozenset({"HRESCH"})),
            answers=consent_id,
        )
    other_id, other = patient(at=p.trust)
    with pytest.raises(NotFound), unit_of_work(other) as work:
        service.refuse(
            work,
            patient_id=other_id,
            agreement_id=p.agreement_id,
            choice=given.choice(p.council),
            answers=consent_id,
        )


def test_who_has_no_address_waits_for_a_letter(
    session: Session, partnership: Partnership, steward: Actor
) -> None:
    p = partnership
    nia = without_address(p)
    request = asked(steward, p, p.patient_id, nia)
    assert asking.request(session, steward, request.request_id, now=NOW).letters == 1
    with unit_of_work(steward) as work:
        letters = asks.list_letters(
            work, request.request_id, notice_id="sharing", language="cy", how=Format.LARGE_PRINT
        )
    assert [(one.name, one.notice.language, one.notice.format) for one in letters] == [
        ("Nia Fern", "cy", "large-print")
    ]
    assert asking.request(session, steward, request.request_id, now=NOW).letters == 0
    with unit_of_work(steward) as work:
        again = asks.list_letters(
            work, request.request_id, notice_id="sharing", language="cy", how=Format.STANDARD
        )
    assert again == ()


def test_who_does_not_answer_is_reminded_once_and_then_said_nothing(
    session: Session, partnership: Partnership, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = partnership
    request = asked(steward, p, p.patient_id)
    consent_id = request.consent_ids[p.patient_id]

    def at(day: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: NOW + day)

    assert (carry_out(remind), carry_out(lapse)) == (0, 0)
    at(timedelta(days=22))
    assert (carry_out(remind), carry_out(remind), carry_out(lapse)) == (1, 0, 0)
    at(timedelta(days=28))
    assert carry_out(lapse) == 0
    at(timedelta(days=29))
    assert (carry_out(lapse), carry_out(lapse), carry_out(remind)) == (1, 0, 0)
    found = view(session, p, consent_id)
    assert found.status is Status.UNANSWERED
    assert found.events[-1].actor == "system:clock"
    seen = asking.request(session, steward, request.request_id, now=clock.now())
    assert seen.counts[Outcome.UNANSWERED] == 1
    assert seen.counts[Outcome.NO] is None
    # Not a no: an old paper yes is as good as it was.
    given.granted(p.patient, p.agreement_id, to=p.council)
    copy = create_engine("sqlite://")
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []


def test_who_may_ask_whom(partnership: Partnership, steward: Actor) -> None:
    p = partnership
    clinician = member(Role.CLINICIAN, at=p.trust)
    stranger = member(Role.STEWARD)
    elsewhere, _ = patient()
    with pytest.raises(NotFound):
        asked(clinician, p, p.patient_id)
    cared_for(p.patient_id, by=clinician)
    with pytest.raises(NotFound):
        asked(stranger, p, p.patient_id)
    with pytest.raises(NotFound):
        asked(steward, p, p.patient_id, elsewhere)
    with pytest.raises((NotFound, Forbidden)):
        asked(p.patient, p, p.patient_id)
    asked(clinician, p, p.patient_id)
    with pytest.raises(AskedAlready):
        asked(steward, p, p.patient_id)


@pytest.mark.parametrize("days", [6, 366, -1])
def test_a_last_day_is_neither_too_near_nor_too_far(
    partnership: Partnership, steward: Actor, days: int
) -> None:
    p = partnership
    with pytest.raises(RequestNotPossible):
        asked(steward, p, p.patient_id, awaited_to=TODAY + timedelta(days=days))
    with pytest.raises(RequestNotPossible):
        asked(steward, p)


def test_a_stranger_learns_nothing_of_a_request(
    session: Session, partnership: Partnership, steward: Actor
) -> None:
    p = partnership
    request = asked(steward, p, p.patient_id)
    elsewhere = member(Role.STEWARD)
    assert asking.requests(session, elsewhere, now=NOW) == ()
    with pytest.raises(NotFound):
        asking.request(session, elsewhere, request.request_id, now=NOW)
    with pytest.raises(NotFound):
        asking.waiting_for(session, steward, p.patient_id, now=NOW)
    (mine,) = asking.requests(session, steward, now=NOW)
    assert mine.waiting_ids == ()  # A steward sees no patient's consents.
    assert mine.counts[Outcome.WAITING] == 1
    clinician = member(Role.CLINICIAN, at=p.trust)
    cared_for(p.patient_id, by=clinician)
    (theirs,) = asking.requests(session, clinician, now=NOW)
    assert theirs.waiting_ids == (p.patient_id,)


def test_figures_tell_nobodys_answer() -> None:
    few = counts({(Status.ACTIVE, True): 4})
    assert (few[Outcome.ANSWERED], few[Outcome.YES]) == (4, None)
    open_still = counts({(Status.ACTIVE, True): 7, (Status.OFFERED, False): 1})
    assert open_still[Outcome.YES] is None
    told = counts(
        {(Status.ACTIVE, True): 3, (Status.WITHDRAWN, True): 1, (Status.REFUSED, False): 2}
    )
    assert (told[Outcome.YES], told[Outcome.NO], told[Outcome.WAITING]) == (4, 2, 0)
