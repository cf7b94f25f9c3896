"""Another master key: all reads as before, whatever the rotation was interrupted by."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from ledger.core import keys, privacy, rewrapping
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.master_key import LocalKey, Tampered
from ledger.core.privacy import SubjectKey
from ledger.core.replay import replay
from ledger.core.rewrapping import CannotRotate, Done
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.rules.imports import Identity
from ledger.edge import accounts, provider_links
from ledger.edge.oauth.keys import keyrings
from tests.conftest import Sequenced
from tests.given.directory import member, nhs_number, organisation, patient

OLD, NEW, OTHER = LocalKey(b"m" * 32), LocalKey(b"n" * 32), LocalKey(b"o" * 32)
BORN = date(1948, 3, 1)
PASSWORD = "walnut teapot on the hill"


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    yield
    privacy.use_master_key(OLD)


def somebody() -> tuple[str, Actor]:
    """Leave a patient, a steward with an account and a linked provider, and a signing key."""
    trust = organisation()
    steward = member(Role.STEWARD, at=trust)
    number = nhs_number()
    with unit_of_work(Actor.system("tests")) as work:
        service.register_patient(
            work,
            organisation_id=trust,
            identity=Identity(name="Ada Example", date_of_birth=BORN, nhs_number=number),
        )
    for _ in range(3):
        patient(at=trust)
    accounts.set_password(accounts.invite(steward.id, "ada@demonstration.example"), PASSWORD)
    provider_links.link("https://op.example", "sub-1", steward.id)
    keyrings().now()
    return number, steward


def must_be_as_before(number: str, steward: Actor) -> None:
    """What was known is found, opened and signed in to by the present key."""
    with unit_of_work(steward) as work:
        assert service.find_patient(work, nhs_number=number, date_of_birth=BORN)
    assert (queries.person_names(db.session(), [steward.id])[steward.id] or "").startswith("Person")
    assert accounts.check("ada@demonstration.example", PASSWORD, address="here") == steward.id
    key = privacy.lookup_hmac("provider-account", "https://op.example\nsub-1")
    with Session(db.engine) as session:
        link = session.get(provider_links.ProviderLink, key)
        assert link is not None
        assert link.person_id == steward.id
    keyrings()._ring = None
    assert keyrings().now().kids


def test_all_reads_as_before_and_the_old_key_opens_nothing(
    app: Flask, session: Session, sequenced: Sequenced
) -> None:
    number, steward = somebody()
    session.rollback()
    report = rewrapping.rotate(db.engine, OLD, NEW)

    assert report.done >= 10
    must_be_as_before(number, steward)
    for row in session.scalars(select(SubjectKey)):
        assert NEW.unwrap(row.wrapped, about=row.id.bytes)
        with pytest.raises(Tampered):
            OLD.unwrap(row.wrapped, about=row.id.bytes)
    session.rollback()
    keys.must_fit(session, app.extensions["signers"])
    sequenced()
    copy = create_engine("sqlite://")
    assert replay(db.engine, copy).differences == []
    copy.dispose()

    session.rollback()
    rewrapping.rotate(db.engine, NEW, OTHER)  # And again: what was pinned stays pinned.
    must_be_as_before(number, steward)


def test_killed_after_any_step_it_goes_on_and_nothing_serves_meanwhile(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrapping, "BATCH", 2)
    number, steward = somebody()
    kills, alive = 0, False
    while not alive:
        session.rollback()
        steps = kills = kills + 1

        def advance(_step: str, _done: int) -> None:
            nonlocal steps
            steps -= 1
            if steps == 0:
                raise Killed

        privacy.use_master_key(OLD)
        try:
            rewrapping.rotate(db.engine, OLD, NEW, advance=advance)
            alive = True
        except Killed:
            alive = _finished(session)
        if not alive:
            with pytest.raises(keys.WrongKey, match="not finished"):
                keys.must_fit(session, app.extensions["signers"])
    assert kills > 3
    must_be_as_before(number, steward)


def test_killed_within_a_batch_nothing_of_it_is_kept(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, steward = somebody()
    session.rollback()
    whole = dict(rewrapping._steps)
    for name, step in whole.items():

        def dies(*given: Any, step: rewrapping.Step = step) -> Done:
            step(*given)
            raise Killed

        monkeypatch.setattr(rewrapping, "_steps", {**whole, name: dies})
        with pytest.raises(Killed):
            rewrapping.rotate(db.engine, OLD, NEW)
    monkeypatch.setattr(rewrapping, "_steps", whole)
    assert rewrapping.rotate(db.engine, OLD, NEW).resumed
    must_be_as_before(number, steward)


def test_only_the_keys_it_began_with_go_on(session: Session) -> None:
    somebody()
    session.rollback()
    with pytest.raises(CannotRotate, match="does not open"):
        rewrapping.rotate(db.engine, OTHER, NEW)
    with pytest.raises(CannotRotate, match="make another"):
        rewrapping.rotate(db.engine, OLD, OLD)

    def die(_step: str, _done: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        rewrapping.rotate(db.engine, OLD, NEW, advance=die)
    with pytest.raises(CannotRotate, match="was begun"):
        rewrapping.rotate(db.engine, OLD, OTHER)


def _finished(session: Session) -> bool:
    over = rewrapping.unfinished(session) is None
    session.rollback()
    return over
