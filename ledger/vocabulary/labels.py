"""Security labels on data: confidentiality, which is ordered, and sensitivity, which is a tree."""

from collections.abc import Iterable
from typing import Final

from ledger.vocabulary.facts import SENSITIVITIES
from ledger.vocabulary.tree import Tree

CONFIDENTIALITY_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
SENSITIVITY_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

CONFIDENTIALITIES: Final = ("U", "L", "M", "N", "R", "V")
"""From unrestricted to very restricted."""

_RANKS: Final = {code: rank for rank, code in enumerate(CONFIDENTIALITIES)}
_TREE: Final = Tree(SENSITIVITIES)

PARENTS: Final = _TREE.parents
"""Each sensitivity and its parent; None at the top."""

CONFIDENTIALITY_WORDS: Final = {
    "U": "anyone may see it",
    "L": "hardly private",
    "M": "a little private",
    "N": "private, as health records are",
    "R": "kept more closely than other records",
    "V": "kept very closely",
}


def rank(confidentiality: str) -> int | None:
    """Return the place of a confidentiality in the order U<L<M<N<R<V; None if it has none."""
    return _RANKS.get(confidentiality)


def is_sensitivity(code: str) -> bool:
    """Say whether *code* is a sensitivity."""
    return code in _TREE


def sensitivity_is_a(code: str, ancestor: str) -> bool:
    """Say whether sensitivity *code* equals *ancestor* or is below it."""
    return _TREE.is_a(code, ancestor)


def lineage(sensitivities: Iterable[str]) -> frozenset[str]:
    """Return *sensitivities* with all that they are below."""
    return frozenset().union(*map(_TREE.lineage, sensitivities))


def below(sensitivities: Iterable[str]) -> frozenset[str]:
    """Return *sensitivities* with all that are below them."""
    listed = frozenset(sensitivities)
    return listed | {code for code in PARENTS if not listed.isdisjoint(_TREE.lineage(code))}
