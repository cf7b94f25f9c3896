"""What decisions leave in tables is what the log says, and each can be read back from it."""

from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from ledger.access.models import AccessAlert, Override
from ledger.access.rules.words import OverrideReason
from ledger.access.service import open_override
from ledger.core.db import db
from ledger.core.replay import replay
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.given.access import scene


def test_replay_equals_live(app: Flask, session: Session, tmp_path: Path) -> None:
    here = scene()
    here.grant()
    here.ask(purpose="HRESCH")
    here.ask(category=Category.LETTERS)  # No agreement covers letters, and care goes on.
    here.ask(category=Category.LETTERS)
    with unit_of_work(here.clinician) as work:
        open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.RISK_TO_LIFE,
            reason="Collapsed.",
        )
    here.ask(purpose="BTG")
    assert len(session.scalars(select(AccessAlert)).all()) == 1
    assert len(session.scalars(select(Override)).all()) == 1
    session.rollback()

    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    report = replay(db.engine, copy)
    copy.dispose()

    assert report.differences == []
    assert report.rows["access_alerts"] == 1
    assert report.rows["access_overrides"] == 1
