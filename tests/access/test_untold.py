"""What a patient is not told for now is missing wherever they read; their chain still proves."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from audit import Record
from audit.verify import entries, verify
from ledger.access import queries, replaying, service, untold
from ledger.access.keeping import settling
from ledger.access.keeping.rules import Ground
from ledger.access.rules.words import OverrideReason
from ledger.core import clock, heads, reading
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.filters import Filter
from ledger.core.work import unit_of_work
from ledger.directory.acting.rules import PowerKind
from tests.beginnings import begins_with
from tests.conftest import Sequenced
from tests.given import acting, directory
from tests.given.access import Scene, scene
from tests.trail.test_exports import bundle_of

ABOUT_IT = {"access.override-opened", "access.override-reviewed", "access.telling-withheld"}


beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


def looked_at(here: Scene) -> tuple[UUID, UUID]:
    """Break the glass, look, have it reviewed and the telling withheld; return it and the look."""
    with unit_of_work(here.clinician) as work:
        override_id = service.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.SAFEGUARDING,
            reason="Bruises.",
        ).id
    look = here.ask(purpose="BTG").entry_id
    officer = directory.member(Role.PRIVACY_OFFICER, at=here.trust)
    with unit_of_work(officer) as work:
        service.review_override(work, override_id, justified=True, finding="Right.")
    with unit_of_work(officer) as work:
        settling.withhold_telling(
            work,
            override_id,
            ground=Ground.ABUSE,
            ends_at=clock.now() + timedelta(days=5),
            words="Post is opened by the partner.",
        )
    return override_id, look


def kinds(actor: Actor, here: Scene, log: str) -> list[str]:
    which = Filter(subject=f"patient:{here.patient_id}", log=log)
    with unit_of_work(actor) as work:
        return [view.kind for view in reading.search_own(work, which=which, limit=100).entries]


def test_it_is_withheld_everywhere_until_its_day(
    here: Scene, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, look = looked_at(here)
    here.ask()
    assert look in untold.entry_ids(session, here.patient, here.patient_id, clock.now())
    assert not ABOUT_IT & set(kinds(here.patient, here, "ledger"))
    assert kinds(here.patient, here, "access") == ["access.decided"]
    assert len(queries.looked(session, here.patient, here.patient_id)) == 1
    with pytest.raises(NotFound):
        replaying.replay(session, here.patient, look)
    with pytest.raises(NotFound), unit_of_work(here.patient) as work:
        reading.open_entry(work, look)
    auditor = directory.member(Role.AUDITOR)
    assert replaying.replay(session, auditor, look).finding == "same"

    later = clock.now() + timedelta(days=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert set(kinds(here.patient, here, "ledger")) >= ABOUT_IT
    assert kinds(here.patient, here, "access") == ["access.decided"] * 2
    assert replaying.replay(session, here.patient, look).finding == "same"


def test_who_acts_for_a_patient_is_never_told_by_themselves(here: Scene) -> None:
    attorney = acting.acts_for(here.patient_id, at=here.trust, kind=PowerKind.OTHER)
    with unit_of_work(here.clinician) as work:
        service.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.SAFEGUARDING,
            reason="Bruises.",
        )
    here.ask(purpose="BTG")
    for log in ("ledger", "access"):
        assert not {"access.override-opened", "access.decided"} & set(kinds(attorney, here, log))


def test_the_bundle_has_the_hashes_and_proves_the_whole_chain(
    app: Flask, here: Scene, sequenced: Sequenced
) -> None:
    looked_at(here)
    sequenced()
    heads.commit_all(db.engine, by=Actor.system("clock"))
    sequenced()
    mine = f"patient:{here.patient_id}"
    content = bundle_of(app, here.patient, Filter(subject=mine))
    shown = {Record.from_bytes(body).entry.kind for _, body in entries(BytesIO(content))}
    assert not ABOUT_IT & shown
    found = verify(BytesIO(content), app.extensions["signers"]["ledger"].verifier()).completeness
    assert found is not None
    assert found.left_out == len(ABOUT_IT)
