"""What a residual lets through, as the sample for enforcers applies it: properties P4 and P17."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.access.residuals import _tree
from ledger.consent.rules import Data, Labels, Outcome, Request, Version
from ledger.consent.rules.combining import enforce, evaluate
from ledger.vocabulary import labels
from tests.consent.strategies import data, histories, requests, versions

FOLDER = Path(__file__).parents[2] / "docs" / "enforcement-client"


def _read() -> ModuleType:
    spec = importlib.util.spec_from_file_location("redact", FOLDER / "redact.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


redact = _read()


def as_item(one: Data) -> dict[str, Any]:
    """Return data as an enforcer holds it. What was never labelled has no labels at all."""
    known = {
        "category": one.category,
        "resource_type": one.resource_type,
        "codes": None if one.codes is None else sorted(one.codes),
        "id": one.item,
        "confidentiality": one.labels.confidentiality if one.labels else None,
        "sensitivity": sorted(one.labels.sensitivities) if one.labels else None,
        "date": one.dated_at.isoformat() if one.dated_at else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def sent(said: list[Version], asked: Request) -> tuple[Any, dict[str, Any]]:
    """Return what the choices say together, and the residual as it goes over the wire."""
    combined = evaluate(said, asked)
    residual = {
        "permits_otherwise": combined.permits_otherwise,
        "trees": [_tree(a.residual) for a in combined.answers if a.residual is not None],
    }
    return combined, json.loads(json.dumps(residual))


HELD = st.lists(data(whole=False), max_size=4)


@given(st.lists(versions(), max_size=1) | histories(), requests(whole=False), HELD)
def test_p17_what_is_shown_is_of_what_there_was_and_nothing_of_it_is_denied(
    said: list[Version], asked: Request, held: list[Data]
) -> None:
    combined, residual = sent(said, asked)
    assume(combined.outcome is Outcome.RESIDUAL)
    every = [as_item(one) for one in held]
    shown = redact.redact(residual, every)
    assert all(any(one is item for item in every) for one in shown)
    for one, item in zip(held, every, strict=True):
        labelled = one.labels or Labels()
        own = enforce(combined, Data(**{**_fields(one), "labels": labelled}))
        assert (item in shown) == (own is Outcome.PERMIT), (own, item)


def _fields(one: Data) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def test_a_label_below_the_one_that_was_named_is_withheld_too() -> None:
    conditions = {"sensitivity": sorted(labels.below({"BH"}))}
    tree = {
        "base": "permit",
        "outside": "not-applicable",
        "unlabelled_is_normal": False,
        "deny_needs_naming": False,
        "root": {"conditions": {}, "exceptions": [{"conditions": conditions}]},
    }
    below = next(code for code, parent in labels.PARENTS.items() if parent == "BH")
    items = [
        {"id": "a", "sensitivity": ["HIV"]},
        {"id": "b", "sensitivity": [below]},
        {"id": "c", "sensitivity": ["NOBODY-KNOWS"]},
        {"id": "d"},
    ]
    shown = redact.redact({"permits_otherwise": False, "trees": [tree]}, items)
    assert [item["id"] for item in shown] == ["a"]


def test_the_labels_it_knows_are_those_that_the_service_knows() -> None:
    assert set(labels.PARENTS) == redact.KNOWN


def test_it_runs_as_its_readers_would_run_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer, items = tmp_path / "answer.json", tmp_path / "items.json"
    answer.write_text(json.dumps({"decision": True, "context": {"obligations": []}}))
    items.write_text('[{"id": "a"}]')
    assert redact.main(str(answer), str(items)) == 0
    assert json.loads(capsys.readouterr().out) == [{"id": "a"}]
    answer.write_text(json.dumps({"decision": False, "context": {}}))
    assert redact.main(str(answer), str(items)) == 1
