"""Terms out as ODRL and in again; and what comes from elsewhere, whatever it is."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.agreements.rules import odrl_in, odrl_out
from ledger.agreements.rules.odrl_in import UnreadableOdrl
from ledger.agreements.rules.terms import Mode, Terms
from tests.agreements.strategies import WORDS, any_terms, sound
from tests.given import agreements as made

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)


def out(terms: Terms) -> dict[str, Any]:
    written = odrl_out.write(terms, agreement_id=UUID(int=9), version=1, document_sha256="ab" * 32)
    sent: dict[str, Any] = json.loads(json.dumps(written))
    return sent


def unnamed(terms: Terms) -> Terms:
    return replace(terms, parties=tuple(replace(each, name="") for each in terms.parties))


@given(any_terms, st.sampled_from(Mode), WORDS.filter(bool))
def test_a_round_trip_preserves_the_meaning(terms: Terms, mode: Mode, title: str) -> None:
    known = tuple(flow for flow in terms.flows if flow.purpose != "nonsense")
    groups = tuple(replace(one, signs_in_group=max(1, one.signs_in_group)) for one in terms.parties)
    days = max(1, terms.notice_days)
    kept = replace(terms, mode=mode, title=title, flows=known, parties=groups, notice_days=days)
    assert odrl_in.read(out(kept)) == unnamed(kept)


def test_a_pooled_fund_comes_back_whole() -> None:
    fund = made.fund_terms(UUID(int=1), UUID(int=2))
    assert odrl_in.read(out(fund)) == unnamed(fund)


def test_every_fault_is_named_at_once_with_its_place() -> None:
    sent = out(sound())
    sent["@type"] = "Offer"
    sent["prohibition"] = [{}]
    sent["ledger:startsOn"] = "tomorrow"
    sent["permission"][0]["constraint"][0]["rightOperand"] = {"@id": "https://elsewhere/x"}
    sent["permission"][0]["constraint"].append({"leftOperand": "count", "operator": "lteq"})
    sent["permission"][0]["target"]["dpv:hasPersonalData"] = ["everything"]
    sent["permission"][0]["dpv:hasLegalBasis"] = ["eu-gdpr:A9-2-h"]
    sent["permission"][0]["duty"] = [{"action": "pay"}]
    with pytest.raises(UnreadableOdrl) as refused:
        odrl_in.read(sent)
    assert {fault.field for fault in refused.value.faults} >= {
        "/@type",
        "/prohibition",
        "/ledger:startsOn",
        "/permission/0/constraint/0",
        "/permission/0/constraint/3",
        "/permission/0/target/dpv:hasPersonalData/0",
        "/permission/0/dpv:hasLegalBasis",
        "/permission/0/duty",
    }


@given(ANY)
def test_whatever_is_sent_is_refused_by_name(sent: Any) -> None:
    with pytest.raises(UnreadableOdrl):
        odrl_in.read(sent)


@given(st.sampled_from(sorted(out(sound()))), ANY)
def test_a_member_of_any_other_type_is_refused_by_name_or_read(name: str, value: Any) -> None:
    sent = {**out(sound()), name: value}
    with suppress(UnreadableOdrl):
        assert isinstance(odrl_in.read(sent), Terms)


def test_a_million_permissions_are_not_read() -> None:
    sent = out(sound())
    sent["permission"] *= 10_000
    with pytest.raises(UnreadableOdrl, match="1 faults"):
        odrl_in.read(sent)
