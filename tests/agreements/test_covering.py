"""The one question that access asks."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ledger.agreements import queries, service
from ledger.agreements.rules.cover import Cover, NotCovered, Why
from ledger.agreements.rules.leaving import Ground
from ledger.core.db import db
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.conftest import NOW
from tests.given import agreements as given
from tests.given.directory import organisation

TODAY = NOW.date()


@pytest.fixture
def trust(app: Flask) -> UUID:
    return organisation("Northside Demonstration Trust")


@pytest.fixture
def council(trust: UUID) -> UUID:
    return organisation("Eastvale Demonstration Council")


def ask(trust: UUID, council: UUID, **changes: object) -> Cover | NotCovered:
    asked = {
        "from_party": trust,
        "to_party": council,
        "purpose": "TREAT",
        "category": Category.MEDICINES,
        "on": TODAY,
        **changes,
    }
    answer = queries.covering(db.session(), **asked)  # type: ignore[arg-type]
    kept = queries.between(
        db.session(),
        from_party=asked["from_party"],  # type: ignore[arg-type]
        to_party=asked["to_party"],  # type: ignore[arg-type]
    ).covering(purpose=asked["purpose"], category=asked["category"], on=asked["on"])  # type: ignore[arg-type]
    assert kept == answer, "what is kept in memory answers otherwise"
    return answer


def test_an_agreement_in_force_covers_with_its_version_and_clause(
    trust: UUID, council: UUID
) -> None:
    agreement_id = given.active(trust, council)

    cover = ask(trust, council)

    assert isinstance(cover, Cover)
    assert (cover.agreement_id, cover.version, cover.flow) == (agreement_id, 1, "F1")
    clauses = queries.version(db.session(), given.signatory(at=trust), agreement_id, 1).document
    assert next(c.number for c in clauses.clauses if c.states == "F1") == cover.clause


@pytest.mark.parametrize("purpose", ["ETREAT", "COC"])
def test_a_flow_covers_the_purposes_below_its_own(trust: UUID, council: UUID, purpose: str) -> None:
    given.active(trust, council)
    assert isinstance(ask(trust, council, purpose=purpose), Cover)


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": "HRESCH"},
        {"purpose": "PurposeOfUse"},
        {"purpose": "no-such-purpose"},
        {"category": Category.GENETICS},
        {"on": TODAY - timedelta(days=1)},
    ],
)
def test_nothing_else_is_covered(trust: UUID, council: UUID, changes: dict[str, object]) -> None:
    given.active(trust, council)
    answer = ask(trust, council, **changes)
    assert isinstance(answer, NotCovered)
    assert answer.why is Why.MISSING


def test_a_flow_covers_one_direction(trust: UUID, council: UUID) -> None:
    one_way = given.terms(trust, council, flows=[given.flow("F1", trust, council)])
    given.active(trust, council, given=one_way)
    assert isinstance(ask(trust, council), Cover)
    assert ask(council, trust) == NotCovered(why=Why.MISSING)


def test_both_days_count_and_the_next_has_lapsed(trust: UUID, council: UUID) -> None:
    terms = given.terms(trust, council)
    given.active(trust, council, given=terms)
    assert isinstance(ask(trust, council, on=terms.starts_on), Cover)
    assert isinstance(ask(trust, council, on=terms.ends_on), Cover)
    after = ask(trust, council, on=terms.ends_on + timedelta(days=1))
    assert isinstance(after, NotCovered)
    assert after.why is Why.LAPSED


def test_nothing_is_covered_before_the_last_signature(trust: UUID, council: UUID) -> None:
    first, last = given.signatory(at=trust), given.signatory(at=council)
    agreement_id = given.proposed(given.terms(trust, council), by=first)
    before = queries.epoch(db.session())
    given.signed(agreement_id, first)
    assert ask(trust, council) == NotCovered(why=Why.MISSING)
    assert queries.epoch(db.session()) == before
    given.signed(agreement_id, last)
    assert isinstance(ask(trust, council), Cover)
    assert queries.epoch(db.session()) > before


def test_a_suspension_stops_it_at_once_and_ends_by_itself(trust: UUID, council: UUID) -> None:
    agreement_id = given.active(trust, council)
    to = TODAY + timedelta(days=10)
    with unit_of_work(given.signatory(at=council)) as work:
        service.suspend(work, agreement_id, ground=Ground.BREACH, to=to)
    answer = ask(trust, council)
    assert isinstance(answer, NotCovered)
    assert (answer.why, answer.agreement_id) == (Why.SUSPENDED, agreement_id)
    assert isinstance(ask(trust, council, on=to + timedelta(days=1)), Cover)
    with unit_of_work(given.signatory(at=trust)) as work:
        service.resume(work, agreement_id)
    assert isinstance(ask(trust, council), Cover)


def test_a_party_that_leaves_ends_its_own_flows_on_its_day(
    trust: UUID, council: UUID, session: Session
) -> None:
    board = organisation("Westmoor Demonstration Board")
    agreement_id = given.active(trust, council, board)
    leaves_on = TODAY + timedelta(days=90)
    with unit_of_work(given.signatory(at=council)) as work:
        last_day = service.withdraw(work, agreement_id, leaves_on=leaves_on)
    assert last_day > leaves_on, "two parties and the lead remain"
    assert isinstance(ask(trust, council, on=leaves_on - timedelta(days=1)), Cover)
    gone = ask(trust, council, on=leaves_on)
    assert isinstance(gone, NotCovered)
    assert gone.why is Why.LAPSED
    assert isinstance(ask(trust, board, on=leaves_on), Cover)


def test_an_amendment_takes_over_and_the_gap_is_none(trust: UUID, council: UUID) -> None:
    agreement_id = given.active(trust, council)
    first, last = given.signatory(at=trust), given.signatory(at=council)
    begins = TODAY + timedelta(days=30)
    narrower = given.terms(
        trust,
        council,
        starts_on=begins,
        flows=[given.flow("F1", trust, council, categories=frozenset({Category.MEDICINES}))],
    )
    with unit_of_work(first) as work:
        service.amend(work, agreement_id, terms=narrower)
    with unit_of_work(first) as work:
        service.propose(work, agreement_id)
    given.signed(agreement_id, first)
    assert isinstance(ask(council, trust, on=begins), Cover), "until all have signed, version 1"
    given.signed(agreement_id, last)

    for day, version in ((begins - timedelta(days=1), 1), (begins, 2)):
        cover = ask(trust, council, on=day)
        assert isinstance(cover, Cover)
        assert cover.version == version
    assert isinstance(ask(council, trust, on=begins), NotCovered)
    suspended_to = begins + timedelta(days=5)
    with unit_of_work(last) as work:
        service.suspend(work, agreement_id, ground=Ground.REVIEW, to=suspended_to)
    assert isinstance(ask(trust, council, on=TODAY), NotCovered), "version 1 is suspended too"


def test_what_is_held_says_what_a_consent_needs(trust: UUID, council: UUID) -> None:
    agreement_id = given.active(trust, council)
    with unit_of_work(given.signatory(at=trust)) as work:
        held = queries.hold(work, agreement_id)
    assert held.party_ids == {trust, council}
    assert held.in_force(TODAY)
    assert not held.in_force(date(2050, 1, 1))
    assert {flow.key for _, flow in held.flows} == {"F1", "F2"}


def test_until_an_amendment_begins_the_version_before_is_held(trust: UUID, council: UUID) -> None:
    agreement_id = given.active(trust, council)
    begins = TODAY + timedelta(days=30)
    signatories = given.signatory(at=trust), given.signatory(at=council)
    with unit_of_work(signatories[0]) as work:
        terms = given.terms(trust, council, starts_on=begins)
        service.amend(work, agreement_id, terms=terms)
    with unit_of_work(signatories[0]) as work:
        service.propose(work, agreement_id)
    for actor in signatories:
        given.signed(agreement_id, actor)
    for day, version in ((TODAY, 1), (begins, 2)):
        with unit_of_work(signatories[0], now=NOW + (day - TODAY)) as work:
            held = queries.hold(work, agreement_id)
        assert held.version == version
        assert held.in_force(day)
    (line,) = queries.register(db.session(), on=TODAY)
    assert line.version == 1
