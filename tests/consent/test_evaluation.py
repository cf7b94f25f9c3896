"""One consent, one request: the properties of the specification, against a naive oracle."""

import random
from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.consent.rules import (
    Conditions,
    Data,
    Effect,
    Event,
    Labels,
    Node,
    Outcome,
    Request,
    StatusEvent,
    Terms,
    Version,
    answer,
)
from ledger.consent.rules.evaluation import enforce
from ledger.vocabulary import facts, purposes
from tests.consent import oracle
from tests.consent.strategies import (
    PURPOSES,
    SUBJECT,
    T0,
    data,
    nodes,
    requests,
    terms,
    version,
    versions,
)

WITHOUT_BTG = tuple(p for p in PURPOSES if p != "BTG")
OPPOSITE = {Outcome.PERMIT: Outcome.DENY, Outcome.DENY: Outcome.PERMIT}


@settings(max_examples=250)
@given(versions(), requests(purposes=WITHOUT_BTG))
def test_the_answer_is_what_the_specification_says_read_naively(v: Version, q: Request) -> None:
    assert answer(v, q).outcome is oracle.decide(v, q)


def shuffled(node: Node, rng: random.Random) -> Node:
    children = [shuffled(child, rng) for child in node.children]
    rng.shuffle(children)
    return Node(node.conditions, tuple(children))


@given(versions(), requests(whole=False), st.randoms(use_true_random=False))
def test_p1_the_order_of_siblings_does_not_matter(
    v: Version, q: Request, rng: random.Random
) -> None:
    root = shuffled(Node(v.terms.scope, v.terms.exceptions), rng)
    other = version(replace(v.terms, exceptions=root.children))
    assert answer(v, q).outcome is answer(other, q).outcome


@given(terms(labels=False), requests(labelled=True, purposes=WITHOUT_BTG))
def test_p2_negating_the_base_negates_every_answer(t: Terms, q: Request) -> None:
    """Without labels (permits and denies read closeness from different ends), gaps and BTG."""
    t = replace(t, closed=False)
    one = answer(version(t), q).outcome
    other = answer(version(replace(t, base=t.base.opposite)), q).outcome
    assert other is OPPOSITE.get(one, one)


RANK = {Outcome.DENY: 0, Outcome.INDETERMINATE: 1, Outcome.PERMIT: 2}


@st.composite
def with_a_leaf(draw: st.DrawFn) -> tuple[Terms, Terms, Effect]:
    """Terms, the same with one leaf exception more, and that leaf's effect."""
    before = draw(terms())
    leaf = Node(draw(nodes()).conditions)
    path: list[int] = []
    siblings, effect = before.exceptions, before.base.opposite
    deeper = st.booleans()
    while siblings and bool(draw(deeper)):
        path.append(draw(st.integers(0, len(siblings) - 1)))
        siblings, effect = siblings[path[-1]].children, effect.opposite

    def insert(children: tuple[Node, ...], way: list[int]) -> tuple[Node, ...]:
        if not way:
            return (*children, leaf)
        at = way[0]
        grown = Node(children[at].conditions, insert(children[at].children, way[1:]))
        return (*children[:at], grown, *children[at + 1 :])

    return before, replace(before, exceptions=insert(before.exceptions, path)), effect


@given(with_a_leaf(), requests(purposes=WITHOUT_BTG))
def test_p3_a_leaf_moves_answers_only_towards_its_effect(
    grown: tuple[Terms, Terms, Effect], q: Request
) -> None:
    before, after, effect = grown
    old, new = answer(version(before), q).outcome, answer(version(after), q).outcome
    if old is Outcome.NOT_APPLICABLE or new is Outcome.NOT_APPLICABLE:
        assert old is new
    elif effect is Effect.PERMIT:
        assert RANK[new] >= RANK[old]
    else:
        assert RANK[new] <= RANK[old]


@settings(max_examples=250)
@given(versions(), requests(whole=False), data())
def test_p4_enforcing_a_residual_is_deciding_with_all_known(
    v: Version, q: Request, whole: Data
) -> None:
    known = {
        name: getattr(q.data, name)
        for name in ("category", "resource_type", "codes", "item", "labels", "dated_at")
        if getattr(q.data, name) is not None
    }
    r = replace(whole, **known)
    partial = answer(v, q)
    full = answer(v, replace(q, data=r)).outcome
    assert full is not Outcome.RESIDUAL
    settled = partial.outcome
    if partial.residual is not None:
        settled = enforce(partial.residual, r)
    assert settled is full


