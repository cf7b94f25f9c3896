"""What patients read about their choices, word for word."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from ledger.consent.queries import ConsentView, EventView
from ledger.consent.rules import Capacity, Conditions, Effect, Event, Kind, Reason, Status, Terms
from ledger.consent.rules.choices import Source
from ledger.vocabulary.categories import Category
from ledger.web.patient_words import ConsentCard, Happened, changes, organisation_ids
from tests.conftest import NOW

COUNCIL = UUID(int=1)
NAMES = {COUNCIL: "Demonstration Council"}
DAY = timedelta(days=1)

EVENT = EventView(
    event=Event.GRANTED,
    at=NOW,
    reason=Reason.NOT_SAID,
    source=Source.ONLINE,
    actor="person:x",
    entry_id=UUID(int=2),
    words=None,
)
VIEW = ConsentView(
    id=UUID(int=3),
    patient_id=UUID(int=4),
    agreement_id=None,
    kind=Kind.CONFIDENTIALITY,
    base=Effect.PERMIT,
    status=Status.ACTIVE,
    number=1,
    version=1,
    order=1,
    replaced=False,
    grantor="patient",
    capacity=Capacity.PATIENT,
    purposes=("TREAT",),
    party_ids=(COUNCIL,),
    terms=Terms(base=Effect.PERMIT, scope=Conditions(categories=frozenset({Category.MEDICINES}))),
    starts_at=None,
    ends_at=None,
    decided_at=NOW,
    recorded_at=NOW,
    source=Source.ONLINE,
    notice=None,
    events=(EVENT,),
)
DISSENT = replace(VIEW, kind=Kind.DISSENT, base=Effect.DENY, party_ids=(), terms=None)


@pytest.fixture(autouse=True)
def words(app: Flask) -> None:
    """Days and moments are said as the application says them."""


def card(view: ConsentView) -> ConsentCard:
    return ConsentCard.of(view, NAMES, NOW)


def test_a_yes() -> None:
    found = card(VIEW)
    assert found.title == "Looking after you"
    assert found.kind == "You agreed that this is passed on"
    assert (found.state, found.live) == ("In force", True)
    assert (found.who, found.what) == ("Demonstration Council", "Your medicines")
    assert found.until == "Until you change your mind"


def test_the_last_day_is_the_one_that_was_chosen() -> None:
    ends = replace(VIEW, ends_at=NOW.replace(hour=0, minute=0) + DAY)
    assert card(ends).until == "Until the end of 2 March 2026"
    assert card(replace(VIEW, ends_at=NOW)).state == "Ended"
    assert not card(replace(VIEW, ends_at=NOW)).live


@pytest.mark.parametrize(
    ("view", "kind", "state"),
    [
        (DISSENT, "You said no to sharing for your care", "In force"),
        (replace(DISSENT, kind=Kind.OPT_OUT), "You opted out of this use", "In force"),
        (replace(DISSENT, kind=Kind.OBJECTION), "You objected to this use", "In force"),
        (replace(VIEW, kind=Kind.CONSENT), "You agreed to this use", "In force"),
        (
            replace(VIEW, status=Status.REFUSED, base=None),
            "You were asked and answered no",
            "Answered no",
        ),
        (
            replace(VIEW, status=Status.WITHDRAWN),
            "You agreed that this is passed on",
            "Taken back",
        ),
    ],
)
def test_each_of_the_five_things_has_its_own_name(view: ConsentView, kind: str, state: str) -> None:
    found = card(view)
    assert (found.kind, found.state) == (kind, state)


def test_a_choice_that_was_replaced_is_over() -> None:
    found = card(replace(VIEW, replaced=True))
    assert (found.state, found.live) == ("Replaced by a newer choice", False)


def test_what_is_picked_out_by_a_label_is_not_called_everything() -> None:
    by_label = Terms(base=Effect.DENY, scope=Conditions(sensitivities=frozenset({"HIV"})))
    assert card(replace(DISSENT, terms=by_label)).what == "Some information about you"
    assert card(replace(DISSENT, terms=Terms(base=Effect.DENY))).what == "Everything about you"


def test_what_was_erased_is_said_to_be() -> None:
    assert card(replace(VIEW, terms=None)).what == "You asked us to forget what exactly."


def test_taking_back_a_yes_to_care_says_that_care_itself_goes_on_seeing() -> None:
    said = " ".join(changes(VIEW, NAMES))
    assert "Demonstration Council will no longer be allowed" in said
    assert "say no to sharing for your care" in said
    assert "This use stops." in changes(replace(VIEW, kind=Kind.CONSENT), NAMES)


def test_taking_back_a_no_says_who_will_see_again() -> None:
    said = changes(DISSENT, NAMES)
    assert said[0] == "Everybody will no longer be kept out by this choice."
    assert "can then see" in said[1]


def test_who_wrote_it_down_is_said() -> None:
    paper = Happened.of(replace(EVENT, source=Source.PAPER), Effect.DENY)
    assert paper.what == "You said no on paper; a member of staff wrote it down here"
    assert Happened.of(EVENT, Effect.PERMIT).what == "You agreed"


def test_every_organisation_is_named() -> None:
    assert organisation_ids([VIEW]) == {COUNCIL}
