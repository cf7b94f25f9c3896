"""The worked year by public commands: every posting and every figure, to the penny.

Two corrections to the worked example were made since it was written: an agreed contribution
posts no asset until an instalment falls due, and what is carried forward is in each partner's
name. Shares of one decision are one transaction here, where the example has one a partner.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.errors import Bug
from ledger.core.money import parse_minor
from ledger.funding.export import beancount, hledger
from ledger.funding.queries import balances, pools
from ledger.funding.queries.transactions import TransactionView, every_transaction
from ledger.funding.rules.chart import Account, Head
from ledger.funding.rules.events import Event
from ledger.funding.rules.payment_models import Line, gross
from ledger.funding.rules.postings import check_balanced, movements
from ledger.funding.rules.sharing import share
from tests.conftest import Sequenced
from tests.funding.worked_files import check_files
from tests.funding.worked_year import WEIGHTS, Told, first_pool, second_pool

DATA = Path(__file__).parent / "data"
GOLDEN = json.loads((DATA / "worked_pool.json").read_text())
PARTNERS = ("ICB", "COUNTY", "DISTRICT")
EVENTS = {
    "agree_contribution": Event.CONTRIBUTION_AGREED,
    "set_reserve": Event.RESERVE_SET,
    "allocate": Event.BUDGET_ALLOCATED,
    "instalment_due": Event.INSTALMENT_FALLEN_DUE,
    "receive": Event.CONTRIBUTION_RECEIVED,
    "commit": Event.SPENDING_COMMITTED,
    "capitation": Event.CAPITATION_RUN,
    "capitation_adjustment": Event.ROSTER_CORRECTED,
    "vire": Event.BUDGET_VIRED,
    "release_reserve": Event.RESERVE_RELEASED,
    "authorise_overspend": Event.OVERSPEND_AUTHORISED,
    "spend": Event.EXPENDITURE_ACCRUED,
    "pay": Event.PAYMENT_MADE,
    "bundle_complete": Event.BUNDLE_DONE,
    "release": Event.BUNDLE_CANCELLED,
    "bonus_award": Event.BONUS_AWARDED,
    "overspend_share": Event.OVERSPEND_SHARED,
    "close_year": Event.YEAR_CLOSED,
    "carry_forward": Event.UNDERSPEND_CARRIED,
    "return_underspend": Event.UNDERSPEND_RETURNED,
    "budget_lapse": Event.BUDGET_LAPSED,
}
HEADS = {
    "Assets:Cash": Head.CASH,
    "Assets:Receivable": Head.RECEIVABLE,
    "Equity:Budget:Available": Head.AVAILABLE,
    "Equity:Budget:Committed": Head.COMMITTED,
    "Equity:Budget:Funding": Head.FUNDING,
    "Equity:Budget:Lapsed": Head.LAPSED,
    "Equity:Budget:Reserve": Head.RESERVE,
    "Equity:Budget:Spent": Head.SPENT,
    "Equity:Budget:Unallocated": Head.UNALLOCATED,
    "Equity:Fund": Head.FUND_BROUGHT_FORWARD,
    "Equity:Result": Head.RESULT,
    "Expenses:Expenditure": Head.EXPENDITURE,
    "Income:Income": Head.INCOME,
    "Liabilities:Deferred": Head.RECEIVABLE,
    "Liabilities:Payable": Head.PAYABLE,
    "Liabilities:Withhold": Head.WITHHOLD,
}
SORTS = {"Riskshare": Head.INCOME_RISKSHARE, "Partner": Head.PAYABLE_PARTNER}

Key = tuple[date, Event, Head, str]


def golden(pool: str) -> Iterator[tuple[date, str, list[tuple[str, int]]]]:
    """Return the transactions of the worked example that concern one of its two pools."""
    for block in (DATA / "worked_pool.hledger").read_text().strip().split("\n\n"):
        head, *lines = block.strip().splitlines()
        found = re.fullmatch(r"(\d{4}-\d\d-\d\d) \* (\w+)", head)
        if found and f":{pool}" in block:
            legs = [line.split()[:2] for line in lines]
            yield (
                date.fromisoformat(found[1]),
                found[2],
                [
                    (name, (-1 if text[0] == "-" else 1) * parse_minor(text.lstrip("-")))
                    for name, text in legs
                ],
            )


def expected(pool: str) -> dict[Key, int]:
    """Return by how much each event of each day moves each account, as corrected."""
    moved: Counter[Key] = Counter()
    for day, said, legs in golden(pool):
        event = EVENTS[said]
        if said == "commit" and "S4" in legs[0][0]:
            event = Event.BUNDLE_STARTED
        for name, amount_minor in legs:
            for head, of, part_minor in corrected(said, name, pool, amount_minor):
                moved[day, event, head, of] += part_minor
    return {key: amount for key, amount in moved.items() if amount}


def corrected(said: str, name: str, pool: str, amount_minor: int) -> list[tuple[Head, str, int]]:
    """Return what a leg is here: its head, its partner or the like, and the amount."""
    path, _, rest = name.partition(f":{pool}")
    sort, _, of = rest.lstrip(":").rpartition("-")
    if said == "agree_contribution" and path in {"Assets:Receivable", "Liabilities:Deferred"}:
        return []
    if path == "Equity:Fund":
        parts = share(amount_minor, dict(zip(PARTNERS, WEIGHTS, strict=True)))
        return [(Head.FUND_BROUGHT_FORWARD, partner, part) for partner, part in parts.items()]
    if of == "Overspend":
        return [(Head.FUNDING_OVERSPEND, "", amount_minor)]
    return [(SORTS.get(sort) or HEADS[path], of, amount_minor)]


@pytest.fixture
def told(session: Session, monkeypatch: pytest.MonkeyPatch) -> dict[str, Told]:
    last_evening = datetime(2027, 3, 31, 18, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: last_evening)
    return {"P1": first_pool(), "P2": second_pool()}


def posted(session: Session, pool: Told) -> list[TransactionView]:
    view = pools.pool(session, pool.manager, pool.id)
    return list(every_transaction(session, view))


def moved(pool: Told, transactions: list[TransactionView]) -> dict[Key, int]:
    names = {of: name for name, of in pool.names.items()}
    sums: Counter[Key] = Counter()
    for one in transactions:
        for account, amount in movements(one.postings).items():
            of = names[account.of] if account.of else ""
            sums[one.effective_on, one.event, account.head, of] += amount
    return {key: amount for key, amount in sums.items() if amount}


def test_a_year_of_two_pools(
    session: Session, sequenced: Sequenced, told: dict[str, Told], tmp_path: Path
) -> None:
    """One telling, judged in every way: each posting, each total, and other people's programs."""
    posts = {name: posted(session, pool) for name, pool in told.items()}
    for name, pool in told.items():
        assert moved(pool, posts[name]) == expected(name)
    assert sum(len(list(golden(name))) for name in told) == GOLDEN["transactions"]
    # Shares of an overspend and of what goes back: one transaction each, for three.
    assert sum(map(len, posts.values())) == GOLDEN["transactions"] - 4
    assert sum(leg.amount_minor for some in posts.values() for t in some for leg in t.postings) == 0
    for name, pool in told.items():
        check_final_balances(session, name, pool)
    check_figures(told["P1"], posts["P1"])
    check_overspend(told["P2"], posts["P2"])
    for name, pool in told.items():
        check_with_others(posts[name], pool, tmp_path)
    check_that_a_penny_is_missed(told["P1"], posts["P1"])
    session.rollback()
    sequenced()
    check_files(session, told["P1"])


