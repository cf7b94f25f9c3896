"""Field values to JSON and back: one spelling for each type, and nothing guessed."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from audit.canonical import Json

_PLAIN: Final = frozenset({NoneType, bool, int, str})
_READERS: Final[dict[type, Callable[[Any], object]]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    bytes: bytes.fromhex,
    Fraction: Fraction,
}


def to_json(value: object) -> Json:  # noqa: PLR0911  (a return for each type is the table)
    """Return the JSON spelling of a field.

    Moments are in UTC with microseconds and a ``Z``, bytes in hex, rationals ``n/d``, sets
    of words sorted; a frozen dataclass is an object of its fields.

    Raises:
        TypeError: an entry may not hold such a value.
    """
    if type(value) in _PLAIN:
        return value  # type: ignore[return-value]
    match value:
        case bool() | int() | str():
            return value
        case datetime():  # Before `date`, whose subclass it is.
            return value.astimezone(UTC).replace(tzinfo=None).isoformat("T", "microseconds") + "Z"
        case UUID() | date():
            return str(value)
        case bytes():
            return value.hex()
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case frozenset():  # Of strings, enum members or ids.
            return [*sorted(map(str, value))]
        case tuple():
            return [to_json(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {name: to_json(getattr(value, name)) for name in _names(type(value))}
        case _:
            raise TypeError(f"an entry may not hold {type(value).__name__}")


def from_json(hint: Any, value: Any) -> Any:
    """Return the field that `to_json` spelled as *value*, given the field's type.

    Raises:
        TypeError, ValueError: *value* is not of that type.
    """
    return _reader(hint)(value)


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return what reads values of a type: to look at the type takes longer than to read one."""
    kind = get_origin(hint) or hint
    if kind in (UnionType, Union):  # Only ever `X | None`.
        (arm,) = (arm for arm in get_args(hint) if arm is not NoneType)
        inner = _reader(arm)
        return lambda value: None if value is None else inner(value)
    if kind in (frozenset, tuple):
        item = _reader(get_args(hint)[0])
        return lambda value: kind(map(item, value))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return lambda value: kind(**{k: _reader(hints[k])(v) for k, v in value.items()})
    if issubclass(kind, StrEnum) or kind in _READERS:
        reader: Callable[[Any], Any] = _READERS.get(kind, kind)
        return reader

    def plain(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is not {kind.__name__}")
        return value

    return plain


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
