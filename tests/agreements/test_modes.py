"""Modes, and amendments that only those whom they concern sign."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given as examples
from hypothesis import strategies as st

from ledger.agreements import queries, service
from ledger.agreements.rules.affected import Concern, asked, explain
from ledger.agreements.rules.checks import NotReady
from ledger.agreements.rules.cover import Cover
from ledger.agreements.rules.leaving import Ground
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.modes import counts, is_complete
from ledger.agreements.rules.signing import NotAsked, SignsAfterNotice, StepUp
from ledger.agreements.rules.terms import Flow, Mode, Party, Terms
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden
from ledger.core.work import unit_of_work
from ledger.vocabulary.categories import Category
from tests.agreements.strategies import ORGANISATIONS, any_terms, sound
from tests.conftest import NOW
from tests.given import agreements as given
from tests.given.directory import member, organisation

TODAY = NOW.date()
BOUND = st.frozensets(st.sampled_from(ORGANISATIONS))


class Four:
    """A partnership of four, each with a signatory."""

    def __init__(self) -> None:
        self.ids = [organisation(f"Demonstration Party {n}") for n in range(4)]
        self.people = [given.signatory(at=one) for one in self.ids]

    def covers(self, a: int, b: int) -> int | None:
        """Return the version that covers medicines from a to b today, or None."""
        answer = queries.covering(
            db.session(),
            from_party=self.ids[a],
            to_party=self.ids[b],
            purpose="TREAT",
            category=Category.MEDICINES,
            on=TODAY,
        )
        return answer.version if isinstance(answer, Cover) else None


@pytest.fixture
def four(app: Flask) -> Four:
    return Four()


def amended(agreement_id: UUID, terms: Terms, *, by: Actor) -> int:
    with unit_of_work(by) as work:
        number = service.amend(work, agreement_id, terms=terms).number
    with unit_of_work(by) as work:
        service.propose(work, agreement_id)
    return number


def test_pairwise_is_in_force_between_those_who_have_signed(four: Four) -> None:
    terms = given.terms(*four.ids, mode=Mode.PAIRWISE)
    agreement_id = given.proposed(terms, by=four.people[0])
    assert not given.signed(agreement_id, four.people[0])
    assert four.covers(0, 1) is None
    assert given.signed(agreement_id, four.people[1])
    assert (four.covers(0, 1), four.covers(1, 0), four.covers(0, 2)) == (1, 1, None)
    accede(four, agreement_id, 2)
    assert (four.covers(0, 2), four.covers(2, 1), four.covers(3, 0)) == (1, 1, None)


def accede(four: Four, agreement_id: UUID, who: int) -> None:
    actor = four.people[who]
    shown = queries.agreement(db.session(), actor, agreement_id)
    view = queries.signing(db.session(), actor, shown, today=TODAY)
    assert view.statement
    with unit_of_work(actor) as work:
        service.sign(
            work,
            agreement_id,
            number=shown.number,
            document_sha256=shown.document_sha256,
            sign_in=given.sign_in(actor),
            asks=StepUp(),
        )


def test_who_has_yet_to_sign_stops_nothing_between_those_who_have(four: Four) -> None:
    agreement_id = given.proposed(given.terms(*four.ids, mode=Mode.PAIRWISE), by=four.people[0])
    given.signed(agreement_id, four.people[0])
    assert given.signed(agreement_id, four.people[1])
    officer = member(Role.PRIVACY_OFFICER, at=four.ids[2])
    with pytest.raises(Forbidden), unit_of_work(officer) as work:
        service.suspend(work, agreement_id, ground=Ground.BREACH, to=TODAY)
    with pytest.raises(Forbidden), unit_of_work(four.people[2]) as work:
        service.terminate(work, agreement_id, ground=Ground.BREACH)
    assert four.covers(0, 1) == 1
    accede(four, agreement_id, 2)
    with unit_of_work(four.people[2]) as work:
        service.terminate(work, agreement_id, ground=Ground.BREACH)
    assert four.covers(0, 1) is None


def test_a_hub_is_in_force_with_the_leading_party_alone(four: Four) -> None:
    pairs = [(0, 1), (1, 0), (0, 2), (2, 0)]
    flows = [given.flow(f"F{n}", four.ids[a], four.ids[b]) for n, (a, b) in enumerate(pairs, 1)]
    parties = four.ids[:3]
    terms = given.terms(*parties, flows=flows, mode=Mode.HUB)
    agreement_id = given.proposed(terms, by=four.people[0])
    given.signed(agreement_id, four.people[1])
    assert given.signed(agreement_id, four.people[0])
    assert (four.covers(0, 1), four.covers(0, 2)) == (1, None)
    accede(four, agreement_id, 2)
    assert four.covers(2, 0) == 1
    wrong = replace(terms, flows=(*terms.flows, given.flow("F9", four.ids[1], four.ids[2])))
    with unit_of_work(four.people[0]) as work:
        other = service.draft(work, terms=wrong).agreement_id
    with pytest.raises(NotReady) as refused, unit_of_work(four.people[0]) as work:
        service.propose(work, other)
    assert any("hub" in fault.detail for fault in refused.value.faults)


def test_in_a_joinder_a_later_party_and_the_leading_one_sign_alone(four: Four) -> None:
    terms = given.terms(*four.ids[:3], mode=Mode.JOINDER)
    agreement_id = given.active(given=terms)
    newcomer = given.flow("F9", four.ids[1], four.ids[3])
    joined = replace(
        terms,
        parties=(*terms.parties, Party(organisation_id=four.ids[3], name="")),
        flows=(*terms.flows, newcomer),
    )
    amended(agreement_id, joined, by=four.people[0])
    shown = queries.version(db.session(), four.people[1], agreement_id, 2)
    state = queries.signing(db.session(), four.people[1], shown, today=TODAY)
    assert {one.organisation_id for one in state.asked} == {four.ids[0], four.ids[3]}
    given.signed(agreement_id, four.people[0])
    assert four.covers(1, 3) is None
    assert given.signed(agreement_id, four.people[3])
    assert (four.covers(1, 3), four.covers(1, 2)) == (2, 2)


def test_only_those_whose_flows_change_sign_again(four: Four) -> None:
    terms = given.terms(*four.ids)
    agreement_id = given.active(given=terms)
    narrower = replace(terms.flows[0], categories=frozenset({Category.MEDICINES}))
    amended(agreement_id, replace(terms, flows=(narrower, *terms.flows[1:])), by=four.people[2])
    shown = queries.version(db.session(), four.people[0], agreement_id, 2)
    state = queries.signing(db.session(), four.people[0], shown, today=TODAY)
    assert {one.organisation_id for one in state.asked} == {four.ids[0], four.ids[1]}
    assert state.why_asked == ("What your organisation gives or receives changes: flow F1.",)
    assert [party.organisation_id for party in state.bound] == four.ids[2:]
    with pytest.raises(NotAsked):
        given.signed(agreement_id, four.people[2])
    given.signed(agreement_id, four.people[0])
    assert four.covers(0, 1) == 1, "until they have signed, the version in force goes on"
    assert given.signed(agreement_id, four.people[1])
    assert (four.covers(0, 1), four.covers(2, 3)) == (2, 2)
    assert queries.version(db.session(), four.people[3], agreement_id, 1).state is State.SUPERSEDED


def test_who_was_bound_without_signing_stays_so_through_amendments(four: Four) -> None:
    terms = given.terms(*four.ids)
    agreement_id = given.active(given=terms)
    for version, place in ((2, 0), (3, 1)):
        flows = list(terms.flows)
        flows[place] = replace(flows[place], categories=frozenset({Category.MEDICINES}))
        terms = replace(terms, flows=tuple(flows))
        amended(agreement_id, terms, by=four.people[0])
        given.signed(agreement_id, four.people[0])
        assert given.signed(agreement_id, four.people[place + 1])
        assert four.covers(2, 3) == version


def test_if_the_version_in_force_ends_meanwhile_everybody_signs(four: Four) -> None:
    terms = given.terms(*four.ids)
    agreement_id = given.active(given=terms)
    changed = replace(terms.flows[0], categories=frozenset({Category.MEDICINES}))
    amended(agreement_id, replace(terms, flows=(changed, *terms.flows[1:])), by=four.people[0])
    with unit_of_work(four.people[3]) as work:
        service.terminate(work, agreement_id, ground=Ground.BREACH)
    answers = [given.signed(agreement_id, actor) for actor in four.people]
    assert answers == [False, False, False, True]


def test_a_party_that_has_given_notice_signs_nothing_later(four: Four) -> None:
    terms = given.terms(*four.ids)
    agreement_id = given.active(given=terms)
    later = replace(terms, starts_on=TODAY + timedelta(days=200), title="Later")
    amended(agreement_id, later, by=four.people[0])
    with unit_of_work(four.people[1]) as work:
        service.withdraw(work, agreement_id, leaves_on=TODAY + timedelta(days=90))
    with pytest.raises(SignsAfterNotice):
        given.signed(agreement_id, four.people[1])


@examples(any_terms, st.sampled_from(Mode), BOUND, BOUND)
def test_more_signatures_never_put_anything_out_of_force(
    terms: Terms, mode: Mode, some: frozenset[UUID], more: frozenset[UUID]
) -> None:
    terms = replace(terms, mode=mode)
    for flow in terms.flows:
        if counts(terms, flow, bound=some):
            assert counts(terms, flow, bound=some | more)
            assert {flow.from_party, flow.to_party} <= some or mode in {Mode.ALL, Mode.JOINDER}
    if is_complete(terms, bound=some):
        assert is_complete(terms, bound=some | more)


@examples(any_terms, any_terms, st.sampled_from(Mode))
def test_who_is_not_asked_has_nothing_that_changes(before: Terms, after: Terms, mode: Mode) -> None:
    after = replace(after, mode=mode)
    found = {one.organisation_id: one for one in asked(before, after, same_text=True)}
    assert all(explain(one) for one in found.values())
    for party in after.parties:
        one = party.organisation_id
        if one in found:
            continue
        assert one in before.party_ids
        assert (before.ends_on, before.title) == (after.ends_on, after.title)
        assert set(before.variables) == set(after.variables)
        keys_are_unique = all(
            len({flow.key for flow in terms.flows}) == len(terms.flows) for terms in (before, after)
        )
        if mode is not Mode.JOINDER and keys_are_unique:
            assert flows_of(one, before) == flows_of(one, after)


def flows_of(party: UUID, terms: Terms) -> set[Flow]:
    return {flow for flow in terms.flows if party in {flow.from_party, flow.to_party}}


def test_each_is_told_why() -> None:
    before = sound()
    for after, concern in (
        (sound(notice_days=30), Concern.TEXT),
        (sound(), Concern.CONFIRMS),
    ):
        assert [one.concerns for one in asked(before, after, same_text=True)] == [(concern,)] * 2
    assert all(one.concerns == (Concern.TEXT,) for one in asked(before, sound(), same_text=False))
