# ruff: noqa: E501, ISC004  (files as they come have long lines)
"""Files of payments as they come: messy letters, messy headings, messy cells; hostile ones too."""

from datetime import date
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.errors import Invalid
from ledger.core.money import decimal_minor
from ledger.funding.imports.rules.cells import Order, Sign, read_amount, read_day, read_reference
from ledger.funding.imports.rules.files import PaymentFile, UnreadablePayments, open_file
from ledger.funding.imports.rules.mapping import (
    FileMapping,
    MappingRefused,
    Part,
    check_columns,
    guess_columns,
    guess_order,
)
from ledger.funding.imports.rules.mapping_json import from_json, to_json
from ledger.funding.imports.rules.rows import Checked
from ledger.funding.imports.service.reading import read_all

HOST = uuid4()
HEADINGS = "date,service,number,amount\n"


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1234.5", 1234_50), ("1,234.56", 1234_56), ("£ 12", 12_00), ("(3.00)", -3_00),
        ("3.00-", -3_00), ("-3", -3_00), ("\N{MINUS SIGN}3", -3_00), ("£1,000,000.01", 1000000_01),
        (" 7.00\u00a0", 7_00), ("5.00CR", -5_00), ("GBP 9.99", 9_99), ("0.05", 5),
    ],
)  # fmt: skip
def test_amounts_as_ledgers_write_them(text: str, minor: int) -> None:
    assert read_amount(text) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.234",
        "1,23",
        "1e5",
        "NaN",
        "12.34.56",
        "=1+1",
        "٣",
        "9" * 40,
        "--3",
        "(3",
        "€12.00",
        "$12",
    ],
)
def test_what_is_no_amount_is_said(text: str) -> None:
    with pytest.raises(Invalid):
        read_amount(text)


@given(st.integers(-(10**12), 10**12))
@settings(max_examples=60)
def test_what_files_write_is_read_back(minor: int) -> None:
    plain = decimal_minor(minor)
    assert read_amount(plain) == minor
    if minor < 0:
        assert read_amount(f"({plain[1:]})") == read_amount(f"{plain[1:]}-") == minor


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2011-04-01", Order.DAY_FIRST, date(2011, 4, 1)),
        ("01/04/2011", Order.DAY_FIRST, date(2011, 4, 1)),
        ("04/01/2011", Order.MONTH_FIRST, date(2011, 4, 1)),
        ("1.4.11", Order.DAY_FIRST, date(2011, 4, 1)),
        ("01-Apr-11", Order.DAY_FIRST, date(2011, 4, 1)),
        ("1 April 2011", Order.DAY_FIRST, date(2011, 4, 1)),
        ("2011-04-01T00:00:00", Order.DAY_FIRST, date(2011, 4, 1)),
        ("01/04/2011 00:00", Order.DAY_FIRST, date(2011, 4, 1)),
    ],
)
def test_days_as_ledgers_write_them(text: str, order: Order, day: date) -> None:
    assert read_day(text, order) == day


@pytest.mark.parametrize("text", ["31/02/2011", "13/13/2011", "40634", "soon", "2011"])
def test_what_is_no_day_is_said(text: str) -> None:
    with pytest.raises(Invalid):
        read_day(text, Order.DAY_FIRST)


@pytest.mark.parametrize(
    "text", ["Mrs Moss", "=HYPERLINK(1)", "a" * 41, "12;34", "x", "999 000 0018", "P-9990000018"]
)
def test_a_name_is_no_number(text: str) -> None:
    with pytest.raises(Invalid):
        read_reference(text)


MESSY = (
    b"\xef\xbb\xbfPayments over 500 pounds;;;\r\n\r\nDate Paid;Service Label;Voucher;Net Amount\r\n"
    b"01/04/2012;Falls;V1;1.234,00\r\n\r\n02/04/2012;Falls;V2;(3.00)\r\n"
    b";;Grand total;99.00\r\n",
    "Date Paid\tService Label\tVoucher\tNet Amount\n01/04/2012\tCafé\tV1\t£12.00\n".encode("cp1252"),
    'Date Paid,Service Label,Voucher,Net Amount\n01/04/2012,"Falls\nnorth",V1,12\n'.encode("utf-16"),
)  # fmt: skip


