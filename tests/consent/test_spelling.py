"""Terms as text and back."""

import pytest
from hypothesis import given

from ledger.consent.rules import Effect, Outcome, Request, Terms, Version, answer
from ledger.consent.rules.spelling import dumps, loads, residual_to_json
from tests.consent.strategies import requests, terms, versions


@given(terms())
def test_text_is_read_back_as_the_same_terms(t: Terms) -> None:
    assert loads(dumps(t)) == t
    assert dumps(loads(dumps(t))) == dumps(t)


def test_the_spelling_is_fixed() -> None:
    assert dumps(Terms(base=Effect.DENY)) == '{"base":"deny"}'


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"base":"maybe"}', '{"base":"deny","scope":1}'])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)


@given(versions(), requests(whole=False))
def test_a_residual_holds_conditions_on_data_only(v: Version, q: Request) -> None:
    found = answer(v, q)
    assert (found.residual is not None) is (found.outcome is Outcome.RESIDUAL)
    if found.residual is not None:
        text = str(residual_to_json(found.residual))
        assert not any(f"'{word}'" in text for word in ("actors", "actions", "purposes", "period"))
