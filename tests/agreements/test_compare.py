"""What signatories of an amendment see."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given

from ledger.agreements.rules.compare import Change, compare
from ledger.agreements.rules.compose import compose
from ledger.agreements.rules.document import Document
from ledger.agreements.rules.terms import Terms
from ledger.agreements.templates import template_for
from ledger.vocabulary.categories import Category
from tests.agreements.strategies import any_terms, sound


def made(terms: Terms, version: int = 1) -> Document:
    template = template_for(terms.kind)
    return compose(template, terms, agreement_id=UUID(int=9), version=version)


def test_a_changed_an_added_and_a_removed_flow_are_told_apart() -> None:
    flow = sound().flows[0]
    before = sound(flows=(flow, replace(flow, key="F2")))
    narrower = replace(flow, categories=frozenset({Category.ALLERGIES}))
    after = sound(flows=(narrower, replace(flow, key="F3")), notice_days=30)
    found = [
        (each.change, (each.after or each.before).states)  # type: ignore[union-attr]
        for each in compare(made(before), made(after, 2))
    ]
    assert found == [
        (Change.REWORDED, "F1"),
        (Change.ADDED, "F3"),
        (Change.REWORDED, None),
        (Change.REMOVED, "F2"),
    ]


def test_another_number_alone_is_no_difference() -> None:
    flow = sound().flows[0]
    more = (replace(flow, key="F0"), flow)
    (only,) = compare(made(sound()), made(sound(flows=more), 2))
    assert only.change is Change.ADDED


@given(any_terms)
def test_a_text_does_not_differ_from_itself(terms: Terms) -> None:
    assert compare(made(terms), made(terms, 2)) == ()


@given(any_terms, any_terms)
def test_every_difference_is_told_once_in_either_direction(one: Terms, other: Terms) -> None:
    there, back = compare(made(one), made(other)), compare(made(other), made(one))
    swapped = {Change.ADDED: Change.REMOVED, Change.REMOVED: Change.ADDED}
    assert sorted(swapped.get(each.change, each.change) for each in there) == sorted(
        each.change for each in back
    )
