"""The proof vectors of transparency-dev/merkle, good and damaged."""

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from audit.merkle import ProofError
from audit.proofs import verify_consistency, verify_inclusion

REAL_DATA = os.environ.get("LEDGER_TEST_REAL_DATA")
VECTORS_OF_EACH = 98


def vectors(kind: str) -> list[dict[str, Any]]:
    if not REAL_DATA:
        pytest.skip("set LEDGER_TEST_REAL_DATA to the folder of real data files")
    files = sorted((Path(REAL_DATA) / "tlog" / "testdata" / kind).rglob("*.json"))
    return [{"file": file, **json.loads(file.read_bytes())} for file in files]


def test_inclusion_vectors() -> None:
    cases = vectors("inclusion")
    wrong = [case["file"] for case in cases if refused_inclusion(case) is not case["wantErr"]]

    assert wrong == []
    assert len(cases) == VECTORS_OF_EACH


def test_consistency_vectors() -> None:
    cases = vectors("consistency")
    wrong = [case["file"] for case in cases if refused_consistency(case) is not case["wantErr"]]

    assert wrong == []
    assert len(cases) == VECTORS_OF_EACH


def refused_inclusion(case: dict[str, Any]) -> bool:
    try:
        verify_inclusion(
            b64decode(case["leafHash"]),
            index=case["leafIdx"],
            size=case["treeSize"],
            path=[b64decode(node) for node in case["proof"] or ()],
            root=b64decode(case["root"]),
        )
    except ProofError:
        return True
    return False


def refused_consistency(case: dict[str, Any]) -> bool:
    try:
        verify_consistency(
            old=case["size1"],
            new=case["size2"],
            old_root=b64decode(case["root1"]),
            new_root=b64decode(case["root2"]),
            path=[b64decode(node) for node in case["proof"] or ()],
        )
    except ProofError:
        return True
    return False
