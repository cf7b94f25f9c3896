"""What the demonstration's files say fits together, and everybody is told where to begin."""

import json
from datetime import date

import pytest

from ledger.commands.demo import _say_accounts
from ledger.funding.imports.rules.cells import read_amount
from ledger.funding.imports.rules.files import open_file
from ledger.funding.imports.rules.mapping import Part, guess_columns
from ledger.funding.reconciliation.rules.files import read_lines
from ledger.funding.reconciliation.rules.findings import Source
from ledger.sample import blocks, promises, spending
from ledger.sample.fund_terms import APPROVALS
from ledger.sample.funding import CONTRACT_MINOR
from ledger.sample.moving import lines_until
from ledger.sample.scene import DATA, parties

START, END = date(2026, 4, 1), date(2027, 3, 31)


def test_a_file_is_moved_to_the_year_that_is_told_and_cut_where_it_has_got_to() -> None:
    rows = open_file(lines_until("payments.csv", START, END)).sample(10_000)
    moved = open_file(lines_until("payments.csv", date(2031, 4, 1), date(2031, 6, 30))).sample(
        10_000
    )
    assert 0 < len(moved) < len(rows)
    assert {cells[0][6:] for _, cells in moved[:-1]} == {"2031"}
    assert max(cells[0][3:5] for _, cells in moved[:-1]) == "06"


def test_the_payments_of_the_file_make_its_total_and_name_known_services_and_suppliers() -> None:
    file = open_file(lines_until("payments.csv", START, END))
    places = {part: one.column for part, one in guess_columns(file).items()}
    assert None not in places.values()
    *rows, total = [cells for _, cells in file.sample(10_000)]

    def cell(cells: list[str], part: Part) -> str:
        return cells[places[part] or 0].strip()

    assert sum(read_amount(cell(one, Part.AMOUNT)) for one in rows) == read_amount(total[-1])
    known = {title.casefold() for title in spending.BUDGETS_MINOR}
    for one in rows:
        service = cell(one, Part.SERVICE)
        assert spending.SPELLED.get(service, service).casefold() in known
        assert cell(one, Part.SUPPLIER) in spending.SUPPLIERS
    assert len({cell(one, Part.REFERENCE) for one in rows}) == len(rows)


def test_one_of_the_smaller_services_is_overspent_in_every_year_that_is_told() -> None:
    file = open_file(lines_until("payments.csv", START, date(2026, 6, 30)))
    places = guess_columns(file)
    service, amount = places[Part.SERVICE].column, places[Part.AMOUNT].column
    assert service is not None
    assert amount is not None
    spent: dict[str, int] = {}
    for _, cells in file.sample(10_000)[:-1]:
        spent[cells[service]] = spent.get(cells[service], 0) + read_amount(cells[amount])
    assert spent["Home from hospital"] > spending.BUDGETS_MINOR["Home from hospital"]


def test_the_bank_statement_can_be_read() -> None:
    assert len(read_lines(lines_until("bank-statement.csv", START, END), Source.BANK)) == 12


def test_contracts_stay_within_what_a_pool_manager_may_promise_in_a_month() -> None:
    first_month = [one.promised_minor for one in promises.PROMISES if one.day < 31]
    all_minor = sum([*CONTRACT_MINOR.values(), *blocks.MINOR.values(), *first_month])
    limit = max(upto or 0 for what, upto, _ in APPROVALS if what == "commitment within 30 days")
    assert all_minor <= limit


def test_whoever_is_told_where_to_begin_can_sign_in() -> None:
    looks = json.loads((DATA / "first-looks.json").read_text())
    patients = {one.get("username") for one in parties()["patients"].values()}
    assert set(looks) <= {*parties()["people"], *patients}


def test_each_account_is_printed_once_with_where_to_begin(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = {"username": "fay", "says": "finance lead", "first": "The year.", "page": "/pools/1"}
    _say_accounts([first, {"username": "sam", "says": "steward"}], "http://127.0.0.1:8000")
    said = capsys.readouterr().out
    assert said.index("http://127.0.0.1:8000/pools/1") < said.index("Others")
    assert said.count("fay") == said.count("sam") == 1
