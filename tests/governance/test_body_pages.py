"""A body's own pages: how it decides, in words and as a form, and its end."""

from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.core.db import db
from ledger.governance.motions import queries
from ledger.governance.motions.rules import Basis, VotingRules
from ledger.governance.rules import StakeholderClass
from ledger.web.body_rules import as_typed, read
from tests.directory.conftest import ActAs, act_as, form
from tests.given import directory
from tests.given.motions import PATIENT, GivenBoard, board, opened

__all__ = ["act_as"]

CLASSES = st.frozensets(st.sampled_from(StakeholderClass))
RULES = st.builds(
    VotingRules,
    quorum_seats=st.integers(0, 9999),
    quorum_classes=CLASSES,
    threshold=st.fractions(0, 1, max_denominator=9999),
    more_than=st.booleans(),
    basis=st.sampled_from(Basis),
    majority_classes=CLASSES,
    veto_classes=CLASSES,
    casting_seat_id=st.none() | st.uuids(),
    needs_second=st.booleans(),
    secret=st.booleans(),
    days_open=st.integers(0, 9999),
)


@for_all(RULES)
def test_rules_are_read_back_as_they_were_typed(rules: VotingRules) -> None:
    assert read(as_typed(rules)) == (rules, {})


@for_all(st.dictionaries(st.sampled_from([*as_typed(None), "veto_classes"]), st.text(max_size=6)))
def test_whatever_is_typed_is_read_or_refused_by_field(typed: dict[str, str]) -> None:
    sent = as_typed(VotingRules(quorum_seats=2))
    for name, text in typed.items():
        sent.setlist(name, [text])
    rules, errors = read(sent)
    assert (rules is None) == bool(errors)
    assert set(errors) <= set(typed)


@pytest.fixture
def made(session: Session) -> GivenBoard:
    given = board(rules=None)
    session.rollback()
    return given


def said(**changed: str) -> dict[str, str]:
    return form(
        **{
            "quorum_seats": "2", "threshold": "2/3", "more_than": "least", "basis": "present",
            "casting_seat_id": "", "needs_second": "no", "secret": "no", "days_open": "5",
            "veto_classes": "patient",
        } | changed
    )  # fmt: skip


def test_whoever_keeps_a_bodys_lists_says_how_it_decides(act_as: ActAs, made: GivenBoard) -> None:
    client, page = act_as(made.steward), f"/bodies/{made.id}"
    assert page in client.get("/motions").text
    assert "Nobody has said yet how this body decides" in client.get(page).text
    asked = client.get(f"{page}/rules").text
    assert "Nobody has said yet how this body decides" in asked
    assert "Social care" not in asked, "a group without a seat is not offered"
    sent = client.post(f"{page}/rules", data=said())
    assert sent.status_code == 303, sent.text
    shown = client.get(page).text
    for sentence in (
        "2 seats must vote; to abstain is to vote.",
        "At least 2/3 of all votes, those who abstain included must be for it.",
        "One vote against it is enough from: patients.",
        "A motion needs no seconder.",
        "Votes are by name.",
        "A vote is open for 5 days",
    ):
        assert sentence in shown
    assert queries.rules_of(db.session(), made.id) == VotingRules(
        quorum_seats=2, threshold=Fraction(2, 3), more_than=False, basis=Basis.PRESENT,
        veto_classes=frozenset({PATIENT}), needs_second=False, days_open=5,
    )  # fmt: skip
    db.session.remove()
    assert 'value="2/3"' in client.get(f"{page}/rules").text


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"quorum_seats": "²"}, "Enter how many seats must vote"),
        ({"quorum_seats": "9"}, "a quorum is 1 to 3 seats"),
        ({"threshold": "1/0"}, "Enter a fraction"),
        ({"threshold": "3/2"}, "at most all"),
        ({"days_open": "1000"}, "1 to 90 days"),
        ({"basis": "luck"}, "Choose one"),
        ({"veto_classes": "kings"}, "Choose groups from the list"),
        ({"casting_seat_id": "x"}, "Choose a seat"),
        ({"casting_seat_id": str(uuid4()), "veto_classes": "payer"}, "not one of this body"),
        ({"secret": "yes"}, "would say who voted how"),
    ],
)
def test_rules_that_do_not_work_are_refused_where_they_were_typed(
    act_as: ActAs, made: GivenBoard, changed: dict[str, str], says: str
) -> None:
    sent = act_as(made.steward).post(f"/bodies/{made.id}/rules", data=said(**changed))
    assert (sent.status_code, says in sent.text) == (422, True), sent.text
    assert queries.rules_of(db.session(), made.id) is None
    db.session.remove()


def test_members_read_how_their_body_decides_and_change_nothing(
    act_as: ActAs, made: GivenBoard
) -> None:
    client, page = act_as(made.members[0]), f"/bodies/{made.id}"
    shown = client.get(page).text
    assert "Seat 0" in shown
    assert "Change how it decides" not in shown
    for path, sent in (("rules", said()), ("dissolution", form(confirm="yes"))):
        assert client.get(f"{page}/{path}").status_code == 403
        assert client.post(f"{page}/{path}", data=sent).status_code == 403
    stranger = act_as(directory.member(Role.BOARD_MEMBER, at=made.host))
    assert stranger.get(page).status_code == 404
    elsewhere = act_as(directory.member(Role.STEWARD))
    assert elsewhere.post(f"{page}/rules", data=said()).status_code == 403
    assert elsewhere.post(f"{page}/dissolution", data=form(confirm="yes")).status_code == 403


def test_a_body_is_dissolved_when_that_is_confirmed_once(act_as: ActAs, session: Session) -> None:
    made = board()
    opened(made, title="Lapses")
    session.rollback()
    client, page = act_as(made.steward), f"/bodies/{made.id}"
    assert "Lapses" in client.get(f"{page}/dissolution").text
    unsure = client.post(f"{page}/dissolution", data=form())
    assert (unsure.status_code, "Tick that you want" in unsure.text) == (422, True)
    assert client.post(f"{page}/dissolution", data=form(confirm="yes")).status_code == 303
    again = client.post(f"{page}/dissolution", data=form(confirm="yes"))
    assert (again.status_code, "has been dissolved" in again.text) == (422, True)
    late = client.post(f"{page}/rules", data=said())
    assert (late.status_code, "has been dissolved" in late.text) == (422, True)
    shown = client.get(page).text
    assert "It decides nothing any more" in shown
    assert "Change how it decides" not in shown
    assert "Propose a motion" not in act_as(made.members[0]).get("/motions").text
