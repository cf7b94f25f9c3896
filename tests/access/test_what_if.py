"""Past decisions judged by other rules: what flips is counted, and nobody is let in by it."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.access import what_if
from ledger.access.trying_entries import AccessTriedOtherwise
from ledger.access.what_if import Flip, NoRules, Tally, Tried
from ledger.commands.access import group
from ledger.core import authority
from ledger.core.actor import Actor, Role
from ledger.core.authority import Refused
from ledger.core.db import db
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from tests.given import directory
from tests.given.access import Scene, scene
from tests.given.identity import signed_in


def tally(tried: Tried, last: int = 100) -> Tally:
    db.session.rollback()
    found = Tally()
    for judged in what_if.judge(db.session(), tried, last=last):
        found.add(judged)
    return found


def asked(app: Flask) -> Scene:
    here = scene()
    here.ask()
    here.ask(purpose="HRESCH")
    here.grant()
    here.ask(purpose="HRESCH")
    return here


def test_the_rules_in_force_flip_nothing(app: Flask) -> None:
    asked(app)
    found = tally(Tried(rules=authority.in_force()))
    assert (found.decisions, found.unjudged, sum(found.flips.values())) == (3, 0, 0)


def test_a_role_that_reaches_less_loses(app: Flask) -> None:
    here = asked(app)
    reach = authority.in_force().texts["reach.csv"] + b"p, clinician, medicines, care, deny\n"
    found = tally(Tried(rules=what_if.rules_with({"reach.csv": reach})))
    assert found.flips == {Flip.LOST: 1}
    assert found.by["organisation", str(here.trust), Flip.LOST] == 1
    assert found.by["role", "clinician", Flip.LOST] == 1
    assert found.by["purpose", "TREAT", Flip.LOST] == 1
    assert found.by["category", "medicines", Flip.LOST] == 1


def test_a_suspended_agreement_stops_research_and_not_care(app: Flask) -> None:
    here = asked(app)
    found = tally(Tried(rules=authority.in_force(), suspended=here.agreement_id))
    assert found.flips == {Flip.LOST: 1}
    assert found.by["purpose", "HRESCH", Flip.LOST] == 1
    assert here.ask(purpose="HRESCH").permits, "nothing was suspended"


def test_that_it_was_tried_is_recorded_and_needs_leave(app: Flask, session: Session) -> None:
    here = asked(app)
    tried = Tried(rules=authority.in_force(), suspended=here.agreement_id)
    found = tally(tried)
    with pytest.raises(Refused), unit_of_work(here.clinician) as work:
        what_if.record(work, tried, found)
    for actor in (directory.member(Role.STEWARD), Actor.system("operator")):
        with unit_of_work(actor) as work:
            what_if.record(work, tried, found)
    kind = LogEntry.kind == AccessTriedOtherwise.kind
    entries = [
        Record.from_bytes(b).entry for b in db.session().scalars(select(LogEntry.body).where(kind))
    ]
    assert len(entries) == 2
    assert isinstance(entries[0], AccessTriedOtherwise)
    assert (entries[0].decisions, entries[0].lost, entries[0].gained) == (3, 1, 0)


def test_what_is_no_ruleset_is_refused(app: Flask, tmp_path: Path) -> None:
    for files in (
        {"else.csv": b""},
        {"reach.csv": b"nonsense"},
        {"reach.csv": b"\xff"},
        {"../x": b""},
    ):
        with pytest.raises(NoRules) as refused:
            what_if.rules_with(files)
        assert str(tmp_path.parents[2]) not in refused.value.detail


def test_by_the_command(app: Flask, tmp_path: Path) -> None:
    here = asked(app)
    db.session.rollback()
    file = tmp_path / "flips.csv"
    runner = app.test_cli_runner()
    asked_for = ["--suspend", str(here.agreement_id), "--csv", str(file)]
    run = runner.invoke(group, ["what-if", *asked_for])
    assert run.exit_code == 0, run.output
    assert "3 decisions: 0 gained, 1 lost, 0 changed" in run.output
    assert "lost" in file.read_text()
    again = runner.invoke(group, ["replay", "--all"])
    assert again.exit_code == 0, again.output
    assert "3 same, 0 differs" in again.output
    assert runner.invoke(group, ["replay"]).exit_code == 2
    assert runner.invoke(group, ["what-if"]).exit_code == 2


def test_over_http(app: Flask) -> None:
    here = asked(app)
    app.config["WTF_CSRF_ENABLED"] = False
    steward = signed_in(app, directory.member(Role.STEWARD))
    body = {"suspend_agreement_id": str(here.agreement_id)}
    found = steward.post("/api/v1/what-if", json=body).get_json()
    assert (found["decisions"], found["lost"], found["unjudged"]) == (3, 1, 0)
    assert {"by": "purpose", "value": "HRESCH", "flip": "lost", "count": 1} in found["counts"]
    for wrong in (
        {"last": 2001},
        {"files": {"x": "y"}},
        {"files": {"reach.csv": "z"}},
        {"files": 1},
    ):
        assert steward.post("/api/v1/what-if", json=wrong).status_code in {400, 422}
    clinician = signed_in(app, here.clinician)
    assert clinician.post("/api/v1/what-if", json=body).status_code == 403
