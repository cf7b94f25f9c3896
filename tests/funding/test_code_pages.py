"""Lists of codes by their page: sent as a file, read back the same, each wrong line named."""

from io import BytesIO
from uuid import uuid4

import pytest

from ledger.core.db import db
from ledger.funding.reconciliation import queries
from ledger.funding.reconciliation.rules.code_files import read_codes, write_codes
from ledger.funding.reconciliation.rules.code_maps import CodesRefused
from tests.directory.conftest import ActAs, form
from tests.given.funding import GivenPool
from tests.given.reconciling import CODES

PAGE = {"Accept": "text/html"}
HEAD = "Account,Whose,Nature,Capital,Nominal code,Cost centre\n"


def test_a_list_is_read_as_it_is_written() -> None:
    assert read_codes(write_codes(CODES.lines, {}), {}) == CODES.lines


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("B:spent,,,,1,", "account"),
        ("F:receivable,Nobody,,,1,", "whose"),
        ("F:expenditure,,sundry,,1,", "nature"),
        ("F:expenditure,,,perhaps,1,", "capital"),
    ],
)
def test_a_line_that_is_wrong_is_named(row: str, why: str) -> None:
    with pytest.raises(CodesRefused) as refused:
        read_codes(f"{HEAD}F:cash,,,,1000,\n{row}\n".encode(), {})
    (fault,) = refused.value.faults
    assert (fault.field, fault.detail.partition(":")[0]) == ("line 3", why)


@pytest.mark.parametrize("content", [b"", b"Account,Code\nF:cash,1\n", b"\x00"])
def test_what_is_no_list_is_refused(content: bytes) -> None:
    with pytest.raises(CodesRefused):
        read_codes(content, {})


def test_its_page(act_as: ActAs, given: GivenPool) -> None:
    host = given.partners[0]
    at = f"/pools/{given.id}/codes/{host}"
    client = act_as(given.manager)
    assert f'href="{at}"' in client.get(f"/pools/{given.id}/reconciliations", headers=PAGE).text
    assert "There is no list yet." in client.get(at, headers=PAGE).text
    assert client.get(f"{at}/codes.csv").text.startswith(HEAD.strip())
    scheme = given.view.schemes[0].label
    db.session.remove()

    def send(content: bytes, **said: str) -> tuple[int, str]:
        fields = {**form(), "vat_regime": "recovers", "vat_rate_percent": "20", **said}
        data = {**fields, "file": (BytesIO(content), "codes.csv")}
        answer = client.post(at, data=data, headers=PAGE)
        return answer.status_code, answer.text

    right = f"{HEAD}F:cash,,,,1000,\nF:expenditure,{scheme},,yes,0100,CC1\n".encode()
    for wrong in (
        {"vat_regime": "x"},
        {"vat_rate_percent": "-1"},
        {"vat_rate_percent": "\N{FULLWIDTH DIGIT ONE}"},
    ):
        assert send(right, **wrong)[0] == 422
    status, text = send(f"{HEAD}F:cash,,,,,\n".encode())
    assert (status, "a code has 1 to 32 characters" in text) == (422, True)
    assert client.post(at, data=form(), headers=PAGE).status_code == 422
    assert send(right)[0] == 303
    shown = client.get(at, headers=PAGE).text
    assert "Version 1." in shown
    assert "Yes" in shown
    assert send(client.get(f"{at}/codes.csv").data)[0] == 303
    version, listed = queries.codes(db.session(), given.id, host)
    _, before = queries.codes(db.session(), given.id, host, 1)
    assert (version, listed) == (2, before)
    assert client.get(f"/pools/{given.id}/codes/{uuid4()}", headers=PAGE).status_code == 404
    db.session.remove()
    other = act_as(given.leads[1])
    assert "Keep this list" not in other.get(at, headers=PAGE).text
    data = {**form(), "vat_regime": "recovers", "vat_rate_percent": "20"}
    sent = other.post(at, data={**data, "file": (BytesIO(right), "codes.csv")}, headers=PAGE)
    assert sent.status_code == 403
