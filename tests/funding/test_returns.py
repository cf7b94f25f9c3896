"""Returns: filled in, frozen, signed in order, made again byte for byte."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.replay import replay
from ledger.funding.queries import pools
from ledger.funding.returns import queries as returns
from ledger.funding.returns import service
from ledger.funding.returns import signing as return_signing
from ledger.funding.returns.document import as_csv, as_json, digest
from ledger.funding.returns.rules.steps import (
    Incomplete,
    NotDraft,
    NotOver,
    NotSigning,
    NotYourStep,
    OtherSheet,
    PreparerSigns,
    QuarterRefused,
    ReturnKind,
    SendBack,
    SignedAlready,
    Stage,
)
from ledger.funding.returns.rules.values import AnswerRefused, WordsNamePerson
from ledger.funding.returns.service import NothingToAmend, ReturnThere, StillBeingNumbered
from ledger.funding.returns.signing import NoSuchCell
from ledger.funding.returns.sources import told, told_of
from tests.beginnings import begins_with
from tests.conftest import Sequenced
from tests.funding.worked_year import first_pool
from tests.given import directory
from tests.given import returns as given_returns
from tests.given.funding import GivenPool, accrued, allocated, pool, posted, received
from tests.given.returns import APRIL, WORDS, Chiefs, chiefs, filled, opened, sign, signed


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=500_00, second=200_00)
    received(made, 400_00)
    accrued(made, 330_00)
    return made


beginning = begins_with(scene)


@pytest.fixture
def given(told: GivenPool, monkeypatch: pytest.MonkeyPatch) -> GivenPool:
    monkeypatch.setattr(clock, "now", lambda: APRIL)
    return told


@pytest.fixture
def who(given: GivenPool) -> Chiefs:
    return chiefs(given)


def submitted(given: GivenPool, sequenced: Sequenced) -> tuple[UUID, int, str]:
    return_id = opened(given)
    sequenced()
    filled(given, return_id)
    sequenced()
    size, made = posted(given.manager, service.submit, return_id)
    return return_id, size, made


def test_a_return_is_incomplete_until_nothing_is_red(
    session: Session, given: GivenPool, sequenced: Sequenced
) -> None:
    return_id = opened(given)
    sequenced()
    with pytest.raises(Incomplete):
        posted(given.manager, service.submit, return_id)
    shown = given_returns.now(given, return_id).sheet
    assert not shown.complete
    values = shown.values
    scheme = given.schemes[0]
    assert values[f"schemes/{scheme}/spent"] == "33000"
    assert values[f"schemes/{scheme}/planned"] == "50000"
    assert values[f"partners/{given.partners[0]}/received"] == "40000"
    assert values["sources/NHS minimum contribution/agreed"] == "120000000"
    assert values["totals/spent"] == "33000"
    filled(given, return_id)
    with pytest.raises(StillBeingNumbered):
        posted(given.manager, service.submit, return_id)
    sequenced()
    shown = given_returns.now(given, return_id).sheet
    assert [one.id for one in shown.cells if one.colour == "red"] == []
    assert [one.id for one in shown.checks if one.colour == "red"] == []
    assert shown.complete
    size, made = posted(given.manager, service.submit, return_id)
    assert returns.one_return(session, given.view, return_id).digest == made
    assert size


def test_the_same_size_gives_the_same_bytes_for_ever(
    session: Session, given: GivenPool, who: Chiefs, sequenced: Sequenced
) -> None:
    return_id, size, made = submitted(given, sequenced)

    def again() -> bytes:
        session.rollback()
        view = given.view
        row = returns.row_of(session, view, return_id)
        return as_json(returns.one_return(session, view, return_id), told(session, view, row, size))

    first = again()
    assert digest(first) == made
    accrued(given, 77_00, reference="Late")
    signed(given, return_id, who)
    sequenced()
    assert again() == first
    assert returns.one_return(session, given.view, return_id).stage is Stage.SIGNED


def test_they_sign_in_order_and_each_once(
    given: GivenPool, who: Chiefs, sequenced: Sequenced
) -> None:
    return_id, _, _ = submitted(given, sequenced)
    with pytest.raises(NotYourStep):
        sign(who.executive[0], return_id)
    with pytest.raises(OtherSheet):
        sign(who.finance[0], return_id, read_digest="0" * 64)
    assert not sign(who.finance[0], return_id)
    with pytest.raises(SignedAlready):
        sign(who.finance[0], return_id)
    second = directory.member(Role.CHIEF_FINANCE_OFFICER, at=given.partners[0])
    with pytest.raises(SignedAlready):
        sign(second, return_id)
    for actor in who.finance[1:]:
        assert not sign(actor, return_id)
    with pytest.raises(NotYourStep):
        sign(second, return_id)
    assert [sign(one, return_id) for one in who.executive] == [False, False, True]
    with pytest.raises(NotSigning):
        sign(who.executive[0], return_id)
    with pytest.raises(NotDraft):
        posted(given.manager, service.withdraw, return_id)


def test_who_may_sign(given: GivenPool, sequenced: Sequenced) -> None:
    return_id, _, _ = submitted(given, sequenced)

    def as_one(role: Role) -> Actor:
        roles, partner = frozenset({role}), given.partners[1]
        return Actor.person(given.leads[1].id, roles=roles, organisation_id=partner)

    for role in frozenset(Role) - {Role.CHIEF_FINANCE_OFFICER, Role.CHIEF_EXECUTIVE}:
        with pytest.raises((Forbidden, NotFound)):
            sign(as_one(role), return_id)
    with pytest.raises(NotYourStep):
        sign(as_one(Role.CHIEF_EXECUTIVE), return_id)
    assert not sign(as_one(Role.CHIEF_FINANCE_OFFICER), return_id)


def test_who_prepared_does_not_sign(given: GivenPool, sequenced: Sequenced) -> None:
    return_id, _, _ = submitted(given, sequenced)
    same = Actor.person(
        given.manager.id,
        roles=frozenset({Role.CHIEF_FINANCE_OFFICER}),
        organisation_id=given.partners[0],
    )
    with pytest.raises(PreparerSigns):
        sign(same, return_id)
    with pytest.raises(PreparerSigns):
        posted(same, return_signing.send_back, return_id, reason=SendBack.FIGURES)


def test_what_is_sent_back_is_signed_anew(
    session: Session, given: GivenPool, who: Chiefs, sequenced: Sequenced
) -> None:
    return_id, _, before = submitted(given, sequenced)
    sign(who.finance[0], return_id)
    with pytest.raises(NotDraft):
        posted(given.manager, service.answer, return_id, {"narrative/successes": WORDS})
    with pytest.raises(NoSuchCell):
        posted(
            who.finance[1], return_signing.send_back, return_id, reason=SendBack.WORDS, cells=["x"]
        )
    cells = ["narrative/successes"]
    posted(who.finance[1], return_signing.send_back, return_id, reason=SendBack.WORDS, cells=cells)
    assert posted(given.manager, service.answer, return_id, {"narrative/successes": WORDS * 2}) == 1
    sequenced()
    _, after = posted(given.manager, service.submit, return_id)
    assert after != before
    session.rollback()
    view = returns.one_return(session, given.view, return_id)
    assert view.round == 2
    assert view.signatures == ()
    assert view.sent_back[0].cells == ("narrative/successes",)
    signed(given, return_id, who)


def test_an_amended_return_names_what_it_replaces(
    session: Session, given: GivenPool, who: Chiefs, sequenced: Sequenced
) -> None:
    return_id, _, _ = submitted(given, sequenced)
    with pytest.raises(ReturnThere):
        opened(given)
    with pytest.raises(NothingToAmend):
        opened(given, replaces=return_id)
    signed(given, return_id, who)
    sequenced()
    amended = opened(given, replaces=return_id)
    sequenced()
    shown = given_returns.now(given, amended).sheet
    (red,) = [one for one in shown.cells if one.colour == "red"]
    assert red.id == "totals/restated"
    filled(given, amended)
    sequenced()
    posted(given.manager, service.submit, amended)
    signed(given, amended, who)
    view = returns.one_return(session, given.view, amended)
    assert (view.version, view.replaces) == (2, return_id)
    with pytest.raises(NothingToAmend):
        opened(given, replaces=return_id)


def test_what_no_return_is_about(given: GivenPool) -> None:
    with pytest.raises(NotOver):
        opened(given, number=2)
    with pytest.raises(NotOver):
        opened(given, kind=ReturnKind.YEAR, number=0)
    for number in (0, 5, -1):
        with pytest.raises(QuarterRefused):
            opened(given, number=number)
    return_id = opened(given)
    posted(given.manager, service.withdraw, return_id)
    with pytest.raises(NotDraft):
        posted(given.manager, service.answer, return_id, {})
    opened(given)


def test_what_cells_do_not_take(given: GivenPool) -> None:
    return_id = opened(given)
    for cell, value in (
        ("totals/spent", "1"),
        ("nowhere", "1"),
        ("plan/agreement-signed", "perhaps"),
        ("narrative/confidence", "101"),
        ("narrative/confidence", "1e1"),
        ("sources/NHS minimum contribution/minimum", "-1"),
        ("sources/NHS minimum contribution/minimum", "9007199254740992"),
        ("sources/NHS minimum contribution/minimum", "\u0661"),
        ("narrative/successes", "a\x00b"),
        ("narrative/successes", "x" * 1501),
    ):
        with pytest.raises(AnswerRefused):
            posted(given.manager, service.answer, return_id, {cell: value})


def test_words_that_name_somebody_are_refused(given: GivenPool) -> None:
    return_id = opened(given)
    for words in ("Seen: 943 476 5919 at home", "Write to ann@example.org", "9434765919"):
        with pytest.raises(WordsNamePerson):
            posted(given.manager, service.answer, return_id, {"narrative/successes": words})
    posted(given.manager, service.answer, return_id, {"narrative/successes": "Call 943 476 5918"})


def test_a_later_quarter_grows_from_the_one_before(
    session: Session,
    given: GivenPool,
    who: Chiefs,
    sequenced: Sequenced,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    return_id, _, _ = submitted(given, sequenced)
    signed(given, return_id, who)
    sequenced()
    monkeypatch.setattr(clock, "now", lambda: APRIL + timedelta(days=90))
    second = opened(given, number=2)
    sequenced()
    key = f"schemes/{given.schemes[0]}"
    shown = given_returns.now(given, second).sheet
    assert shown.values[f"{key}/outputs-planned"] == "12", "carried from the quarter before"
    posted(given.manager, service.answer, second, {f"{key}/outputs": "11"})
    filled(given, second)
    (red,) = [one for one in given_returns.now(given, second).sheet.checks if one.colour == "red"]
    assert (red.id, red.reason) == (f"outputs-grow/{given.schemes[0]}", "11 is less than 12")
    posted(given.manager, service.answer, second, {"totals/corrections": WORDS})
    assert given_returns.now(given, second).sheet.complete


def test_a_spreadsheet_takes_no_cell_for_a_formula(
    session: Session, given: GivenPool, sequenced: Sequenced
) -> None:
    return_id = opened(given)
    words = "=HYPERLINK(1) is what somebody wrote here"
    posted(given.manager, service.answer, return_id, {"narrative/successes": words})
    sequenced()
    view = returns.one_return(db.session(), given.view, return_id)
    text = as_csv(view, given_returns.now(given, return_id)).decode()
    assert ",'=HYPERLINK(1)" in text


def test_what_was_signed_is_there_again_when_the_log_is_replayed(
    session: Session, given: GivenPool, who: Chiefs, sequenced: Sequenced, tmp_path: Path
) -> None:
    return_id, _, _ = submitted(given, sequenced)
    posted(
        who.finance[1],
        return_signing.send_back,
        return_id,
        reason=SendBack.FIGURES,
        cells=["totals/spent"],
    )
    posted(given.manager, service.submit, return_id)
    signed(given, return_id, who)
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    session.rollback()
    report = replay(db.engine, copy)
    copy.dispose()
    assert report.differences == []


def test_two_signatures_at_once_are_one(
    app: Flask, session: Session, given: GivenPool, who: Chiefs, sequenced: Sequenced
) -> None:
    return_id, _, made = submitted(given, sequenced)
    rival = directory.member(Role.CHIEF_FINANCE_OFFICER, at=given.partners[0])
    session.rollback()
    starting = Barrier(2)

    def try_it(actor: Actor) -> str:
        with app.app_context():
            starting.wait()
            try:
                sign(actor, return_id, read_digest=made)
            except SignedAlready:
                return "refused"
            finally:
                db.session.remove()
            return "signed"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(try_it, [who.finance[0], rival])) == ["refused", "signed"]
    assert len(returns.one_return(session, given.view, return_id).signatures) == 1


def test_the_return_of_the_worked_year(
    session: Session, sequenced: Sequenced, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 3, 31, 18, tzinfo=UTC))
    told = first_pool()
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 5, 10, 9, 30, tzinfo=UTC))
    return_id = told.do(
        service.open_return, kind=ReturnKind.YEAR, number=0, period_id=told.period_id
    )
    sequenced()
    session.rollback()
    view = pools.pool(session, told.manager, told.id)
    _, shown = told_of(session, view, return_id)
    golden = json.loads((Path(__file__).parent / "data" / "worked_pool.json").read_text())
    values, final = shown.sheet.values, golden["final balances"]
    for partner, agreed_minor in golden["P1 contributions"].items():
        for cell in ("agreed", "due", "received"):
            assert values[f"partners/{told.names[partner]}/{cell}"] == str(agreed_minor)
        assert values[f"partners/{told.names[partner]}/owed"] == "0"
    schemes = {one: final[f"B:spent:P1:{one}"] for one in ("S1", "S3", "S4")}
    for scheme, spent_minor in schemes.items():
        assert values[f"schemes/{told.names[scheme]}/spent"] == str(spent_minor)
    assert values["totals/spent"] == str(sum(schemes.values())) == "712506479"
    assert values["totals/agreed"] == values["totals/received"] == "800000000"
    assert golden["P1 result (credit = underspend)"] == 800_000_000 - 712_506_479
