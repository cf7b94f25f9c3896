"""An agreement written elsewhere, in Markdown, becomes a template: its clauses recognised.

Sections are headings; clauses are paragraphs, by their own numbers where they have any.
Blanks in square brackets become questions. Lists and quotations belong to the clause
before them. Names, addresses, e-mail addresses and telephone numbers after such a label
are left out: the text is kept for ever, and names people by their roles. A schedule with
the parties, approvals and flows, as programs read them, is added at the end.
"""

import re
from dataclasses import replace
from hashlib import sha256
from typing import Final

from ledger.agreements.rules.document import PERSONAL, tidy
from ledger.agreements.rules.recognise import topic_of
from ledger.agreements.rules.template import Paragraph, Question, Template
from ledger.agreements.rules.terms import Kind
from ledger.agreements.rules.topics import Topic
from ledger.core.errors import Invalid

IMPORTED: Final = "imported"
_LENGTH_MAX: Final = 200_000
_BLOCKS_MAX: Final = 3_000
_HEADING: Final = re.compile(r"#{1,6} +(?:(\d{1,3})[.)]? +)?(.+)$")
_NUMBERED: Final = re.compile(r"(\d{1,3})\.(\d{1,3})\.? ?(?=\D)(.+)$", re.DOTALL)
_CONTINUES: Final = re.compile(r"(\* |- |> |\+ |[A-Z]\. |\([a-z]\) )")
_SIGNATURES: Final = re.compile(
    r"(as witness|in witness|signed (for|by|on)|signature)", re.IGNORECASE
)
_BLANK: Final = re.compile(r"\\?\[([A-Za-z][A-Za-z' ]{1,58}?)\\?\](?!\()")
_LABELLED: Final = re.compile(
    r"\b((?:e-?mail|telephone|phone|mobile|fax|postal)(?: address| number)?|name)[ ]*:[ ]*"
    r"(?=\S)((?:(?!\b(?:e-?mail|telephone|phone|mobile|fax|postal|name)\b)[^\n])+)",
    re.IGNORECASE,
)
_EMPHASIS: Final = re.compile(r"\*\*|__")
_SCHEDULE: Final = (
    (Topic.PARTIES, "The parties, as programs read them:", "parties"),
    (Topic.APPROVALS, "The approvals that this agreement rests on:", "approvals"),
    (
        Topic.FLOWS,
        (
            "From {starts_on} to {ends_on}, both included, data moves as the following clauses "
            "say. The parties review this by {review_on}; a party leaves with {notice_days} "
            "days' notice."
        ),
        "flows",
    ),
)


class UnreadableMarkdown(Invalid):
    """Bytes that hold no agreement we can read."""

    slug = "agreement-not-readable"
    title = "The text cannot be read as an agreement"


def without_personal(text: str) -> str:
    """Return *text* without what identifies a person. Only this may be kept."""
    labelled = _LABELLED.sub(lambda found: f"{found[1]}: (left out)", text)
    return PERSONAL.sub("(left out)", labelled)


def recognise(text: str) -> Template:
    """Read a Markdown agreement as a template of its own.

    Raises:
        UnreadableMarkdown: it is too long, or holds no clause.
    """
    if len(text) > _LENGTH_MAX:
        raise UnreadableMarkdown(f"an agreement has at most {_LENGTH_MAX:,} characters")
    blocks = re.split(r"\n\s*\n", without_personal(text).replace("\r\n", "\n"))
    if len(blocks) > _BLOCKS_MAX:
        raise UnreadableMarkdown(f"an agreement has at most {_BLOCKS_MAX:,} paragraphs")
    reader = _Reader()
    for block in blocks:
        reader.take(block.strip())
    if not reader.paragraphs:
        raise UnreadableMarkdown("no clause was found: write numbered paragraphs under headings")
    questions: dict[str, Question] = {}
    paragraphs = [_with_blanks(each, questions) for each in reader.paragraphs]
    paragraphs += [
        Paragraph(heading="Schedule", topic=topic, text=words, lists=lists)
        for topic, words, lists in _SCHEDULE
    ]
    return Template(
        name=IMPORTED,
        version=1,
        kind=Kind.DATA_SHARING,
        heading=reader.title or "Imported agreement",
        questions=tuple(questions.values()),
        paragraphs=tuple(paragraphs),
        sha256=sha256(text.encode()).hexdigest(),
    )


class _Reader:
    """Takes one block after another, and knows under which heading it is."""

    def __init__(self) -> None:
        self.title = ""
        self.paragraphs: list[Paragraph] = []
        self._heading = "Preamble"
        self._section = 0

    def take(self, block: str) -> None:
        while heading := _HEADING.match(block.partition("\n")[0]):
            self._head(heading[1], tidy(heading[2]))
            block = block.partition("\n")[2].strip()
        if block:
            self._paragraph(_EMPHASIS.sub("", block))

    def _head(self, number: str | None, words: str) -> None:
        if not self.title and not self.paragraphs and number is None:
            self.title = words
        else:
            self._heading = words
            self._section = self._after(number)

    def _after(self, number: str | None) -> int:
        """Keep a section's own number, unless numbers would then repeat."""
        highest = self.paragraphs[-1].section or 0 if self.paragraphs else 0
        return max(highest + 1, int(number or 0))

    def _paragraph(self, block: str) -> None:
        numbered = _NUMBERED.match(block)
        text = tidy(numbered[3] if numbered else block)
        if not text:
            return
        if _SIGNATURES.match(text):
            if self._heading != "Signatures":
                self._heading, self._section = "Signatures", self._after(None)
        elif self._continues(block) and not numbered:
            last = self.paragraphs[-1]
            self.paragraphs[-1] = replace(last, text=f"{last.text}\n{text}")
            return
        if not numbered or "\n* " not in f"\n{block}":
            text = text if _CONTINUES.search(f"\n{block}") else text.replace("\n", " ")
        topic = topic_of(self._heading, text)
        self.paragraphs.append(
            Paragraph(heading=self._heading, topic=topic, text=text, section=self._section)
        )

    def _continues(self, block: str) -> bool:
        before = self.paragraphs[-1].heading if self.paragraphs else None
        return before == self._heading and bool(_CONTINUES.match(block))


def _with_blanks(paragraph: Paragraph, questions: dict[str, Question]) -> Paragraph:
    def ask(found: re.Match[str]) -> str:
        name = "_".join(re.findall(r"[a-z]+", found[1].lower()))
        if not name:
            return found[0]
        questions.setdefault(name, Question(name=name, ask=found[1]))
        return f"{{{name}}}"

    return replace(paragraph, text=_BLANK.sub(ask, paragraph.text))
