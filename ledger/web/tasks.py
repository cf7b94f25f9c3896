"""What waits for somebody, as their start page shows it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy.orm import Session

from ledger.core.actor import Actor


class Sort(StrEnum):
    """What somebody has to do, as the heading above such tasks. In the order of the page."""

    ANSWER = "To answer"
    LOOK = "To read"
    SIGN = "To sign"
    APPROVE = "To approve"
    REVIEW = "To review"


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for the person signed in.

    Attributes:
        status: One or two words: "Needs an answer", "Sign by 3 June 2026".
        colour: Of the status; the library's names, such as blue, red, green.
        sort: What has to be done.
    """

    text: str
    href: str
    hint: str = ""
    status: str = ""
    colour: str = "blue"
    sort: Sort = Sort.REVIEW


Waiting = Callable[[Session, Actor, date], list[Task]]


def by_sort(tasks: Iterable[Task]) -> list[tuple[Sort, list[Task]]]:
    """Return *tasks* under their headings; a heading without tasks is left out."""
    waiting = list(tasks)
    grouped = [(sort, [task for task in waiting if task.sort is sort]) for sort in Sort]
    return [(sort, each) for sort, each in grouped if each]
