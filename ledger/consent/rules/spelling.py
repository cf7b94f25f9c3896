"""Terms as JSON values and back: for the log, for residuals, for export. One spelling only."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from ledger.consent.rules.evaluation import Branch, Residual
from ledger.consent.rules.model import ANY, Conditions, Effect, Node, Period, Terms
from ledger.vocabulary.categories import Category

_PERIODS: Final = frozenset({"period", "data_period"})
_SETS: Final = frozenset(
    f.name for f in fields(Conditions) if f.name not in {*_PERIODS, "confidentiality"}
)


def dumps(terms: Terms) -> str:
    """Return *terms* as JSON text: the same terms always give the same text."""
    return json.dumps(terms_to_json(terms), separators=(",", ":"), sort_keys=True)


def loads(text: str) -> Terms:
    """Return the terms that `dumps` wrote.

    Raises:
        ValueError: it is not what `dumps` writes.
    """
    try:
        return terms_from_json(json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the terms of a consent: {error!r}") from error


def terms_to_json(terms: Terms) -> dict[str, Any]:
    """Return *terms* as JSON values. What is empty is left out."""
    found: dict[str, Any] = {"base": terms.base.value}
    if terms.scope != ANY:
        found["scope"] = conditions_to_json(terms.scope)
    if terms.closed:
        found["closed"] = True
    if terms.exceptions:
        found["exceptions"] = [_node_to_json(node) for node in terms.exceptions]
    if terms.period != Period():
        found["period"] = _period_to_json(terms.period)
    if terms.unlabelled_is_normal:
        found["unlabelled_is_normal"] = True
    return found


def terms_from_json(found: Mapping[str, Any]) -> Terms:
    """Return the terms that `terms_to_json` spelled."""
    return Terms(
        base=Effect(found["base"]),
        scope=_conditions_from_json(found.get("scope", {})),
        closed=found.get("closed", False),
        exceptions=tuple(_node_from_json(node) for node in found.get("exceptions", ())),
        period=_period_from_json(found.get("period", {})),
        unlabelled_is_normal=found.get("unlabelled_is_normal", False),
    )


def residual_to_json(residual: Residual) -> dict[str, Any]:
    """Return a residual as JSON values, for whoever is to enforce it."""

    def branch(one: Branch) -> dict[str, Any]:
        found: dict[str, Any] = {"path": list(one.path)}
        if not one.sure:
            found["unsure"] = True
        if one.explicit and residual.deny_needs_naming:
            found["names_emergency"] = True
        if one.conditions != ANY:
            found["conditions"] = conditions_to_json(one.conditions)
        if one.children:
            found["exceptions"] = [branch(child) for child in one.children]
        return found

    found = {"base": residual.base.value, "outside": residual.outside.value}
    if residual.unlabelled_is_normal:
        found["unlabelled"] = "N"
    if residual.deny_needs_naming:
        found["deny"] = "only-by-a-node-that-names-emergency"
    return {**found, **branch(residual.root)}


def conditions_to_json(conditions: Conditions) -> dict[str, Any]:
    """Return *conditions* as JSON values: lists sorted, moments in UTC, nothing empty."""
    found: dict[str, Any] = {}
    for name in sorted(_SETS):
        values = getattr(conditions, name)
        if values:
            found[name] = sorted(map(str, values))
    for name in sorted(_PERIODS):
        period = getattr(conditions, name)
        if period is not None:
            found[name] = _period_to_json(period)
    if conditions.confidentiality is not None:
        found["confidentiality"] = conditions.confidentiality
    return found


def _conditions_from_json(found: Mapping[str, Any]) -> Conditions:
    values: dict[str, Any] = dict(found)
    for name in found:
        if name in _PERIODS:
            values[name] = _period_from_json(found[name])
        elif name == "categories":
            values[name] = frozenset(map(Category, found[name]))
        elif name in _SETS:
            values[name] = frozenset(found[name])
    return Conditions(**values)


def _node_to_json(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"if": conditions_to_json(node.conditions)}
    if node.children:
        found["exceptions"] = [_node_to_json(child) for child in node.children]
    return found


def _node_from_json(found: Mapping[str, Any]) -> Node:
    children = tuple(_node_from_json(child) for child in found.get("exceptions", ()))
    return Node(_conditions_from_json(found["if"]), children)


def _period_to_json(period: Period) -> dict[str, str]:
    ends = {"start": period.starts_at, "end": period.ends_at}
    return {name: _moment(at) for name, at in ends.items() if at is not None}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _period_from_json(found: Mapping[str, str]) -> Period:
    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(found[name]) if name in found else None

    return Period(moment("start"), moment("end"))
