"""What somebody is told on the page after they have signed in, in words."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from flask import flash

from ledger.edge import notices
from ledger.edge.notices import Happened
from ledger.web.shell import moment

_IF_NOT: Final = "If that was not you, end your sign-ins and tell the person who runs this service."

_WORDS: Final[Mapping[Happened, str]] = {
    Happened.LINK_ISSUED: "A link to choose a new password for you was made",
    Happened.RECOVERED: "Your password was chosen anew, and you were signed out everywhere",
    Happened.CODES_MADE: "New recovery codes were made for you",
}


def show(person_id: UUID) -> None:
    """Put what a person has to hear on the next page."""
    told = [f"{_WORDS[what]} on {moment(at)}." for at, what in notices.take(person_id)]
    if told:
        flash(" ".join([*told, _IF_NOT]))
