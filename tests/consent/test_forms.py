"""A file of what patients said: each row by itself, and the same file again changes nothing."""

import csv
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import Record
from ledger.commands.consents import group
from ledger.consent import queries, service
from ledger.consent.rules.choices import Source
from ledger.consent.rules.forms import read_forms
from ledger.core.actor import Actor, Role
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.directory.rules.tables import UnreadableTable
from tests.conftest import NOW
from tests.given import agreements
from tests.given import consent as given
from tests.given.directory import cared_for, member, nhs_number, organisation, patient

HEADINGS = "NHS number,answer,agreement,purposes,categories,organisations,decided on,source,until\n"
Read = Callable[..., Result]


class Scene:
    """A trust, a council, an agreement, and three patients of a clinician."""

    def __init__(self, session: Session) -> None:
        self.trust, self.council = organisation(), organisation(ods_code="DEMFORM")
        self.agreement = agreements.active(self.trust, self.council)
        self.clinician = member(Role.CLINICIAN, at=self.trust)
        staff = {one.person_id: one for one in directory.staff(session, self.trust)}
        self.email = staff[self.clinician.id].email
        self.numbers = [nhs_number() for _ in range(3)]
        self.patients: list[tuple[UUID, Actor]] = []
        for number in self.numbers:
            self.patients.append(patient(at=self.trust, number=number))
            cared_for(self.patients[-1][0], by=self.clinician)

    def yes(self, n: int, on: str = "2026-02-01") -> str:
        start = f"{self.numbers[n]},yes,{self.agreement},TREAT"
        return f"{start},medicines care-plan,demform,{on},paper,\n"

    def no(self, n: int, on: str = "1/2/2026") -> str:
        return f"{self.numbers[n]},No,,TREAT,,,{on},phone,\n"


@pytest.fixture
def scene(session: Session) -> Scene:
    return Scene(session)


@pytest.fixture
def read(app: Flask, scene: Scene, tmp_path: Path) -> Read:
    def run(content: str, *options: str) -> Result:
        file = tmp_path / "forms.csv"
        file.write_text(content)
        whose = ["--organisation", str(scene.trust), "--for", scene.email, "--role", "clinician"]
        return app.test_cli_runner().invoke(group, ["import", str(file), *whose, *options])

    return run


def entries(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(LogEntry)) or 0


def test_it_comes_in_once_whatever_became_of_it_since(
    session: Session, scene: Scene, read: Read
) -> None:
    given.dissented(scene.patients[2][1])
    content = HEADINGS + scene.yes(0) + scene.no(1) + scene.yes(2)
    done = read(content)
    assert done.exit_code == 0, done.output
    assert "2 recorded, 1 waiting for a person, 0 already there, 0 refused" in done.output
    (first,) = queries.of_patient(session, scene.patients[0][1], scene.patients[0][0], now=NOW)
    assert (first.source, first.grantor) == (Source.PAPER, "patient")
    body = session.scalar(select(LogEntry.body).where(LogEntry.kind == "consent.granted"))
    record = Record.from_bytes(body or b"")
    assert record.actor == "system:operator"
    assert record.on_behalf_of == scene.clinician.ref

    given.withdrawn(scene.patients[0][1], first.id)
    before = entries(session)
    again = read(content)
    assert (again.exit_code, entries(session)) == (0, before)
    assert "0 recorded, 0 waiting for a person, 3 already there, 0 refused" in again.output


def test_what_was_narrowed_is_not_widened_again(session: Session, scene: Scene, read: Read) -> None:
    content = HEADINGS + scene.yes(0)
    read(content)
    patient_id, actor = scene.patients[0]
    (first,) = queries.of_patient(session, actor, patient_id, now=NOW)
    less = given.choice(scene.council, categories=frozenset(list(given.CATEGORIES)[:1]))
    with unit_of_work(actor) as work:
        service.narrow(work, first.id, choice=less)
    assert "1 already there" in read(content).output


def test_wrong_rows_leave_nothing_and_are_listed_with_their_lines(
    session: Session, scene: Scene, read: Read, tmp_path: Path
) -> None:
    stranger, unseen = nhs_number(), nhs_number()
    patient(at=scene.council, number=unseen)
    good, errors = scene.yes(0), tmp_path / "errors.csv"
    content = (
        HEADINGS
        + good
        + good.replace(scene.numbers[0], stranger)
        + good.replace(scene.numbers[0], unseen)
        + good.replace("medicines care-plan", "finance")
        + good.replace("demform", "NOBODY1")
        + good.replace(",yes,", ",perhaps,")
        + good.replace("2026-02-01", "2027-02-01")
        + good.replace(str(scene.agreement), "")
        + good.replace("paper", "online")
    )
    done = read(content, "--errors", str(errors))
    assert done.exit_code == 1
    assert "1 recorded" in done.output, errors.read_text()
    with errors.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["column"]) for row in rows] == [
        ("3", "NHS number"),
        ("4", ""),
        ("5", "categories"),
        ("6", "organisations"),
        ("7", "answer"),
        ("8", "decided on"),
        ("9", "agreement id"),
        ("10", "source"),
    ]
    assert stranger not in errors.read_text() + done.output
    mended = HEADINGS + good + scene.yes(1)
    assert "1 recorded, 0 waiting for a person, 1 already there" in read(mended).output


def test_a_dry_run_records_nothing(session: Session, scene: Scene, read: Read) -> None:
    before = entries(session)
    done = read(HEADINGS.replace("until", "colour") + scene.yes(0) + scene.no(1), "--dry-run")
    assert (done.exit_code, entries(session)) == (0, before)
    assert "2 good rows" in done.output
    assert "not read, and not kept: colour" in done.output
    wrong = read(HEADINGS + scene.yes(0).replace("TREAT", "FUN"), "--dry-run")
    assert (wrong.exit_code, entries(session)) == (1, before)
    assert "line 2, purposes" in wrong.output


def test_nobody_is_acted_for_who_has_no_such_role(scene: Scene, app: Flask, read: Read) -> None:
    done = read(HEADINGS + scene.yes(0), "--role", "steward")
    assert done.exit_code != 0
    assert done.exception is not None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a,b\n1,2\n", b"\x00"])
def test_what_is_no_such_file_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableTable):
        read_forms(content, today=NOW.date(), demonstration=True)
