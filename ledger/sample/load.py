"""Loading the sample: its chapters, in order, into a new and empty database."""

import secrets
from collections.abc import Callable
from typing import Any, Final

from ledger.core.db import db
from ledger.core.errors import Conflict
from ledger.directory import queries
from ledger.sample import (
    access,
    agreements,
    asking,
    ballots,
    blocks,
    boards,
    consents,
    desk,
    directory,
    funding,
    guide,
    overspending,
    promises,
    publishing,
    questions,
    reconciling,
    returns,
    spending,
    waiting,
)
from ledger.sample.scene import Say, Scene

Chapter = Callable[[Scene], None]

CHAPTERS: Final[tuple[Chapter, ...]] = (
    directory.tell,
    agreements.tell,
    consents.tell,
    asking.tell,
    funding.tell,
    blocks.tell,
    spending.tell,
    promises.tell,
    boards.tell,
    ballots.tell,
    waiting.tell,
    overspending.tell,
    reconciling.tell,
    returns.tell,
    publishing.tell,
    access.tell,
    questions.tell,
    desk.tell,
    guide.tell,
)
"""Each takes the story on by commands; it finds what earlier ones made through the scene."""


class NotEmpty(Conflict):
    """The sample goes into a database of its own."""

    slug = "sample-not-empty"
    title = "There is something here already"


def load(address: str, *, say: Say) -> dict[str, Any]:
    """Load the sample; return its accounts and credentials, which are nowhere else in clear.

    Raises:
        NotEmpty: this service was set up before.
    """
    if queries.installation(db.session()) is not None:
        raise NotEmpty("this database is in use: load the sample into a new one")
    scene = Scene(address, password=_password(), say=say)
    for chapter in CHAPTERS:
        chapter(scene)
    return {
        "password": scene.password,
        "accounts": scene.accounts,
        "client": scene.client,
        "pages": scene.pages,
    }


def _password() -> str:
    """Return a new password that is easy to read out: three groups of five letters."""
    letters = "abcdefghjkmnpqrstuvwxyz"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(3))