def check_final_balances(session: Session, name: str, pool: Told) -> None:
    names = {of: word for word, of in pool.names.items()}
    said: dict[str, int] = {}
    for account, amount in balances.balances(session, pool.id).items():
        word = {Head.FUND_BROUGHT_FORWARD: "F:fund"}.get(account.head, str(account.head))
        tail = "brought_forward" if word == "F:fund" else names.get(account.of or pool.id, "")
        key = ":".join(part for part in (word, name, tail) if part)
        said[key] = said.get(key, 0) + amount
    want = {key: sum_ for key, sum_ in GOLDEN["final balances"].items() if f":{name}" in key}
    assert {key: amount for key, amount in said.items() if amount} == want


def check_figures(pool: Told, posts: list[TransactionView]) -> None:
    names = pool.names

    def of(event: Event, head: Head, name: str | None = None) -> list[int]:
        account = Account(head=head, of=names[name] if name else None)
        found = [movements(one.postings).get(account, 0) for one in posts if one.event is event]
        return [amount for amount in found if amount]

    assert {
        partner: -of(Event.CONTRIBUTION_AGREED, Head.FUNDING, partner)[0] for partner in PARTNERS
    } == GOLDEN["P1 contributions"]
    due = of(Event.INSTALMENT_FALLEN_DUE, Head.RECEIVABLE, "ICB")
    assert due == GOLDEN["P1 ICB monthly instalments"]
    assert set(of(Event.CAPITATION_RUN, Head.SPENT, "S3")) == {GOLDEN["capitation month gross"]}
    withheld = {-each for each in of(Event.CAPITATION_RUN, Head.WITHHOLD, "Hub")}
    assert withheld == {GOLDEN["withhold 5% per month"]}
    retro = GOLDEN["retro roster adjustment (3 months, -312 members 65-84)"]
    assert of(Event.ROSTER_CORRECTED, Head.SPENT, "S3") == [retro]
    assert of(Event.ROSTER_CORRECTED, Head.WITHHOLD, "Hub") == [-GOLDEN["its withhold part"]]
    assert of(Event.PAYMENT_MADE, Head.PAYABLE, "Hub")[0] == GOLDEN["paid to Hub"]
    assert of(Event.BONUS_AWARDED, Head.WITHHOLD, "Hub") == [GOLDEN["bonus pot"]]
    assert of(Event.BONUS_AWARDED, Head.PAYABLE, "Hub") == [-GOLDEN["bonus earned 68.5%"]]
    assert of(Event.BONUS_AWARDED, Head.AVAILABLE, "S3") == [GOLDEN["bonus unearned"]]
    assert GOLDEN["bundle price split"] == {
        one: -of(Event.BUNDLE_DONE, Head.PAYABLE, one)[0] // 58
        for one in ("Hospital", "Community", "SocialCare")
    }
    assert of(Event.YEAR_CLOSED, Head.RESULT) == [-GOLDEN["P1 result (credit = underspend)"]]
    assert of(Event.UNDERSPEND_CARRIED, Head.RESULT) == [GOLDEN["P1 carried forward"]]
    assert {
        one: -of(Event.UNDERSPEND_RETURNED, Head.PAYABLE_PARTNER, one)[0] for one in PARTNERS
    } == GOLDEN["P1 returned"]


