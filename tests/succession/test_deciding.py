"""Decisions on both sides of the day on which another organisation stands in the place."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from audit import Record
from ledger.access import service as access
from ledger.access.answers import Answered
from ledger.access.entries import AccessDecided
from ledger.agreements import queries as agreements
from ledger.agreements import service as agreement_commands
from ledger.agreements.rules.cover import Cover
from ledger.agreements.rules.leaving import Ground
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotFound
from ledger.core.replay import replay
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.models import Membership
from ledger.directory.succession import queries as successions
from ledger.directory.succession import service as commands
from ledger.directory.succession.rules import OrganisationSucceeded, SetAsideReason
from ledger.vocabulary.categories import Category
from tests.conftest import NOW, Sequenced
from tests.given import agreements as given
from tests.given.access import Scene, scene
from tests.given.directory import member, organisation, patient
from tests.given.succession import host_steward, succeeded

TODAY = NOW.date()


@pytest.fixture
def here(app: Flask) -> Scene:
    organisation()  # Hosts the service, and goes on doing that.
    return scene()


def moved(here: Scene, to: UUID) -> Actor:
    """Move the clinician's role to the successor; return them acting there."""
    with unit_of_work(host_steward()) as work:
        commands.move_roles(work, predecessor_id=here.trust)
    mine = select(Membership.id).where(
        Membership.person_id == here.clinician.id, Membership.organisation_id == to
    )
    return queries.actor_for(
        db.session(), here.clinician.id, db.session().scalar(mine), on=date(2999, 1, 1)
    )


def ask(here: Scene, actor: Actor, at: UUID, *, days: int = 0, **changes: object) -> Answered:
    question = here.question(organisation_id=at, **changes)
    return access.evaluate(db.session(), actor, question, now=clock.now() + timedelta(days=days))


def entry_of(answered: Answered) -> AccessDecided:
    body = db.session().scalar(select(LogEntry.body).where(LogEntry.id == answered.entry_id))
    assert body is not None
    entry = Record.from_bytes(body).entry
    assert isinstance(entry, AccessDecided)
    return entry


def test_from_its_day_the_successor_is_answered_and_the_predecessor_no_more(here: Scene) -> None:
    here.grant()
    successor = organisation()
    assert here.ask(purpose="HRESCH").permits
    succeeded(here.trust, by=successor, on=TODAY + timedelta(days=10))

    assert here.ask(purpose="HRESCH").permits, "its day has not come"
    actor = moved(here, successor)
    assert not ask(here, here.clinician, here.trust, days=10, purpose="HRESCH").permits
    assert not ask(here, actor, successor, days=9, purpose="HRESCH").permits
    answered = ask(here, actor, successor, days=10, purpose="HRESCH")
    assert answered.permits
    entry = entry_of(answered)
    assert (entry.agreement_id, entry.agreement_version) == (here.agreement_id, 1)
    assert entry.clause
    assert entry.stood_for == (here.trust,) == entry.stands_for
    assert entry.saw.successions == 1
    assert ask(here, actor, successor, days=10).permits, "the care relationship follows"


def test_a_no_to_the_predecessor_is_a_no_to_the_successor(here: Scene) -> None:
    here.dissent()
    successor = organisation()
    succeeded(here.trust, by=successor)
    actor = moved(here, successor)

    answered = ask(here, actor, successor)

    assert not answered.permits
    assert entry_of(answered).consents


def test_what_the_predecessor_held_its_successor_holds(here: Scene) -> None:
    successor = organisation()
    assert here.ask().decision.cover is not None
    succeeded(here.council, by=successor)

    for holder in (here.council, successor):
        cover = here.ask(holder_id=holder).decision.cover
        assert isinstance(cover, Cover)
        assert (cover.agreement_id, cover.stands_for) == (here.agreement_id, (here.council,))


def test_two_parties_that_become_one_share_within(here: Scene) -> None:
    successor = organisation()
    succeeded(here.council, by=successor)
    succeeded(here.trust, by=successor)
    actor = moved(here, successor)

    decision = ask(here, actor, successor).decision

    assert decision.facts.agreement == "internal"
    assert decision.verdict.permits


def test_every_process_sees_it_at_once(here: Scene, session: Session) -> None:
    """The memory of another process is what this one kept before, under an older count."""
    assert here.ask(purpose="TREAT").permits
    successor = organisation()
    succeeded(here.trust, by=successor)
    with pytest.raises(Forbidden):
        refused = queries.actor_for(session, here.clinician.id, here.clinician.membership_id)
        access.evaluate(session, refused, here.question(), now=clock.now())
    assert not here.ask().permits, "a session that was there before is nobody's any more"


def test_covering_follows_chains_and_names_who_stands_for_whom(app: Flask) -> None:
    _host, trust, council = organisation(), organisation(), organisation()
    agreement_id = given.active(trust, council)
    second, third = organisation(), organisation()
    succeeded(trust, by=second, on=TODAY + timedelta(days=5))
    succeeded(second, by=third, on=TODAY + timedelta(days=8))

    def cover(giver: UUID, days: int) -> Cover | None:
        found = agreements.covering(
            db.session(),
            from_party=giver,
            to_party=council,
            purpose="TREAT",
            category=Category.MEDICINES,
            on=TODAY + timedelta(days=days),
        )
        return found if isinstance(found, Cover) else None

    assert [cover(trust, n) is not None for n in (4, 5, 8)] == [True, False, False]
    assert [cover(second, n) is not None for n in (4, 5, 7, 8)] == [False, True, True, False]
    last = cover(third, 8)
    assert cover(third, 7) is None
    assert last is not None
    assert (last.agreement_id, last.stands_for) == (agreement_id, (trust,))
    assert last.first_day == TODAY + timedelta(days=8)


