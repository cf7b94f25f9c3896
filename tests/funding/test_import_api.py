"""Payments from a file over HTTP and by the command."""

from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from ledger.cli import Ledger
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.directory import queries as directory
from ledger.funding.imports import background as importing
from ledger.funding.imports import queries
from ledger.funding.imports.service import batches as import_batches
from tests.directory.conftest import ActAs
from tests.given import directory as people
from tests.given import payments
from tests.given.funding import GivenPool, posted


def read(answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = answer.get_json()
    return found


CSV = {"Content-Type": "text/csv"}


def test_a_program_uploads_corrects_and_sends(act_as: ActAs, given: GivenPool) -> None:
    at = f"/api/v1/pools/{given.id}/payment-imports"
    client = act_as(given.manager)
    sent = client.post(at, data=payments.file(payments.rows(12)), headers=CSV)
    assert sent.status_code == 202
    assert read(sent)["stage"] == "reading"
    here = f"{at}/{read(sent)['id']}"
    importing.carry_on()
    db.session.remove()
    assert read(client.get(here))["report"]["rows"] == 12
    said = {"schemes": {"Community equipment store": str(given.schemes[1])}}
    assert client.put(f"{here}/mapping", json=said).status_code == 202
    assert client.put(f"{here}/mapping", json={"order": "up"}).status_code == 422
    importing.carry_on()
    assert client.post(f"{here}/submission", json={}).status_code == 202
    assert client.post(f"{here}/approvals", json={}).status_code == 403
    assert act_as(given.approver).post(f"{here}/approvals", json={}).status_code == 202
    importing.carry_on()
    client = act_as(given.manager)
    found = read(client.get(f"{here}/payments?from_line=10"))
    assert [one["line"] for one in found["payments"]] == [10, 11, 12, 13]
    assert client.post(at, data=b"\x00\x01", headers=CSV).status_code == 422
    assert client.post(at, data=b"x" * (17 << 20), headers=CSV).status_code == 413


def test_a_file_that_was_not_sent_is_for_those_who_bring_it_in(
    act_as: ActAs, given: GivenPool
) -> None:
    import_id = payments.uploaded(given, payments.file(payments.rows(3)))
    addresses = [f"/api/v1/pools/{given.id}/payment-imports/{import_id}"]
    addresses.append(f"/pools/{given.id}/imports/{import_id}")
    other = act_as(people.member(Role.POOL_MANAGER, at=given.partners[1]))
    assert [other.get(one).status_code for one in addresses] == [403, 403]
    posted(given.manager, import_batches.send, import_id)
    other = act_as(people.member(Role.POOL_MANAGER, at=given.partners[1]))
    assert [other.get(one).status_code for one in addresses] == [200, 200]


def test_one_command_imports_a_file(app: Flask, given: GivenPool, tmp_path: Path) -> None:
    file = tmp_path / "paid.csv"
    file.write_bytes(payments.file([*payments.rows(30), "soon,Reablement,,,9-9,1"]))
    staff = directory.staff(db.session(), given.partners[0])
    emails = {one.person_id: one.email for one in staff}
    db.session.remove()
    manager, lead = emails[given.manager.id], emails[given.approver.id]
    command = ["payments", "import", str(file), "--pool", str(given.id), "--for", manager]
    run = app.test_cli_runner()
    wrong = run.invoke(Ledger(), [*command, "--yes"])
    assert wrong.exit_code == 1
    assert "line 32, payment_date: this is no day" in wrong.output
    file.write_bytes(payments.file(payments.rows(30)))
    done = run.invoke(Ledger(), [*command, "--approved-by", lead, "--yes"])
    assert done.exit_code == 0, done.output
    assert "Posted 30 payments" in done.output
    (one,) = queries.imports(db.session(), given.view)
    assert one.stage == "posted"