def check_overspend(pool: Told, posts: list[TransactionView]) -> None:
    (shared,) = [one for one in posts if one.event is Event.OVERSPEND_SHARED]
    parts = movements(shared.postings)
    key = "overspend shares (largest remainder)"
    assert {
        one: parts[Account(head=Head.RECEIVABLE, of=pool.names[one])] for one in PARTNERS
    } == GOLDEN[key]
    assert GOLDEN[key] not in (
        GOLDEN["naive half-up shares"],
        GOLDEN["formance-style (floor, then +1 in list order)"],
    )
    assert sum(GOLDEN[key].values()) == GOLDEN["P2 overspend to share"]


def check_with_others(posts: list[TransactionView], pool: Told, folder: Path) -> None:
    """Hledger and beancount accept the year, and refuse it with any of some pennies moved."""
    words = {of: name for name, of in pool.names.items()}
    bean = folder / "year.beancount"
    bean.write_text(beancount(posts, words, "GBP", "Worked year"))
    program = str(Path(sys.executable).parent / "bean-check")
    assert subprocess.run([program, str(bean)], capture_output=True, check=False).returncode == 0
    if shutil.which("hledger") is None:
        pytest.skip("hledger is not installed: apt install hledger")
    journal = hledger(posts, words, "GBP", "Worked year")
    assert hledger_accepts(journal, folder)
    lines = journal.splitlines()
    legs = [n for n, line in enumerate(lines) if line.startswith("    ") and line.endswith("GBP")]
    for number in legs[:: len(legs) // 8]:
        account, amount, *rest = lines[number].split()
        other = f"{amount[:-1]}{(int(amount[-1]) + 1) % 10}"
        changed = [
            *lines[:number],
            f"    {account}  {other} {' '.join(rest)}",
            *lines[number + 1 :],
        ]
        assert not hledger_accepts("\n".join(changed) + "\n", folder), lines[number]


def hledger_accepts(journal: str, folder: Path) -> bool:
    file = folder / "journal"
    file.write_text(journal)
    program = ["hledger", "check", "-s", "-f", str(file)]
    return subprocess.run(program, capture_output=True, check=False).returncode == 0


def check_that_a_penny_is_missed(pool: Told, posts: list[TransactionView]) -> None:
    """A penny more on any posting does not balance; one moved to the next is another year."""
    wanted = expected("P1")
    for place, one in enumerate(posts):
        for seq, leg in enumerate(one.postings):
            more = replace(leg, amount_minor=leg.amount_minor + 1)
            changed = (*one.postings[:seq], more, *one.postings[seq + 1 :])
            with pytest.raises(Bug):
                check_balanced(changed)
            if seq == 0:
                less = replace(changed[-1], amount_minor=changed[-1].amount_minor - 1)
                year = [*posts]
                year[place] = replace(one, postings=(*changed[:-1], less))
                assert moved(pool, year) != wanted


def test_a_month_by_head_is_rounded_once() -> None:
    exact = GOLDEN["capitation exact by stratum (pence)"]
    lines = [
        Line(
            provider_id=UUID(int=1),
            stratum=name,
            members=Fraction(1),
            rate_minor=Fraction(amount),
            risk_index=Fraction(1),
        )
        for name, amount in exact.items()
    ]
    found = gross(lines, Fraction(1, 20))
    assert found.gross_minor == GOLDEN["capitation month gross"]
    assert dict(zip(exact, found.lines_minor, strict=True)) == GOLDEN["capitation lines"]
    naive = sum(int(Fraction(amount) + Fraction(1, 2)) for amount in exact.values())
    assert naive == GOLDEN["naive sum of rounded lines"] != found.gross_minor
    assert found.withheld_minor == GOLDEN["withhold 5% per month"]
