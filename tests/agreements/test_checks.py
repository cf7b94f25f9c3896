"""All faults at once, each naming its clause."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given

from ledger.agreements.rules.basis import (
    Article6,
    Article9,
    CommonLaw,
    LawfulBasis,
    Schedule1,
)
from ledger.agreements.rules.checks import (
    Limits,
    NotReady,
    TooLarge,
    check_ready,
    check_size,
    faults,
)
from ledger.agreements.rules.compose import compose
from ledger.agreements.rules.terms import (
    Approval,
    ApprovalKind,
    Flow,
    Party,
    Terms,
    Variable,
)
from ledger.agreements.templates import template_for
from ledger.core.errors import Fault
from ledger.vocabulary.categories import Category
from tests.agreements.strategies import ORGANISATIONS, any_terms, sound

TODAY = date(2026, 3, 2)
A, B, STRANGER = ORGANISATIONS[0], ORGANISATIONS[1], UUID(int=99)


def found(terms: Terms) -> tuple[Fault, ...]:
    document = compose(template_for(terms.kind), terms, agreement_id=UUID(int=9), version=1)
    return faults(document, terms, today=TODAY)


def with_flow(**changes: object) -> Callable[[Terms], Terms]:
    def change(terms: Terms) -> Terms:
        return replace(terms, flows=(replace(terms.flows[0], **changes),))  # type: ignore[arg-type]

    return change


def with_basis(**changes: object) -> Callable[[Terms], Terms]:
    def change(terms: Terms) -> Terms:
        basis = replace(terms.flows[0].basis, **changes)  # type: ignore[arg-type]
        return with_flow(basis=basis)(terms)

    return change


def also(**changes: object) -> Callable[[Terms], Terms]:
    return lambda terms: replace(terms, **changes)  # type: ignore[arg-type]


def both(*changes: Callable[[Terms], Terms]) -> Callable[[Terms], Terms]:
    def change(terms: Terms) -> Terms:
        for each in changes:
            terms = each(terms)
        return terms

    return change


DPIA = Approval(kind=ApprovalKind.DPIA, reference="DPIA 7", approved_on=TODAY)
BARE = LawfulBasis(article_6=Article6.PUBLIC_TASK)


def test_sound_terms_have_no_fault() -> None:
    assert found(sound()) == ()


@pytest.mark.parametrize(
    ("change", "clause", "says"),
    [
        (also(variables=()), "1.2", "still empty"),
        (also(variables=(Variable(name="aim", value="Ask a@b.example."),)), "1.3", "name a role"),
        (also(parties=()), "1.1", "two organisations"),
        (also(ends_on=date(2026, 4, 1)), "3.1", "ends after the day"),
        (also(starts_on=date(2026, 3, 1)), "3.1", "retrospectively"),
        (also(starts_on=TODAY + timedelta(days=366)), "3.1", "365 days from now"),
        (also(ends_on=date(2036, 4, 1)), "3.1", "may last"),
        (also(review_on=date(2040, 1, 1)), "10.1", "the review"),
        (also(notice_days=0), "10.4", "notice is from 1"),
        (also(return_days=0), "9.3", "returned"),
        (also(flows=()), "4.1", "nothing would be shared"),
        (with_flow(purpose="WHATEVER"), "4.2", "not a known purpose"),
        (with_flow(purpose="PurposeOfUse"), "4.2", "every purpose at once"),
        (with_flow(categories=frozenset()), "4.2", "no category"),
        (with_flow(to_party=STRANGER), "4.2", "is no party"),
        (with_flow(to_party=A), "4.2", "to itself"),
        (with_basis(article_9=None, schedule_1=None), "4.2", r"Article 9\(2\)"),
        (with_basis(schedule_1=None), "4.2", "Schedule 1, part 1 paragraph 2"),
        (with_basis(schedule_1=Schedule1.RESEARCH), "4.2", "Schedule 1, part 1 paragraph 2"),
        (with_basis(common_law=None), "4.2", "common law duty"),
        (with_flow(purpose="SVCPLAN"), "4.2", "implied only for a person's own care"),
        (with_flow(purpose="SVCPLAN"), "4.2", "Caldicott"),
        (also(approvals=()), "4.2", "impact assessment"),
        (with_flow(categories=frozenset({Category.MENTAL_HEALTH})), "4.2", "Caldicott"),
        (
            with_basis(
                article_9=Article9.SUBSTANTIAL_PUBLIC_INTEREST, schedule_1=Schedule1.SAFEGUARDING
            ),
            "4.2",
            "appropriate policy document",
        ),
        (with_basis(common_law=CommonLaw.SECTION_251), "4.2", "section 251"),
        (with_flow(purpose="HRESCH"), "4.2", "research ethics"),
        (
            also(approvals=(replace(DPIA, last_day=date(2026, 12, 31)),)),
            "5.6",
            "outlive its dpia approval, which ends on 2026-12-31",
        ),
        (also(approvals=(replace(DPIA, approved_on=date(2026, 5, 1)),)), "5.6", "in the future"),
    ],
)
def test_each_fault_names_its_clause(
    change: Callable[[Terms], Terms], clause: str, says: str
) -> None:
    matching = [fault for fault in found(change(sound())) if fault.field == clause]
    assert any(re.search(says, fault.detail) for fault in matching), matching


def test_all_faults_come_at_once() -> None:
    terms = both(
        with_flow(purpose="WHATEVER", to_party=STRANGER, basis=BARE),
        also(starts_on=date(2026, 3, 1), approvals=(), variables=()),
    )(sound())
    document = compose(template_for(terms.kind), terms, agreement_id=UUID(int=9), version=1)
    with pytest.raises(NotReady) as refused:
        check_ready(document, terms, today=TODAY, limits=Limits())
    assert [fault.field for fault in refused.value.faults] == [
        *("1.2", "1.3", "1.4", "1.5"),
        "3.1",
        *("4.2",) * 6,
    ]


def test_data_that_is_not_about_health_needs_no_article_9() -> None:
    terms = both(
        with_flow(categories=frozenset({Category.CONTACT_DETAILS}), basis=BARE),
        also(approvals=()),
    )(sound())
    assert found(terms) == ()


def test_two_parties_may_not_both_lead_nor_groups_leave_a_gap() -> None:
    parties = (
        Party(organisation_id=A, name="A", leads=True),
        Party(organisation_id=B, name="B", leads=True, signs_in_group=3),
    )
    details = [fault.detail for fault in found(also(parties=parties)(sound()))]
    assert any("exactly one party leads" in detail for detail in details)
    assert any("leave out no number" in detail for detail in details)


@given(any_terms)
def test_no_terms_are_too_strange_to_be_judged(terms: Terms) -> None:
    for fault in found(terms):
        assert fault.field
        assert fault.detail


@given(any_terms)
def test_a_flow_of_health_data_without_faults_stands_on_enough_law(terms: Terms) -> None:
    faulty = {fault.detail.split(":")[0] for fault in found(terms)}
    for flow in terms.flows:
        if f"flow {flow.key}" in faulty or Category.MEDICINES not in flow.categories:
            continue
        assert flow.basis.article_9 is not None
        assert flow.basis.common_law is not None
        assert ApprovalKind.DPIA in {approval.kind for approval in terms.approvals}


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "},
        {"title": "x" * 201},
        {"variables": (Variable(name="aim", value="x" * 60_000),)},
        {
            "flows": (
                Flow(
                    key="k" * 41,
                    from_party=A,
                    to_party=B,
                    purpose="TREAT",
                    categories=frozenset(),
                    basis=BARE,
                ),
            )
        },
    ],
)
def test_what_no_entry_could_hold_is_refused_even_as_a_draft(changes: dict[str, object]) -> None:
    with pytest.raises(TooLarge):
        check_size(sound(**changes))
