"""The worked year against the bank and the ledger that it implies, each kind of difference put in.

A mutation changes one thing in what the other side says, and exactly one named reason comes of
it; everything else matches, and the proof holds to the penny.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.funding.reconciliation.rules.files import papers_of, read_lines, with_keys
from ledger.funding.reconciliation.rules.findings import (
    CERTAIN,
    Finding,
    Line,
    Reason,
    Source,
    Window,
)
from ledger.funding.reconciliation.rules.matches import reconcile
from ledger.funding.reconciliation.rules.proof import proof
from tests.funding.reconciling_mutations import (
    BANK,
    MUTATIONS,
    Lines,
    Mutation,
    added,
    changed,
    early,
    run_together,
    split,
    twice,
)
from tests.funding.worked_year import FIRST, LAST
from tests.given.reconciling import bank_csv, ledger_csv

READ = {Source.BANK: bank_csv, Source.LEDGER: ledger_csv}
DATA = Path(__file__).parent / "data"


@cache
def lines_of(source: Source) -> tuple[Line, ...]:
    """Return our side of the worked year; `test_worked_year` proves that the file is it."""
    content = (DATA / f"worked_year_{source}.csv").read_bytes()
    ids = (UUID(int=number) for number in count(1))
    return tuple(
        replace(line, key=f"{one}:0", transaction_id=one)
        for line, one in zip(read_lines(content, source), ids, strict=False)
    )


@pytest.fixture
def year() -> dict[Source, Lines]:
    return {source: list(lines_of(source)) for source in Source}


def window(source: Source, first: date = FIRST, last: date = LAST) -> Window:
    return Window(source=source, first_day=first, last_day=last)


def as_read(lines: Sequence[Line], source: Source) -> tuple[Line, ...]:
    """Return lines as they come back out of the other side's file."""
    return read_lines(READ[source](lines), source)


def found_of(
    theirs: Sequence[Line], ours_: Sequence[Line], source: Source, later: Sequence[Line] = ()
) -> tuple[Finding, ...]:
    """Reconcile, and hold what came of it to what must be true of every result."""
    findings = reconcile(theirs, ours_, window(source), later=later)
    check_whole(findings, theirs, ours_)
    return findings


def check_whole(findings: Sequence[Finding], theirs: Sequence[Line], ours_: Sequence[Line]) -> None:
    for side, given_ in (("theirs", theirs), ("ours", ours_)):
        keys = [line.key for one in findings for line in getattr(one, side)]
        assert sorted(keys) == sorted(line.key for line in given_)
    assert len({one.key for one in findings}) == len(findings)
    proved = proof(findings, theirs, ours_)
    assert proved.holds
    assert proved.difference_minor == sum(one.by_minor for one in findings)
    assert all(one.matched is (one.reason in CERTAIN) for one in findings)


@pytest.mark.parametrize("source", Source)
def test_a_year_that_agrees_matches_wholly(year: dict[Source, Lines], source: Source) -> None:
    lines = year[source]
    findings = found_of(as_read(lines, source), lines, source)
    assert {one.reason for one in findings} == {Reason.EXACT}
    assert len(findings) == len(lines) > 20


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.name)
def test_each_difference_has_its_reason(year: dict[Source, Lines], mutation: Mutation) -> None:
    lines = year[mutation.source]
    theirs = as_read(mutation.there(list(lines)), mutation.source)
    here = list(mutation.here(list(lines)))
    findings = found_of(theirs, here, mutation.source)
    others = [one for one in findings if one.reason is not Reason.EXACT]
    assert [one.reason for one in others] == [mutation.reason]
    if mutation.by_minor is not None:
        assert others[0].by_minor == mutation.by_minor


def test_what_is_recorded_a_day_later_is_said_to_be(year: dict[Source, Lines]) -> None:
    lines = year[BANK]
    last = replace(lines[-1], day=LAST + timedelta(1))
    theirs = as_read(lines, BANK)
    findings = found_of(theirs, lines[:-1], BANK, later=[last])
    assert [one.reason for one in findings if not one.matched] == [Reason.TIMING_HERE]


def test_a_reversal_that_never_reached_the_bank_nets(year: dict[Source, Lines]) -> None:
    lines = year[BANK]
    wrong = replace(
        lines[0], key="wrong:0", transaction_id=lines[1].transaction_id, reference="W-1",
        papers=papers_of("W-1"), amount_minor=777,
    )  # fmt: skip
    undone = replace(
        wrong, key="undone:0", amount_minor=-777, transaction_id=None, undoes=wrong.transaction_id
    )
    findings = found_of(as_read(lines, BANK), [*lines, wrong, undone], BANK)
    assert [one.reason for one in findings if one.reason is not Reason.EXACT] == [
        Reason.REVERSED_HERE
    ]


def test_several_differences_at_once_add_up(year: dict[Source, Lines]) -> None:
    lines = year[BANK]
    there = split(early)(twice(lambda o: o.day == date(2026, 8, 20))(run_together(list(lines))))
    findings = found_of(as_read(added(-12_50)(there), BANK), lines, BANK)
    assert sorted(one.reason for one in findings if not one.matched) == sorted(
        [Reason.ONE_OF_THEIRS, Reason.ONE_OF_OURS, Reason.TWICE_THERE, Reason.MISSING_HERE]
    )


def test_a_person_may_join_and_put_asunder(year: dict[Source, Lines]) -> None:
    lines, source = year[BANK], BANK
    theirs = as_read(changed(early, amount_minor=lambda o: o.amount_minor + 1)(list(lines)), BANK)
    (one,) = (each for each in found_of(theirs, lines, source) if each.suggested)
    pair = (one.their_keys, one.our_keys)
    joined = reconcile(theirs, lines, window(source), accepted=[pair])
    (same,) = (each for each in joined if each.accepted)
    assert (same.key, same.reason, same.matched, same.by_minor) == (one.key, one.reason, True, 1)
    assert proof(joined, theirs, lines).matched_minor == 1
    apart = reconcile(theirs, lines, window(source), rejected=[pair])
    assert {each.reason for each in apart if not each.matched} == {
        Reason.MISSING_HERE, Reason.MISSING_THERE,
    }  # fmt: skip


days = st.dates(date(2026, 4, 1), date(2026, 4, 12))
amounts = st.integers(-6, 6).filter(bool)
papers = st.sampled_from(["", "A1", "B2", "C3"])
codes = st.sampled_from(["", "5000", "5001"])
some = st.lists(st.tuples(days, amounts, papers, codes), max_size=14)


def made(rows: list[tuple[date, int, str, str]], *, coded: bool) -> tuple[Line, ...]:
    return with_keys(
        Line(
            key="", day=day, amount_minor=amount, reference=paper, papers=papers_of(paper),
            nominal=code if coded else "",
        )
        for day, amount, paper, code in rows
    )  # fmt: skip


@given(some, some, st.sampled_from(Source), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_any_two_sides_are_accounted_for_whatever_the_order(
    there: list[tuple[date, int, str, str]],
    here: list[tuple[date, int, str, str]],
    source: Source,
    chance: random.Random,
) -> None:
    coded = source is Source.LEDGER
    theirs, mine = made(there, coded=coded), made(here, coded=coded)
    findings = reconcile(theirs, mine, window(source))
    check_whole(findings, theirs, mine)
    shuffled, others = list(theirs), list(mine)
    chance.shuffle(shuffled)
    chance.shuffle(others)
    assert reconcile(shuffled, others, window(source)) == findings
    for one in findings:
        if one.matched:
            assert one.by_minor == 0
