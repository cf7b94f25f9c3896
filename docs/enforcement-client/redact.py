"""What a residual permit lets through: give it what you hold, show only what it returns.

    python redact.py answer.json items.json > shown.json

``answer.json`` is an answer of the decision point whose obligation is ``enforce-residual``;
``items.json`` is a list of what you would show, each as far as you know it::

    {"id": "Observation/7", "category": "tests", "resource_type": "Observation",
     "codes": ["http://loinc.org|18842-5"], "confidentiality": "N", "sensitivity": ["HIV"],
     "date": "2026-01-31T09:00:00+00:00"}

What you do not know leave out: an item is withheld wherever a choice hangs on it. It may hold
anything else too. Standard library only; copy it out. The rules are those of
docs/reference/authzen.md, and a test holds it to what the service itself would say.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

CLOSENESS = ("U", "L", "M", "N", "R", "V")
KNOWN = frozenset(
    json.loads((Path(__file__).parent / "sensitivities.json").read_text(encoding="utf-8"))
)
"""Every label whose meaning is known. Data with another one is withheld where labels count."""

OPPOSITE = {"permit": "deny", "deny": "permit"}


def redact(residual: dict[str, Any], items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the items that may be shown, in their order."""
    return [item for item in items if permitted(residual, item)]


def permitted(residual: dict[str, Any], item: dict[str, Any]) -> bool:
    """Say whether an item may be shown: some tree permits it, and none says anything else."""
    said = {judge(tree, item) for tree in residual["trees"]} - {"nothing"}
    if said - {"permit"}:
        return False
    return "permit" in said or bool(residual["permits_otherwise"])


def judge(tree: dict[str, Any], item: dict[str, Any]) -> str:
    """Return what one tree says: permit, deny, unknown, or nothing."""
    scope = matches(tree["root"], tree["base"], item, tree)
    if scope is False:
        return "deny" if tree["outside"] == "deny" else "nothing"
    effect = decide(tree["root"], tree["base"], item, tree)
    if effect is None or scope is None:
        return "unknown"
    if effect == "permit":
        return "nothing" if tree.get("permits_nothing") else effect
    if not tree["deny_needs_naming"]:
        return effect
    named = some_named_deny(tree["root"], tree["base"], item, tree)
    return "unknown" if named is None else "deny" if named else "nothing"


def decide(
    node: dict[str, Any], effect: str, item: dict[str, Any], tree: dict[str, Any]
) -> str | None:
    """Return the effect of a node on an item that it matches; None if it cannot be known."""
    certain = True
    for child in node.get("exceptions", ()):
        match = matches(child, OPPOSITE[effect], item, tree)
        found = None if match is False else decide(child, OPPOSITE[effect], item, tree)
        if match is False or found == effect:
            continue
        if match and found:
            return found
        certain = False
    return effect if certain else None


def some_named_deny(
    node: dict[str, Any], effect: str, item: dict[str, Any], tree: dict[str, Any]
) -> bool | None:
    """Say whether a matching deny that names emergencies denies; None if it cannot be known."""
    if effect == "deny" and node.get("names_emergency"):
        found = decide(node, effect, item, tree)
        if found != "permit":
            return None if found is None else True
    unknown = False
    for child in node.get("exceptions", ()):
        match = matches(child, OPPOSITE[effect], item, tree)
        if match is False:
            continue
        named = some_named_deny(child, OPPOSITE[effect], item, tree)
        if named and match:
            return True
        unknown = unknown or named is not False
    return None if unknown else False


def matches(
    node: dict[str, Any], effect: str, item: dict[str, Any], tree: dict[str, Any]
) -> bool | None:
    """Say whether a node's conditions match an item; None if it cannot be known."""
    found = [None] if node.get("sure") is False else []
    stated = node["conditions"]
    for name, own in (
        ("categories", "category"),
        ("resource_types", "resource_type"),
        ("codes", "codes"),
        ("items", "id"),
    ):
        if name in stated:
            held = item.get(own)
            values = [held] if isinstance(held, str) else held
            found.append(None if values is None else not set(values).isdisjoint(stated[name]))
    if "data_period" in stated:
        found.append(dated(stated["data_period"], item.get("date")))
    found += labelled(stated, effect, item, normal=tree["unlabelled_is_normal"])
    return False if False in found else None if None in found else True


def dated(period: dict[str, str | None], date: str | None) -> bool | None:
    """Say whether data is from a period: from its start until just before its end."""
    if date is None:
        return None
    at = datetime.fromisoformat(date)
    start, end = (None if day is None else datetime.fromisoformat(day) for day in period.values())
    return (start is None or start <= at) and (end is None or at < end)


def labelled(
    stated: dict[str, Any], effect: str, item: dict[str, Any], *, normal: bool
) -> list[bool | None]:
    """Say of each condition on labels whether it matches. A permit reaches down, a deny up."""
    own, labels = item.get("confidentiality"), frozenset(item.get("sensitivity") or ())
    if normal and own is None and not labels:
        own = "N"
    found: list[bool | None] = []
    if "confidentiality" in stated:
        if own not in CLOSENESS:
            found.append(None)
        else:
            closer = CLOSENESS.index(own) - CLOSENESS.index(stated["confidentiality"])
            found.append(closer <= 0 if effect == "permit" else closer >= 0)
    if "sensitivity" in stated:
        listed = frozenset(stated["sensitivity"])
        matched = not listed.isdisjoint(labels)
        known = (own or labels) and listed | labels <= KNOWN
        found.append(matched or (False if known else None))
    return found


def main(answer: str, items: str) -> int:
    """Print the items that may be shown. Fails where the answer is no permit."""
    said = json.loads(Path(answer).read_text(encoding="utf-8"))
    if not said["decision"]:
        print("the answer permits nothing", file=sys.stderr)
        return 1
    shown = json.loads(Path(items).read_text(encoding="utf-8"))
    for duty in said["context"]["obligations"]:
        if duty["code"] == "enforce-residual":
            shown = redact(duty["residual"], shown)
    json.dump(shown, sys.stdout, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
