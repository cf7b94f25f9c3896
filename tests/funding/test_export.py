"""A pool's journal, checked by other people's programs; one penny off, and they refuse it."""

import shutil
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ledger.directory import queries as directory
from ledger.funding.export import beancount, hledger, path
from ledger.funding.queries.transactions import every_transaction
from ledger.funding.rules.chart import Account, Head
from tests.beginnings import begins_with
from tests.given.funding import GivenPool, accrued, allocated, paid, pool, received

needs_hledger = pytest.mark.skipif(
    shutil.which("hledger") is None, reason="hledger is not installed: apt install hledger"
)


def scene() -> GivenPool:
    made = pool()
    allocated(made, first=500_000_00, second=1_234_56)
    received(made, 150_000_00)
    accrued(made, 40_000_01, reference='Invoice "7"\nsecond line; x')
    paid(made, 40_000_00)
    return made


beginning = begins_with(scene)


def names(session: Session, given: GivenPool) -> dict[UUID, str]:
    ids = [*given.partners, given.provider]
    found = {one.id: one.name for one in directory.organisations(session, ids).values()}
    return found | {scheme.id: scheme.label for scheme in given.view.schemes}


def accepted(program: list[str], journal: str, folder: Path) -> bool:
    file = folder / "journal"
    file.write_text(journal)
    return subprocess.run([*program, str(file)], capture_output=True, check=False).returncode == 0


def test_hledger_accepts_it_and_refuses_a_penny_more(
    session: Session, given: GivenPool, tmp_path: Path
) -> None:
    if shutil.which("hledger") is None:
        pytest.skip("hledger is not installed: apt install hledger")
    journal = hledger(every_transaction(session, given.view), names(session, given), "GBP", "Test")
    strict = ["hledger", "check", "--strict", "-f"]
    assert accepted(strict, journal, tmp_path)
    for line in journal.splitlines():
        if line.startswith("    ") and line.endswith(" GBP"):
            amount = line.split()[-2]
            other = f"{amount[:-1]}{(int(amount[-1]) + 1) % 10}"
            assert not accepted(
                strict, journal.replace(line, line.replace(amount, other), 1), tmp_path
            ), line


def test_beancount_accepts_it_and_refuses_a_penny_more(
    session: Session, given: GivenPool, tmp_path: Path
) -> None:
    journal = beancount(
        every_transaction(session, given.view), names(session, given), "GBP", "Test"
    )
    check = [str(Path(sys.executable).parent / "bean-check")]
    assert accepted(check, journal, tmp_path)
    assert not accepted(check, journal.replace("40000.01", "40000.02", 1), tmp_path)


def test_the_same_transactions_give_the_same_bytes(session: Session, given: GivenPool) -> None:
    once, again = (
        hledger(every_transaction(session, given.view), names(session, given), "GBP", "Test")
        for _ in range(2)
    )
    assert once == again


def test_an_account_is_named_by_words_that_both_programs_allow() -> None:
    one = Account(head=Head.PAYABLE, of=UUID(int=0xABC))
    assert path(one, {UUID(int=0xABC): "élan & söhne (north)"}) == (
        "Liabilities:Payable:Elan-sohne-north-00000abc"
    )
    assert path(one, {}) == "Liabilities:Payable:Of-00000abc"
    assert path(Account(head=Head.CASH), {}) == "Assets:Cash"
