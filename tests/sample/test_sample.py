"""The sample partnership is loaded by commands, says what it is, and makes way for real use."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ledger.core import clock
from ledger.core.actor import Role
from ledger.core.db import db
from ledger.directory import queries
from ledger.directory.rules.nhs_number import is_demonstration
from ledger.edge import accounts
from ledger.sample import directory, emptying
from ledger.sample.emptying import CannotEmpty
from ledger.sample.load import NotEmpty, load
from ledger.sample.scene import Scene, parties
from ledger.settings import Settings
from tests.conftest import Sequenced
from tests.databases import NewDatabase, running
from tests.given.directory import organisation, patient

TODAY = clock.civil_date


@pytest.fixture
def scene(app: Flask) -> Scene:
    scene = Scene("http://127.0.0.1", password="meadow-gate-lantern", say=lambda _: None)
    directory.tell(scene)
    return scene


def test_everybody_in_it_signs_in_and_acts_in_their_role(scene: Scene, session: Session) -> None:
    assert {one["username"] for one in scene.accounts} >= set(parties()["people"])
    cara = scene.actor("cara.clinician")
    assert cara.roles == {Role.CLINICIAN}
    assert cara.organisation_id == scene.organisation("trust")
    assert scene.actor("tess.steward", Role.CARE_COORDINATOR).roles == {Role.CARE_COORDINATOR}
    assert scene.actor("iris.patient").patient_id == scene.patient("iris")
    who = accounts.check("cara.clinician", scene.password, address="127.0.0.1")
    assert who == cara.id
    care = queries.care_relationship(
        session,
        patient_id=scene.patient("iris"),
        organisation_id=scene.organisation("trust"),
        person_id=cara.id,
        on=TODAY(clock.now()),
    )
    assert care is not None


def test_it_says_that_it_is_a_demonstration(scene: Scene, session: Session) -> None:
    founded = queries.installation(session)
    assert founded
    assert founded.demonstration
    for one in queries.search_organisations(session):
        assert "demonstration" in one.name
    for one in parties()["patients"].values():
        assert is_demonstration(one["nhs_number"])
    for one in (*parties()["people"].values(), *parties()["patients"].values()):
        assert one.get("email", "@x.example").endswith(".example")


def test_it_is_not_loaded_over_anything(app: Flask) -> None:
    organisation()
    with pytest.raises(NotEmpty):
        load("http://127.0.0.1", say=lambda _: None)


@pytest.fixture
def embedded(sqlite_databases: NewDatabase) -> Iterator[Flask]:
    with running(sqlite_databases()) as app:
        directory.tell(
            Scene("http://127.0.0.1", password="meadow-gate-lantern", say=lambda _: None)
        )
        yield app


def renamed(app: Flask) -> Settings:
    settings: Settings = app.extensions["settings"]
    return replace(settings, log_origin="new.example/log")


def test_emptying_moves_all_of_it_aside_and_begins_anew(embedded: Flask) -> None:
    Sequenced(embedded)()
    settings = renamed(embedded)
    emptying.check(db.session(), settings, also_added=False)
    done = emptying.put_aside(settings, now=clock.now())

    assert queries.installation(db.session()) is None
    assert done.aside.stat().st_mode & 0o777 == 0o400
    with closing(sqlite3.connect(f"file:{done.aside}?mode=ro", uri=True)) as aside:
        (people,) = aside.execute("SELECT count(*) FROM people").fetchone()
    assert people == len(parties()["people"]) + 2
    organisation()
    with pytest.raises(CannotEmpty, match="no demonstration but the service of"):
        emptying.check(db.session(), settings, also_added=True)


def test_a_log_of_the_same_name_is_not_begun_again(embedded: Flask) -> None:
    Sequenced(embedded)()
    with pytest.raises(CannotEmpty, match="LEDGER_LOG_ORIGIN"):
        emptying.check(db.session(), embedded.extensions["settings"], also_added=False)


def test_what_was_added_by_hand_goes_aside_only_when_that_is_said(embedded: Flask) -> None:
    settings = renamed(embedded)
    trust = queries.organisation_by_code(db.session(), "DEMRN")
    assert trust
    patient(at=trust.id, number="9990000107")
    with pytest.raises(CannotEmpty, match="one person and one patient were added"):
        emptying.check(db.session(), settings, also_added=False)
    emptying.check(db.session(), settings, also_added=True)


def test_nothing_is_moved_while_a_server_has_it_open(embedded: Flask) -> None:
    settings = renamed(embedded)
    file = settings.sqlite_file
    assert file
    with closing(sqlite3.connect(file)) as server:
        server.execute("SELECT count(*) FROM people").fetchone()
        with pytest.raises(CannotEmpty, match="stop the server"):
            emptying.put_aside(settings, now=clock.now())
    assert list(Path(file).parent.glob(f"{file.stem}.sample*")) == []
    assert queries.installation(db.session()) is not None


def test_on_postgresql_it_says_what_to_do(postgresql_databases: NewDatabase) -> None:
    with running(postgresql_databases()) as app, pytest.raises(CannotEmpty, match="ledger migrate"):
        emptying.put_aside(app.extensions["settings"], now=clock.now())


def test_with_nothing_there_is_nothing_to_empty(app: Flask) -> None:
    with pytest.raises(CannotEmpty, match="directory found"):
        emptying.check(db.session(), app.extensions["settings"], also_added=False)
