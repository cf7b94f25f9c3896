"""One made-up value for each type that an entry may hold, so that every kind can be pinned."""

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from fractions import Fraction
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from audit import Entry, Record

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_SIMPLE: dict[type, object] = {
    str: "words",
    int: 7,
    bool: True,
    bytes: b"\xab\xcd",
    date: date(2026, 6, 30),
    datetime: AT,
    UUID: UUID(int=1),
    Fraction: Fraction(1, 3),
}


def sample(hint: Any, depth: int = 0) -> Any:
    """Return the same value of a type each time; recursive types end after one turn."""
    kind = get_origin(hint) or hint
    if kind in (UnionType, Union):
        (inner,) = (arm for arm in get_args(hint) if arm is not NoneType)
        return None if depth > 3 else sample(inner, depth)
    if kind in (tuple, frozenset):
        return kind() if depth > 3 else kind([sample(get_args(hint)[0], depth + 1)])
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{f.name: sample(hints[f.name], depth + 1) for f in fields(kind)})
    if issubclass(kind, StrEnum):
        return next(iter(kind))
    return _SIMPLE[kind]


def record_of(declared: type[Entry]) -> Record[Entry]:
    """Return a record of that kind with every field filled in."""
    entry = declared(**{name: sample(declared.hints[name]) for name in declared.public})
    return Record(
        id=UUID(int=2),
        entry=entry,
        actor="person:00000000-0000-0000-0000-000000000003",
        at=AT,
        work=UUID(int=4),
        policy="ab" * 32,
        private=dict.fromkeys(declared.groups, b"\xcd" * 32),
    )
