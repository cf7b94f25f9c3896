"""Two records are one patient's: questions about either are answered from both."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import create_engine

from ledger.access import queries as looks
from ledger.access.rules.words import Consent
from ledger.consent import queries as consents
from ledger.consent import service as commands
from ledger.consent.rules.combining import governing_ids
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import LedgerError, NotFound
from ledger.core.replay import replay
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.directory.identity import joining
from ledger.directory.identity.queries import proposal, records_of, root_of, waiting
from ledger.directory.identity.rules import (
    Act,
    AlreadyOnePatient,
    AlreadyProposed,
    Ground,
    JoinsItself,
    NoEvidence,
    NotJoined,
    OwnProposal,
    ProposalSettled,
    WrongGround,
)
from tests.beginnings import begins_with
from tests.conftest import Sequenced
from tests.given.access import Scene, scene
from tests.given.consent import dissented
from tests.given.directory import member, nhs_number, patient
from tests.given.identity_of_records import Two, joined, officers, proposed, separated

beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


@pytest.fixture
def two(here: Scene) -> Two:
    return officers(here.trust)


@pytest.fixture
def other(here: Scene) -> tuple[UUID, Actor]:
    """The same human being, registered twice."""
    return patient(at=here.trust)


def agreed(here: Scene, by: Actor) -> UUID:
    """Have a patient agree to research; return the consent's id."""
    assert by.patient_id is not None
    with unit_of_work(by) as work:
        return commands.grant(
            work, patient_id=by.patient_id, agreement_id=here.agreement_id, choice=here.choice()
        ).consent_id