def read(file: PaymentFile, **chosen: object) -> Checked:
    columns = {p: g.column for p, g in guess_columns(file).items() if g.column is not None}
    mapping = FileMapping(
        columns=columns,
        order=guess_order(file, columns[Part.DAY]),
        schemes={"Falls": HOST, "Café": HOST, "Falls north": HOST, "": HOST},
        provider_id=HOST,
        **chosen,  # type: ignore[arg-type]
    )
    return read_all(file, mapping, today=date(2026, 3, 2))[0]


def test_titles_separators_letters_and_totals() -> None:
    found = [read(open_file(content)) for content in MESSY]
    assert [one.rows for one in found] == [1, 1, 1]
    first = found[0]
    assert [fault.line for fault in first.faults if fault.column == "Net Amount"] == [4]
    assert first.skipped == [7]
    assert [fault.line for fault in first.faults if fault.column == "amount"] == [6]  # A refund.
    assert found[1].total_minor == found[2].total_minor == 12_00


@pytest.mark.parametrize(
    "content",
    [
        b"", b" \n\n", b"\x00\x01PK", b"just words\nmore words\n", b"a" * 10_000_000,
        HEADINGS.encode() + b'1/4/12,Falls,V1,"12', HEADINGS.encode() + b"," * 100_000,
        HEADINGS.encode() + b"x" * 3_000 + b",y,z,1\n", b"%PDF-1.7\n",
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_words(content: bytes) -> None:
    with pytest.raises((UnreadablePayments, MappingRefused, KeyError)) as refused:
        read(open_file(content))
    assert refused.type is not KeyError


def test_faults_name_line_and_column_and_repeat_nothing() -> None:
    rows = "1/4/12,Falls,V1,x\n31/2/12,Falls,V2,2\n1/4/12,Other,V3,3\n1/4/99,Falls,V4,4\n"
    rows += "1/4/12,Falls,,5\n1/4/12,Falls,V6,0\n1/4/12,Falls,V7,7,Mrs Moss\n1/4/12,Falls,V8,8\n"
    found = read(open_file((HEADINGS + rows).encode()))
    said = [(fault.line, fault.column) for fault in found.faults]
    assert said == [
        (2, "amount"), (3, "date"), (4, "service"), (5, "day"), (6, "number"), (7, "amount"), (8, ""),
    ]  # fmt: skip
    assert found.rows == 1
    assert not any("Moss" in fault.detail for fault in found.faults)


def test_no_new_scheme_has_the_words_of_a_person() -> None:
    file = open_file((HEADINGS + "1/4/12,Carers of 999 000 0018,V1,2\n").encode())
    mapping = FileMapping(
        columns={p: g.column for p, g in guess_columns(file).items() if g.column is not None},
        schemes={"Carers of 999 000 0018": None},
        provider_id=HOST,
    )
    found, payments = read_all(file, mapping, today=date(2026, 3, 2))
    assert [(fault.line, fault.column) for fault in found.faults] == [(2, "service")]
    assert not payments


def test_a_payment_that_comes_twice_is_found_until_somebody_says_it_is_none() -> None:
    rows = "1/4/12,Falls,V1,2\n1/4/12,Falls,V1,3\n1/4/12,Falls,V1,2\n"
    file = open_file((HEADINGS + rows).encode())
    assert read(file).twice == {4: 2}
    assert read(file, distinct=frozenset({4})).twice == {}


def test_a_file_whose_payments_are_below_zero_says_so_once() -> None:
    file = open_file((HEADINGS + "1/4/12,Falls,V1,-2\n").encode())
    assert read(file).fault_count == 1
    assert read(file, sign=Sign.MINUS).total_minor == 2_00


def test_a_mapping_survives_json_and_refuses_what_it_does_not_know() -> None:
    mapping = FileMapping(columns={Part.DAY: 0}, provider_id=HOST, schemes={"a": None})
    assert from_json(to_json(mapping), guessed=mapping) == mapping
    wrongs: tuple[dict[str, object], ...] = ({"x": 1}, {"columns": {"day": "0"}}, {"columns": []}, {"provider_id": "me"},
                  {"order": "sideways"}, {"distinct": [True]}, {"schemes": {"a": 3}})  # fmt: skip
    for wrong in wrongs:
        with pytest.raises(MappingRefused):
            from_json(wrong, guessed=mapping)
    for columns in ({Part.DAY: 0}, {Part.DAY: 0, Part.AMOUNT: 0, Part.REFERENCE: 1},
                    {Part.DAY: 0, Part.AMOUNT: 1, Part.REFERENCE: 9}):  # fmt: skip
        with pytest.raises(MappingRefused):
            check_columns(columns, ["a", "b", "c"])
