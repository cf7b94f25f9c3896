"""What has happened before a test begins: told once, and then copied with its database.

A scene is a function that makes things by the commands a user would call, and returns what a
test needs to know of them: ids and people, never rows. Each process tells it once on each kind
of database; a test begins with a copy, which takes a tenth of the time.

A test asks for ``told``, mostly through a fixture with a better name; which scene that is says
the nearest fixture ``beginning``::

    beginning = begins_with(pool)
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.databases import Databases, NewDatabase, checkpoint_store_of, running

Scene = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """A database, and what the scene that was told there returned."""

    url: str
    told: Any

    def copied(self, new_database: NewDatabase) -> "Begun":
        """Return a copy of it, and of what was signed there."""
        url = new_database(self.url)
        if (store := Path(checkpoint_store_of(self.url))).exists():
            shutil.copytree(store, checkpoint_store_of(url))
        return Begun(url, self.told)


class Beginnings:
    """The scenes that this process has told."""

    def __init__(self) -> None:
        self._told: Final[dict[tuple[Databases, Scene], Begun]] = {}

    def told(self, databases: Databases, scene: Scene) -> Begun:
        """Return the database in which *scene* has happened, to be copied and left alone."""
        key = databases, scene
        if key not in self._told:
            self._told[key] = tell(databases(), scene)
        return self._told[key]


def tell(url: str, scene: Scene) -> Begun:
    """Have *scene* happen in the database at *url*, and leave it."""
    with running(url):
        return Begun(url, scene())


def begins_with(scene: Scene) -> Any:  # What pytest makes of a function.
    """Return the fixture by which a module or a folder says which scene is told."""

    @pytest.fixture(name="beginning")
    def beginning() -> Scene:
        return scene

    return beginning
