"""A new version of a consent permits nothing that the one before did not."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.consent.rules import Conditions, Effect, Node, Outcome, Period, Request, Terms, answer
from ledger.consent.rules.narrowing import NotNarrower, check_narrower
from tests.consent.strategies import CONDITIONS, T0, nodes, periods, requests, terms, version


def narrower(new: Terms, old: Terms) -> bool:
    try:
        check_narrower(new, old)
    except NotNarrower:
        return False
    return True


@st.composite
def changed(draw: st.DrawFn, old: Terms) -> Terms:
    """*old* with some things changed, so that it often is narrower and often only looks it."""
    scope = old.scope
    other = draw(CONDITIONS[True])
    for name in draw(st.sets(st.sampled_from(sorted(Conditions.__slots__)), max_size=2)):
        scope = replace(scope, **{name: getattr(other, name)})
    exceptions = [one for one in old.exceptions if draw(st.integers(0, 3))]
    for n, one in enumerate(exceptions):
        if draw(st.booleans()):
            exceptions[n] = draw(st.sampled_from([Node(Conditions()), Node(one.conditions)]))
    exceptions += draw(st.lists(nodes(), max_size=1))
    changes: dict[str, Any] = {"scope": scope, "exceptions": tuple(exceptions)}
    if draw(st.booleans()):
        changes["period"] = draw(periods())
    if draw(st.booleans()):
        changes["closed"] = draw(st.booleans())
    return replace(old, **changes)


@settings(max_examples=300)
@given(st.data(), requests(whole=True))
def test_narrowing_never_permits_what_was_not_permitted(data: st.DataObject, q: Request) -> None:
    old = data.draw(terms())
    new = data.draw(changed(old))
    if narrower(new, old):
        was, now = (answer(version(t), q).outcome for t in (old, new))
        assert now is not Outcome.PERMIT or was is Outcome.PERMIT


@given(terms())
def test_what_is_the_same_is_narrower(t: Terms) -> None:
    assert narrower(t, t)


TREAT = Terms(base=Effect.PERMIT, scope=Conditions(purposes=frozenset({"TREAT"})))
DOCTOR = Node(Conditions(actors=frozenset({"person:x"})))
EMERGENCY = Node(Conditions(purposes=frozenset({"ETREAT"})))


def scoped(**conditions: Any) -> Terms:
    return Terms(base=Effect.PERMIT, scope=Conditions(**conditions))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TREAT, scoped(purposes=frozenset({"COC"}))),
        (TREAT, replace(TREAT, closed=True)),
        (TREAT, replace(TREAT, exceptions=(DOCTOR,))),
        (TREAT, replace(TREAT, period=Period(T0))),
        (replace(TREAT, exceptions=(DOCTOR,)), replace(TREAT, exceptions=(Node(Conditions()),))),
        (scoped(confidentiality="N"), scoped(confidentiality="L")),
        (Terms(base=Effect.DENY, exceptions=(DOCTOR,)), Terms(base=Effect.DENY)),
    ],
)
def test_less_is_narrower_and_not_the_other_way_round(old: Terms, new: Terms) -> None:
    assert narrower(new, old)
    assert not narrower(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TREAT, scoped()),
        (TREAT, scoped(purposes=frozenset({"TREAT", "HRESCH"}))),
        (TREAT, replace(TREAT, unlabelled_is_normal=True)),
        (TREAT, replace(TREAT, base=Effect.DENY)),
        (
            replace(
                TREAT, exceptions=(EMERGENCY,)
            ),  # Which reaches broken glass, and this does not:
            replace(TREAT, exceptions=(Node(Conditions(purposes=frozenset({"TREAT"}))),)),
        ),
        (
            replace(TREAT, exceptions=(DOCTOR,)),
            replace(TREAT, exceptions=(Node(DOCTOR.conditions, (EMERGENCY,)),)),
        ),
    ],
)
def test_what_might_share_more_is_refused(old: Terms, new: Terms) -> None:
    assert not narrower(new, old)
