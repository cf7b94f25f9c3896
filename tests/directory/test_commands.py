"""What an operator types to set a service up and to bring lists in."""

import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from ledger.commands.directory import group
from ledger.core.actor import Role
from ledger.core.errors import LedgerError
from ledger.directory import queries
from ledger.edge import accounts
from tests.given.directory import member, nhs_number, organisation

FOUND = [
    *("found", "--name", "Northmoor Trust", "--kind", "nhs-trust", "--ods-code", "NM1"),
    *("--steward-name", "Sam Ashby", "--steward-email", "sam@trust.example"),
]


def typed(app: Flask, *words: str) -> Result:
    result: Result = app.test_cli_runner().invoke(group, list(words))
    return result


def test_setting_up_makes_a_host_and_a_steward_who_can_sign_in(
    app: Flask, session: Session
) -> None:
    done = typed(app, *FOUND)
    assert done.exit_code == 0, done.output
    assert "hosts this service\n" in done.output
    found = re.search(r"/invitation/([\w-]+)", done.output)
    assert found
    person_id = accounts.set_password(found[1], "meadow-gate-lantern")
    assert queries.actor_for(session, person_id, None).roles == {Role.STEWARD}
    again = typed(app, *FOUND)
    assert isinstance(again.exception, LedgerError)


def test_lists_are_checked_and_then_come_in(app: Flask, session: Session, tmp_path: Path) -> None:
    trust = organisation(ods_code="DM1")
    clinician = member(Role.CLINICIAN, at=trust)
    (staff,) = (m for m in queries.staff(session, trust) if m.person_id == clinician.id)
    number, file = nhs_number(), tmp_path / "list.csv"
    for command, text in [
        ("import-patients", f"NHS number,name,dob,shoe\n{number},Iris Moss,1948-03-01,38\n"),
        ("import-teams", f"team,e-mail,from\nFalls,{staff.email},2026-01-01\n"),
        ("import-care", f"NHS number,team,from\n{number},Falls,2026-01-01\n"),
    ]:
        file.write_text(text)
        checked = typed(app, command, str(file), "--organisation", "dm1", "--check")
        assert "1 good row\n" in checked.output
        done = typed(app, command, str(file), "--organisation", str(trust))
        assert "1 added, 0 changed, 0 already there" in done.output
    file.write_text("ODS code,name,kind\nDM1,Renamed Trust,trust\nDM2,New Council,council\n")
    assert "2 good rows" in typed(app, "import-organisations", str(file), "--check").output
    done = typed(app, "import-organisations", str(file))
    assert "1 added, 1 changed, 0 already there" in done.output


def test_somebody_is_invited_by_the_code_of_their_organisation(app: Flask) -> None:
    organisation(ods_code="DM1")
    words = ["--name", "Ada", "--email", "ada@trust.example", "--role", "clinician"]
    assert "/invitation/" in typed(app, "invite", "--organisation", "DM1", *words).output
    lost = typed(app, "invite", "--organisation", "DM9", *words)
    assert isinstance(lost.exception, LedgerError)
    assert "no organisation has the code DM9" in str(lost.exception)


@pytest.mark.parametrize("command", ["import-patients", "import-care", "import-teams"])
def test_nothing_comes_in_before_it_is_set_up(app: Flask, tmp_path: Path, command: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text("NHS number,name,dob\n")
    early = typed(app, command, str(file), "--organisation", "DM1", "--check")
    assert isinstance(early.exception, LedgerError)
