"""Entries in plain words: what the pages of the trail say. Templates decide nothing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from inspect import getdoc
from typing import Any, Final
from uuid import UUID

from flask import url_for
from flask_babel import format_datetime
from sqlalchemy.orm import Session

from audit.entries import KINDS
from ledger.core.reading import EntryView
from ledger.directory import queries as directory
from ledger.web.trail_facts import recorded

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NOTHING: Final = "\N{EN DASH}"
_SYSTEM_WORDS: Final = "The service itself"
_ID_CHARS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, with where it leads."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the summary of an entry."""

    key: str
    value: Cell


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry as its page shows it."""

    title: str
    facts: Sequence[Fact]
    data: Sequence[Fact]
    kept_apart: Sequence[str]
    raw: str
    intact: bool


class Names:
    """Who the people and organisations behind ids are, looked up all at once."""

    def __init__(self, session: Session, views: Iterable[EntryView]) -> None:
        views = list(views)
        refs = {ref for view in views for ref in (view.actor, *view.about())}
        organisations = {view.org for view in views if view.org} | _ids("organisation", refs)
        known = directory.organisations(session, organisations)
        self._organisations: Final = {str(one): found.name for one, found in known.items()}
        people = directory.person_names(session, _ids("person", refs))
        self._people: Final = {str(one): name for one, name in people.items()}

    def actor(self, ref: str) -> str:
        """Return who an actor is."""
        sort, _, key = ref.partition(":")
        if sort == "system":
            return f"{_SYSTEM_WORDS} ({key.replace('-', ' ')})"
        if sort == "person":
            return self._people.get(key) or f"Somebody ({_short(key)})"
        return f"A program ({_short(key)})"

    def organisation(self, key: object) -> str:
        """Return what an organisation is called."""
        return self._organisations.get(str(key), f"Organisation {_short(key)}")

    def subject(self, subject: str) -> str:
        """Return what a subject is called. Of a patient, never more than the pseudonym."""
        sort, _, key = subject.partition(":")
        if sort == "organisation":
            return self.organisation(key)
        if sort == "person":
            return self.actor(subject)
        return f"{sort.capitalize()} {_short(key)}"

    def called(self, subject: str) -> str:
        """Return what a subject is called where its id is not to be read."""
        sort, _, _ = subject.partition(":")
        named = sort in ("organisation", "person")
        return self.subject(subject) if named else f"This {sort.replace('-', ' ')}"

    @property
    def known(self) -> Mapping[str, str]:
        """The names of organisations and people, by their ids."""
        people = {key: name for key, name in self._people.items() if name}
        return {**self._organisations, **people}


@cache
def kind_words(kind: str) -> str:
    """Return what a kind of entry means: the first sentence of what its class says."""
    versions = [declared for (name, _), declared in KINDS.items() if name == kind]
    said = (getdoc(versions[-1]) or "") if versions else ""
    sentence = " ".join(said.split("\n\n")[0].split()).split(". ")[0].rstrip(".")
    return sentence or kind.replace(".", ": ").replace("-", " ")


def kind_choices() -> list[tuple[str, str]]:
    """Return every kind with its words, and each area before its kinds."""
    kinds = sorted({kind for kind, _ in KINDS})
    choices: list[tuple[str, str]] = []
    for kind in kinds:
        area = kind.split(".")[0]
        if (area, f"Everything: {area}") not in choices:
            choices.append((area, f"Everything: {area}"))
        choices.append((kind, f"{area}: {kind_words(kind)}"))
    return choices


def row(view: EntryView, names: Names) -> tuple[Mapping[str, str] | str, ...]:
    """Return the row of an entry in the list: what, when, who, about whom, number."""
    about = ", ".join(names.subject(subject) for subject in view.about()) or _NOTHING
    return (
        {"text": kind_words(view.kind), "href": url_for("trail.show", entry_id=view.id)},
        moment(view.at),
        names.actor(view.actor),
        about,
        number(view),
    )


def opened(view: EntryView, names: Names, *, searches: bool) -> Opened:
    """Return the page of an entry. *searches*: its reader may go on to search the trail."""

    def linked(text: str, **query: str) -> Cell:
        values: dict[str, Any] = {"log": view.log, **query}
        return Cell(text, url_for("trail.search_page", **values) if searches else "")

    read = view.parsed()
    facts = [
        Fact("Number in the log", Cell(number(view))),
        Fact("When", Cell(moment(view.at, seconds=True))),
        Fact("Who", linked(names.actor(view.actor), actor=view.actor)),
    ]
    if view.org is not None:
        facts.append(Fact("Acting for", Cell(names.organisation(view.org))))
    if read.get("on_behalf_of"):
        facts.append(Fact("On behalf of", Cell(names.actor(str(read["on_behalf_of"])))))
    facts += [
        Fact("About", linked(names.called(subject), subject=subject)) for subject in view.about()
    ]
    facts.append(Fact("Kind", linked(view.kind, kind=view.kind)))
    return Opened(
        title=kind_words(view.kind),
        facts=facts,
        data=[
            Fact(line.label, Cell(line.words))
            for line in recorded(read.get("data", {}), names.known)
        ],
        kept_apart=[group.replace("-", " ") for group in read.get("private", {})],
        raw=view.body.decode(errors="replace"),
        intact=view.intact,
    )


def moment(at: datetime, *, seconds: bool = False) -> str:
    """Return a moment as people read it, in the service's time zone."""
    return str(format_datetime(at, "d MMMM y, HH:mm:ss" if seconds else "d MMM y, HH:mm"))


def number(view: EntryView) -> str:
    """Return an entry's number in the log, or that it has none yet."""
    return "in a moment" if view.index is None else f"{view.index:,}"


def _short(key: object) -> str:
    # The end of a UUID, version 7, is the part that differs between neighbours.
    return str(key)[-_ID_CHARS_SHOWN:]


def _ids(sort: str, refs: Iterable[str]) -> set[UUID]:
    """Return the ids in those of *refs* that are of a *sort*. A forged one is passed over."""
    found = (ref.removeprefix(f"{sort}:") for ref in refs if ref.startswith(f"{sort}:"))
    return {UUID(key) for key in found if _UUID.fullmatch(key)}
