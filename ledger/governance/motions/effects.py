"""What motions may carry out. Areas above register theirs; this one names none of them.

    effects.register(Effect(kind="funding.allocate", parameters=Allocation,
                            check=..., carry_out=...))

Parameters are a frozen dataclass, kept in the log as canonical JSON from the moment a motion is
proposed. What is tried out before the vote and what is carried out after it are one function.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from audit.canonical import encode
from audit.values import from_json, to_json
from ledger.core.errors import Bug, Invalid
from ledger.core.work import UnitOfWork


class UnknownEffect(Invalid):
    """No area knows how to do that."""

    slug = "motion-effect-unknown"
    title = "A motion cannot carry that out"


class BadParameters(Invalid):
    """An effect with parameters that are missing, too many, or of another type."""

    slug = "motion-parameters-not-acceptable"
    title = "What the motion should carry out is not complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one account or the like holds before and after."""

    name: str
    of: UUID | None
    before_minor: int
    after_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was carried out.

    Attributes:
        result: What was made, as ``sort:id``.
        waiting: It waits for the approval of others.
        figures: What it moved.
    """

    result: str
    waiting: bool = False
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something that a motion may carry out.

    Attributes:
        kind: Permanent: ``area.verb``. It is in the log.
        parameters: A frozen dataclass of what may be in an entry.
        check: Refuses what can never be this body's to decide: (work, body id, parameters).
        carry_out: Does it, as the body (`UnitOfWork.mandate` says which): (work, parameters,
            title of the motion).
    """

    kind: str
    parameters: type
    check: Callable[[UnitOfWork, UUID, Any], None]
    carry_out: Callable[[UnitOfWork, Any, str], Done]


_known: Final[dict[str, Effect]] = {}


def register(effect: Effect) -> None:
    """Let motions carry *effect* out."""
    if _known.setdefault(effect.kind, effect) is not effect:
        raise Bug(f"two effects are called {effect.kind}")


def known() -> Mapping[str, Effect]:
    """Return every effect, by its kind."""
    return _known


def effect_of(kind: str) -> Effect:
    """Return an effect. Raises `UnknownEffect`."""
    if kind not in _known:
        raise UnknownEffect(f"known are: {', '.join(sorted(_known))}")
    return _known[kind]


def written(effect: Effect, given: object) -> str:
    """Return parameters as the log keeps them. Raises `BadParameters`."""
    try:
        return encode(to_json(from_json(effect.parameters, given))).decode()
    except (TypeError, ValueError, AttributeError, KeyError, ArithmeticError) as error:
        raise BadParameters("send each parameter once, of its own type") from error


def read(effect: Effect, text: str) -> Any:
    """Return the parameters that the log keeps as *text*."""
    return from_json(effect.parameters, json.loads(text))
