"""What patients read before they choose: notices, who gains, what stops, what was wrong."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from ledger.access.breaches.queries import BreachView
from ledger.access.gains import Change
from ledger.consent.queries.stopping import NOES, Stop
from ledger.consent.rules import notices
from ledger.consent.rules.lifecycle import Event
from ledger.consent.rules.model import Effect, Kind
from ledger.consent.rules.notices import Subject
from ledger.core.actor import Role
from ledger.messages.contact.entries import Where
from ledger.messages.taken_back import PartyTold
from ledger.vocabulary.categories import Category
from ledger.web.patient_contact import WORDS
from ledger.web.patient_gains import Gains
from ledger.web.patient_mistakes import MistakeCard
from ledger.web.patient_notices import form_words
from ledger.web.patient_say_no import reference
from ledger.web.patient_stop import DOES, TITLES, StopCard
from ledger.web.patient_words import NoticeLine, ToldRow
from tests.conftest import NOW

TRUST = UUID(int=1)
NAMES = {TRUST: "Demonstration Trust"}
SUBJECT = Subject(
    agreement="The pathway",
    purpose="TREAT",
    organisations=["Demonstration Trust"],
    categories=["Your medicines"],
)
LOST = Change(
    organisation_id=TRUST,
    holder_id=UUID(int=2),
    role=Role.CLINICIAN,
    purpose="TREAT",
    caring=True,
    lost=(Category.MEDICINES,),
)


@pytest.fixture(autouse=True)
def _in_app(app: Flask) -> None:
    """Words take the service's time zone and language from the application."""


def test_roles_and_holders_are_one_line_where_they_see_the_same() -> None:
    other = replace(LOST, role=Role.SOCIAL_WORKER, holder_id=UUID(int=3), purpose="ETREAT")
    found = Gains.of({TRUST: [LOST, other]}, NAMES)
    (line,) = found.lose
    assert line.who == "Staff who look after you at Demonstration Trust"
    assert line.what == ("Your medicines",)
    assert line.why == "Looking after you; Treating you in an emergency"
    assert not found.gain
    assert not found.nothing
    assert Gains.of({}, NAMES).nothing


def test_whoever_does_research_is_not_said_to_look_after_the_patient() -> None:
    gained = replace(LOST, purpose="HRESCH", lost=(), gained=(Category.MEDICINES,))
    program = replace(gained, role=Role.SERVICE)
    found = Gains.of({TRUST: [gained, program]}, NAMES)
    assert [line.who for line in found.gain] == [
        "Computer systems of Demonstration Trust",
        "Staff of Demonstration Trust",
    ]


@pytest.mark.parametrize("effect", list(Effect))
def test_easy_read_is_short_and_says_the_same(effect: Effect) -> None:
    text = notices.easy(SUBJECT, effect)
    sentences = [one for line in text for one in line.split(". ")]
    assert max(len(one.split()) for one in sentences) <= 14
    whole = " ".join(text)
    assert "Demonstration Trust" in whole
    assert "change your mind" in whole
    assert ("emergency" in whole) is (effect is Effect.DENY)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("en-GB/standard", "Plain English"),
        ("en-GB/easy-read", "Easy read"),
        ("cy/standard", "Cymraeg"),
        ("cy/large-print", "Cymraeg, print bras"),
        ("pl/easy-read", "Polski, easy read"),
    ],
)
def test_a_form_is_called_as_its_readers_call_it(form: str, words: str) -> None:
    language, how = form.split("/")
    assert form_words(form) == words
    kept: dict[str, str | int] = {"id": "x", "version": 2, "language": language, "format": how}
    assert NoticeLine.of(kept) == NoticeLine("x", 2, words)


def test_each_of_the_five_is_called_by_its_own_name() -> None:
    """The words of the noes were written for these purposes: read them anew when they change."""
    assert set(TITLES) == set(Kind)
    assert len(set(TITLES.values())) == len(Kind)
    assert set(DOES) == set(NOES)
    assert NOES[Kind.DISSENT] == {"TREAT", "CAREMGT"}
    assert NOES[Kind.OBJECTION] == {"HMARKT", "TRAIN"}
    assert "HRESCH" in NOES[Kind.OPT_OUT]
    for withdraws, words in ((0, "nothing to take back"), (1, "One yes"), (3, "3 are taken back")):
        stop = Stop(kind=Kind.CONSENT, withdraws=withdraws, says_no_to=(), may_keep_emergency=False)
        assert words in StopCard.of(stop).does


def test_a_party_has_said_that_it_knows_or_has_not() -> None:
    told = PartyTold(
        entry_id=UUID(int=4),
        event=Event.WITHDRAWN,
        at=NOW,
        organisation_id=TRUST,
        acknowledged_at=None,
        overdue=False,
    )
    assert ToldRow.of(told, NAMES).state == "Not acknowledged yet"
    assert ToldRow.of(replace(told, overdue=True), NAMES).state == "Has not answered in time"
    assert ToldRow.of(replace(told, acknowledged_at=NOW), NAMES).state.startswith("Knows since")


def test_a_mistake_says_what_was_seen_and_what_came_of_it() -> None:
    view = BreachView(
        id=UUID(int=5),
        patient_id=UUID(int=6),
        consent_id=UUID(int=7),
        organisation_id=TRUST,
        decisions=2,
        found_at=NOW,
        due_at=NOW + timedelta(days=3),
        settled_at=None,
        notified=None,
    )
    card = MistakeCard.of(view, "Demonstration Trust")
    assert "2 times" in card.seen
    assert "find out" in card.state
    told = MistakeCard.of(replace(view, settled_at=NOW, notified=True, decisions=1), "x")
    assert (told.state, "once" in told.seen) == ("The Information Commissioner was told", True)
    assert MistakeCard.of(replace(view, consent_id=None), "x").what != card.what


def test_no_two_forms_have_one_reference_and_none_spells_a_word() -> None:
    found = {reference() for _ in range(200)}
    assert len(found) == 200
    assert not set("AEIOU01L") & {letter for one in found for letter in one[3:]}


def test_every_way_of_being_told_has_words() -> None:
    assert set(WORDS) == set(Where)
