"""Files from outside: read within bounds, refused with line and column, never half taken."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.errors import Invalid
from ledger.directory.rules.imports import (
    care_of,
    identity_of,
    organisation_of,
    read_care,
    read_organisations,
    read_patients,
)
from ledger.directory.rules.periods import Period
from ledger.directory.rules.tables import (
    CONTENT_MAX,
    RowsRefused,
    Table,
    UnreadableTable,
)

TODAY = date(2026, 3, 1)


def patients(text: str | bytes, **options: Any) -> Table:
    content = text.encode() if isinstance(text, str) else text
    return read_patients(content, **{"today": TODAY, "demonstration": True, **options})


def test_headings_are_found_whatever_their_case_order_and_punctuation() -> None:
    table = patients("Patient Name;Shoe size;D.O.B.;nhs_number\nIris Moss;38;1/3/1948;999 000 0018")

    assert table.matched == {
        "NHS number": "nhs_number",
        "date of birth": "D.O.B.",
        "name": "Patient Name",
    }
    assert table.ignored == ("Shoe size",)
    (row,) = table.insist()
    assert identity_of(row).date_of_birth == date(1948, 3, 1)
    assert identity_of(row).nhs_number == "9990000018"


def test_each_fault_has_its_line_and_column_and_no_value() -> None:
    table = patients(
        "name,NHS number,date of birth\n"
        "Iris Moss,9990000018,1948-03-01\n"
        "\n"
        '"Two\nLines",9990000019,01/03/2048\n'
        "=cmd(),9990000018,1948-13-01\n"
        "Surplus,9990000026,1948-03-01,cell\n"
        "No number,,1948-03-01\n"
    )

    where = [fault.field for fault in table.faults]
    assert where == [
        "line 4, NHS number",
        "line 4, date of birth",
        "line 6, date of birth",
        "line 6, name",
        "line 6, NHS number",
        "line 7",
        "line 8, NHS number",
    ]
    said = " ".join(fault.detail for fault in table.faults)
    for personal in ("9990000019", "2048", "cmd", "1948"):
        assert personal not in said
    assert "the same as on line 2" in said
    with pytest.raises(RowsRefused, match="7 things") as refused:
        table.insist()
    assert refused.value.faults == table.faults


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \r\n \n", "empty"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"name\x00", "not a text file"),
        (b"name,NHS number\nx,1\n", "no column date of birth"),
        (b"name,name,NHS number,dob\n", "two columns for name"),
        (b"name,NHS number,dob\n", "no rows"),
        (b'name,NHS number,dob\n"x,1,2\n', "quotation mark"),
        (b'name,NHS number,dob\n"x"y,1,2\n', "quotation mark"),
        (b"name,NHS number,dob\n" + b"x" * 1001, "more than 1,000 letters"),
        (b"name,NHS number,dob\n" + b"x" * 200_000, "line 2"),
        (b"," * 200, "empty"),
        (b"x," * 200, "more than 100 cells"),
        (b"x" * (CONTENT_MAX + 1), "4 MiB"),
        (b"name,NHS number,dob\n" + b"x\n" * 10_001, "more than 10,000 rows"),
    ],
)
def test_files_that_are_refused_whole(content: bytes, says: str) -> None:
    with pytest.raises(UnreadableTable, match=says):
        patients(content)


def test_very_many_faults_are_counted_and_not_all_listed() -> None:
    table = patients("name,NHS number,dob\n" + "x,1,2\n" * 5000)
    assert table.fault_count == 10_000
    assert len(table.faults) == 200


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        table = patients(b"name,NHS number,dob\n" + content)
    except Invalid:
        return
    assert table.rows or table.fault_count


@given(st.text(alphabet='nadob",;\n\r\t 0123456789', max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        patients(text)
    except Invalid:
        return


def test_real_numbers_are_refused_in_a_demonstration() -> None:
    real = "name,NHS number,dob\nIris Moss,9434765919,1948-03-01\n"
    assert "begin with 999" in patients(real).faults[0].detail
    assert patients(real, demonstration=False).fault_count == 0


def test_organisations_in_the_words_of_the_nhs() -> None:
    table = read_organisations(
        b"ods_code,name,kind,postcode,town\n"
        b'RX4,"CUMBRIA, NORTHUMBERLAND",NHS_TRUST,NE3 3XT,NEWCASTLE UPON TYNE\n'
        b"QOX,NHS BATH,ICB,,\n"
        b"rgt01,ADDENBROOKE'S HOSPITAL,NHS_SITE,CB2 0QQ,CAMBRIDGE\n"
        b"zz1,A,castle,x,y\n"
    )
    first, second, third = map(organisation_of, table.rows)
    assert (first.name, first.kind) == ("CUMBRIA, NORTHUMBERLAND", "nhs-trust")
    assert (second.kind, second.postcode, second.town) == (
        "integrated-care-board",
        None,
        None,
    )
    assert third.ods_code == "RGT01"
    assert [fault.field for fault in table.faults] == [
        "line 5, kind",
        "line 5, postcode",
    ]


def test_a_roster_names_a_team_a_person_or_the_whole_organisation() -> None:
    table = read_care(
        b"nhs number\tteam\te-mail\tfrom\tuntil\n"
        b"9990000018\tFalls\t\t2026-01-01\t\n"
        b"9990000018\t\tAda@trust.example\t2026-01-01\t2026-12-31\n"
        b"9990000018\t\t\t2026-01-01\t2025-12-31\n",
        today=TODAY,
        demonstration=True,
    )
    team, person = map(care_of, table.rows)
    assert (team.team, team.email, team.period) == (
        "Falls",
        None,
        Period(date(2026, 1, 1)),
    )
    assert (person.team, person.email) == (None, "ada@trust.example")
    assert [fault.field for fault in table.faults] == ["line 4, from and until"]
