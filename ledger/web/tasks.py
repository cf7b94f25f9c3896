"""What waits for somebody, as their start page shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from ledger.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for the person signed in.

    Attributes:
        status: One or two words: "Needs an answer", "Sign by 3 June 2026".
        colour: Of the status; the library's names, such as blue, red, green.
    """

    text: str
    href: str
    hint: str = ""
    status: str = ""
    colour: str = "blue"


Waiting = Callable[[Session, Actor, date], list[Task]]
