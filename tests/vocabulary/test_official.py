"""Our tables of codes and parents are those of the official code systems."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ledger.vocabulary import categories, facts, labels

REAL_DATA = os.environ.get("LEDGER_TEST_REAL_DATA")

pytestmark = pytest.mark.skipif(
    not REAL_DATA, reason="the official code systems are not here; set LEDGER_TEST_REAL_DATA"
)


def concepts(name: str) -> list[dict[str, Any]]:
    path = Path(str(REAL_DATA)) / "terminology" / f"CodeSystem-{name}.json"
    read: list[dict[str, Any]] = json.loads(path.read_text())["concept"]
    return read


def retired(concept: Mapping[str, Any]) -> bool:
    return any(p.get("valueCode") == "retired" for p in concept.get("property", []))


def walk(
    found: list[dict[str, Any]], parent: str | None = None
) -> Iterator[tuple[str, str | None]]:
    for concept in found:
        if not retired(concept):
            yield concept["code"], parent
            yield from walk(concept.get("concept", []), concept["code"])


def below(name: str, top: str) -> dict[str, str | None]:
    """Every live code at or below *top*, with its parent."""

    def find(found: list[dict[str, Any]]) -> dict[str, Any] | None:
        for concept in found:
            deeper = concept if concept["code"] == top else find(concept.get("concept", []))
            if deeper:
                return deeper
        return None

    concept = find(concepts(name))
    assert concept
    return dict(walk([concept]))


def test_purposes() -> None:
    assert dict(facts.PURPOSES) == below("v3-ActReason", "PurposeOfUse")


def test_sensitivities() -> None:
    assert dict(facts.SENSITIVITIES) == below("v3-ActCode", "_InformationSensitivityPolicy")


def test_confidentialities_are_the_official_ones_and_their_order_is_ours_to_state() -> None:
    official = {code for code, _ in walk(concepts("v3-Confidentiality")) if len(code) == 1}
    assert set(labels.CONFIDENTIALITIES) == official


def test_labels_of_categories_are_official() -> None:
    named = {s for meaning in categories.MEANINGS.values() for s in meaning.sensitivities}
    assert named <= set(facts.SENSITIVITIES)
