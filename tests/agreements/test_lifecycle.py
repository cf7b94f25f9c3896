"""Every cell of the table that docs/reference/agreement.md shows, by the real commands."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from ledger.agreements import queries, service
from ledger.agreements.rules.leaving import Ground
from ledger.agreements.rules.lifecycle import TABLE, Command, NotInThisState, State, after
from ledger.agreements.rules.signing import StepUp
from ledger.agreements.service.loading import NothingOpen, NothingStands
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import Conflict
from ledger.core.work import UnitOfWork, unit_of_work
from tests.conftest import NOW
from tests.docs_agreements import FOLLOWS, PERMISSIONS
from tests.given import agreements as given
from tests.given.directory import SYSTEM, organisation

TODAY = NOW.date()
LATER = NOW + timedelta(days=1000)
Ask = Callable[[UnitOfWork, UUID], object]


class Scene:
    """Two parties with their signatories, and an agreement brought into any state."""

    def __init__(self) -> None:
        self.trust, self.council = organisation(), organisation()
        self.ann, self.bob = (given.signatory(at=one) for one in (self.trust, self.council))

    def agreement_in(self, state: State) -> UUID:
        if state is State.DRAFT:
            with unit_of_work(self.ann) as work:
                terms = given.terms(self.trust, self.council)
                return service.draft(work, terms=terms).agreement_id
        agreement_id = given.proposed(given.terms(self.trust, self.council), by=self.ann)
        if state is State.PROPOSED:
            return agreement_id
        given.signed(agreement_id, self.ann)
        if state is State.DECLINED:
            with unit_of_work(self.bob) as work:
                service.decline(work, agreement_id, number=1)
        elif state is not State.SIGNING:
            given.signed(agreement_id, self.bob)
            self.moved_on(agreement_id, state)
        return agreement_id

    def moved_on(self, agreement_id: UUID, state: State) -> None:
        if state is State.SUPERSEDED:
            with unit_of_work(self.ann) as work:
                service.amend(work, agreement_id, terms=given.terms(self.trust, self.council))
            with unit_of_work(self.ann) as work:
                service.propose(work, agreement_id)
            for actor in (self.ann, self.bob):
                given.signed(agreement_id, actor)
        elif state is State.EXPIRED:
            with unit_of_work(SYSTEM, now=LATER) as work:
                service.lapse(work)
        elif state in {State.SUSPENDED, State.TERMINATED}:
            command = {State.SUSPENDED: Command.SUSPEND, State.TERMINATED: Command.TERMINATE}
            self.ask(agreement_id, command[state])

    def ask(self, agreement_id: UUID, command: Command) -> None:
        """Give a command for version 1, by somebody who may."""
        shown = queries.version(db.session(), self.ann, agreement_id, 1)
        signer = self.ann if shown.state is State.PROPOSED else self.bob
        until = TODAY + timedelta(days=7)

        def sign(work: UnitOfWork, one: UUID) -> object:
            return service.sign(
                work,
                one,
                number=1,
                document_sha256=shown.document_sha256,
                sign_in=given.sign_in(signer),
                asks=StepUp(),
            )

        asks: dict[Command, tuple[Actor, Ask]] = {
            Command.REDRAFT: (
                self.ann,
                lambda work, one: service.redraft(
                    work, one, terms=given.terms(self.trust, self.council)
                ),
            ),
            Command.PROPOSE: (self.ann, service.propose),
            Command.SIGN: (signer, sign),
            Command.DECLINE: (
                self.bob,
                lambda work, one: service.decline(work, one, number=1),
            ),
            Command.SUSPEND: (
                self.bob,
                lambda work, one: service.suspend(work, one, ground=Ground.REVIEW, to=until),
            ),
            Command.RESUME: (self.bob, service.resume),
            Command.WITHDRAW: (
                self.bob,
                lambda work, one: service.withdraw(
                    work, one, leaves_on=TODAY + timedelta(days=100)
                ),
            ),
            Command.TERMINATE: (
                self.bob,
                lambda work, one: service.terminate(work, one, ground=Ground.BREACH),
            ),
        }
        actor, give = asks[command]
        with unit_of_work(actor) as work:
            give(work, agreement_id)

    def state(self, agreement_id: UUID) -> State:
        return queries.version(db.session(), self.ann, agreement_id, 1).state


BY_PEOPLE = [one for one in Command if one not in FOLLOWS and one is not Command.EXPIRE]


@pytest.mark.parametrize("state", State)
def test_every_command_in_every_state_does_what_the_table_says(app: Flask, state: State) -> None:
    scene = Scene()
    agreement_id = scene.agreement_in(state)
    assert scene.state(agreement_id) is state
    for command in BY_PEOPLE:
        if (state, command) not in TABLE and state is not State.SUPERSEDED:
            with pytest.raises((NotInThisState, NothingOpen, NothingStands)) as refused:
                scene.ask(agreement_id, command)
            assert issubclass(refused.type, Conflict)
            assert scene.state(agreement_id) is state
    for command in BY_PEOPLE:
        if (state, command) in TABLE:
            one = scene.agreement_in(state)
            scene.ask(one, command)
            expected = TABLE[state, command]
            if (state, command) == (State.SIGNING, Command.SIGN):
                expected = State.ACTIVE  # Activation follows by itself.
            assert scene.state(one) is expected, command


def test_a_superseded_version_takes_no_command_of_its_own(app: Flask) -> None:
    scene = Scene()
    agreement_id = scene.agreement_in(State.SUPERSEDED)
    for command in (Command.SIGN, Command.DECLINE):
        with pytest.raises(NotInThisState):
            scene.ask(agreement_id, command)
    scene.ask(agreement_id, Command.SUSPEND)
    assert scene.state(agreement_id) is State.SUPERSEDED, "the standing version is what stops"


def test_an_amendment_of_what_is_suspended_waits_until_it_is_resumed(app: Flask) -> None:
    scene = Scene()
    agreement_id = scene.agreement_in(State.ACTIVE)
    with unit_of_work(scene.ann) as work:
        service.amend(work, agreement_id, terms=given.terms(scene.trust, scene.council))
    with unit_of_work(scene.ann) as work:
        service.propose(work, agreement_id)
    given.signed(agreement_id, scene.ann)
    scene.ask(agreement_id, Command.SUSPEND)
    with pytest.raises(NotInThisState, match="resume"):
        given.signed(agreement_id, scene.bob)
    scene.ask(agreement_id, Command.RESUME)
    assert given.signed(agreement_id, scene.bob)


def test_the_table_and_the_page_know_the_same_commands() -> None:
    assert PERMISSIONS.keys() | FOLLOWS.keys() == set(Command)
    for state in State:
        for command in Command:
            if (state, command) in TABLE:
                assert after(state, command) is TABLE[state, command]
            else:
                with pytest.raises(NotInThisState, match=state.value):
                    after(state, command)
