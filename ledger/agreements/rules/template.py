"""Templates of agreements: text with blanks, in files that a lawyer can read and edit.

A template starts with TOML between two lines ``+++``: its name, version, kind and
heading, and a table for each variable: what to *ask*, perhaps a *default*. Then come
sections (``## Heading``) of paragraphs. A paragraph is one clause: ``[topic] Text``,
with blanks as ``{name}``. A line ``@list`` under it puts the parties, approvals,
flows and so on of the terms there. Numbers are never written: they come from the order.
"""

import re
import tomllib
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledger.agreements.rules.document import tidy
from ledger.agreements.rules.terms import Kind
from ledger.agreements.rules.topics import Topic

BLANK: Final = re.compile(r"\{([a-z_]+)\}")
_PARAGRAPH: Final = re.compile(r"\[([a-z-]+)\] (.+?)(?:\n@([a-z_]+))?$", re.DOTALL)


class UnreadableTemplate(ValueError):
    """A template file breaks the format; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A blank that whoever drafts fills in."""

    name: str
    ask: str
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One clause to be.

    Attributes:
        lists: What of the terms is listed under it, if anything.
        section: The number of its section, where that is not simply the next.
    """

    heading: str
    topic: Topic | None
    text: str
    lists: str | None = None
    section: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template as read from its file; the digest is of the file's text."""

    name: str
    version: int
    kind: Kind
    heading: str
    questions: tuple[Question, ...]
    paragraphs: tuple[Paragraph, ...]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRef:
    """Which template a version was made from, pinned."""

    name: str
    version: int
    sha256: str


def read(text: str) -> Template:
    """Read a template.

    Raises:
        UnreadableTemplate: it has no front matter, or a paragraph is no clause.
    """
    _, front, body = text.split("+++\n", 2) if text.startswith("+++\n") else ("", "", "")
    if not front:
        raise UnreadableTemplate("a template starts with TOML between two lines +++")
    try:
        head = tomllib.loads(front)
        return Template(
            name=head["name"],
            version=head["version"],
            kind=Kind(head["kind"]),
            heading=head["heading"],
            questions=tuple(
                Question(name=name, ask=about["ask"], default=about.get("default"))
                for name, about in head.get("variables", {}).items()
            ),
            paragraphs=_paragraphs(body),
            sha256=sha256(text.encode()).hexdigest(),
        )
    except (tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise UnreadableTemplate(f"the template cannot be read: {error}") from error


def _paragraphs(body: str) -> tuple[Paragraph, ...]:
    heading = ""
    found: list[Paragraph] = []
    for block in filter(None, (block.strip() for block in body.split("\n\n"))):
        if block.startswith("## "):
            heading = tidy(block.removeprefix("## "))
        elif matched := _PARAGRAPH.match(block):
            topic, text, lists = matched.groups()
            found.append(
                Paragraph(
                    heading=heading,
                    topic=Topic(topic),
                    text=tidy(text.replace("\n", " ")),
                    lists=lists,
                )
            )
        else:
            raise UnreadableTemplate(f"a paragraph starts with its [topic]: {block[:60]!r}")
    return tuple(found)
