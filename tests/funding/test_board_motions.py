"""A pool's board decides by motions: what they post, what they stand for, and what they do not."""

from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ledger.core.actor import Actor, Mandate
from ledger.core.db import db
from ledger.core.errors import Forbidden, LedgerError, NotFound
from ledger.core.work import unit_of_work
from ledger.funding.boards import queries
from ledger.funding.boards import service as boards
from ledger.funding.boards.service import BoardAgreedAlready, NotThePoolsBoard
from ledger.funding.models import PoolTransaction, Proposal
from ledger.funding.rules.chart import Head
from ledger.funding.rules.controls import MakerApproves, NobodyActs, human
from ledger.funding.rules.limits import BeyondLimit
from ledger.funding.service import approvals, budget
from ledger.governance.motions import queries as motions
from ledger.governance.motions import service
from ledger.governance.motions.rules import Choice, State
from tests.conftest import NOW
from tests.given.funding import GivenPool, allocated, held, pool, posted
from tests.given.motions import GivenBoard, allocation, board, board_of, opened, passed, voted
from tests.given.races import at_once

TODAY = NOW.date()
WORDS = {"title": "Money", "resolution": "That it be moved."}


def virement(given: GivenPool, amount_minor: int) -> dict[str, object]:
    first, second = map(str, given.schemes)
    pool_id = str(given.id)
    moves = {"from_scheme_id": first, "to_scheme_id": second, "amount_minor": amount_minor}
    return {"pool_id": pool_id, **moves}


def seen(given: GivenBoard, motion_id: UUID) -> motions.MotionView:
    return motions.motion(db.session(), given.members[0], motion_id, on=TODAY)


def transaction(motion: motions.MotionView) -> PoolTransaction:
    key = UUID(str(motion.result).removeprefix("transaction:"))
    return db.session().get_one(PoolTransaction, key)


def test_a_board_is_a_pools_once_every_partner_has_agreed(given: GivenPool) -> None:
    made = board(host=given.partners[0])
    for number, lead in enumerate(given.leads):
        assert queries.board_of(db.session(), given.id) is None
        last = posted(lead, boards.agree_board, given.id, body_id=made.id)
        assert last is (number == 2)
    assert queries.pools_of(db.session(), made.id) == [given.id]
    with pytest.raises(BoardAgreedAlready):
        posted(given.leads[0], boards.agree_board, given.id, body_id=made.id)
    with pytest.raises(Forbidden):
        posted(given.manager, boards.agree_board, given.id, body_id=made.id)
    other = board(host=given.partners[0])
    posted(given.leads[0], boards.agree_board, given.id, body_id=other.id)
    assert queries.board_of(db.session(), given.id) is None


def test_an_allocation_that_passed_is_posted_and_names_its_motion(given: GivenPool) -> None:
    made = board_of(given)
    motion_id = passed(made, **allocation(given, 300_000_00, 50_000_00))
    posted(made.members[0], service.execute, motion_id)
    found = seen(made, motion_id)
    assert (found.waiting, found.problem) == (False, None)
    row = transaction(found)
    assert (row.event, row.basis, row.reference) == (
        "budget-allocated", f"Motion {motion_id}", "Allocate",
    )  # fmt: skip
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[0]) == 300_000_00
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[1]) == 50_000_00


def test_a_motion_stands_for_the_approval_of_a_virement_and_of_an_allocation(
    session: Session,
) -> None:
    given = pool(steps=(("allocation", None, "every partner's chief finance officer"),))
    amounts = {given.schemes[0]: 100_00}
    asked = posted(given.manager, budget.allocate, given.id, amounts_minor=amounts, reference="x")
    assert asked.waiting, "without a motion it waits"
    made = board_of(given)
    posted(made.members[0], service.execute, passed(made, **allocation(given, 100_00)))
    motion_id = passed(made, effect="funding.vire", parameters=virement(given, 40_00))
    posted(made.members[0], service.execute, motion_id)
    assert transaction(seen(made, motion_id)).event == "budget-vired"
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[1]) == 40_00


