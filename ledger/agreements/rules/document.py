"""The text of a version: numbered clauses, one canonical spelling, one digest.

Canonical spelling, in full: UTF-8, Unicode NFC, lines end in LF, no space ends a line.
The title; an empty line; header lines ``name: value``; then for each section an empty
line and ``1 Heading``, and for each of its clauses an empty line and ``1.1 Text``. Each
further line of a clause starts with two spaces. The last line ends in LF.

The header names the agreement, the version, the template and the SHA-256 of the terms
(as canonical JSON), so a signature on the text is one on what programs read as well.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from unicodedata import normalize

from ledger.agreements.rules.topics import Topic

_SECTION = re.compile(r"(\d+) (.+)$")
_CLAUSE = re.compile(r"(\d+)\.(\d+) (.+)$")
_HEADER = re.compile(r"([a-z]+): (.+)$")
PERSONAL: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{0,190}\w"
    r"|(?<![\w-])(?:\+\d|0\d)(?:[ -]?\d){8,13}(?![\w-])",
    re.ASCII,  # Every repetition is bounded: a hostile text costs time in its length, no more.
)
"""An e-mail address or a telephone number: neither belongs in a text that is kept."""


class NotADocument(ValueError):
    """The text is not in the canonical spelling; the message says in which line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A numbered paragraph.

    Attributes:
        number: Section and place, such as ``4.2``.
        topic: What it settles; None if nobody recognised it.
        states: The key of the flow, contribution or share rule that it states, if any.
    """

    number: str
    heading: str
    text: str
    topic: Topic | None = None
    states: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What is known of a clause beside its words. It travels in the entry."""

    number: str
    topic: Topic | None = None
    states: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The text of one version."""

    title: str
    header: tuple[tuple[str, str], ...]
    clauses: tuple[Clause, ...]

    @property
    def text(self) -> str:
        lines = [self.title, "", *(f"{name}: {value}" for name, value in self.header)]
        section = None
        for clause in self.clauses:
            number = clause.number.partition(".")[0]
            if number != section:
                lines += ["", f"{number} {clause.heading}"]
                section = number
            first, *rest = clause.text.split("\n")
            lines += ["", f"{clause.number} {first}", *(f"  {line}" for line in rest)]
        return "\n".join(lines) + "\n"

    @property
    def sha256(self) -> str:
        """The digest, in hex, that signatures name."""
        return digest(self.text)

    @property
    def labels(self) -> tuple[Label, ...]:
        return tuple(Label(number=c.number, topic=c.topic, states=c.states) for c in self.clauses)


class Where:
    """Finds the clause that a fault belongs to."""

    def __init__(self, document: Document) -> None:
        self._topics: dict[Topic, str] = {}
        self._stated: dict[str, str] = {}
        for clause in document.clauses:
            if clause.topic:
                self._topics.setdefault(clause.topic, clause.number)
            if clause.states:
                self._stated.setdefault(clause.states, clause.number)

    def topic(self, topic: Topic) -> str:
        """Return the number of the clause that settles *topic*; its name if there is none."""
        return self._topics.get(topic, f"({topic.replace('-', ' ')})")

    def states(self, key: str) -> str:
        """Return the number of the clause that states *key*; the key if there is none."""
        return self._stated.get(key, f"({key})")


def digest(text: str) -> str:
    """Return the SHA-256 of a canonical text, in hex."""
    return sha256(text.encode()).hexdigest()


def tidy(text: str) -> str:
    """Return *text* as a clause may hold it: NFC, single spaces, no empty lines."""
    printable = "".join(c if c == "\n" or c.isprintable() else " " for c in normalize("NFC", text))
    lines = (" ".join(line.split()) for line in printable.split("\n"))
    return "\n".join(line for line in lines if line)


def read(text: str, labels: tuple[Label, ...] = ()) -> Document:
    """Read back what `Document.text` wrote, with the *labels* that go with it.

    Raises:
        NotADocument: it is not exactly in the canonical spelling.
    """
    known = {label.number: label for label in labels}
    title, _, rest = text.removesuffix("\n").partition("\n\n")
    header: list[tuple[str, str]] = []
    clauses: list[Clause] = []
    heading = ""
    for block in rest.split("\n\n"):
        first, *more = block.split("\n")
        if clause := _CLAUSE.match(first):
            number = f"{clause[1]}.{clause[2]}"
            body = "\n".join([clause[3], *(line.removeprefix("  ") for line in more)])
            label = known.get(number, Label(number=number))
            clauses.append(
                Clause(
                    number=number,
                    heading=heading,
                    text=body,
                    topic=label.topic,
                    states=label.states,
                )
            )
        elif section := _SECTION.match(first):
            heading = section[2]
        elif not clauses and all(_HEADER.match(line) for line in block.split("\n")):
            header += [
                (found[1], found[2]) for found in map(_HEADER.match, [first, *more]) if found
            ]
        else:
            raise NotADocument(f"this is no heading and no clause: {first[:60]!r}")
    document = Document(title=title, header=tuple(header), clauses=tuple(clauses))
    if document.text != text or any(tidy(clause.text) != clause.text for clause in clauses):
        raise NotADocument("the text is not in its canonical spelling")
    return document
