"""What the words mean, one example of each rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.vocabulary import categories, labels, purposes
from ledger.vocabulary.categories import Category
from ledger.vocabulary.purposes import Family
from ledger.vocabulary.tree import Tree

CODES = st.sampled_from(sorted(purposes.KNOWN))


@pytest.mark.parametrize(
    ("code", "ancestor", "expected"),
    [
        ("TREAT", "TREAT", True),
        ("BTG", "ETREAT", True),
        ("BTG", "TREAT", True),
        ("TREAT", "ETREAT", False),
        ("SOCIALCARE", "TREAT", True),
        ("HRESCH.falls-2026", "HRESCH", True),
        ("HRESCH.falls-2026", "HRESCH.falls-2026", True),
        ("HRESCH.falls-2026", "HRESCH.falls-2027", False),
        ("CLINTRCH.falls", "HRESCH", True),
        ("TREAT.falls", "TREAT", False),
        ("no-such", "PurposeOfUse", False),
        ("no-such", "no-such", False),
    ],
)
def test_subsumption(code: str, ancestor: str, expected: bool) -> None:  # noqa: FBT001
    assert purposes.is_a(code, ancestor) is expected


@given(CODES, CODES, CODES)
def test_subsumption_is_an_order(a: str, b: str, c: str) -> None:
    assert purposes.is_a(a, a)
    if purposes.is_a(a, b) and purposes.is_a(b, c):
        assert purposes.is_a(a, c)
    if a != b and purposes.is_a(a, b):
        assert not purposes.is_a(b, a)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("TREAT", Family.CARE),
        ("COC", Family.CARE),
        ("CAREMGT", Family.CARE),
        ("SOCIALCARE", Family.CARE),
        ("ETREAT", Family.EMERGENCY),
        ("BTG", Family.EMERGENCY),
        ("HRESCH", Family.SECONDARY),
        ("HRESCH.falls-2026", Family.SECONDARY),
        ("SVCPLAN", Family.SECONDARY),
        ("CLINTRL", Family.SECONDARY),
        ("HMARKT", Family.OTHER),
        ("HPAYMT", Family.OTHER),
        ("PUBHLTH", Family.OTHER),
        ("no-such", Family.OTHER),
    ],
)
def test_families(code: str, expected: Family) -> None:
    assert purposes.family(code) is expected


@given(st.sampled_from(sorted(purposes.KNOWN - {"PurposeOfUse"})))
def test_every_purpose_has_words(code: str) -> None:
    assert purposes.words(code)


def test_every_category_has_words_and_no_code_has_two_categories() -> None:
    assert set(categories.MEANINGS) == set(Category)
    types = [t for m in categories.MEANINGS.values() for t in m.resource_types]
    loinc = [t for m in categories.MEANINGS.values() for t in m.loinc]
    assert len(types) == len(set(types))
    assert len(loinc) == len(set(loinc))


def test_confidentiality_is_ordered_and_what_is_unknown_has_no_place() -> None:
    assert [labels.rank(c) for c in "ULMNRV"] == [0, 1, 2, 3, 4, 5]
    assert labels.rank("X") is None


def test_sensitivity_is_a_tree() -> None:
    assert labels.sensitivity_is_a("OPIOIDUD", "SPI")
    assert not labels.sensitivity_is_a("SPI", "OPIOIDUD")
    assert labels.lineage(["HIV"]) >= {"HIV", "_InformationSensitivityPolicy"}


def test_a_broken_table_is_refused() -> None:
    with pytest.raises(ValueError, match="own ancestor"):
        Tree({"A": "B", "B": "A"})
    with pytest.raises(ValueError, match="no line"):
        Tree({"A": "B"})