def test_what_needs_every_partner_still_does_and_its_maker_is_the_mover(given: GivenPool) -> None:
    made = board_of(given)
    pool_id = str(given.id)
    reserve = {"pool_id": pool_id, "amount_minor": 100_00}
    motion_id = passed(made, effect="funding.set-reserve", parameters=reserve)
    posted(made.members[0], service.execute, motion_id)
    assert held(db.session(), given, Head.RESERVE) == 100_00
    release = {**reserve, "scheme_id": str(given.schemes[0])}
    motion_id = passed(made, effect="funding.release-reserve", parameters=release)
    posted(made.members[0], service.execute, motion_id)
    found = seen(made, motion_id)
    assert found.waiting
    proposal_id = UUID(str(found.result).removeprefix("transaction:"))
    proposal = db.session().get_one(Proposal, proposal_id)
    assert (proposal.state, proposal.maker_id) == ("waiting", made.members[0].id)
    assert proposal.body["basis"] == f"Motion {motion_id}"
    db.session().rollback()
    for lead in given.leads:
        posted(lead, approvals.approve, proposal_id)
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[0]) == 100_00


def test_the_mover_of_a_motion_does_not_approve_what_it_made(given: GivenPool) -> None:
    made = board_of(given)
    reserve = {"pool_id": str(given.id), "amount_minor": 100_00}
    posted(
        made.members[0], service.execute,
        passed(made, effect="funding.set-reserve", parameters=reserve),
    )  # fmt: skip
    release = {**reserve, "scheme_id": str(given.schemes[0])}
    motion_id = passed(made, effect="funding.release-reserve", parameters=release)
    posted(made.members[0], service.execute, motion_id)
    proposal_id = UUID(str(seen(made, motion_id).result).removeprefix("transaction:"))
    mover_as_lead = replace(given.leads[0], key=made.members[0].key)
    db.session().rollback()
    with pytest.raises(MakerApproves):
        posted(mover_as_lead, approvals.approve, proposal_id)


def test_no_other_body_moves_a_pools_money(given: GivenPool) -> None:
    stranger = board(host=given.partners[0])
    with pytest.raises(NotThePoolsBoard):
        posted(stranger.members[0], service.propose, stranger.id, **WORDS, **allocation(given, 1))
    made = board_of(given)
    motion_id = passed(made, **allocation(given, 100_00))
    posted(given.leads[0], boards.agree_board, given.id, body_id=stranger.id)
    refused = posted(made.members[0], service.execute, motion_id)
    assert isinstance(refused, NotThePoolsBoard)
    assert seen(made, motion_id).problem == "not-the-pools-board"
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[0]) == 0


@pytest.mark.parametrize("amounts", [(0,), (-1,), (2**53,), ()])
def test_hostile_amounts_are_refused_when_they_are_proposed(
    given: GivenPool, amounts: tuple[int, ...]
) -> None:
    made = board_of(given)
    with pytest.raises(LedgerError):
        posted(made.members[0], service.propose, made.id, **WORDS, **allocation(given, *amounts))


def test_what_there_is_no_money_for_is_refused_whole_and_tried_again(given: GivenPool) -> None:
    made = board_of(given)
    motion_id = passed(made, **allocation(given, 1_200_000_00, 1))
    posted(made.members[0], service.execute, motion_id)
    assert seen(made, motion_id).problem == "beyond-limit"
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[0]) == 0
    count = db.session().scalars(select(PoolTransaction.event)).all().count("budget-allocated")
    assert count == 0


