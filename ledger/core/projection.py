"""How an entry changes the ledger's state: one function for each kind of entry.

    @projects(ConsentGranted)
    def granted(session: Session, record: Record[ConsentGranted], opened: Opened) -> None:
        session.add(Consent(id=record.entry.consent_id, granted_at=record.at, ...))

A projection is a function of the record, of its private groups as far as they can still
be opened, and of the rows that the entry names. It has no clock, no chance and no
settings, so that `ledger.core.replay` gets the same state from the same log. It may change
only rows that the command has loaded (and so locked) or that it inserts: then the order
of the log decides every outcome. What it keeps of a private group goes into `Sealed`
tables, never into `Projected` ones.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from audit import Entry, Record
from ledger.core.db import Projected, Sealed, writing
from ledger.core.errors import Bug

E = TypeVar("E", bound=Entry)
Opened: TypeAlias = Mapping[str, Mapping[str, Any] | None]
"""The private groups of an entry: its fields, or None where they are erased."""
Project: TypeAlias = Callable[[Session, Record[E], Opened], None]
ProjectMany: TypeAlias = Callable[[Session, Sequence[Record[Any]]], None]

_projections: dict[type[Entry], Project[Any] | str] = {}
_together: dict[type[Entry], "ProjectMany"] = {}
PROJECTIONS: Mapping[type[Entry], Project[Any] | str] = MappingProxyType(_projections)
"""The projection of each kind, or the sentence that says why it has none."""


def projects(kind: type[E]) -> Callable[[Project[E]], Project[E]]:
    """Declare the projection of *kind*. Raises `TypeError` at import if it has one."""

    def declare(project: Project[E]) -> Project[E]:
        _declare(kind, project)
        return project

    return declare


def projects_together(*kinds: type[Entry]) -> Callable[[ProjectMany], ProjectMany]:
    """Declare the projection of kinds that are recorded by the thousand.

    It is given records in their order, and must come to the same whether they are given at
    once, as when they are recorded, or one by one, as in a replay.
    """

    def declare(project: ProjectMany) -> ProjectMany:
        def one(session: Session, record: Record[Any], _: Opened) -> None:
            project(session, [record])

        for kind in kinds:
            _declare(kind, one)
            _together[kind] = project
        return project

    return declare


def projects_also_together(*kinds: type[Entry]) -> Callable[[ProjectMany], ProjectMany]:
    """Declare how many of kinds are projected at once that are also recorded one by one.

    It must come to the same as their own projections, one after the other.
    """

    def declare(project: ProjectMany) -> ProjectMany:
        _together.update(dict.fromkeys(kinds, project))
        return project

    return declare


def apply_together(session: Session, records: Sequence[Record[Entry]]) -> None:
    """Apply the projection that all of *records* share. Raises `Bug` if they share none."""
    found = {_together.get(type(record.entry)) for record in records}
    if len(found) != 1 or (project := found.pop()) is None:
        raise Bug("these entries are not projected together")
    with writing(Projected, Sealed):
        project(session, records)
        session.flush()


def changes_nothing(kind: type[Entry], *, because: str) -> None:
    """Declare that *kind* has no projection, and why that is right."""
    _declare(kind, because)


def apply(session: Session, record: Record[Entry], opened: Opened) -> list[object]:
    """Apply the projection of *record*. Nothing else may write state.

    Returns:
        The rows it inserted. The session forgets a row that nobody holds, and would
        ask the database again for one that a command returns.

    Raises:
        Bug: the kind of *record* was not declared either way.
    """
    project = _projections.get(type(record.entry))
    if project is None:
        raise Bug(f"{record.entry.kind} has no projection and does not say why")
    if isinstance(project, str):
        return []
    with writing(Projected, Sealed):
        project(session, record, opened)
        inserted = list(session.new)
        session.flush()
    return inserted


def _declare(kind: type[Entry], what: Project[Any] | str) -> None:
    if kind in _projections:
        raise TypeError(f"{kind.kind} v{kind.version} already has a projection")
    _projections[kind] = what