@given(versions(), requests())
def test_p7_the_same_question_has_the_same_answer(v: Version, q: Request) -> None:
    assert answer(v, q) == answer(v, q)


@given(versions(), requests(), st.sampled_from([e for e in Event if e is not Event.GRANTED]))
def test_what_is_not_active_never_bears(v: Version, q: Request, last: Event) -> None:
    assume(last not in {Event.NARROWED, Event.RE_VALIDATED})
    stopped = replace(v, events=(*v.events, StatusEvent(event=last, at=T0 - timedelta(days=9))))
    assert answer(stopped, q).outcome is Outcome.NOT_APPLICABLE


@given(versions(), requests(whole=False), st.text(max_size=6))
def test_p10_an_unknown_code_in_the_request_is_never_permitted(
    v: Version, q: Request, code: str
) -> None:
    assume(not purposes.is_known(code) and code not in facts.SENSITIVITIES)
    assume(code not in {"collect", "access", "use", "disclose", "correct", *"ULMNRV", ""})
    labels = [Labels(code), Labels("N", frozenset({code}))]
    for asked in (
        replace(q, purpose=code),
        replace(q, action=code),
        *(replace(q, data=replace(q.data, labels=one)) for one in labels),
    ):
        assert answer(v, asked).outcome not in {Outcome.PERMIT, Outcome.RESIDUAL}


@given(requests(labelled=True), st.sampled_from(["purposes", "actions", "sensitivities"]))
def test_p10_an_unknown_code_in_a_consent_never_permits(q: Request, where: str) -> None:
    unknown = Conditions(**{where: frozenset({"no-such-code"})})  # type: ignore[arg-type]
    by_permit = version(Terms(base=Effect.PERMIT, scope=unknown))
    by_exception = version(Terms(base=Effect.DENY, exceptions=(Node(unknown),)))
    by_missed_deny = version(Terms(base=Effect.PERMIT, exceptions=(Node(unknown),)))
    assert answer(by_permit, q).outcome is not Outcome.PERMIT
    assert answer(by_exception, q).outcome is not Outcome.PERMIT
    if q.purpose != "BTG":
        assert answer(by_missed_deny, q).outcome is not Outcome.PERMIT


@given(st.sampled_from(sorted(purposes.KNOWN)), st.sampled_from(sorted(purposes.KNOWN)))
def test_p9_a_wider_purpose_reaches_at_least_as_far(asked: str, listed: str) -> None:
    q = Request(subject=SUBJECT, actors=frozenset(), action="access", purpose=asked, at=T0)
    wider = facts.PURPOSES.get(listed) or listed
    outcomes = [
        answer(version(Terms(base=base, scope=Conditions(purposes=frozenset({p})))), q).outcome
        for base in Effect
        for p in (listed, wider)
    ]
    permit, permit_wider, deny, deny_wider = outcomes
    assert (permit is Outcome.PERMIT) <= (permit_wider is Outcome.PERMIT)
    if asked != "BTG":
        assert (deny is Outcome.DENY) <= (deny_wider is Outcome.DENY)
        assert (permit is Outcome.PERMIT) == (deny is Outcome.DENY)


@given(
    st.sampled_from(sorted(facts.SENSITIVITIES)),
    st.sampled_from(sorted(facts.SENSITIVITIES)),
    st.sampled_from(Effect),
)
def test_p9_a_wider_sensitivity_reaches_at_least_as_far(
    carried: str, listed: str, base: Effect
) -> None:
    known = Data(labels=Labels("N", frozenset({carried})))
    q = Request(
        subject=SUBJECT, actors=frozenset(), action="access", purpose="TREAT", at=T0, data=known
    )

    def applies(code: str) -> bool:
        scope = Conditions(sensitivities=frozenset({code}))
        outcome = answer(version(Terms(base=base, scope=scope)), q).outcome
        return outcome is not Outcome.NOT_APPLICABLE

    wider = facts.SENSITIVITIES[listed] or listed
    assert applies(listed) <= applies(wider)


def test_data_of_another_patient_is_no_business_of_a_consent() -> None:
    v = version(Terms(base=Effect.PERMIT))
    q = Request(subject=v.consent_id, actors=frozenset(), action="access", purpose="TREAT", at=T0)
    assert answer(v, q).outcome is Outcome.NOT_APPLICABLE
