"""The journal: who made what, what stands out, samples that anybody draws again, read back."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given as drawn_from
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ledger.commands.journal import group as journal_commands
from ledger.commands.statements import group as statement_commands
from ledger.core import clock
from ledger.core.as_said import log_size
from ledger.funding.export import beancount, hledger
from ledger.funding.papers.journal import digest
from ledger.funding.queries.as_of import pool_at
from ledger.funding.queries.exports import journal_text, names_at
from ledger.funding.queries.journal import journal
from ledger.funding.queries.transactions import transactions_at
from ledger.funding.reading_back import NotOurJournal, compare, read
from ledger.funding.rules.events import Event
from ledger.funding.rules.journal import BadSample, Flag, Journalled, Method, sample
from ledger.funding.service import corrections
from tests.conftest import NOW, Sequenced
from tests.directory.conftest import ActAs
from tests.given.funding import GivenPool, accrued, allocated, paid, pool, posted, received


@pytest.fixture
def busy(session: Session, sequenced: Sequenced) -> GivenPool:
    given = pool()
    allocated(given, first=500_000_00, second=1_234_56)
    received(given, 150_000_01)
    accrued(given, 40_000_01, reference='Invoice "7"\nsecond line; x')
    paid(given, 13_000_00)
    sequenced()
    session.rollback()
    return given


def test_flags_maker_and_approvers(
    session: Session, sequenced: Sequenced, busy: GivenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    saturday = datetime(2026, 5, 16, 10, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: saturday)
    size = log_size(session)
    over = accrued(busy, 900_000_00, effective_on=date(2026, 4, 1), scheme_id=busy.schemes[1])
    posted(busy.manager, corrections.reverse, busy.id, transaction_id=over, reference="Wrong")
    sequenced()
    session.rollback()
    before = {one.id: one for one in journal(session, busy.id, size)}
    every = journal(session, busy.id, log_size(session))
    assert [one.index for one in every] == sorted(one.index for one in every)
    *_, made, undone = every
    expected = {Flag.LATE, Flag.BACK_DATED, Flag.MANUAL, Flag.WEEKEND, Flag.BEYOND_BUDGET}
    assert expected | {Flag.REVERSED, Flag.ROUND_SUM} == set(made.flags)
    assert Flag.REVERSAL in undone.flags
    (payment,) = (one for one in before.values() if one.event is Event.PAYMENT_MADE)
    assert payment.maker == busy.manager.ref
    assert len(payment.approvers) == 1
    assert str(busy.partners[0]) in payment.approvers[0]
    assert set(payment.flags) == {Flag.MANUAL, Flag.ROUND_SUM}
    assert digest(list(before.values())) == digest(every[: len(before)])


def one(number: int, amount: int) -> Journalled:
    return Journalled(
        index=number,
        entry_id=UUID(int=number),
        id=UUID(int=number),
        event=Event.PAYMENT_MADE,
        effective_on=NOW.date(),
        recorded_at=NOW,
        recorded_on=NOW.date(),
        maker="system:clock",
        approvers=(),
        agreement_version=1,
        clause="1",
        reference=None,
        financial_minor=amount,
        budget_minor=0,
        reverses=None,
        reversed_by=None,
        relates_to=None,
        year_closed=False,
        lowest_available_minor=None,
    )


@drawn_from(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=60),
    st.integers(1, 30),
    st.text(max_size=5),
)
def test_samples_are_drawn_again_from_seed_and_size(
    amounts: list[int], count: int, seed: str
) -> None:
    every = [one(number, amount) for number, amount in enumerate(amounts)]
    for method in Method:
        drawn = sample(every, method, size=9, count=count, seed=seed)
        assert drawn == sample(list(every), method, size=9, count=count, seed=seed)
        assert [each.index for each in drawn] == sorted({each.index for each in drawn})
    assert len(sample(every, Method.RANDOM, size=9, count=count, seed=seed)) == min(
        count, len(every)
    )
    by_money = sample(every, Method.MONETARY_UNIT, size=9, count=count, seed=seed)
    assert len(by_money) <= count
    for each in every:  # What is larger than the interval is always taken.
        if each.amount_minor * count >= sum(amounts):
            assert each in by_money


def test_another_seed_or_size_draws_another_sample() -> None:
    every = [one(number, 10_000 + number) for number in range(200)]
    for method in (Method.RANDOM, Method.MONETARY_UNIT):
        first = sample(every, method, size=9, count=10, seed="a")
        assert len(first) == 10
        assert first != sample(every, method, size=9, count=10, seed="b")
        assert first != sample(every, method, size=10, count=10, seed="a")
    with pytest.raises(BadSample):
        sample(every, Method.RANDOM, size=9, count=0, seed="a")


def test_importing_our_own_export_changes_nothing(session: Session, busy: GivenPool) -> None:
    size = log_size(session)
    there = list(transactions_at(session, busy.id, size))
    names = names_at(session, pool_at(session, busy.view, size))
    for write in (hledger, beancount):
        text = journal_text(session, busy.view, write, size=size)
        found = compare(read(text), there, names)
        assert found.same
        assert found.known == len(there)
        less = compare(read(text), there[1:], names)
        assert (less.unknown, len(less.balances) > 0) == ((there[0].id,), True)
        changed = text.replace("13000.00", "13000.01")
        assert not compare(read(changed), there, names).same
        for broken in ("", "nothing", text.replace("13000.00 GBP", "13000 GBP")):
            with pytest.raises(NotOurJournal):
                read(broken)


def test_an_export_is_a_function_of_the_size(
    session: Session, sequenced: Sequenced, busy: GivenPool
) -> None:
    size = log_size(session)
    texts = [journal_text(session, busy.view, write, size=size) for write in (hledger, beancount)]
    (last,) = [one.id for one in transactions_at(session, busy.id, size)][-1:]
    accrued(busy, 5)
    posted(busy.manager, corrections.reverse, busy.id, transaction_id=last, reference="Wrong")
    sequenced()
    session.rollback()
    again = [journal_text(session, busy.view, write, size=size) for write in (hledger, beancount)]
    assert again == texts


def test_commands(app: Flask, session: Session, busy: GivenPool, tmp_path: Path) -> None:
    size, runner = log_size(session), CliRunner(env={"FLASK_SKIP_DOTENV": "1"})
    session.rollback()

    def run(commands: object, *args: object) -> tuple[int, str]:
        with app.app_context():
            done = runner.invoke(commands, [str(one) for one in args])  # type: ignore[arg-type]
        return done.exit_code, done.output

    at = ("--pool", busy.id, "--size", size)
    drawn = tmp_path / "sample.json"
    wanted = ("sample", *at, "--n", 3, "--seed", "2026", "--form", "json", "--out", drawn)
    code, said = run(journal_commands, *wanted)
    assert code == 0, said
    facts = json.loads(drawn.read_bytes())["facts"]
    assert (facts["Seed"], facts["Method"]) == ("2026", "monetary-unit")
    first = drawn.read_bytes()
    run(journal_commands, *wanted)
    assert drawn.read_bytes() == first
    journal_file = tmp_path / "pool.hledger"
    code, said = run(journal_commands, "export", *at, "--format", "hledger", "--out", journal_file)
    assert code == 0, said
    code, said = run(journal_commands, "check", journal_file, *at)
    assert (code, "nothing changes" in said) == (0, True)
    journal_file.write_text(journal_file.read_text().replace("13000.00", "13000.01"))
    code, said = run(journal_commands, "check", journal_file, *at)
    assert (code, "13000.01" in said or "otherwise here" in said) == (1, True)
    made = tmp_path / "s.pdf"
    asked = ("--pool", busy.id, "--partner", busy.partners[1], "--at-size", size)
    code, said = run(statement_commands, "make", *asked, "--form", "pdf", "--out", made)
    assert (code, made.read_bytes()[:5]) == (0, b"%PDF-")


def test_over_http(act_as: ActAs, busy: GivenPool) -> None:
    client = act_as(busy.approver)
    base = f"/api/v1/pools/{busy.id}"
    for form in ("pdf", "xlsx", "csv", "json"):
        assert client.get(f"{base}/journal-list.{form}").status_code == 200
    ask = f"{base}/journal-sample.json?method"
    assert client.get(f"{ask}=random&seed=x&n=2").status_code == 200
    for bad in ("=guess", "=random&n=-1", "=random&n=0", f"=random&seed={'x' * 101}"):
        assert client.get(f"{ask}{bad}").status_code == 422, bad
    page = client.get(f"/pools/{busy.id}/journal?flag=round-sum&method=random&seed=x&n=2")
    assert page.status_code == 200
    assert client.get(f"/pools/{busy.id}/journal?flag=odd").status_code == 422
