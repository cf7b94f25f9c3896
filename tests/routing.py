"""An address is compiled once in a process, however many applications there are.

Werkzeug reads every rule of an application and turns it into Python, which is a fifth of a
second for all of ours; nearly every test makes an application of its own. What it finds is a
function of the rule alone, as long as the map converts what every map converts.
"""

from collections.abc import Hashable
from typing import Any, Final

from werkzeug.routing import Map, Rule

_compile: Final = Rule.compile
_compiled: Final[dict[Hashable, dict[str, Any]]] = {}
_FOUND: Final = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")
_BOUND: Final = frozenset({"_build", "_build_unknown"})


def _compile_once(rule: Rule) -> None:
    assert rule.map is not None
    usual = rule.map.converters == Map.default_converters and not rule.map.host_matching
    if rule.defaults or not usual:
        _compile(rule)
        return
    key = rule.rule, rule.subdomain, rule.merge_slashes
    if key not in _compiled:
        _compile(rule)
        found = {name: getattr(rule, name) for name in _FOUND}
        _compiled[key] = found | {name: found[name].__func__ for name in _BOUND}
        return
    for name, value in _compiled[key].items():
        setattr(rule, name, value.__get__(rule) if name in _BOUND else value)


def compile_once() -> None:
    """Let every application of this process share what was compiled."""
    Rule.compile = _compile_once  # type: ignore[assignment, method-assign]
