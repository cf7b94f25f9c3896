"""What differs between two versions in a reader's words: which words went, came, and stayed."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from ledger.agreements.queries import SigningView, VersionView
from ledger.agreements.rules.affected import Asked, Concern
from ledger.agreements.rules.compare import Change, Difference
from ledger.core.actor import Actor
from ledger.web.agreement_words import Status

_WORD: Final = re.compile(r"\s+|[^\s]+")
_CHANGE_WORDS: Final = {
    Change.ADDED: ("New", "green"),
    Change.REMOVED: ("Left out", "red"),
    Change.REWORDED: ("Changed", "blue"),
}
_WHY: Final = {
    Concern.FIRST: "it is the first version, which every party signs",
    Concern.TEXT: "words or days that concern every party change",
    Concern.MONEY: "the money, or how it is shared, changes",
    Concern.PARTIES: "who the parties are changes",
    Concern.JOINS: "it joins",
    Concern.ADMITS: "it leads, and a party joins",
    Concern.TURN: "its turn to sign changes",
    Concern.CONFIRMS: "nothing changes, and every party confirms the agreement",
}


class Mark(StrEnum):
    """What became of some words."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


Marked = tuple[tuple[Mark, str], ...]


@dataclass(frozen=True, slots=True)
class ChangeCard:
    """A clause that differs: its lines before and now, each in marked pieces."""

    title: str
    status: Status
    before: tuple[Marked, ...]
    after: tuple[Marked, ...]


@dataclass(frozen=True, slots=True)
class SignsAgain:
    """A party, whether it must sign, and why or why not."""

    name: str
    status: Status
    why: str


def changes(differences: tuple[Difference, ...]) -> list[ChangeCard]:
    """Return each clause that differs, under the number it has now, or had."""
    return [_card(each) for each in differences]


def signers_again(shown: VersionView, signing: SigningView) -> list[SignsAgain]:
    """Return all parties of a version: who must sign it and why, and who need not."""
    asked = {each.organisation_id: each for each in signing.asked}
    clauses = {one.states: one.number for one in shown.document.clauses if one.states}
    return [
        SignsAgain(
            party.name,
            Status("Signs", "blue"),
            why_asked(asked[party.organisation_id], clauses),
        )
        if party.organisation_id in asked
        else SignsAgain(
            party.name,
            Status("Need not sign", "grey"),
            "Nothing in this version concerns it: what it signed before goes on counting.",
        )
        for party in shown.terms.parties
    ]


def why_asked(one: Asked, clauses: dict[str, str]) -> str:
    """Return in a sentence why a party must sign, naming clauses and no keys."""
    reasons = [_WHY[concern] for concern in one.concerns if concern in _WHY]
    if one.flows:
        numbers = [clauses[key] for key in one.flows if key in clauses]
        where = f" (clause {', '.join(numbers)})" if numbers else ""
        reasons.append(f"what it gives or receives changes{where}")
    said = "; ".join(reasons)
    return f"{said[:1].upper()}{said[1:]}."


def why_mine(shown: VersionView, signing: SigningView, actor: Actor) -> str:
    """Return in a sentence why the reader's party must sign; empty if it need not."""
    mine = next(
        (one for one in signing.asked if one.organisation_id == actor.organisation_id), None
    )
    clauses = {one.states: one.number for one in shown.document.clauses if one.states}
    return why_asked(mine, clauses) if mine else ""


def _card(one: Difference) -> ChangeCard:
    clause = one.after or one.before
    title = f"{clause.number} {clause.heading}" if clause else ""
    before = one.before.text.split("\n") if one.before else []
    after = one.after.text.split("\n") if one.after else []
    paired = len(before) == len(after)
    sides = [_marked(a, b) for a, b in zip(before, after, strict=True)] if paired else []
    return ChangeCard(
        title,
        Status(*_CHANGE_WORDS[one.change]),
        tuple(left for left, _ in sides) if paired else _whole(before, after, Mark.GONE),
        tuple(right for _, right in sides) if paired else _whole(after, before, Mark.NEW),
    )


def _whole(lines: list[str], others: list[str], mark: Mark) -> tuple[Marked, ...]:
    """Mark whole lines that the other side has not."""
    return tuple(((Mark.SAME if line in others else mark, line),) for line in lines)


def _marked(before: str, after: str) -> tuple[Marked, Marked]:
    """Return two lines in pieces: the same in both, only before, only after."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    left: list[tuple[Mark, str]] = []
    right: list[tuple[Mark, str]] = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = what == "equal"
        left += [(Mark.SAME if same else Mark.GONE, "".join(old[a:b]))] if b > a else []
        right += [(Mark.SAME if same else Mark.NEW, "".join(new[c:d]))] if d > c else []
    return tuple(left), tuple(right)
