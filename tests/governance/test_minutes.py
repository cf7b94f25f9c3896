"""Minutes of a motion: all of what was decided and why, and nothing that was secret."""

import pytest
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.as_said import log_size
from ledger.core.db import db
from ledger.governance.motions import carrying, service
from ledger.governance.motions.rules import Choice, VotingRules
from tests.beginnings import begins_with
from tests.conftest import Sequenced
from tests.directory.conftest import ActAs, act_as
from tests.given import directory
from tests.given.funding import GivenPool, pool, posted
from tests.given.motions import (
    PATIENT,
    PAYER,
    PROVIDER,
    GivenBoard,
    allocation,
    board,
    board_of,
    opened,
    voted,
)

__all__ = ["act_as"]


def scene() -> tuple[GivenPool, GivenBoard]:
    money = pool()
    return money, board_of(money, classes=(PAYER, PAYER, PATIENT, PROVIDER))


beginning = begins_with(scene)


@pytest.fixture
def given(told: tuple[GivenPool, GivenBoard]) -> tuple[GivenPool, GivenBoard]:
    return told


def test_minutes_tell_the_whole_of_a_motion(
    act_as: ActAs, given: tuple[GivenPool, GivenBoard], sequenced: Sequenced, session: Session
) -> None:
    money, made = given
    other = opened(made, title="Another")
    motion_id = opened(made, title="More <b>now</b>", **allocation(money, 5_00, 7_00))
    page = f"/motions/{motion_id}/minutes"
    client = act_as(made.members[0])
    assert client.get(page).status_code == 409, "there are no minutes of an open vote"
    assert "Minutes" not in client.get(f"/motions/{motion_id}").text
    posted(made.members[2], service.declare, motion_id, recused=False)
    posted(made.members[3], service.declare, motion_id, recused=True)
    voted(made, motion_id, {0: Choice.FOR, 1: Choice.AGAINST, 2: Choice.FOR})
    db.session.remove()
    carrying.close_and_carry_out(made.members[0], motion_id)
    early = client.get(page).text
    assert "have no numbers yet" in early
    sequenced()
    size = log_size(session)
    db.session.remove()
    assert page in client.get(f"/motions/{motion_id}").text
    shown = client.get(page).text
    for words in (
        "More &lt;b&gt;now",
        "That the budget be allocated.",
        "Give £5.00 of budget to Reablement.",
        "Give £7.00 of budget to Equipment.",
        "Enough were for it.",
        "for the seat Seat 2: had it noted, and could vote.",
        "for the seat Seat 3: stepped aside.",
        "More than half of the votes for and against must be for it.",
        "It was carried out",
        f"/pools/{money.id}/transactions/",
        f"The log had {size:,} entries",
    ):
        assert words in shown, words
    told_of = shown.split("Entries of this motion")[1]
    for words, times in (("An interest declared", 2), ("Vote closed and counted", 1),
                         ("Proposed", 1), ("Carried out", 1)):  # fmt: skip
        assert told_of.count(words) == times, f"{words}: of this motion alone, not of {other}"
    assert act_as(made.members[3]).get(page).status_code == 404, "who stepped aside reads nothing"
    stranger = directory.member(Role.BOARD_MEMBER, at=made.host)
    db.session.remove()
    assert act_as(stranger).get(page).status_code == 404


def test_minutes_of_a_secret_vote_tell_sums_and_never_who_or_when(
    act_as: ActAs, sequenced: Sequenced
) -> None:
    made = board(rules=VotingRules(quorum_seats=3, secret=True))
    motion_id = opened(made)
    voted(made, motion_id, {0: Choice.FOR, 1: Choice.AGAINST, 2: Choice.AGAINST})
    db.session.remove()
    carrying.close_and_carry_out(made.members[0], motion_id)
    sequenced()
    shown = act_as(made.members[0]).get(f"/motions/{motion_id}/minutes").text
    roll = shown.split("Who could vote")[1].split("The count")[0]
    assert roll.count("Has voted") == 3
    assert "Against" not in roll
    assert "Too few were for it." in shown
    assert "ballot" not in shown.split("In the log")[1].lower()
    assert "<p>Nothing.</p>" in shown.split("What was carried out")[1]
