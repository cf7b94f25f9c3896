"""How to write each address is compiled once in a process, however many applications there are.

Werkzeug turns every rule of an application into Python, which is a fifth of a second for all
of ours; nearly every test makes an application of its own. What is compiled is a function of
the rule alone: converters are looked up on the rule that it is bound to afterwards.
"""

from collections.abc import Callable, Hashable
from typing import Any, Final

from werkzeug.routing import Rule

_Builder = Callable[..., tuple[str, str]]

_compile: Final[Callable[[Rule, bool], _Builder]] = Rule._compile_builder
_compiled: Final[dict[Hashable, _Builder]] = {}


def _compiled_once(rule: Rule, append_unknown: bool = True) -> _Builder:  # noqa: FBT001, FBT002
    if rule.defaults:  # They are written by converters, which may differ.
        return _compile(rule, append_unknown)
    trace: list[Any] = rule._trace
    key = rule.rule, tuple(trace), append_unknown
    if key not in _compiled:
        _compiled[key] = _compile(rule, append_unknown)
    return _compiled[key]


def compile_once() -> None:
    """Let every application of this process share what was compiled."""
    Rule._compile_builder = _compiled_once  # type: ignore[assignment, method-assign]
