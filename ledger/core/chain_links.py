"""Extending the chains: for each subject of new leaves, one link after the other.

h(n) = SHA-256(h(n-1) || leaf hash), and h(0) is empty. Whoever calls this holds the lock of the
tree's edge, so that no two extend a chain at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import BigInteger, Select, String, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from ledger.core.bulk import insert_many
from ledger.core.db import table_of
from ledger.core.trail import ChainLink, EntrySubject

T = TypeVar("T")
_VALUES: Final = 10_000  # Of one statement; SQLite takes 32,766.

_OF_POSITIONS: Final = select(EntrySubject.subject, EntrySubject.position)
_IN_ARRAY: Final = _OF_POSITIONS.where(
    EntrySubject.position == func.any(bindparam("positions", type_=ARRAY(BigInteger)))
)


def _newest_of_each() -> Select[Any]:
    """Return the statement for PostgreSQL: of each chain the last link, whatever its length."""
    subjects = func.unnest(bindparam("subjects", type_=ARRAY(String)))
    asked = subjects.table_valued("subject", name="asked").render_derived()
    last = (
        select(ChainLink.n, ChainLink.head)
        .where(ChainLink.log == bindparam("log"), ChainLink.subject == asked.c.subject)
        .order_by(ChainLink.n.desc())
        .limit(1)
        .lateral("last")
    )
    return select(asked.c.subject, last.c.n, last.c.head).select_from(asked).join(last, true())


_NEWEST: Final = _newest_of_each()


def extend_chains(session: Session, log: str, leaves: Sequence[dict[str, Any]]) -> None:
    """Add each new leaf to the chain of every subject that its entry is about."""
    by_position = {leaf["position"]: leaf for leaf in leaves}
    about: dict[str, list[dict[str, Any]]] = {}
    for subject, position in _subjects(session, by_position):
        about.setdefault(subject, []).append(by_position[position])
    if not about:
        return
    ends = _ends(session, log, about)
    links = []
    for subject, concerning in about.items():
        n, head = ends.get(subject, (0, b""))
        for leaf in sorted(concerning, key=lambda one: int(one["index"])):
            n, head = n + 1, sha256(head + leaf["hash"]).digest()
            links.append(
                {"log": log, "subject": subject, "n": n, "index": leaf["index"], "head": head}
            )
    insert_many(session.connection(), table_of(ChainLink), links)


def _subjects(session: Session, positions: Iterable[int]) -> list[tuple[str, int]]:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        return [(s, p) for s, p in connection.execute(_IN_ARRAY, {"positions": list(positions)})]
    found: list[tuple[str, int]] = []
    for some in portions(positions):
        rows = connection.execute(_OF_POSITIONS.where(EntrySubject.position.in_(some)))
        found += [(subject, position) for subject, position in rows]
    return found


def _ends(session: Session, log: str, subjects: Iterable[str]) -> dict[str, tuple[int, bytes]]:
    """Return count and head of each of the chains of *subjects* that there is."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        found = connection.execute(_NEWEST, {"log": log, "subjects": list(subjects)})
        return {subject: (n, head) for subject, n, head in found}
    ends: dict[str, tuple[int, bytes]] = {}
    for some in portions(subjects):
        newest = (
            select(ChainLink.subject, func.max(ChainLink.n).label("n"))
            .where(ChainLink.log == log, ChainLink.subject.in_(some))
            .group_by(ChainLink.subject)
            .subquery()
        )
        same = (ChainLink.subject == newest.c.subject) & (ChainLink.n == newest.c.n)
        heads = select(ChainLink.subject, ChainLink.n, ChainLink.head).join(newest, same)
        rows = session.execute(heads.where(ChainLink.log == log))
        ends |= {subject: (n, head) for subject, n, head in rows}
    return ends


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """Return *values* in lists that a statement can take, however many a unit of work made."""
    left = iter(values)
    while some := list(islice(left, _VALUES)):
        yield some
