"""Every cell of the table that docs/reference/agreement.md shows, by the real commands."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from ledger.agreements import queries, service
from ledger.agreements.models import AgreementVersion
from ledger.agreements.rules.leaving import Ground
from ledger.agreements.rules.lifecycle import (
    OPEN,
    STANDING,
    TABLE,
    Command,
    NotInThisState,
    State,
    after,
)
from ledger.agreements.rules.signing import StepUp
from ledger.agreements.rules.terms import Mode
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Conflict, Forbidden
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork, unit_of_work
from tests.conftest import NOW
from tests.docs_agreements import FOLLOWS, PERMISSIONS, permitted
from tests.given import agreements as given
from tests.given.directory import SYSTEM, organisation

TODAY = NOW.date()
LATER = NOW + timedelta(days=1000)
Ask = Callable[[UnitOfWork, UUID], object]


class Undo(Exception):
    """Rolls back what a cell of the matrix did, so that the next finds the scene as it was."""

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.state = state


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

    def ask_in(self, work: UnitOfWork, agreement_id: UUID, command: Command, actor: Actor) -> None:
        """Give a command for version 1 in a unit of work, as *actor*."""
        row = work.session.get_one(AgreementVersion, (agreement_id, 1))
        terms = given.terms(self.trust, self.council)
        match command:
            case Command.REDRAFT:
                service.redraft(work, agreement_id, terms=terms)
            case Command.PROPOSE:
                service.propose(work, agreement_id)
            case Command.SIGN | Command.ACCEDE:
                service.sign(
                    work,
                    agreement_id,
                    number=1,
                    document_sha256=row.document_sha256,
                    sign_in=given.sign_in(actor),
                    asks=StepUp(),
                )
            case Command.DECLINE:
                service.decline(work, agreement_id, number=1)
            case Command.SUSPEND:
                until = TODAY + timedelta(days=7)
                service.suspend(work, agreement_id, ground=Ground.REVIEW, to=until)
            case Command.RESUME:
                service.resume(work, agreement_id)
            case Command.WITHDRAW:
                service.withdraw(work, agreement_id, leaves_on=TODAY + timedelta(days=100))
            case _:
                service.terminate(work, agreement_id, ground=Ground.BREACH)

    def try_out(self, agreement_id: UUID, command: Command, actor: Actor) -> None:
        """Give a command and undo it. Raises `Undo` with the state in between, or what refused."""
        with unit_of_work(actor) as work:
            self.ask_in(work, agreement_id, command, actor)
            raise Undo(self.state_in(work, agreement_id))

    @staticmethod
    def state_in(work: UnitOfWork, agreement_id: UUID) -> State:
        row = work.session.get_one(AgreementVersion, (agreement_id, 1), populate_existing=True)
        return State(row.state)

    def state(self, agreement_id: UUID) -> State:
        return queries.version(db.session(), self.ann, agreement_id, 1).state


BY_PEOPLE = [
    one for one in Command if PERMISSIONS.get(one) not in {None, Permission.AGREEMENT_LAPSE}
]


@pytest.mark.parametrize("state", State)
def test_every_role_and_command_in_every_state_does_what_the_page_says(
    app: Flask, state: State
) -> None:
    """Every cell of the matrix in docs/reference/agreement.md, by the commands themselves."""
    scene = Scene()
    agreement_id = scene.agreement_in(state)
    assert scene.state(agreement_id) is state
    for role in Role:
        if role is Role.SYSTEM:
            continue
        for command in BY_PEOPLE:
            if command is Command.ACCEDE and state in {*OPEN, *STANDING}:
                continue  # Needs a third party: see the next test.
            drafts = command in {Command.REDRAFT, Command.PROPOSE}
            whose = scene.ann if drafts else scene.bob
            actor = replace(whose, roles=frozenset({role}), held=frozenset({role}))
            signs = state in {State.PROPOSED, State.SIGNING} and command is Command.SIGN
            allowed = permitted(role, PERMISSIONS[command])
            possible = (state, command) in TABLE
            if state is State.SUPERSEDED or (command is Command.REDRAFT and not possible):
                possible = False
            cell = f"{role} {command} in {state}"
            try:
                scene.try_out(agreement_id, command, actor)
            except Undo as undone:
                now = undone.state
                assert allowed, cell
                if state is State.SUPERSEDED:
                    continue  # What stands is the later version: that took the command.
                assert possible, cell
                after_it = State.ACTIVE if signs and state is State.SIGNING else None
                assert now is (after_it or TABLE[state, command]), cell
            except Forbidden:
                assert not allowed, cell
            except Conflict:
                assert not possible, cell
            assert scene.state(agreement_id) is state, cell


@pytest.mark.parametrize("state", [State.ACTIVE, State.SUSPENDED])
def test_a_party_accedes_to_what_is_in_force_between_others(app: Flask, state: State) -> None:
    scene, board = Scene(), organisation()
    terms = given.terms(scene.trust, scene.council, board, mode=Mode.PAIRWISE)
    agreement_id = given.proposed(terms, by=scene.ann)
    given.signed(agreement_id, scene.ann)
    given.signed(agreement_id, scene.bob)
    if state is State.SUSPENDED:
        scene.ask(agreement_id, Command.SUSPEND)
    carol = given.signatory(at=board)
    for role in Role:
        actor = replace(carol, roles=frozenset({role}), held=frozenset({role}))
        allowed = permitted(role, Permission.AGREEMENT_SIGN)
        with pytest.raises(Undo if allowed else Forbidden) as answer:
            scene.try_out(agreement_id, Command.ACCEDE, actor)
        assert getattr(answer.value, "state", state) is state


@pytest.mark.parametrize("state", [State.ACTIVE, State.SUSPENDED])
def test_time_ends_it_or_finds_it_dissolved(app: Flask, state: State) -> None:
    for left, expected in ((False, State.EXPIRED), (True, State.TERMINATED)):
        scene = Scene()
        agreement_id = scene.agreement_in(State.ACTIVE)
        if left:
            scene.ask(agreement_id, Command.WITHDRAW)
        if state is State.SUSPENDED:
            scene.ask(agreement_id, Command.SUSPEND)
        with unit_of_work(SYSTEM, now=LATER) as work:
            service.lapse(work)
        assert scene.state(agreement_id) is expected


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
