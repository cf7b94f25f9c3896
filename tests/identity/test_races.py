"""What is one patient's, changed at the same moment as what is said for them. On both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from ledger.access import service as access
from ledger.access.desk import desk
from ledger.consent import queries as consents
from ledger.consent import service as commands
from ledger.consent.marks import service as marks
from ledger.consent.rules.model import Capacity
from ledger.consent.service.granting import Said
from ledger.core import clock
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.policy import Permission
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.acting import service as acting
from ledger.directory.acting.rules import PowerEnd, PowerKind, SuspendReason
from ledger.directory.identity import joining
from ledger.directory.identity.doubting import raise_doubt
from ledger.directory.identity.queries import records_of, waiting
from ledger.directory.identity.rules import Act
from tests.beginnings import begins_with
from tests.given import acting as powers
from tests.given.access import Scene, scene
from tests.given.consent import dissented
from tests.given.directory import SYSTEM, patient
from tests.given.identity_of_records import Two, joined, officers, proposed

pytestmark = pytest.mark.real_time


beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


@pytest.fixture
def two(here: Scene) -> Two:
    return officers(here.trust)


def at_once(app: Flask, *doings: Callable[[], object]) -> list[object]:
    """Do all at the same moment; return what each returned, or how it was refused."""
    ready = Barrier(len(doings))

    def one(doing: Callable[[], object]) -> object:
        with app.app_context():
            ready.wait(10)
            try:
                return doing()
            except LedgerError as refused:
                return refused

    db.session().rollback()
    with ThreadPoolExecutor(len(doings)) as threads:
        found = [each.result(30) for each in [threads.submit(one, each) for each in doings]]
    db.session().rollback()
    return found


def confirm(proposal_id: UUID, by: Actor) -> Callable[[], object]:
    def doing() -> object:
        with unit_of_work(by) as work:
            return joining.confirm(work, proposal_id)

    return doing


def versions(*patient_ids: UUID) -> list[int]:
    found = consents.versions(db.session(), patient_ids)
    return [found.get(one, 0) for one in patient_ids]


def refused(found: list[object]) -> list[object]:
    return [one for one in found if isinstance(one, LedgerError)]


def test_a_no_beside_a_join_counts_for_both(app: Flask, here: Scene, two: Two) -> None:
    for _ in range(3):
        other_id, other = patient(at=here.trust)
        proposal_id = proposed(here.patient_id, other_id, two[0])
        found = at_once(app, confirm(proposal_id, two[1]), partial(dissented, other))
        assert not refused(found)
        one, two_ = versions(here.patient_id, other_id)
        assert one == two_
        assert not here.ask().permits
        assert not here.ask(patient_id=other_id).permits


def test_a_decision_that_a_join_overtakes_is_decided_again(
    app: Flask, here: Scene, two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_id, other = patient(at=here.trust)
    dissented(other)
    proposal_id = proposed(here.patient_id, other_id, two[0])
    recorded = desk(db.session())._recorded
    submit = recorded.submit

    def joined_meanwhile(item: Any) -> Any:
        assert all(one.decision.verdict.permits for one in item.decided)
        with app.app_context():
            confirm(proposal_id, two[1])()
        return submit(item)

    monkeypatch.setattr(recorded, "submit", joined_meanwhile)
    with app.app_context():
        answered = access.evaluate(db.session(), here.clinician, here.question(), now=clock.now())
    assert not answered.permits


def test_joining_and_erasing_at_once_leave_nothing_half_erased(
    app: Flask, here: Scene, two: Two
) -> None:
    for _ in range(2):
        (a, _), (b, _) = patient(at=here.trust), patient(at=here.trust)
        proposal_id = proposed(a, b, two[0])

        def erase(patient_id: UUID = b) -> object:
            with unit_of_work(two[0]) as work:
                return service.erase(work, patient_id=patient_id)

        at_once(app, confirm(proposal_id, two[1]), erase)
        assert not queries.patient_exists(db.session(), b)
        together = len(records_of(db.session(), a)) == 2
        assert queries.patient_exists(db.session(), a) is not together


def test_a_proposal_about_a_record_that_is_gone_stands_in_nobodys_way(
    here: Scene, two: Two
) -> None:
    (a, _), (b, _), (c, _) = (patient(at=here.trust) for _ in range(3))
    proposed(a, b, two[0])
    with unit_of_work(two[0]) as work:
        service.erase(work, patient_id=b)
    assert not waiting(db.session(), here.trust)
    joined(a, c, two)
    assert records_of(db.session(), c) == {a, c}


def test_two_who_propose_the_same_both_ways_at_once_make_one_proposal(
    app: Flask, here: Scene, two: Two
) -> None:
    (a, _), (b, _) = patient(at=here.trust), patient(at=here.trust)
    found = at_once(app, lambda: proposed(a, b, two[0]), lambda: proposed(b, a, two[1]))
    assert len(refused(found)) == 1


def test_joins_of_patients_with_several_records_never_wait_for_each_other(
    app: Flask, here: Scene, two: Two
) -> None:
    """Each holds records that the other needs; and what the first joined the second sees."""
    a, b, c, d = (patient(at=here.trust)[0] for _ in range(4))
    joined(a, b, two)
    apart, more = proposed(a, b, two[0], Act.SEPARATE), proposed(c, d, two[0])
    assert not refused(at_once(app, confirm(apart, two[1]), confirm(more, two[1])))
    joined(a, c, two)
    one, other = proposed(c, d, two[0], Act.SEPARATE), proposed(a, b, two[0])
    assert not refused(at_once(app, confirm(one, two[1]), confirm(other, two[1])))
    assert records_of(db.session(), b) == {a, b, c}
    assert len(set(versions(a, b, c))) == 1


def test_what_is_counted_in_both_records_at_once_is_counted_twice(
    app: Flask, here: Scene, two: Two
) -> None:
    """Two states of a patient with one number would be one to whoever keeps them in memory."""
    other_id, _ = patient(at=here.trust)
    joined(here.patient_id, other_id, two)
    power_id, _ = powers.power(other_id, at=here.trust)
    before = versions(here.patient_id)[0]

    def doubt() -> None:
        with unit_of_work(two[0]) as work:
            raise_doubt(work, patient_id=here.patient_id, evidence="two dates of birth")

    def suspend() -> None:
        with unit_of_work(two[1]) as work:
            acting.suspend(
                work, power_id=power_id, reason=SuspendReason.SAFEGUARDING, words="a fear"
            )

    def opt_out() -> None:
        with unit_of_work(SYSTEM) as work:
            work.authorise(Permission.OPT_OUT_IMPORT, on=Resource())
            marks.note_opt_outs(
                work, {other_id: True}, register=1, progress=lambda _done, _of: None
            )

    found = at_once(app, doubt, suspend, opt_out, here.dissent)
    assert not refused(found)
    assert versions(here.patient_id, other_id) == [before + 4] * 2


def test_a_power_that_ends_while_a_proxy_grants_covers_what_comes_before_it_alone(
    app: Flask, here: Scene, two: Two
) -> None:
    patient_id = here.patient_id
    power_id, person_id = powers.power(patient_id, at=here.trust, kind=PowerKind.OTHER)
    by = powers.acting(person_id, patient_id)

    def grant() -> UUID:
        with unit_of_work(by) as work:
            return commands.grant(
                work,
                patient_id=patient_id,
                agreement_id=here.agreement_id,
                choice=here.choice(),
                said=Said(capacity=Capacity.OTHER),
            ).entry_id

    def end() -> None:
        with unit_of_work(two[0]) as work:
            acting.end(work, power_id=power_id, reason=PowerEnd.COURT)

    granted, ended = at_once(app, grant, end)
    assert ended is None
    kinds = [LogEntry.kind.in_(("consent.granted", "directory.power-ended"))]
    order = list(db.session().scalars(select(LogEntry.kind).where(*kinds).order_by("position")))
    if isinstance(granted, LedgerError):
        assert order == ["directory.power-ended"]
    else:
        assert order == ["consent.granted", "directory.power-ended"]
