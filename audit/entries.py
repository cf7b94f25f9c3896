"""What an entry is, and the register of every kind that may be written."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any, ClassVar, Final, Generic, TypeVar, dataclass_transform, get_type_hints
from uuid import UUID

from audit.canonical import Json, encode
from audit.values import from_json, to_json

SALT_BYTES: Final = 32
SUBJECTS: Final = frozenset({"agreement", "body", "organisation", "patient", "person", "pool"})
"""What an entry may be about. Each has a chain of its own in the log."""
ENTRY_BYTES_MAX: Final = 65_535  # A tile of entries spells each length in two bytes.


class Unreadable(ValueError):
    """The bytes are not those of an entry of a declared kind."""


def private(group: str, *, of: str) -> Any:
    """Declare a field that is kept out of the hashed bytes, and so can be erased.

    Its type must allow None: that is what it holds in a record read from the log.

    Args:
        group: The fields of one group are committed to together and disclosed together.
        of: The field with the id of the person whom this is about, and whose key encrypts it.
    """
    return field(default=None, repr=False, metadata={"private": group, "of": of})


def about(subject: str) -> Any:
    """Declare a field with the id of a *subject* that the entry concerns, or ids, or None.

    Raises:
        ValueError: at import time; *subject* is not one of `SUBJECTS`.
    """
    if subject not in SUBJECTS:
        raise ValueError(f"{subject!r} is not a subject; known: {', '.join(sorted(SUBJECTS))}")
    return field(metadata={"about": subject})


def commit(salt: bytes, payload: bytes) -> bytes:
    """Return the commitment to *payload*. The salt keeps short payloads unguessable.

    Raises:
        ValueError: *salt* is not 32 bytes.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return sha256(salt + payload).digest()


class Entry:
    """Base of every audit entry: an immutable fact, named in the past tense.

    Declare one with `@entry`. A field is never removed or given a new meaning:
    that is a new version, declared beside the old, as written entries are read
    for ever.

    Attributes:
        log: Which tree it is a leaf of: ``ledger`` (facts, for ever) or ``access``.
        public: Names of the fields that are hashed.
        groups: The private groups: name to (names of its fields, field of whose key).
        subjects: Names of the fields that say whom it is about, with the sort of each.
        hints: The type of each field, for reading.
    """

    __slots__ = ()
    kind: ClassVar[str]
    version: ClassVar[int]
    log: ClassVar[str]
    public: ClassVar[tuple[str, ...]]
    groups: ClassVar[Mapping[str, tuple[tuple[str, ...], str]]]
    subjects: ClassVar[tuple[tuple[str, str], ...]]
    hints: ClassVar[Mapping[str, Any]]

    def data(self) -> dict[str, Json]:
        """Return the public fields as JSON values."""
        return {name: to_json(getattr(self, name)) for name in self.public}

    def payload(self, group: str) -> dict[str, Json]:
        """Return the fields of a private *group* as JSON values."""
        return {name: to_json(getattr(self, name)) for name in self.groups[group][0]}

    def about(self) -> tuple[str, ...]:
        """Return whom the entry concerns, as ``sort:id``, sorted and without repetition."""
        found: set[str] = set()
        for name, sort in self.subjects:
            value = getattr(self, name)
            ids = value if isinstance(value, tuple | frozenset) else (value,)
            found.update(f"{sort}:{one}" for one in ids if one is not None)
        return tuple(sorted(found))

    @classmethod
    def opened(cls, group: str, payload: Mapping[str, Json]) -> dict[str, Any]:
        """Return the fields of a private *group* as the types that the entry declares."""
        names = cls.groups[group][0]
        return {name: from_json(cls.hints[name], payload.get(name)) for name in names}


E = TypeVar("E", bound=Entry)
E_co = TypeVar("E_co", bound=Entry, covariant=True)