def test_in_an_agreement_the_successor_has_the_place_and_no_authority(app: Flask) -> None:
    trust, council, successor = organisation(), organisation(), organisation()
    agreement_id = given.active(trust, council)
    succeeded(trust, by=successor)
    officer = member(Role.PRIVACY_OFFICER, at=successor)

    assert agreements.agreement(db.session(), officer, agreement_id).number == 1
    with unit_of_work(officer) as work:
        agreement_commands.suspend(
            work, agreement_id, ground=Ground.BREACH, to=TODAY + timedelta(days=3)
        )
    leaves = TODAY + timedelta(days=365)
    stranger = member(Role.SIGNATORY, at=successor)
    with pytest.raises(Forbidden), unit_of_work(stranger) as work:
        agreement_commands.withdraw(work, agreement_id, leaves_on=leaves)
    with unit_of_work(given.signatory(at=successor)) as work:
        agreement_commands.withdraw(work, agreement_id, leaves_on=leaves)


def test_nobody_signs_for_who_is_succeeded(app: Flask) -> None:
    trust, council, successor = organisation(), organisation(), organisation()
    first, second = given.signatory(at=trust), given.signatory(at=council)
    agreement_id = given.proposed(given.terms(trust, council), by=second)
    succeeded(trust, by=successor)

    with pytest.raises((OrganisationSucceeded, Forbidden)):
        given.signed(agreement_id, first)


def test_roles_end_and_move_once_with_their_last_day(app: Flask) -> None:
    host, trust, successor = organisation(), organisation(), organisation()
    until = TODAY + timedelta(days=90)
    clinician = member(Role.CLINICIAN, at=trust)
    with unit_of_work(host_steward()) as work:
        service.give_role(
            work,
            person_id=clinician.id,
            organisation_id=trust,
            role=Role.SIGNATORY,
            until_on=until,
        )
    succeeded(trust, by=successor, on=TODAY + timedelta(days=30))
    steward = host_steward()
    with pytest.raises(OrganisationSucceeded), unit_of_work(steward) as work:
        service.give_role(work, person_id=clinician.id, organisation_id=trust, role=Role.AUDITOR)
    with unit_of_work(steward) as work:
        assert commands.move_roles(work, predecessor_id=trust).moved == 2
    with unit_of_work(steward) as work:
        assert commands.move_roles(work, predecessor_id=trust).left == 2

    last = TODAY + timedelta(days=29)
    roles = queries.memberships(db.session(), clinician.id)
    assert {(one.organisation_id, one.period.until_on) for one in roles} == {
        (trust, last),
        (successor, None),
        (successor, until),
    }
    with unit_of_work(steward) as work:
        commands.set_aside(work, predecessor_id=trust, reason=SetAsideReason.MISTAKE)
    back = queries.memberships(db.session(), clinician.id)
    assert {one.period.until_on for one in back if one.organisation_id == trust} == {None, until}
    assert queries.installation(db.session()).host_id == host  # type: ignore[union-attr]


def test_patients_are_on_the_successors_list(app: Flask) -> None:
    organisation()
    trust, successor = organisation(), organisation()
    patient_id, _ = patient(at=trust)
    succeeded(trust, by=successor)

    found = queries.patients_of(db.session(), successor)

    assert [row.id for row in found] == [patient_id]
    assert successions.successors(db.session(), trust)[0].successor_id == successor
    assert successions.predecessors(db.session(), successor)[0].predecessor_id == trust


def test_old_names_stay_true_of_old_days(app: Flask) -> None:
    trust = organisation("Northside Demonstration Trust")
    with unit_of_work(host_steward()) as work:
        service.rename_organisation(work, organisation_id=trust, name="Southmoor Trust")
    names = [one.name for one in successions.names_of(db.session(), trust)]
    assert names == ["Northside Demonstration Trust", "Southmoor Trust"]
    early = NOW - timedelta(days=1)
    assert successions.organisation_name(db.session(), trust, at=early) == names[0]
    assert successions.organisation_name(db.session(), trust, at=NOW) == names[1]
    with pytest.raises(NotFound):
        successions.organisation_name(db.session(), UUID(int=9), at=NOW)


def test_only_the_host_records_it(app: Flask) -> None:
    organisation()
    trust, successor = organisation(), organisation()
    steward = member(Role.STEWARD, at=trust)
    with pytest.raises(Forbidden), unit_of_work(steward) as work:
        commands.set_aside(work, predecessor_id=trust, reason=SetAsideReason.MISTAKE)
    with unit_of_work(host_steward()) as work:
        moves = commands.preview(
            work, predecessor_id=trust, successor_id=successor, effective_on=TODAY
        )
    assert (moves.roles, moves.patients) == (1, 0)


def test_replay_equals_live(app: Flask, here: Scene, tmp_path: Path, sequenced: Sequenced) -> None:
    successor, last = organisation(), organisation()
    succeeded(here.trust, by=successor)
    moved(here, successor)
    succeeded(successor, by=last, on=TODAY + timedelta(days=3))
    with unit_of_work(host_steward()) as work:
        commands.set_aside(work, predecessor_id=successor, reason=SetAsideReason.POSTPONED)
    db.session().rollback()
    sequenced()
    copy = create_engine(f"sqlite:///{tmp_path / 'copy.sqlite3'}")

    report = replay(db.engine, copy)

    copy.dispose()
    assert report.differences == []
    assert report.rows["organisation_successions"] == 1
    assert report.rows["organisation_names"]
