"""What is sent twice to a pool or a board is done once: its commands take an Idempotency-Key."""

import ast
from pathlib import Path
from typing import Final

API: Final = Path(__file__).parents[2] / "ledger" / "api"
MODULES: Final = ("funding*.py", "motions.py", "reconciliation.py", "returns.py")
UNSAFE: Final = {"post", "put", "delete", "patch"}
WITHOUT: Final = {
    "cast": "what is kept under a key would join a ballot to its voter",
    "close": "it is counted once, and what passed is carried out in a unit of its own",
    "look": "a preview keeps nothing",
    "preview": "a preview keeps nothing",
}


def test_commands_of_pools_and_boards_take_an_idempotency_key() -> None:
    trees = [ast.parse(path.read_text()) for each in MODULES for path in sorted(API.glob(each))]
    shared = {name: names for tree in trees for name, names in _names(tree).items()}
    views = [one for tree in trees for one in _views(tree, shared)]
    assert len(views) > 60
    without = {name for name, takes in views if not takes}
    assert without <= set(WITHOUT), sorted(without - set(WITHOUT))


def _views(tree: ast.Module, shared: dict[str, set[str]]) -> list[tuple[str, bool]]:
    """Return the views of a module that change something, and whether each takes a key."""
    names = shared | _names(tree)
    return [
        (one.name, bool(_reached(one.name, names) & {"once", "once_done"}))
        for one in tree.body
        if isinstance(one, ast.FunctionDef) and any(_changes(each) for each in one.decorator_list)
    ]


def _names(tree: ast.Module) -> dict[str, set[str]]:
    return {one.name: _named(one) for one in tree.body if isinstance(one, ast.FunctionDef)}


def _changes(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and isinstance(decorator.func.value, ast.Name)
        and decorator.func.value.id == "blueprint"
        and decorator.func.attr in UNSAFE
    )


def _named(function: ast.FunctionDef) -> set[str]:
    return {one.id for one in ast.walk(function) if isinstance(one, ast.Name)}


def _reached(name: str, names: dict[str, set[str]]) -> set[str]:
    """Return every name that a function uses, or that those of its module use for it."""
    found, ahead = set[str](), {name}
    while ahead:
        one = ahead.pop()
        found.add(one)
        ahead |= names.get(one, set()) - found
    return found