_kinds: dict[tuple[str, int], type[Entry]] = {}
KINDS: Mapping[tuple[str, int], type[Entry]] = MappingProxyType(_kinds)
"""Every declared kind. `tests/architecture` walks it."""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(private, about))
def entry(kind: str, *, version: int = 1, log: str = "ledger") -> Callable[[type[E]], type[E]]:
    """Declare an entry class: a frozen dataclass registered under *kind*.

    Raises:
        TypeError: at import time; *kind* and *version* are taken, or a private field
            names no field for whose it is.
    """

    def declare(cls: type[E]) -> type[E]:
        if (kind, version) in _kinds:
            raise TypeError(f"{kind} v{version} is already {_kinds[kind, version].__name__}")
        if taken := {"kind", "version", "log"} & set(cls.__annotations__):
            raise TypeError(f"{kind}: an entry has no field of its own called {', '.join(taken)}")
        cls.kind, cls.version, cls.log = kind, version, log
        declared = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        declared.hints = get_type_hints(declared)
        _sort_fields(declared)
        _kinds[kind, version] = declared
        return declared

    return declare


def _sort_fields(declared: type[Entry]) -> None:
    members = {f.name: f.metadata for f in fields(declared)}  # type: ignore[arg-type]
    declared.public = tuple(name for name, data in members.items() if "private" not in data)
    declared.subjects = tuple((n, data["about"]) for n, data in members.items() if "about" in data)
    groups: dict[str, tuple[tuple[str, ...], str]] = {}
    for name, data in members.items():
        if "private" not in data:
            continue
        group, of = data["private"], data["of"]
        names, whose = groups.get(group, ((), of))
        if of not in declared.public or whose != of:
            raise TypeError(f"{declared.kind}: private group {group!r} needs one field for whose")
        groups[group] = ((*names, name), of)
    declared.groups = MappingProxyType(groups)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Generic[E_co]):
    """An entry with its envelope: exactly what is hashed.

    Attributes:
        actor: Who did it: ``person:<id>``, ``client:<id>`` or ``system:<job>``.
        on_behalf_of: For whom, where that is somebody else; spelled likewise.
        org: The organisation they acted for; None for a patient.
        work: The unit of work, which may hold several entries.
        at: When the command began. May run backwards along the log, as commands
            wait for one another: the order is that of the indexes.
        policy: SHA-256 of the ruleset under which it was allowed, in hex.
        private: A commitment to each private group.
    """

    id: UUID
    entry: E_co
    actor: str
    at: datetime
    work: UUID
    policy: str
    on_behalf_of: str | None = None
    org: UUID | None = None
    private: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError("`at` must carry a time zone")
        if self.private.keys() != self.entry.groups.keys():
            raise ValueError("each private group has a commitment, and nothing else has")

    @property
    def about(self) -> tuple[str, ...]:
        """Whom the entry concerns, as ``sort:id``."""
        return self.entry.about()

    def to_bytes(self) -> bytes:
        """Return the canonical bytes; the package docstring gives the format.

        Raises:
            ValueError: they are more than `ENTRY_BYTES_MAX`.
        """
        body = encode(
            {
                "v": self.entry.version,
                "kind": self.entry.kind,
                "id": str(self.id),
                "at": to_json(self.at),
                "actor": self.actor,
                "on_behalf_of": self.on_behalf_of,
                "org": None if self.org is None else str(self.org),
                "work": str(self.work),
                "policy": self.policy,
                "about": list(self.about),
                "data": self.entry.data(),
                "private": {group: value.hex() for group, value in self.private.items()},
            }
        )
        if len(body) > ENTRY_BYTES_MAX:
            raise ValueError(f"an entry has {ENTRY_BYTES_MAX} bytes at most, not {len(body)}")
        return body

    @classmethod
    def from_bytes(cls, body: bytes) -> "Record[Entry]":
        """Read what `to_bytes` wrote. Private fields come back as None.

        Raises:
            Unreadable: the kind is not declared, or these are not canonical bytes.
        """
        try:
            read = json.loads(body)
            declared = KINDS[read["kind"], read["v"]]
            hints = declared.hints
            data = {name: from_json(hints[name], value) for name, value in read["data"].items()}
            record = Record(
                id=UUID(read["id"]),
                entry=declared(**data),
                actor=read["actor"],
                at=datetime.fromisoformat(read["at"]),
                work=UUID(read["work"]),
                policy=read["policy"],
                on_behalf_of=read["on_behalf_of"],
                org=None if read["org"] is None else UUID(read["org"]),
                private={name: bytes.fromhex(value) for name, value in read["private"].items()},
            )
            canonical = record.to_bytes() == body
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise Unreadable(f"not an entry of a declared kind: {error!r}") from error
        if not canonical:
            raise Unreadable("an entry, but not in its canonical bytes")
        return record
