"""Capital and tax of an invoice: asked, shown, exported, and read back the same."""

import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from ledger.core.db import db
from ledger.funding.export import beancount, hledger
from ledger.funding.queries.transactions import every_transaction
from ledger.funding.reading_back import compare, read
from ledger.funding.rules.dimensions import Vat
from ledger.funding.rules.events import Event
from ledger.web.dimension_words import VAT_WORDS, vat_options
from tests.directory.conftest import ActAs, form
from tests.given.funding import GivenPool, allocated

PAGE = {"Accept": "text/html"}


def test_what_is_said_of_an_invoice_is_asked_shown_and_exported(
    act_as: ActAs, given: GivenPool, session: Session, tmp_path: Path
) -> None:
    session.rollback()
    allocated(given, first=100_00)
    client, at = act_as(given.manager), f"/pools/{given.id}/prepare/accrual"
    asked = {
        "scheme_id": str(given.schemes[0]), "provider_id": str(given.provider),
        "commitment_id": "", "amount_minor": "12.00", "reference": "Invoice 7",
    }  # fmt: skip
    assert "Did it buy an asset?" in client.get(at, headers=PAGE).text
    said = {**asked, "capital": "yes", "vat": "recovered"}
    wrong = {**said, "vat": "perhaps"}
    assert client.post(at, data={**form(), **wrong}, headers=PAGE).status_code == 422
    looked = client.post(at, data={**form(), **said}, headers=PAGE)
    assert "Yes, it bought an asset (capital)" in looked.text
    assert "The host gets it back" in looked.text
    for body in (said, {**asked, "capital": "", "vat": ""}):
        done = client.post(at, data={**form(), **body, "looked": "1"}, headers=PAGE)
        assert done.status_code == 303
    db.session.remove()
    session = db.session()
    found = list(every_transaction(session, given.view))
    first, second = (one for one in found if one.event is Event.EXPENDITURE_ACCRUED)
    assert (first.capital, first.vat) == (True, Vat.RECOVERED)
    assert (second.capital, second.vat) == (None, None)
    for write, program in ((hledger, ["hledger", "check", "-f"]), (beancount, ["bean-check"])):
        journal = write(found, {}, "GBP", "Test")
        assert [journal.count(words) for words in ("capital: ", "vat: ")] == [1, 1]
        assert compare(read(journal), found, {}).same
        file = tmp_path / "journal"
        file.write_text(journal)
        beside = Path(sys.executable).parent / program[0]
        command = str(beside) if beside.exists() else shutil.which(program[0])
        if command is not None:
            subprocess.run([command, *program[1:], str(file)], check=True, capture_output=True)
    shown = client.get(f"/pools/{given.id}/transactions/{first.id}", headers=PAGE).text
    assert "Bought an asset" in unescape(shown)
    assert "The host gets it back" in unescape(shown)
    other = client.get(f"/pools/{given.id}/transactions/{second.id}", headers=PAGE).text
    assert "Bought an asset" not in other


@pytest.mark.parametrize("vat", list(Vat))
def test_every_treatment_has_words(vat: Vat) -> None:
    assert vat in VAT_WORDS
    assert vat in [one["value"] for one in vat_options()]
