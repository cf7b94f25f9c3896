"""A template and terms make a document: blanks filled, lists written out, clauses numbered."""

from hashlib import sha256
from uuid import UUID

from audit.canonical import encode
from audit.values import to_json
from ledger.agreements.rules import wording
from ledger.agreements.rules.document import Clause, Document, tidy
from ledger.agreements.rules.fund import OVERSPENDS
from ledger.agreements.rules.template import BLANK, Paragraph, Template
from ledger.agreements.rules.terms import Terms


def terms_sha256(terms: Terms) -> str:
    """Return the SHA-256, in hex, of the terms as canonical JSON."""
    return sha256(encode(to_json(terms))).hexdigest()


def compose(template: Template, terms: Terms, *, agreement_id: UUID, version: int) -> Document:
    """Return the document that *terms* make of *template*. Empty blanks stay visible."""
    values = _values(template, terms)
    numbering = _Numbering()
    clauses: list[Clause] = []
    for paragraph in template.paragraphs:
        text = BLANK.sub(lambda found: values.get(found[1], unfilled(found[1])), paragraph.text)
        lines, stated = _listed(paragraph, terms)
        clauses.append(
            Clause(
                number=numbering.next(paragraph),
                heading=paragraph.heading,
                text=tidy("\n".join([text, *(f"- {tidy(line)}" for line in lines)])),
                topic=paragraph.topic,
            )
        )
        clauses += [
            Clause(
                number=numbering.next(paragraph),
                heading=paragraph.heading,
                text=_one_line(words),
                topic=paragraph.topic,
                states=key,
            )
            for key, words in stated
        ]
    return Document(
        title=_one_line(f"{template.heading}: {terms.title}"),
        header=(
            ("agreement", str(agreement_id)),
            ("version", str(version)),
            ("template", f"{template.name} {template.version} sha256 {template.sha256}"),
            ("terms", f"sha256 {terms_sha256(terms)}"),
        ),
        clauses=tuple(clauses),
    )


def unfilled(name: str) -> str:
    """Return what stands in a text where the variable *name* has no value yet."""
    return f"[{name.replace('_', ' ')}: to be filled in]"


def _values(template: Template, terms: Terms) -> dict[str, str]:
    defaults = {q.name: q.default for q in template.questions if q.default is not None}
    asked = {question.name for question in template.questions}
    filled = {
        each.name: line
        for each in terms.variables
        if each.name in asked and (line := _one_line(each.value))
    }
    known = {
        "starts_on": wording.day(terms.starts_on),
        "ends_on": wording.day(terms.ends_on),
        "review_on": wording.day(terms.review_on),
        "notice_days": str(terms.notice_days),
        "return_days": str(terms.return_days),
    }
    if terms.fund:
        known["host"] = _one_line(terms.name_of(terms.fund.host_id))
        known["currency"] = terms.fund.currency
    return {**defaults, **filled, **known}


def _listed(paragraph: Paragraph, terms: Terms) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the lines under a paragraph, and the clauses (key, words) after it."""
    lines: list[str] = []
    stated: list[tuple[str, str]] = []
    fund = terms.fund
    match paragraph.lists:
        case "parties":
            lines = [wording.party(each) for each in terms.parties]
        case "approvals":
            lines = [wording.approval(each) for each in terms.approvals] or ["none"]
        case "flows":
            stated = [(each.key, wording.flow(each, terms)) for each in terms.flows]
        case "contributions" if fund:
            stated = [(each.key, wording.contribution(each, terms)) for each in fund.contributions]
        case "shares" if fund:
            stated = [(each.key, wording.share(each, terms)) for each in fund.shares]
            if fund.overspends is not None:
                stated.append((OVERSPENDS, wording.overspends(fund.overspends)))
        case "approval_steps" if fund:
            lines = [wording.approval_step(each, terms) for each in fund.approvals] or ["none"]
            if fund.board_decides is not None:
                lines.append(wording.board(decides=fund.board_decides))
        case _:
            pass
    return lines, stated


def _one_line(text: str) -> str:
    return tidy(text).replace("\n", " ")


class _Numbering:
    """Counts sections by their headings, and clauses inside each."""

    def __init__(self) -> None:
        self._heading: str | None = None
        self._section = 0
        self._clause = 0

    def next(self, paragraph: Paragraph) -> str:
        if paragraph.heading != self._heading:
            after = self._section + 1
            self._section = after if paragraph.section is None else paragraph.section
            self._heading, self._clause = paragraph.heading, 0
        self._clause += 1
        return f"{self._section}.{self._clause}"
