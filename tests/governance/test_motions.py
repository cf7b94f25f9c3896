"""Motions from words to outcome: each step, each refusal, and what is left in the log."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, LedgerError, NotFound
from ledger.core.replay import replay
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.governance import service as governance
from ledger.governance.motions import queries, schedule, service
from ledger.governance.motions.counting import Because
from ledger.governance.motions.effects import BadParameters, UnknownEffect
from ledger.governance.motions.models import BallotBox
from ledger.governance.motions.rules import (
    BadMotion,
    BadRules,
    BadVote,
    Choice,
    QuorumOutOfReach,
    State,
    VotingRules,
    WrongState,
)
from ledger.governance.motions.service.closing import VoteRunning
from ledger.governance.motions.service.executing import ExecutedAlready, NothingToDo
from ledger.governance.motions.service.holding import BodyIsDissolved, NoVotingRules
from ledger.governance.motions.service.preparing import (
    NotItsMover,
    NotSeconded,
    SecondedAlready,
    SecondedByMover,
)
from ledger.governance.motions.service.voting import (
    NotOnTheRoll,
    VotedAlready,
    VoteOver,
    WhichSeat,
)
from tests.beginnings import begins_with
from tests.conftest import NOW
from tests.given import directory
from tests.given.funding import posted
from tests.given.motions import (
    PATIENT,
    PAYER,
    RULES,
    GivenBoard,
    board,
    closed,
    motion,
    opened,
    passed,
    seated,
    voted,
)

TODAY = NOW.date()
FOR, AGAINST, ABSTAIN = Choice
WORDS = {"title": "Words", "resolution": "That it be so."}


beginning = begins_with(board)


@pytest.fixture
def given(told: GivenBoard) -> GivenBoard:
    return told


def seen(actor: Actor, motion_id: UUID) -> queries.MotionView:
    return queries.motion(db.session(), actor, motion_id, on=TODAY)


def refuses(
    error: type[LedgerError],
    actor: Actor,
    command: Callable[..., object],
    *about: object,
    **said: object,
) -> None:
    with pytest.raises(error):
        posted(actor, command, *about, **said)


def test_a_motion_passes_by_name_and_the_roll_shows_who_voted_how(given: GivenBoard) -> None:
    motion_id = opened(given)
    voted(given, motion_id, {0: FOR, 1: AGAINST, 2: FOR})
    voted(given, motion_id, {1: ABSTAIN})
    decision = posted(given.members[0], service.close, motion_id)
    assert (decision.outcome, decision.because) == (State.PASSED, Because.THRESHOLD_REACHED)
    found = seen(given.members[2], motion_id)
    assert [one.choice for one in found.roll] == [FOR, ABSTAIN, FOR]
    assert found.count == decision.count
    assert (decision.count.votes_for, decision.count.against, decision.count.abstained) == (2, 0, 1)
    refuses(NothingToDo, given.members[0], service.execute, motion_id)
    refuses(WrongState, given.members[0], service.close, motion_id)


def test_what_may_not_be_proposed(given: GivenBoard) -> None:
    mover, stranger = given.members[0], directory.member(Role.BOARD_MEMBER, at=given.host)
    propose = service.propose
    refuses(Forbidden, stranger, propose, given.id, **WORDS)
    refuses(NotFound, mover, propose, uuid4(), **WORDS)
    refuses(BadMotion, mover, propose, given.id, title=" ", resolution="x")
    refuses(BadMotion, mover, propose, given.id, title="x", resolution="x" * 8001)
    refuses(UnknownEffect, mover, propose, given.id, **WORDS, effect="pay-me", parameters={})
    appoint = {"effect": "governance.appoint"}
    wrong: tuple[object, ...] = (None, {}, {"seat_id": 1}, [], {"seat_id": "x", "person_id": "y"})
    for bad in wrong:
        refuses(BadParameters, mover, propose, given.id, **WORDS, **appoint, parameters=bad)
    posted(given.steward, service.dissolve, given.id)
    refuses(BodyIsDissolved, mover, propose, given.id, **WORDS)
    refuses(BodyIsDissolved, given.steward, service.dissolve, given.id)
    refuses(BodyIsDissolved, given.steward, service.set_rules, given.id, rules=RULES)


def test_a_body_without_rules_decides_nothing(session: Session) -> None:
    given = board(rules=None)
    refuses(NoVotingRules, given.members[0], service.propose, given.id, **WORDS)
    refuses(BadRules, given.steward, service.set_rules, given.id, rules=VotingRules(quorum_seats=4))
    refuses(Forbidden, given.members[0], service.set_rules, given.id, rules=RULES)


def test_seconding_and_taking_back(given: GivenBoard) -> None:
    mover, other = given.members[:2]
    motion_id = posted(mover, service.propose, given.id, **WORDS)
    refuses(SecondedByMover, mover, service.second, motion_id)
    refuses(NotSeconded, mover, service.open_vote, motion_id)
    posted(other, service.second, motion_id)
    refuses(SecondedAlready, given.members[2], service.second, motion_id)
    refuses(NotItsMover, other, service.withdraw, motion_id)
    posted(mover, service.withdraw, motion_id)
    refuses(WrongState, mover, service.open_vote, motion_id)
    later = opened(given)
    refuses(WrongState, mover, service.withdraw, later)
    refuses(WrongState, given.members[2], service.second, later)


def test_a_vote_opens_for_a_time_and_with_a_quorum(given: GivenBoard) -> None:
    motion_id = motion(given)
    for wrong in (NOW, NOW - timedelta(1), NOW + timedelta(days=91)):
        refuses(BadVote, given.members[0], service.open_vote, motion_id, closes_at=wrong)
    for one in given.members[1:]:
        posted(one, service.declare, motion_id, recused=True)
    refuses(QuorumOutOfReach, given.members[0], service.open_vote, motion_id)


def test_a_ballot_belongs_to_a_seat_on_the_roll_and_whoever_holds_it(given: GivenBoard) -> None:
    motion_id = motion(given)
    refuses(WrongState, given.members[0], service.cast, motion_id, choice=FOR)
    posted(given.members[0], service.open_vote, motion_id)
    late = directory.member(Role.BOARD_MEMBER, at=given.host)
    seat = posted(given.steward, governance.create_seat, given.id, stakeholder=PAYER, title="New")
    seated(given.steward, seat, late)
    refuses(NotOnTheRoll, late, service.cast, motion_id, choice=FOR)
    other = given.seats[1]
    refuses(NotOnTheRoll, given.members[0], service.cast, motion_id, choice=FOR, seat_id=other)
    posted(given.members[0], service.cast, motion_id, choice=FOR)
    refuses(VotedAlready, given.members[0], service.cast, motion_id, choice=FOR)
    stranger = directory.member(Role.BOARD_MEMBER, at=given.host)
    refuses(NotFound, stranger, service.cast, motion_id, choice=FOR)
    with pytest.raises(VoteOver), unit_of_work(given.members[1], now=NOW + timedelta(8)) as work:
        service.cast(work, motion_id, choice=FOR)


def test_one_person_is_one_person_in_every_account_and_has_a_ballot_for_each_seat(
    given: GivenBoard,
) -> None:
    seat = posted(
        given.steward, governance.create_seat, given.id, stakeholder=PATIENT, title="Second"
    )
    mover = given.members[0]
    seated(given.steward, seat, mover)
    motion_id = opened(given)
    refuses(WhichSeat, mover, service.cast, motion_id, choice=FOR)
    posted(mover, service.cast, motion_id, choice=FOR, seat_id=seat)
    other_role = directory.member(Role.FINANCE_LEAD, at=given.host)
    same = replace(other_role, key=mover.key)
    refuses(VotedAlready, same, service.cast, motion_id, choice=FOR, seat_id=seat)
    program = Actor.client(uuid4(), roles=frozenset({Role.SERVICE}), organisation_id=given.host)
    refuses(NotFound, program, service.cast, motion_id, choice=FOR)
    voted(given, motion_id, {0: AGAINST, 1: FOR, 2: FOR})
    decision = posted(mover, service.close, motion_id)
    assert (decision.count.seats, decision.count.votes_for, decision.count.against) == (4, 3, 1)


def test_a_member_who_leaves_keeps_the_ballot_they_cast_and_casts_no_other(
    given: GivenBoard,
) -> None:
    motion_id = opened(given)
    voted(given, motion_id, {0: FOR, 1: FOR})
    for seat in given.seats[1:]:
        posted(given.steward, governance.vacate, seat, last_day=TODAY - timedelta(1))
    refuses(NotFound, given.members[1], service.cast, motion_id, choice=AGAINST)
    refuses(NotFound, given.members[2], service.cast, motion_id, choice=AGAINST)
    decision = closed(given, motion_id)
    assert (decision.outcome, decision.count.votes_for) == (State.PASSED, 2)


def test_who_steps_aside_counts_for_nothing_and_reads_nothing(given: GivenBoard) -> None:
    motion_id = opened(given)
    voted(given, motion_id, {0: FOR, 1: FOR, 2: AGAINST})
    posted(given.members[1], service.declare, motion_id, recused=False)
    posted(given.members[2], service.declare, motion_id, recused=True)
    with pytest.raises(NotFound):
        seen(given.members[2], motion_id)
    assert not queries.motions(db.session(), given.members[2], on=TODAY)
    refuses(NotFound, given.members[2], service.declare, motion_id, recused=False)
    refuses(NotFound, given.members[2], service.cast, motion_id, choice=FOR)
    decision = posted(given.members[0], service.close, motion_id)
    count = decision.count
    assert (count.seats, count.recused, count.voted, count.against) == (2, 1, 2, 0)
    interest = [one.interest for one in seen(given.members[0], motion_id).roll]
    assert interest == [False, True, True]


def test_votes_run_until_everybody_has_voted_or_their_time_is_over(given: GivenBoard) -> None:
    motion_id = opened(given)
    voted(given, motion_id, {0: FOR})
    refuses(VoteRunning, given.members[0], service.close, motion_id)
    assert closed(given, motion_id).outcome is State.NO_QUORUM


def test_a_dissolved_body_decides_nothing(given: GivenBoard) -> None:
    motion_id = opened(given)
    voted(given, motion_id, {0: FOR, 1: FOR})
    posted(given.steward, service.dissolve, given.id)
    decision = posted(given.members[0], service.close, motion_id)
    assert (decision.outcome, decision.because) == (State.LAPSED, Because.BODY_DISSOLVED)


SECRET = VotingRules(quorum_seats=3, secret=True)


def test_after_a_secret_vote_nothing_at_rest_joins_a_ballot_to_its_voter(session: Session) -> None:
    given = board((PAYER,) * 4, rules=SECRET)
    motion_id = opened(given)
    voted(given, motion_id, {0: FOR, 1: AGAINST, 2: FOR})
    refuses(VotedAlready, given.members[0], service.cast, motion_id, choice=AGAINST)
    refuses(VotedAlready, given.members[0], service.declare, motion_id, recused=True)
    assert {one.choice for one in seen(given.members[3], motion_id).roll} == {None}
    boxes = {one.choice: one.ballots for one in session.scalars(select(BallotBox))}
    assert boxes == {"for": 2, "against": 1}
    assert {c.name for c in BallotBox.__table__.columns} == {"motion_id", "choice", "ballots"}
    decision = closed(given, motion_id)
    assert (decision.outcome, decision.count.votes_for, decision.count.against) == (
        State.PASSED, 2, 1,
    )  # fmt: skip
    assert decision.count.classes == ()
    session.rollback()
    assert session.scalars(select(BallotBox)).all() == []
    seats = session.execute(text("select choice from motion_seats where voted")).all()
    assert [tuple(one) for one in seats] == [(None,)] * 3
    for entry in session.scalars(select(LogEntry).where(LogEntry.kind.like("governance.%"))):
        said = json.loads(entry.body)["data"]
        assert "seat_id" not in said or "choice" not in said


def test_too_few_secret_ballots_are_told_to_nobody(session: Session) -> None:
    given = board((PAYER,) * 4, rules=SECRET)
    motion_id = opened(given)
    voted(given, motion_id, {0: FOR, 1: AGAINST})
    decision = closed(given, motion_id)
    assert (decision.outcome, decision.count.voted) == (State.NO_QUORUM, 2)
    assert decision.count.votes_for is decision.count.against is None


def test_time_reminds_once_then_closes_and_carries_out(
    given: GivenBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = directory.member(Role.BOARD_MEMBER, at=given.host)
    posted(given.steward, governance.vacate, given.seats[2], last_day=TODAY - timedelta(1))
    appointment = {"seat_id": str(given.seats[2]), "person_id": str(person.id)}
    motion_id = opened(
        given,
        effect="governance.appoint",
        parameters={**appointment, "first_day": str(TODAY), "last_day": None},
    )
    assert schedule.run() == 0
    voted(given, motion_id, {0: FOR, 1: FOR})
    monkeypatch.setattr("ledger.core.clock.now", lambda: NOW + timedelta(days=6))
    assert (schedule.run(), schedule.run()) == (1, 0)
    monkeypatch.setattr("ledger.core.clock.now", lambda: NOW + timedelta(days=7))
    assert (schedule.run(), schedule.run()) == (2, 0)
    found = seen(given.members[0], motion_id)
    assert (found.state, found.problem) == (State.PASSED, None)
    assert str(found.result).startswith("term:")
    entries = db.session.scalars(select(LogEntry).order_by(LogEntry.position.desc()).limit(2))
    executed, appointed = (json.loads(one.body) for one in entries)
    assert (executed["actor"], executed["on_behalf_of"]) == ("system:clock", None)
    assert (appointed["actor"], appointed["on_behalf_of"]) == ("system:clock", f"body:{given.id}")


def test_a_body_fills_no_seat_of_another(given: GivenBoard) -> None:
    other = board(host=given.host)
    asked = {"seat_id": str(other.seats[0]), "person_id": str(given.members[0].id)}
    refuses(
        LedgerError, given.members[0], service.propose, given.id, **WORDS,
        effect="governance.appoint", parameters={**asked, "first_day": str(TODAY)},
    )  # fmt: skip


def test_what_fails_is_undone_named_and_tried_again_by_a_person(given: GivenBoard) -> None:
    person = directory.member(Role.BOARD_MEMBER, at=given.host)
    asked = {"seat_id": str(given.seats[2]), "person_id": str(person.id)}
    motion_id = passed(
        given, effect="governance.appoint", parameters={**asked, "first_day": str(TODAY)}
    )
    refused = posted(given.members[0], service.execute, motion_id)
    assert isinstance(refused, LedgerError)
    found = seen(given.members[0], motion_id)
    assert (found.state, found.problem, found.result) == (State.PASSED, "seat-taken", None)
    assert schedule.run() == 0, "time tries once: after that it is for a person"
    posted(given.steward, governance.vacate, given.seats[2], last_day=TODAY - timedelta(1))
    posted(given.members[0], service.execute, motion_id)
    found = seen(given.members[0], motion_id)
    assert (found.problem, found.to_carry_out) == (None, False)
    refuses(ExecutedAlready, given.members[0], service.execute, motion_id)


def test_who_may_do_what(given: GivenBoard) -> None:
    host = given.host
    motion_id = opened(given)
    manager, steward, auditor, clinician, elsewhere = (
        directory.member(Role.POOL_MANAGER, at=host),
        given.steward,
        directory.member(Role.AUDITOR, at=directory.organisation()),
        directory.member(Role.CLINICIAN, at=host),
        directory.member(Role.POOL_MANAGER, at=directory.organisation()),
    )
    for reads in (manager, steward, auditor, *given.members):
        assert seen(reads, motion_id).id == motion_id
    for blind in (clinician, elsewhere):
        with pytest.raises(NotFound):
            seen(blind, motion_id)
        refuses(NotFound, blind, service.close, motion_id)
    refuses(Forbidden, manager, service.cast, motion_id, choice=FOR)
    refuses(Forbidden, auditor, service.close, motion_id)
    seated_auditor = replace(given.members[0], held=frozenset({Role.AUDITOR}))
    refuses(Forbidden, seated_auditor, service.cast, motion_id, choice=FOR)


def test_replay_equals_live(app: Flask, session: Session, tmp_path: Path) -> None:
    given = board(chair=0)
    for ballots in ({0: FOR, 1: AGAINST}, {0: AGAINST, 1: FOR}, {0: FOR}):
        motion_id = opened(given)
        voted(given, motion_id, ballots)
        posted(given.members[2], service.declare, motion_id, recused=True)
        closed(given, motion_id)
    posted(given.members[0], service.withdraw, motion(given))
    hidden = board((PAYER,) * 3, rules=SECRET)
    secret = opened(hidden)
    voted(hidden, secret, {0: FOR, 1: FOR, 2: AGAINST})
    posted(hidden.members[0], service.close, secret)
    posted(hidden.steward, service.dissolve, hidden.id)
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    session.rollback()
    report = replay(db.engine, copy)
    with copy.connect() as connection:
        assert connection.scalar(text("select count(*) from motions")) == 5
    copy.dispose()
    assert report.differences == []
    assert report.rows["motion_seats"] == 12
