"""The opt-out register: imported whole, matched, dated; and what planning makes of it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Record
from ledger.access.answers import as_json
from ledger.access.entries import AccessDecided
from ledger.access.keeping import queries
from ledger.access.keeping.registers import Imported, import_register
from ledger.access.keeping.rules import BadRegister, Lists, RegisterOlder
from ledger.access.rules.words import Outcome, Reason, Register
from ledger.commands.opt_outs import group
from ledger.consent.marks.models import PatientMark
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries as patients
from ledger.directory import service
from tests.beginnings import begins_with
from tests.given import directory
from tests.given.access import Scene, scene

OPERATOR = Actor.system("operator")
NOBODY = "9990000018"


beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


def number(here: Scene) -> str:
    identity = patients.patient_identities(db.session(), [here.patient_id])[here.patient_id]
    assert identity is not None
    return identity.nhs_number


def load(
    *numbers: str,
    lists: Lists = Lists.OPTED_OUT,
    checked_at: datetime | None = None,
    actor: Actor = OPERATOR,
) -> Imported:
    content = "".join(f"{each}\n" for each in numbers).encode()
    with unit_of_work(actor) as work:
        moment = checked_at or clock.now()
        return import_register(work, content=content, lists=lists, checked_at=moment)


def said(here: Scene, **changes: object) -> tuple[Register, Outcome, Reason]:
    decision = here.ask(purpose="HRESCH", **changes).decision
    return decision.facts.register, decision.verdict.outcome, decision.verdict.reason


def test_nobody_is_known_not_to_have_opted_out_without_a_copy(here: Scene) -> None:
    assert said(here) == (Register.ABSENT, Outcome.DEFAULT_DENY, Reason.REGISTER_ABSENT)


def test_who_is_not_on_it_is_included_and_who_is_is_not(here: Scene, session: Session) -> None:
    assert load().opted_out == 0
    assert said(here) == (Register.CLEAR, Outcome.DEFAULT_PERMIT, Reason.NOT_OPTED_OUT)
    done = load(number(here), NOBODY)
    assert (done.n, done.listed, done.unknown, done.opted_out, done.changed) == (2, 2, 1, 1, 1)
    assert said(here) == (Register.OPTED_OUT, Outcome.DEFAULT_DENY, Reason.OPTED_OUT)
    assert here.ask().permits, "their own care is never touched by it"
    assert load(number(here)).changed == 0
    load()
    assert said(here)[0] is Register.CLEAR


def test_an_express_yes_beats_it_and_an_express_no_stands_whatever_it_says(here: Scene) -> None:
    load(number(here))
    consent_id = here.grant("HRESCH")
    assert said(here) == (Register.OPTED_OUT, Outcome.PERMIT, Reason.CONSENTED)
    here.withdraw(consent_id)
    assert said(here)[1] is Outcome.DEFAULT_DENY
    load()
    here.dissent("HRESCH")
    assert said(here)[1:] == (Outcome.DENY, Reason.REFUSED)


def test_a_copy_checked_too_long_ago_denies_and_the_answer_says_when(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = clock.now()
    load(checked_at=checked)
    answer = as_json(here.ask(purpose="HRESCH"))
    moment = checked.isoformat().replace("+00:00", "Z")
    assert answer["context"]["as_of"]["opt_outs_checked_at"] == moment
    assert "opt_outs_checked_at" not in as_json(here.ask())["context"]["as_of"]
    for days, register in ((21, Register.CLEAR), (22, Register.STALE)):
        monkeypatch.setattr(clock, "now", lambda d=days: checked + timedelta(days=d, seconds=-1))
        assert said(here)[0] is register
        assert here.ask().permits
    assert said(here)[1:] == (Outcome.DEFAULT_DENY, Reason.REGISTER_STALE)


def test_a_patient_who_came_after_the_copy_is_not_known_to_be_on_it(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    newer, _ = directory.patient(at=here.council)
    assert said(here, patient_id=newer)[0] is Register.ABSENT
    load()
    assert said(here, patient_id=newer)[0] is Register.CLEAR


def test_a_patient_who_came_between_asking_and_importing_was_not_asked_about(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = clock.now()
    later = asked + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    newer, _ = directory.patient(at=here.council)
    load(checked_at=asked)
    assert said(here, patient_id=newer)[0] is Register.ABSENT
    assert said(here)[0] is Register.CLEAR


def test_who_the_central_service_did_not_uphold_has_opted_out(here: Scene) -> None:
    assert load(lists=Lists.UPHELD).opted_out >= 1
    assert said(here)[0] is Register.OPTED_OUT
    load(number(here), lists=Lists.UPHELD)
    assert said(here)[0] is Register.CLEAR


def test_the_decision_names_the_copy_and_numbers_are_kept_nowhere(
    here: Scene, session: Session
) -> None:
    load(NOBODY, number(here))
    answered = here.ask(purpose="HRESCH")
    body = session.scalars(select(LogEntry.body).where(LogEntry.id == answered.entry_id)).one()
    entry = Record.from_bytes(body).entry
    assert isinstance(entry, AccessDecided)
    assert (entry.saw.register, entry.register) == (1, Register.OPTED_OUT)
    assert entry.checked_at is not None
    bodies = b"".join(session.scalars(select(LogEntry.body)))
    assert NOBODY.encode() not in bodies
    assert number(here).encode() not in bodies


def test_erasing_a_patient_takes_it_away(here: Scene, session: Session) -> None:
    load(number(here))
    assert session.get(PatientMark, here.patient_id) is not None
    with unit_of_work(directory.member(Role.PRIVACY_OFFICER, at=here.trust)) as work:
        service.erase(work, patient_id=here.patient_id)
    session.expire_all()
    assert session.get(PatientMark, here.patient_id) is None


@pytest.mark.parametrize("content", [b"12345\n", b"\xff\xfe", b"number\n9990000019\n"])
def test_a_file_that_is_no_list_of_numbers_is_refused_whole(here: Scene, content: bytes) -> None:
    with pytest.raises(BadRegister) as refused, unit_of_work(OPERATOR) as work:
        import_register(work, content=content, lists=Lists.OPTED_OUT, checked_at=clock.now())
    assert b"9990000019" not in str(refused.value.faults).encode()
    assert queries.register(db.session()) is None


def test_an_older_copy_and_one_of_the_future_are_refused(here: Scene) -> None:
    load()
    with pytest.raises(RegisterOlder):
        load(checked_at=clock.now() - timedelta(days=1))
    with pytest.raises(BadRegister):
        load(checked_at=clock.now() + timedelta(hours=1))


def test_only_the_hosts_privacy_officer_or_an_operator_brings_one_in(here: Scene) -> None:
    for who in (here.clinician, directory.member(Role.PRIVACY_OFFICER, at=here.council)):
        with pytest.raises(Forbidden):
            load(actor=who)


def test_the_command_line_says_what_it_did(here: Scene, app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_text(f"NHS number\n{number(here)}\n{NOBODY}\n")
    runner = app.test_cli_runner()
    done = runner.invoke(
        group, ["import", str(file), "--lists", "opted-out", "--checked-at", "2026-01-02T00:00:00Z"]
    )
    assert done.exit_code == 0, done.output
    assert "copy 1: 2 listed, 1 of them nobody's here; 1 here have opted out" in done.output
    shown = runner.invoke(group, ["show"])
    assert "copy 1, checked 2026-01-02 00:00 UTC" in shown.output
    bad = runner.invoke(
        group, ["import", str(file), "--lists", "opted-out", "--checked-at", "tomorrow"]
    )
    assert bad.exit_code == 2
