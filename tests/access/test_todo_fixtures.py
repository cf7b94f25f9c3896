"""OpenID's interoperability fixtures (the to-do scenario), through an adapter.

The scenario has users, to-dos and five actions; our vocabulary is closed and stays so. The
adapter here says what each word of theirs is in ours, the scenario's own rules become lines
of a Casbin policy in the form of ours, and the look-up is the one that decisions use.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.core.policy import Table

FILE = "authzen/decisions-authorization-api-1_0-02.json"
MODEL = """
[request_definition]
r = role, action, owner
[policy_definition]
p = role, action, owner, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = (p.role == "any" || r.role == p.role) && (p.action == "any" || r.action == p.action) && (p.owner == "any" || r.owner == p.owner)
"""  # noqa: E501
LINES = """
p, any,              can_read_user,   any, allow
p, any,              can_read_todos,  any, allow
p, editor,           can_create_todo, any, allow
p, admin,            can_create_todo, any, allow
p, editor,           can_update_todo, own, allow
p, evil_genius,      can_update_todo, any, allow
p, admin,            can_delete_todo, any, allow
p, editor,           can_delete_todo, own, allow
"""
VOCABULARY = {
    "role": ("viewer", "editor", "admin", "evil_genius"),
    "action": (
        "can_read_user",
        "can_read_todos",
        "can_create_todo",
        "can_update_todo",
        "can_delete_todo",
    ),
    "owner": ("own", "other"),
}
PEOPLE = {
    "CiRmZDA2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": (
        "rick@the-citadel.com",
        {"admin", "evil_genius"},
    ),
    "CiRmZDE2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": (
        "morty@the-citadel.com",
        {"editor"},
    ),
    "CiRmZDI2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": (
        "summer@the-smiths.com",
        {"editor"},
    ),
    "CiRmZDM2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": (
        "beth@the-smiths.com",
        {"viewer"},
    ),
    "CiRmZDQ2MTRkMy1jMzlhLTQ3ODEtYjdiZC04Yjk2ZjVhNTEwMGQSBWxvY2Fs": (
        "jerry@the-smiths.com",
        {"viewer"},
    ),
}


@pytest.fixture
def table(tmp_path: Path) -> Table:
    (tmp_path / "todo.conf").write_text(MODEL)
    (tmp_path / "todo.csv").write_text(LINES)
    return Table.load(tmp_path / "todo.conf", tmp_path / "todo.csv", VOCABULARY)


def decide(table: Table, request: dict[str, Any]) -> bool:
    """The adapter: their words to ours, then the look-up."""
    address, roles = PEOPLE[request["subject"]["id"]]
    owner = request["resource"].get("properties", {}).get("ownerID")
    relation = "own" if owner == address else "other"
    cells = [(role, request["action"]["name"], relation) for role in roles]
    return any(cell in table.allowed for cell in cells) and not any(
        cell in table.denied for cell in cells
    )


def test_single_evaluations(real_data: Path, table: Table) -> None:
    cases = json.loads((real_data / FILE).read_text())["evaluation"]
    assert len(cases) == 40
    for case in cases:
        assert decide(table, case["request"]) is case["expected"], case


def test_several_evaluations(real_data: Path, table: Table) -> None:
    cases = json.loads((real_data / FILE).read_text())["evaluations"]
    assert len(cases) == 3
    for case in cases:
        shared = {name: case["request"][name] for name in ("subject", "action")}
        found = [
            {"decision": decide(table, {**shared, **item})}
            for item in case["request"]["evaluations"]
        ]
        assert found == case["expected"], case