def test_a_preview_is_the_command_itself_taken_back(given: GivenPool) -> None:
    made = board_of(given)
    motion_id = opened(made, **allocation(given, 100_00))
    done = service.preview(made.members[2], motion_id)
    figures = {one.name: (one.before_minor, one.after_minor) for one in done.figures}
    assert figures["B:available"] == (0, 100_00)
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[0]) == 0
    assert seen(made, motion_id).state is State.OPEN
    posted(given.manager, budget.allocate, given.id, amounts_minor={given.schemes[0]: 10_00},
           reference="x")  # fmt: skip
    moved = opened(made, effect="funding.vire", parameters=virement(given, 10_00))
    assert service.preview(made.members[2], moved).figures
    with pytest.raises(BeyondLimit):
        service.preview(
            made.members[2],
            opened(made, effect="funding.vire", parameters=virement(given, 10_01)),
        )
    stranger = board(host=given.partners[0])
    with pytest.raises(NotFound):
        service.preview(stranger.members[0], motion_id)


def test_the_database_takes_no_motion_that_has_not_passed_or_of_another_board(
    given: GivenPool,
) -> None:
    """Whoever pretends to act for a board, in the program itself, is stopped by the triggers."""
    allocated(given, first=100_00)
    made, stranger = board_of(given), board(host=given.partners[0])
    still_open = opened(made, effect="funding.vire", parameters=virement(given, 10_00))
    words_alone = passed(made)
    for decision_id in (still_open, words_alone):
        mandate = Mandate(
            body_id=made.id, host_id=made.host, decision_id=decision_id, mover_id=made.id
        )
        source, to = given.schemes
        with (
            pytest.raises(IntegrityError),
            unit_of_work(made.members[0]) as work,
            work.acting_as(mandate),
        ):
            budget.vire(
                work, given.id, from_scheme_id=source, to_scheme_id=to, amount_minor=1,
                reference="x",
            )  # fmt: skip
    assert queries.board_of(db.session(), given.id) != stranger.id


def test_while_a_body_acts_nobody_acts_as_themselves(given: GivenPool) -> None:
    """A proposal that the clock would make has no human maker, unless a motion has a mover."""
    mandate = Mandate(
        body_id=given.id, host_id=given.partners[0], decision_id=given.id, mover_id=given.id
    )
    with unit_of_work(given.manager) as work:
        with work.acting_as(mandate):
            assert work.actor.ref == given.manager.ref
            with pytest.raises(NobodyActs):
                human(work.actor)
        assert human(work.actor) == given.manager.id
    with pytest.raises(NobodyActs):
        human(Actor.system("clock"))


def test_two_closes_and_two_executions_at_once_happen_once(app: Flask, given: GivenPool) -> None:
    made = board_of(given)
    motion_id = opened(made, **allocation(given, 100_00))
    voted(made, motion_id, dict.fromkeys(range(3), Choice.FOR))
    db.session.rollback()
    closes = [lambda: posted(made.members[0], service.close, motion_id)] * 2
    assert [one.slug for one in at_once(app, *closes)] == ["motion-not-there"]
    runs = [lambda: posted(made.members[0], service.execute, motion_id)] * 3
    refused = at_once(app, *runs)
    assert [one.slug for one in refused] == ["motion-executed-already"] * 2
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[0]) == 100_00


def test_a_vote_at_the_close_is_counted_or_refused(app: Flask, given: GivenPool) -> None:
    made = board_of(given)
    motion_id = opened(made, **allocation(given, 100_00))
    voted(made, motion_id, {0: Choice.FOR, 1: Choice.FOR})
    posted(made.members[2], service.cast, motion_id, choice=Choice.FOR)
    db.session.rollback()

    def change() -> object:
        return posted(made.members[2], service.cast, motion_id, choice=Choice.AGAINST)

    refused = at_once(app, change, lambda: posted(made.members[0], service.close, motion_id))
    found = seen(made, motion_id)
    assert found.state is State.PASSED
    assert found.count is not None
    against = [one.choice for one in found.roll].count(Choice.AGAINST)
    assert found.count.against == against == 1 - len(refused)


def test_with_an_allocation_of_the_manager_both_count(given: GivenPool) -> None:
    allocated(given, first=100_00)
    made = board_of(given)
    posted(made.members[0], service.execute, passed(made, **allocation(given, 100_00)))
    assert held(db.session(), given, Head.AVAILABLE, given.schemes[0]) == 200_00
