"""A table of codes and their parents, asked in constant time."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


class Tree:
    """Codes under one another. Every question is answered from a table made at import.

    Raises:
        ValueError: a parent is not in the table, or a code is its own ancestor.
    """

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self.parents: Final = MappingProxyType(dict(parents))
        self._lineage: Final = {code: self._climb(code) for code in parents}

    def __contains__(self, code: object) -> bool:
        return code in self._lineage

    def lineage(self, code: str) -> frozenset[str]:
        """Return *code* with all its ancestors; nothing for a code that is not known."""
        return self._lineage.get(code, frozenset())

    def is_a(self, code: str, ancestor: str) -> bool:
        """Say whether *code* equals *ancestor* or is below it. An unknown code is nothing."""
        return ancestor in self.lineage(code)

    def _climb(self, code: str) -> frozenset[str]:
        seen: set[str] = set()
        current: str | None = code
        while current is not None:
            if current in seen:
                raise ValueError(f"{current} is its own ancestor")
            if current not in self.parents:
                raise ValueError(f"{current} has no line of its own")
            seen.add(current)
            current = self.parents[current]
        return frozenset(seen)
