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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from hashlib import sha256
from itertools import product
from operator import and_
from pathlib import Path

import casbin

from ledger.core.actor import Role
from ledger.core.permissions import Permission, Relation, scope_covers

__all__ = [
    "BadPolicy",
    "Permission",
    "Policy",
    "Relation",
    "Table",
    "load",
    "part",
    "scope_covers",
]

Words = tuple[str, ...]


class BadPolicy(Exception):
    """The policy cannot be used. Names each file and line that is wrong."""


@dataclass(frozen=True, slots=True)
class Table:
    """Every decision of one Casbin model and its lines, made.

    Attributes:
        allowed: Requests that some line allows and none denies.
        denied: Requests that some line denies.
        deciding: The number of the line that settles each of these, in its file.
    """

    allowed: frozenset[Words]
    denied: frozenset[Words]
    deciding: Mapping[Words, int]

    @classmethod
    def load(
        cls,
        model: Path,
        lines: Path,
        vocabulary: Mapping[str, Iterable[str]],
        *,
        possible: Callable[[Words], bool] = lambda _: True,
    ) -> "Table":
        """Ask Casbin about every request there can be.

        Args:
            model: The Casbin model; its request has one word for each of *vocabulary*.
            lines: The policy; a line has ``p``, a word of each of *vocabulary* (or
                ``any``), and ``allow`` or ``deny``.
            possible: Says whether there can be such a request; the others are left out.
            vocabulary: The words of each column, all of them.

        Raises:
            BadPolicy: a word that is not in the vocabulary, no lines at all, or a model
                that allows what no line mentions. Names file and line.
        """
        known = {name: tuple(words) for name, words in vocabulary.items()}
        rules = _checked(lines, known)
        try:
            enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=model.read_text()))
            enforcer.add_policies([list(rule) for rule in rules])
            unmentioned = enforcer.enforce(*("" for _ in known))
        except Exception as error:  # Casbin raises what its parsers do.
            raise BadPolicy(f"{model}: is no model that Casbin can use: {error}") from error
        if unmentioned:
            raise BadPolicy(f"{model}: allows what no line of {lines.name} mentions")
        allowed, denied, deciding = set[Words](), set[Words](), dict[Words, int]()
        said: dict[int, tuple[bool, list[str]]] = {}
        for request, fitting in _requests(rules, known):
            if not possible(request):
                continue
            if fitting not in said:  # Requests that the same lines are about are one.
                enforcer.clear_policy()
                about = (rule for n, rule in enumerate(rules) if fitting >> n & 1)
                enforcer.add_policies([list(rule) for rule in about])
                said[fitting] = enforcer.enforce_ex(*request)
            allows, because = said[fitting]
            if because:  # The line that settles it, as Casbin explains.
                (allowed if allows else denied).add(request)
                deciding[request] = rules[tuple(because)]
        return cls(frozenset(allowed), frozenset(denied), deciding)


@dataclass(frozen=True, slots=True)
class Policy:
    """The ruleset in force. Immutable, so it may be read by any number of threads.

    Attributes:
        table: (role, permission, relation) triples.
        texts: Every file of ``policies/``, by name, as it was read.
        digest: SHA-256 over the names and SHA-256s of those files; in hex.
        parts: What areas have made of their own files; see `part`.
    """

    table: Table
    texts: Mapping[str, bytes]
    digest: str
    parts: Mapping[str, object] = field(default_factory=dict)

    def allows(
        self,
        roles: frozenset[Role],
        permission: Permission,
        relations: frozenset[Relation],
        held: frozenset[Role] = frozenset(),
    ) -> bool:
        """Say whether a role and relation allow it, and none denies it, of those *held* either."""
        allowed, denied, found = self.table.allowed, self.table.denied, False
        for role in held:
            for relation in relations:
                if (role, permission, relation) in denied:
                    return False
        for role in roles:
            for relation in relations:
                cell = (role, permission, relation)
                if cell in denied:
                    return False
                found = found or cell in allowed
        return found


_parts: dict[str, Callable[[Path], object]] = {}


def part(name: str, build: Callable[[Path], object]) -> None:
    """Have *build* read an area's own files of ``policies/`` whenever a ruleset is loaded.

    What it returns is `Policy.parts` under *name*; it raises `BadPolicy` for bad files.
    """
    _parts[name] = build


_loaded: dict[tuple[str, frozenset[str]], Policy] = {}
"""Rulesets by digest (and by the areas that had registered): asking Casbin takes long."""


def load(folder: Path) -> Policy:
    """Return the ruleset of *folder*: all its files count towards the digest.

    Raises:
        BadPolicy: see `Table.load`; or a file is missing.
    """
    try:
        texts = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        for file, text in texts.items():
            _must_be_text(folder / file, text)
        name = digest(texts)
        known = _loaded.get((name, frozenset(_parts)))
        if known is not None:
            return known
        vocabulary = {"role": Role, "permission": Permission, "relation": Relation}
        table = Table.load(folder / "model.conf", folder / "policy.csv", vocabulary)
        parts = {area: build(folder) for area, build in _parts.items()}
    except OSError as error:
        raise BadPolicy(f"{error.filename}: {error.strerror}") from error
    found = _loaded[name, frozenset(_parts)] = Policy(table, texts, name, parts)
    return found


def _must_be_text(file: Path, text: bytes) -> None:
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise BadPolicy(
            f"{file}: byte {error.start} is not UTF-8 text; save it as UTF-8"
        ) from error


def digest(texts: Mapping[str, bytes]) -> str:
    """Return the name of a ruleset: SHA-256 over name, zero byte, SHA-256(text) of each, sorted."""
    parts = (name.encode() + b"\0" + sha256(texts[name]).digest() for name in sorted(texts))
    return sha256(b"".join(parts)).hexdigest()


def _requests(
    rules: Iterable[Words], known: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[Words, int]]:
    """Yield each request that some line could be about, with those lines, a bit for each.

    Lines about other words cannot match it.
    """
    columns = [
        {word: sum(1 << n for n, rule in enumerate(rules) if rule[at] in (word, "any"))
         for word in words}
        for at, words in enumerate(known.values())
    ]  # fmt: skip
    first, second, *others = (column.items() for column in columns)
    for (one, of_one), (other, of_other) in product(first, second):
        about = of_one & of_other
        for rest in product(*others) if about else ():
            fitting = reduce(and_, (lines for _, lines in rest), about)
            if fitting:
                yield (one, other, *(word for word, _ in rest)), fitting


def _checked(file: Path, vocabulary: Mapping[str, tuple[str, ...]]) -> dict[Words, int]:
    """Return the lines of a policy without their type, each word known, with their numbers."""
    columns = {
        "line type": {"p"},
        **{name: {*words, "any"} for name, words in vocabulary.items()},
        "effect": {"allow", "deny"},
    }
    rules: dict[Words, int] = {}
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
        if tuple(words[1:]) in rules:
            faults.append(f"{file}:{number}: says again what an earlier line says")
        rules.setdefault(tuple(words[1:]), number)
    if not rules:
        faults.append(f"{file}: no lines, so nobody could do anything")
    if faults:
        raise BadPolicy("\n".join(faults))
    return rules
