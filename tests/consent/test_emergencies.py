"""Breaking the glass: no deny reaches it unless it names emergencies outright."""

import pytest
from hypothesis import given

from ledger.consent.rules import (
    Conditions,
    Data,
    Effect,
    Node,
    Outcome,
    Request,
    Terms,
    Version,
    answer,
)
from ledger.vocabulary.categories import Category
from tests.consent.strategies import SUBJECT, T0, requests, version, versions


def asked(purpose: str, category: Category | None = Category.TESTS) -> Request:
    return Request(
        subject=SUBJECT,
        actors=frozenset({"person:a"}),
        action="access",
        purpose=purpose,
        at=T0,
        data=Data(category=category),
    )


def for_purposes(*codes: str) -> Conditions:
    return Conditions(purposes=frozenset(codes))


DENY_ALL = Terms(base=Effect.DENY)
DENY_CARE = Terms(base=Effect.DENY, scope=for_purposes("TREAT"))
DENY_EMERGENCY = Terms(base=Effect.DENY, scope=for_purposes("ETREAT"))
REFUSE_BREAK_GLASS = Terms(base=Effect.DENY, scope=for_purposes("BTG"))
PERMIT_BUT_CARE = Terms(base=Effect.PERMIT, exceptions=(Node(for_purposes("TREAT")),))
PERMIT_BUT_EMERGENCY = Terms(base=Effect.PERMIT, exceptions=(Node(for_purposes("ETREAT")),))
PERMIT_CARE = Terms(base=Effect.PERMIT, scope=for_purposes("TREAT"))
ONLY_RESEARCH = Terms(base=Effect.PERMIT, scope=for_purposes("HRESCH"), closed=True)
DENY_BUT_CARE_BUT_EMERGENCY = Terms(
    base=Effect.DENY,
    exceptions=(Node(for_purposes("TREAT"), (Node(for_purposes("ETREAT")),)),),
)


@pytest.mark.parametrize(
    ("terms", "purpose", "expected"),
    [
        (DENY_ALL, "BTG", Outcome.NOT_APPLICABLE),
        (DENY_ALL, "ETREAT", Outcome.DENY),
        (DENY_CARE, "BTG", Outcome.NOT_APPLICABLE),
        (DENY_CARE, "ETREAT", Outcome.DENY),
        (DENY_EMERGENCY, "BTG", Outcome.DENY),
        (DENY_EMERGENCY, "TREAT", Outcome.NOT_APPLICABLE),
        (REFUSE_BREAK_GLASS, "BTG", Outcome.DENY),
        (REFUSE_BREAK_GLASS, "ETREAT", Outcome.NOT_APPLICABLE),
        (PERMIT_BUT_CARE, "BTG", Outcome.PERMIT),
        (PERMIT_BUT_CARE, "ETREAT", Outcome.DENY),
        (PERMIT_BUT_EMERGENCY, "BTG", Outcome.DENY),
        (PERMIT_CARE, "BTG", Outcome.PERMIT),
        (ONLY_RESEARCH, "BTG", Outcome.NOT_APPLICABLE),
        (ONLY_RESEARCH, "TREAT", Outcome.DENY),
        (DENY_BUT_CARE_BUT_EMERGENCY, "BTG", Outcome.DENY),
        (DENY_BUT_CARE_BUT_EMERGENCY, "TREAT", Outcome.PERMIT),
    ],
)
def test_what_reaches_an_emergency(terms: Terms, purpose: str, expected: Outcome) -> None:
    assert answer(version(terms), asked(purpose)).outcome is expected


def names_emergency(v: Version) -> bool:
    def named(node: Node) -> bool:
        return bool(node.conditions.purposes & {"BTG", "ETREAT"}) or any(map(named, node.children))

    return named(Node(v.terms.scope, v.terms.exceptions))


@given(versions(), requests(purposes=("BTG",)))
def test_p9_without_naming_emergencies_nothing_denies_breaking_the_glass(
    v: Version, q: Request
) -> None:
    if not names_emergency(v):
        assert answer(v, q).outcome is not Outcome.DENY
