"""The policy as one table: Casbin is asked everything once, when it is loaded.

The vocabulary is closed (every role, permission and relation is below), so the whole
truth table is small. A decision is then a look-up in a set that never changes: quick,
the same in every thread, and printed whole by tests/architecture/test_policy.py.
Asking Casbin at each request would be none of these: pycasbin parses the matcher anew
on each call, and its answers are wrong while another thread reloads.

Casbin alone would accept a policy that is misspelt: an unknown role never matches, an
effect it does not know is ignored. So each line is checked first, here.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Final

import casbin

from ledger.core.actor import Role
from ledger.core.permissions import Permission, Relation, scope_covers

__all__ = ["BadPolicy", "Permission", "Policy", "Relation", "Table", "load", "scope_covers"]

_NO_DENY: Final = "!some(where (p.eft == deny))"
"""The effect that says no exactly where some line denies; see `Table.load`."""

Words = tuple[str, ...]


class BadPolicy(Exception):
    """The policy cannot be used. Names each file and line that is wrong."""


@dataclass(frozen=True, slots=True)
class Table:
    """Every decision of one Casbin model and its lines, made.

    Attributes:
        allowed: Requests that some line allows and none denies.
        denied: Requests that some line denies.
    """

    allowed: frozenset[Words]
    denied: frozenset[Words]

    @classmethod
    def load(cls, model: Path, lines: Path, vocabulary: Mapping[str, Iterable[str]]) -> "Table":
        """Ask Casbin about every request there can be.

        Args:
            model: The Casbin model; its request has one word for each of *vocabulary*.
            lines: The policy; a line has ``p``, a word of each of *vocabulary* (or
                ``any``), and ``allow`` or ``deny``.
            vocabulary: The words of each column, all of them.

        Raises:
            BadPolicy: a word that is not in the vocabulary, no lines at all, or a model
                that allows what no line mentions. Names file and line.
        """
        text = model.read_text()
        known = {name: tuple(words) for name, words in vocabulary.items()}
        rules = _checked(lines, known)
        enforcers = [
            casbin.Enforcer(casbin.Enforcer.new_model(text=variant))
            for variant in (text, _with_effect(model, text, _NO_DENY))
        ]
        enforcers[0].add_policies(rules)
        if enforcers[0].enforce(*("" for _ in known)):
            raise BadPolicy(f"{model}: allows what no line of {lines.name} mentions")
        allowed, denied = set[Words](), set[Words]()
        first, *others = known.values()
        for word in first:  # A line about another first word cannot match: leave it out.
            about = [rule for rule in rules if rule[0] in (word, "any")]
            for enforcer in enforcers:
                enforcer.clear_policy()
                enforcer.add_policies(about)
            for rest in product(*others) if about else ():
                request = (word, *rest)
                if enforcers[0].enforce(*request):
                    allowed.add(request)
                elif not enforcers[1].enforce(*request):
                    denied.add(request)
        return cls(frozenset(allowed), frozenset(denied))


@dataclass(frozen=True, slots=True)
class Policy:
    """The ruleset in force. Immutable, so it may be read by any number of threads.

    Attributes:
        table: (role, permission, relation) triples.
        texts: Every file of ``policies/``, by name, as it was read.
        digest: SHA-256 over the names and SHA-256s of those files; in hex.
    """

    table: Table
    texts: Mapping[str, bytes]
    digest: str

    def allows(
        self, roles: frozenset[Role], permission: Permission, relations: frozenset[Relation]
    ) -> bool:
        """Say whether a role and relation allow it, and no role and relation deny it."""
        allowed, denied, found = self.table.allowed, self.table.denied, False
        for role in roles:
            for relation in relations:
                cell = (role, permission, relation)
                if cell in denied:
                    return False
                found = found or cell in allowed
        return found


def load(folder: Path) -> Policy:
    """Return the ruleset of *folder*: all its files count towards the digest.

    Raises:
        BadPolicy: see `Table.load`; or a file is missing.
    """
    try:
        texts = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        vocabulary = {"role": Role, "permission": Permission, "relation": Relation}
        table = Table.load(folder / "model.conf", folder / "policy.csv", vocabulary)
    except OSError as error:
        raise BadPolicy(f"{error.filename}: {error.strerror}") from error
    return Policy(table, texts, digest(texts))


def digest(texts: Mapping[str, bytes]) -> str:
    """Return the name of a ruleset: SHA-256 over ``name \\0 SHA-256(text)`` of each, sorted."""
    parts = (name.encode() + b"\0" + sha256(texts[name]).digest() for name in sorted(texts))
    return sha256(b"".join(parts)).hexdigest()


def _with_effect(model: Path, text: str, effect: str) -> str:
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if line.replace(" ", "").startswith("e="):
            lines[number] = f"e = {effect}"
            return "\n".join(lines)
    raise BadPolicy(f"{model}: has no line `e = ...`")


def _checked(file: Path, vocabulary: Mapping[str, tuple[str, ...]]) -> list[list[str]]:
    """Return the lines of a policy without their type, each word of them known."""
    columns = {
        "line type": {"p"},
        **{name: {*words, "any"} for name, words in vocabulary.items()},
        "effect": {"allow", "deny"},
    }
    rules: list[list[str]] = []
    faults: list[str] = []
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = [word.strip() for word in next(csv.reader([line]))]
        if len(words) != len(columns):
            faults.append(f"{file}:{number}: needs {', '.join(columns)}")
            continue
        faults += [
            f"{file}:{number}: {word!r} is no {column}; known: {', '.join(sorted(known))}"
            for word, (column, known) in zip(words, columns.items(), strict=True)
            if word not in known
        ]
        if words[1:] in rules:
            faults.append(f"{file}:{number}: says again what an earlier line says")
        rules.append(words[1:])
    if not rules:
        faults.append(f"{file}: no lines, so nobody could do anything")
    if faults:
        raise BadPolicy("\n".join(faults))
    return rules