def test_a_no_in_either_record_stands_for_both(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    dissented(other[1])
    assert here.ask().permits
    joined(here.patient_id, other[0], two)
    assert here.ask().decision.facts.consent is Consent.DENY
    assert here.ask(patient_id=other[0]).decision.facts.consent is Consent.DENY


def test_who_cares_for_one_cares_for_both_and_the_old_number_finds_the_survivor(
    here: Scene, two: Two
) -> None:
    number = nhs_number()
    other_id, _ = patient(at=here.trust, number=number)
    assert not here.ask(patient_id=other_id).permits
    joined(here.patient_id, other_id, two)
    assert here.ask(patient_id=other_id).permits
    assert queries.patient_by_nhs_number(db.session(), number) == here.patient_id


def test_ones_own_record_is_ones_own_by_either(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    joined(here.patient_id, other[0], two)
    again = queries.actor_for(db.session(), other[1].id, None)
    assert again.patient_id == here.patient_id
    said = dissented(again)
    listed = consents.of_patient(db.session(), again, other[0], now=clock.now())
    assert [one.id for one in listed] == [said]


def test_what_is_said_after_the_join_replaces_what_either_said_before(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    before = agreed(here, other[1])
    joined(here.patient_id, other[0], two)
    after = agreed(here, queries.actor_for(db.session(), here.patient.id, None))
    standing = consents.standing(db.session(), here.patient_id)
    assert governing_ids(standing.consents, clock.now()) == {after}
    assert before != after


def test_a_join_that_was_wrong_is_undone_and_each_has_its_own_again(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    dissented(other[1])
    joined(here.patient_id, other[0], two)
    assert not here.ask().permits
    separated(here.patient_id, other[0], two)
    assert here.ask().permits
    assert records_of(db.session(), other[0]) == {other[0]}


def test_three_records_are_one_patients_by_two_joins(here: Scene, two: Two) -> None:
    a, b, c = here.patient_id, patient(at=here.trust)[0], patient(at=here.trust)[0]
    joined(b, c, two)
    joined(a, c, two)  # c was superseded by b: it is b that a supersedes.
    assert records_of(db.session(), c) == {a, b, c}
    assert {root_of(db.session(), one) for one in (a, b, c)} == {a}
    separated(b, c, two)
    assert records_of(db.session(), c) == {c}
    assert records_of(db.session(), a) == {a, b}


def test_the_versions_of_all_records_rise_together(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    def versions() -> dict[UUID, int]:
        return consents.versions(db.session(), [here.patient_id, other[0]])

    dissented(other[1])
    dissented(other[1])
    joined(here.patient_id, other[0], two)
    assert versions() == {here.patient_id: 3, other[0]: 3}
    dissented(queries.actor_for(db.session(), here.patient.id, None))
    assert versions() == {here.patient_id: 4, other[0]: 4}


def test_the_history_of_both_is_shown_for_either(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    here.ask()
    here.ask(patient_id=other[0])
    joined(here.patient_id, other[0], two)
    own = queries.actor_for(db.session(), here.patient.id, None)
    assert len(looks.looked(db.session(), own, here.patient_id)) == 2
    assert len(looks.looked(db.session(), own, other[0])) == 2


def test_both_are_erased_together(here: Scene, two: Two, other: tuple[UUID, Actor]) -> None:
    joined(here.patient_id, other[0], two)
    with unit_of_work(two[0]) as work:
        service.erase(work, patient_id=here.patient_id)
    assert not queries.patient_exists(db.session(), here.patient_id)
    assert not queries.patient_exists(db.session(), other[0])


def test_replay_equals_live(
    here: Scene, two: Two, other: tuple[UUID, Actor], sequenced: Sequenced, tmp_path: Path
) -> None:
    dissented(other[1])
    joined(here.patient_id, other[0], two)
    separated(here.patient_id, other[0], two)
    joined(other[0], here.patient_id, two)
    sequenced()
    copy = create_engine(f"sqlite:///{tmp_path / 'copy'}")
    report = replay(db.engine, copy)
    assert not report.differences


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)  # Rules, not SQL.
@pytest.mark.parametrize("what", ["itself", "evidence", "ground", "joined", "not", "twice"])
def test_what_cannot_be_proposed(
    what: str, here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    a, b = here.patient_id, other[0]
    if what == "joined":
        joined(a, b, two)
    if what == "twice":
        proposed(b, a, two[0])
    refusals: dict[str, type[LedgerError]] = {
        "itself": JoinsItself,
        "evidence": NoEvidence,
        "ground": WrongGround,
        "joined": AlreadyOnePatient,
        "not": NotJoined,
        "twice": AlreadyProposed,
    }
    with pytest.raises(refusals[what]), unit_of_work(two[0]) as work:
        joining.propose(
            work,
            act=Act.SEPARATE if what == "not" else Act.JOIN,
            surviving_id=a,
            superseded_id=a if what == "itself" else b,
            ground=Ground.TWO_PEOPLE if what in {"ground", "not"} else Ground.NUMBER_SUPERSEDED,
            evidence=" " if what == "evidence" else "a letter",
        )


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)  # Rules, not SQL.
def test_one_proposes_and_another_confirms_once(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    proposal_id = proposed(here.patient_id, other[0], two[0])
    assert [one.id for one in waiting(db.session(), here.trust)] == [proposal_id]
    with pytest.raises(OwnProposal), unit_of_work(two[0]) as work:
        joining.confirm(work, proposal_id)
    with pytest.raises(NotFound), unit_of_work(member(Role.PRIVACY_OFFICER)) as work:
        joining.confirm(work, proposal_id)
    with unit_of_work(two[1]) as work:
        joining.decline(work, proposal_id)
    with pytest.raises(ProposalSettled), unit_of_work(two[1]) as work:
        joining.confirm(work, proposal_id)
    seen = proposal(db.session(), proposal_id)
    assert seen is not None
    assert seen.confirmed is False
    assert records_of(db.session(), other[0]) == {other[0]}


def test_a_past_decision_is_unchanged(here: Scene, two: Two, other: tuple[UUID, Actor]) -> None:
    dissented(other[1])
    first = here.ask()
    joined(here.patient_id, other[0], two)
    assert not here.ask().permits
    assert first.permits
    history = looks.looked(
        db.session(), queries.actor_for(db.session(), here.patient.id, None), here.patient_id
    )
    assert [one.allowed for one in history] == [False, True]


def test_withdrawing_what_the_superseded_record_holds_is_ones_own_doing(
    here: Scene, two: Two, other: tuple[UUID, Actor]
) -> None:
    said = agreed(here, other[1])
    joined(here.patient_id, other[0], two)
    own = queries.actor_for(db.session(), here.patient.id, None)
    with unit_of_work(own) as work:
        commands.withdraw(work, said)
