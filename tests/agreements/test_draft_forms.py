"""What the forms of a draft read: who is party, and what each party is for a flow's data."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from ledger.agreements.rules.terms import Party, PartyRole, Terms
from ledger.directory.rules.organisations import OrganisationKind
from ledger.web.agreement_forms import with_flow
from ledger.web.agreement_party_forms import with_parties
from tests.given import agreements as given
from tests.given.directory import organisation

A, B, C = (uuid4() for _ in range(3))


def form(terms: Terms, **chosen: str | list[str]) -> MultiDict[str, str]:
    groups = {f"group_{place}": "1" for place in range(1, len(terms.parties) + 1)}
    return MultiDict({"mode": "joinder", "lead": str(terms.lead_id), **groups, **chosen})


def between(*ids: UUID) -> Terms:
    made = given.terms(A, B, C) if A in ids else given.terms(*ids)
    return replace(made, parties=tuple(replace(one, name="A party") for one in made.parties))


def test_a_party_joins_by_its_code(session: Session) -> None:
    hospice = organisation("Joining Hospice", OrganisationKind.VOLUNTARY, ods_code="DEMJN")
    terms = between(A, B, C)
    changed, errors = with_parties(terms, form(terms, joins="demjn Joining Hospice"), session)
    assert not errors
    joined = Party(organisation_id=hospice, name="Joining Hospice")
    assert changed.parties == (*terms.parties, joined)
    assert changed.flows == terms.flows


def test_who_is_left_out_takes_its_flows_along(session: Session) -> None:
    terms = between(A, B, C)
    changed, errors = with_parties(terms, form(terms, out=str(C)), session)
    assert not errors
    assert changed.party_ids == {A, B}
    assert {(flow.from_party, flow.to_party) for flow in changed.flows} == {(A, B), (B, A)}


def test_a_fund_loses_what_who_is_left_out_paid_in(session: Session) -> None:
    two = given.fund_terms(A, B)
    terms = replace(two, parties=(*two.parties, Party(organisation_id=C, name="A party")))
    changed, errors = with_parties(terms, form(terms, out=str(B)), session)
    assert not errors
    assert changed.fund is not None
    assert {one.partner_id for one in changed.fund.contributions} <= {A}
    weighed = {weight.partner_id for share in changed.fund.shares for weight in share.weights}
    assert weighed <= {A}


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"joins": "NOSUCH"}, "joins"),
        ({"out": str(A)}, "out"),
        ({"out": [str(B), str(C)]}, "out"),
    ],
    ids=["unknown code", "the leading party", "all but one"],
)
def test_what_cannot_be_is_said_at_its_field(
    session: Session, chosen: dict[str, str | list[str]], field: str
) -> None:
    terms = between(A, B, C)
    changed, errors = with_parties(terms, form(terms, **chosen), session)
    assert set(errors) == {field}
    assert changed == terms


def test_a_party_joins_once(session: Session) -> None:
    hospice = organisation("Joining Hospice", OrganisationKind.VOLUNTARY, ods_code="DEMJN")
    terms = between(hospice, B)
    _, errors = with_parties(terms, form(terms, joins="DEMJN"), session)
    assert errors == {"joins": "Joining Hospice is a party already"}


def test_a_flow_says_what_each_party_is() -> None:
    asked = {
        "from_party": str(A),
        "to_party": str(B),
        "purpose": "TREAT",
        "categories": "medicines",
        "article_6": "6(1)(e)",
    }
    terms = replace(between(A, B, C), flows=())
    _, errors = with_flow(terms, MultiDict(asked))
    assert set(errors) == {"from_role", "to_role"}
    _, errors = with_flow(terms, MultiDict(asked | {"from_party": "", "to_party": str(uuid4())}))
    assert errors["from_party"] == "Choose who gives"
    assert errors["to_party"] == "Choose who receives"
    roles = {"from_role": "controller", "to_role": "processor"}
    changed, errors = with_flow(terms, MultiDict(asked | roles))
    assert not errors
    assert changed.flows[0].from_role is PartyRole.CONTROLLER
    assert changed.flows[0].to_role is PartyRole.PROCESSOR
