"""What differs between two versions, clause by clause: what signatories of an amendment see."""

from dataclasses import dataclass
from enum import StrEnum

from ledger.agreements.rules.document import Clause, Document


class Change(StrEnum):
    """What became of a clause."""

    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One clause that differs. *before* and *after* are None where there is none."""

    change: Change
    before: Clause | None
    after: Clause | None


def compare(before: Document, after: Document) -> tuple[Difference, ...]:
    """Return the clauses that differ: in the order of the later version, then what was removed.

    A clause that only has another number does not differ: its words are the same. Where words
    changed, a clause is compared with that of its topic, or of the flow that it states.
    """
    old, new = _named(before), _named(after)
    found = [
        Difference(change=Change.ADDED, before=None, after=clause)
        if name not in old
        else Difference(change=Change.REWORDED, before=old[name], after=clause)
        for name, clause in new.items()
        if name not in old or old[name].text != clause.text
    ]
    gone = [clause for name, clause in old.items() if name not in new]
    removed = [Difference(change=Change.REMOVED, before=clause, after=None) for clause in gone]
    return (*found, *removed)


def _named(document: Document) -> dict[str, Clause]:
    """Return the clauses by what each is known by through versions, which is not its number."""
    named: dict[str, Clause] = {}
    for clause in document.clauses:
        name = f"states {clause.states}" if clause.states else f"{clause.heading}/{clause.topic}"
        again = 1
        while (unique := f"{name}/{again}") in named:
            again += 1
        named[unique] = clause
    return named
